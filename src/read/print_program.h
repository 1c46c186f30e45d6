/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of how an event is printed ("print fmt" in its description), made into
 * something that can be followed without trust in where it came from: a format, and for each of its
 * arguments an expression in postfix order. What is not among the few things that kernels use there
 * is not understood, and such an event has no text rather than a wrong one.
 */
#ifndef READ_PRINT_PROGRAM_H
#define READ_PRINT_PROGRAM_H

#include <kvmgraph/error.h>

#include "base/arena.h"
#include "base/column.h"
#include "read/print_value.h"

/* Functions that a "print fmt" may call. */
enum print_function {
	PRINT_FLAGS,
	PRINT_SYMBOLIC,
	PRINT_HEX,
	PRINT_HEX_STR,
	PRINT_ARRAY,
	PRINT_NS_TO_SECS,
	PRINT_NS_WITHOUT_SECS,
};

enum print_shape { SHAPE_NUMBER, SHAPE_ARRAY, SHAPE_DATA_LOC, SHAPE_REL_LOC };

/* Where a field of the record is. */
struct print_field {
	struct span name;
	uint32_t offset;
	uint32_t size;
	uint8_t element; /* bytes of one element of an array */
	bool is_signed;
	enum print_shape shape;
};

enum print_code {
	OP_NUMBER,
	OP_STRING,
	OP_UNKNOWN,
	OP_RECORD, /* all of it, as bytes */
	OP_FIELD,
	OP_DYNAMIC,	/* what a __data_loc field points to */
	OP_DYNAMIC_LEN, /* how many bytes that is */
	OP_UNARY,
	OP_BINARY,
	OP_CHOICE, /* a ? b : c */
	OP_INDEX,
	OP_CAST,	 /* to a number */
	OP_CAST_POINTER, /* to a pointer to elements of a size */
	OP_CALL,
};

struct print_op {
	enum print_code code;
	uint8_t size; /* NUMBER, CAST; CAST_POINTER: of an element */
	bool is_signed;
	uint16_t sign;		      /* UNARY, BINARY */
	enum print_function function; /* CALL */
	uint32_t value_count;	      /* CALL: so many values it takes */
	uint32_t field;		      /* FIELD, DYNAMIC, DYNAMIC_LEN */
	uint64_t number;
	struct span text; /* STRING */
};

/* A zeroed struct is empty. Its texts are in the arena that it was made with. */
struct print_program {
	struct span format;
	COLUMN(struct print_field) fields;
	COLUMN(struct print_op) ops;
	COLUMN(uint32_t) ends; /* of each argument's ops */
	size_t depth;	       /* so many values wait at most */
};

/*
 * Makes a program of a description (a format file of tracefs, which has to stay). KG_UNSUPPORTED if
 * it is not understood; KG_NOMEM.
 */
KG_MUST_USE enum kg_status print_program_make(struct print_program *program, struct span text,
					      uint8_t long_bytes, struct arena *memory);
void print_program_release(struct print_program *program);

#endif
