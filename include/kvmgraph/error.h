/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an operation says that it failed.
 *
 * A function that can fail returns enum kg_status and, where the caller passes one, fills a
 * struct kg_error with one readable sentence. Outputs are written on success only. A trace that is
 * damaged is not a failed operation: that is data, see diag.h.
 */
#ifndef KVMGRAPH_ERROR_H
#define KVMGRAPH_ERROR_H

#include <stdint.h>

#include <kvmgraph/api.h>

KG_BEGIN_C

/* name, value, what it means to a person */
#define KG_STATUS_LIST(X)                                                                          \
	X(KG_OK, 0, "done")                                                                        \
	X(KG_END, 1, "nothing more to read")                                                       \
	X(KG_AGAIN, 2, "the trace has to be read again")                                           \
	X(KG_IO, -1, "cannot read or write")                                                       \
	X(KG_BAD_FORMAT, -2, "not a function_graph trace")                                         \
	X(KG_NOMEM, -3, "out of memory")                                                           \
	X(KG_BAD_ARG, -4, "wrong argument")                                                        \
	X(KG_BAD_SPEC, -5, "the specification cannot be used")                                     \
	X(KG_UNSUPPORTED, -6, "not supported by this build")                                       \
	X(KG_LACKING, -7, "this machine lacks what it takes")

enum kg_status {
#define KG_STATUS_ENUM(name, value, text) name = value,
	KG_STATUS_LIST(KG_STATUS_ENUM)
#undef KG_STATUS_ENUM
};

/* Filled by the first thing that fails; all-zero means that nothing has. */
struct kg_error {
	enum kg_status status;
	int os_errno;	    /* errno of the failed call, or 0 */
	uint64_t line_no;   /* counted from 1; 0 where no line is to blame */
	uint64_t column_no; /* counted from 1; 0 where no column is to blame */
	char file[256];	    /* input or output concerned; a long path keeps its end */
	char text[512];	    /* what is wrong (what would help), without file and line */
};

/* "KG_NOMEM" for KG_NOMEM; never NULL. */
KG_API const char *kg_status_name(enum kg_status status);

/* A short English phrase for a status; never NULL. */
KG_API const char *kg_status_text(enum kg_status status);

KG_END_C

#endif
