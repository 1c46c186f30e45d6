/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the VMM asks of the kernel, as a table, so that a test can stand in between and let any call
 * fail. Each returns what the system call of its name returns, -1 with errno where it failed.
 */
#ifndef VMM_CALLS_H
#define VMM_CALLS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_calls {
	void *self; /* handed to each of them */
	int (*open)(void *self, const char *path, int flags);
	int (*ioctl)(void *self, int fd, unsigned long request, uintptr_t arg);
	/* fd -1: anonymous memory; MAP_FAILED on failure */
	void *(*map)(void *self, size_t len, int prot, int flags, int fd);
	int (*unmap)(void *self, void *at, size_t len);
	int (*close)(void *self, int fd);
	/* Starts a thread; 0, or an errno as pthread_create() returns it. */
	int (*spawn)(void *self, pthread_t *thread, void *(*run)(void *), void *argument);
};

/* The kernel itself; self is not used. */
extern const struct kvm_calls kvm_calls_real;

#endif
