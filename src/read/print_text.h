/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text as the kernel's own printf makes it: a few things differ from C's. */
#ifndef READ_PRINT_TEXT_H
#define READ_PRINT_TEXT_H

#include "read/print_value.h"

/* As much as the kernel has for a line. */
#define PRINT_TEXT_MAX 8192

/* A zeroed struct is empty. */
struct print_text {
	size_t len;
	bool is_full; /* something did not go in */
	unsigned char bytes[PRINT_TEXT_MAX];
};

void print_text_put(struct print_text *text, struct span bytes);
/* "0x1f" */
void print_text_hex(struct print_text *text, uint64_t number);
/* Two digits a byte; between them a character, unless that is 0. */
void print_text_bytes(struct print_text *text, struct span bytes, char between);

/* Bytes up to the first NUL. */
struct span print_string_of(struct span bytes);

/* What a conversion in a format asks for. */
struct print_conversion {
	char letter;	  /* d u x X o c s p % */
	char variants[4]; /* p: letters that follow */
	uint8_t size;	  /* of a number, in bytes */
	bool is_left;	  /* "-" */
	bool has_plus;	  /* "+" */
	bool has_blank;	  /* " " */
	bool is_special;  /* "#" */
	bool is_zeroed;	  /* "0" */
	bool has_precision;
	int32_t width;
	int32_t precision;
};

/* Where a format gets from what it prints. Each returns false when memory is out. */
struct print_source {
	void *self;
	uint8_t long_bytes;
	/* The next argument, an int for a "*". */
	bool (*next)(void *self, const struct print_conversion *how, struct print_value *out);
	/* The text of a pointer (%ps, %s of an address): unknown ones have none. */
	struct span (*name)(void *self, const struct print_conversion *how, uint64_t address);
};

enum print_outcome { PRINT_DONE, PRINT_UNKNOWN, PRINT_NO_MEMORY };

/* Appends what a format makes. After anything but PRINT_DONE a part of it may be there. */
enum print_outcome print_format(struct print_text *text, struct span format,
				const struct print_source *source);

#endif
