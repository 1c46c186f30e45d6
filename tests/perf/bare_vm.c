/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls of the VMM's scenario `minimal` in a bare loop, as many times as argv[1] says, for
 * tests/perf/bench_vmm to compare with. Prints the nanoseconds that the loop took.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define TOP (UINT64_C(1) << 32)
#define HLT 0xf4

static void die(const char *what)
{
	perror(what);
	exit(4);
}

static void live(void)
{
	const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0 || ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		die("/dev/kvm");
	unsigned char *memory =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	const struct kvm_userspace_memory_region slot = { .guest_phys_addr = TOP - PAGE,
							  .memory_size = PAGE,
							  .userspace_addr = (uintptr_t)memory };
	if (memory == MAP_FAILED || vm < 0 || ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000) != 0 ||
	    ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot) != 0)
		die("VM");
	const int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	const int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	memory[PAGE - 16] = HLT;
	if (vcpu < 0 || run == MAP_FAILED || ioctl(vcpu, KVM_RUN, 0) != 0 ||
	    run->exit_reason != KVM_EXIT_HLT)
		die("vCPU");
	munmap(run, (size_t)size);
	close(vcpu);
	close(vm);
	close(kvm);
	munmap(memory, PAGE);
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	const unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	const uint64_t start = now_ns();
	for (unsigned long i = 0; i < count; i++)
		live();
	printf("%" PRIu64 "\n", now_ns() - start);
	return 0;
}
