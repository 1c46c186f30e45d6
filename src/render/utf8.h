/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings of strangers: which of their bytes are UTF-8, and which are safe to show. */
#ifndef RENDER_UTF8_H
#define RENDER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length of the character that a NUL-terminated string starts with, and its code point; 0 where
 * the bytes there are not UTF-8 (overlong forms and surrogates are not), or at the end.
 */
size_t utf8_char(const char *string, uint32_t *code);

/* Whether it shows as itself: no control, no line or paragraph break, no change of direction. */
bool utf8_is_printable(uint32_t code);

/* Columns that a printable character takes on a terminal: 0 (combining), 1, or 2 (wide). */
size_t utf8_width(uint32_t code);

#endif
