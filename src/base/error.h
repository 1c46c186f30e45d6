/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filling a struct kg_error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <kvmgraph/error.h>

/*
 * Records a failure and returns its status, so that a caller can `return error_set(...)`. The first
 * failure wins; err may be NULL. file may be NULL; os_errno may be 0.
 */
enum kg_status error_set(struct kg_error *err, enum kg_status status, const char *file,
			 int os_errno, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
