/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the kernel is really called. */
#include "calls.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int real_open(void *self, const char *path, int flags)
{
	(void)self;
	return open(path, flags | O_CLOEXEC);
}

static int real_ioctl(void *self, int fd, unsigned long request, uintptr_t arg)
{
	(void)self;
	return ioctl(fd, request, arg);
}

static void *real_map(void *self, size_t len, int prot, int flags, int fd)
{
	(void)self;
	return mmap(NULL, len, prot, flags, fd, 0);
}

static int real_unmap(void *self, void *at, size_t len)
{
	(void)self;
	return munmap(at, len);
}

static int real_close(void *self, int fd)
{
	(void)self;
	return close(fd);
}

static int real_spawn(void *self, pthread_t *thread, void *(*run)(void *), void *argument)
{
	(void)self;
	return pthread_create(thread, NULL, run, argument);
}

const struct kvm_calls kvm_calls_real = { NULL,	      real_open,  real_ioctl, real_map,
					  real_unmap, real_close, real_spawn };
