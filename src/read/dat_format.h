/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the fields of a record are: taken from the descriptions in the file, never from knowledge
 * of kernels, since nearly every one has laid these records out in its own way.
 */
#ifndef READ_DAT_FORMAT_H
#define READ_DAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct dat_field {
	uint32_t offset;
	uint32_t size; /* 1, 2, 4 or 8 */
	bool is_signed;
};

/* The fields of a graph record that matter here; both times have size 0 where there are none. */
struct dat_fields {
	struct dat_field func;
	struct dat_field depth;
	struct dat_field calltime;
	struct dat_field rettime;
	/* of size 0 where the kernel records none, and not needed */
	struct dat_field retval;
	struct dat_field overrun;
	struct dat_field retaddr;
	uint32_t need; /* a record shorter than this does not have them all */
};

enum dat_call { DAT_ENTER, DAT_ENTER_RETADDR, DAT_LEAVE, DAT_CALL_COUNT };

struct dat_format {
	uint32_t id; /* 0: there is none of the kind */
	struct dat_fields described;
	struct dat_fields packed; /* where they are if only the description has the padding */
};

struct dat_formats {
	struct dat_field type; /* of every record */
	struct dat_field pid;
	struct dat_field flags; /* this and the next of size 0 where there are none */
	struct dat_field preempt_count;
	struct dat_format calls[DAT_CALL_COUNT];
};

/*
 * Takes over the description of one event (a format file of tracefs) if it is that of a graph
 * record. False: it is one, but makes no sense.
 */
bool dat_formats_take(struct dat_formats *formats, struct span text);

/* Which graph record it is, or DAT_CALL_COUNT for any other. */
enum dat_call dat_formats_call(const struct dat_formats *formats, const unsigned char *record,
			       size_t len, bool is_big);

/* The fields of a record that is len bytes long, or NULL if it is too short for any. */
static inline const struct dat_fields *dat_format_fit(const struct dat_format *format, size_t len)
{
	if (len >= format->described.need)
		return &format->described;
	return len >= format->packed.need ? &format->packed : NULL;
}

/*
 * The field of that name in a text as format files have it, size unchecked; false if there is none.
 */
bool dat_field_find(struct span text, const char *name, struct dat_field *out);

/* A field as it is described. */
struct dat_named_field {
	struct span name;
	struct span declaration; /* "char comm[16]" */
	struct dat_field field;	 /* of any size */
};

/* The fields of a text as format files have it, in its order, but not more than there is room for.
 */
size_t dat_fields_scan(struct span text, struct dat_named_field *fields, size_t cap);

#endif
