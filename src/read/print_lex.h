/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of a "print fmt" line: C expressions, without comments or preprocessor. */
#ifndef READ_PRINT_LEX_H
#define READ_PRINT_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum print_word_kind { WORD_END, WORD_NUMBER, WORD_STRING, WORD_NAME, WORD_SIGN, WORD_BAD };

struct print_word {
	enum print_word_kind kind;
	struct span text; /* NAME; STRING: between the quotes, escapes and all */
	uint64_t number;  /* NUMBER, and characters in single quotes */
	uint8_t size;	  /* NUMBER: in bytes */
	bool is_signed;	  /* NUMBER */
	uint16_t sign;	  /* SIGN: one of SIGN() */
};

/* A sign of one or two characters: SIGN('<', '='), SIGN('(', 0). */
#define SIGN(first, second) ((uint16_t)((unsigned char)(first) | (unsigned char)(second) << 8))

/* Takes the next word off the front of a text. */
struct print_word print_word_take(struct span *text, uint8_t long_bytes);

/* Writes what is between quotes without its escapes; to has as much room as that. Returns its end.
 */
unsigned char *print_unescape(struct span text, unsigned char *to);

#endif
