/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's calls, one of which fails: the N-th that a run makes, with a chosen errno. Counts
 * what is open, mapped and started, so that a test sees what was not given back.
 */
#ifndef VMM_FAILING_CALLS_H
#define VMM_FAILING_CALLS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/calls.h"

enum call_kind { CALL_OPEN, CALL_IOCTL, CALL_MAP, CALL_UNMAP, CALL_CLOSE, CALL_SPAWN };

/* A call that was made, so that a test can tell which errno it may fail with. */
struct made_call {
	enum call_kind kind;
	unsigned long request; /* of an ioctl */
};

#define CALLS_MOST 4096

/* Shared with the processes that a run makes. */
struct failing {
	atomic_uint count; /* calls that were made */
	atomic_int open_fds;
	atomic_int mappings;
	unsigned int fail_at; /* number of the call that fails, from 0; UINT32_MAX: none */
	int fail_errno;
	struct made_call made[CALLS_MOST];
};

/* Notes a call; whether it is the one to fail. */
static inline bool failing_note(struct failing *failing, enum call_kind kind, unsigned long request)
{
	const unsigned int number = atomic_fetch_add(&failing->count, 1);
	if (number < CALLS_MOST)
		failing->made[number] = (struct made_call){ kind, request };
	if (number == failing->fail_at)
		errno = failing->fail_errno;
	return number == failing->fail_at;
}

static inline int failing_open(void *self, const char *path, int flags)
{
	struct failing *failing = self;
	if (failing_note(failing, CALL_OPEN, 0))
		return -1;
	const int fd = kvm_calls_real.open(NULL, path, flags);
	failing->open_fds += fd >= 0;
	return fd;
}

static inline int failing_ioctl(void *self, int fd, unsigned long request, uintptr_t arg)
{
	struct failing *failing = self;
	if (failing_note(failing, CALL_IOCTL, request))
		return -1;
	const int result = kvm_calls_real.ioctl(NULL, fd, request, arg);
	failing->open_fds +=
		result >= 0 && (request == KVM_CREATE_VM || request == KVM_CREATE_VCPU);
	return result;
}

static inline void *failing_map(void *self, size_t len, int prot, int flags, int fd)
{
	struct failing *failing = self;
	if (failing_note(failing, CALL_MAP, 0))
		return MAP_FAILED;
	void *at = kvm_calls_real.map(NULL, len, prot, flags, fd);
	failing->mappings += at != MAP_FAILED;
	return at;
}

static inline int failing_unmap(void *self, void *at, size_t len)
{
	struct failing *failing = self;
	if (failing_note(failing, CALL_UNMAP, 0))
		return -1;
	failing->mappings--;
	return kvm_calls_real.unmap(NULL, at, len);
}

/* As Linux does it: a close that fails has closed, too. */
static inline int failing_close(void *self, int fd)
{
	struct failing *failing = self;
	const bool fails = failing_note(failing, CALL_CLOSE, 0);
	failing->open_fds--;
	kvm_calls_real.close(NULL, fd);
	errno = failing->fail_errno;
	return fails ? -1 : 0;
}

static inline int failing_spawn(void *self, pthread_t *thread, void *(*run)(void *), void *argument)
{
	struct failing *failing = self;
	if (failing_note(failing, CALL_SPAWN, 0))
		return failing->fail_errno;
	return kvm_calls_real.spawn(NULL, thread, run, argument);
}

static inline struct kvm_calls failing_calls(struct failing *failing)
{
	return (struct kvm_calls){ failing,	  failing_open,	 failing_ioctl, failing_map,
				   failing_unmap, failing_close, failing_spawn };
}

#endif
