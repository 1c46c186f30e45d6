/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view of bytes that somebody else owns; never NUL-terminated. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const unsigned char *at;
	size_t len;
};

/* A span over a string literal. */
#define SPAN(literal) ((struct span){ (const unsigned char *)(literal), sizeof(literal) - 1 })

static inline struct span span_of(const unsigned char *from, const unsigned char *to)
{
	return (struct span){ from, (size_t)(to - from) };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool span_starts(struct span whole, struct span start)
{
	return whole.len >= start.len && memcmp(whole.at, start.at, start.len) == 0;
}

static inline bool span_ends(struct span whole, struct span end)
{
	return whole.len >= end.len &&
	       memcmp(whole.at + (whole.len - end.len), end.at, end.len) == 0;
}

static inline struct span span_trim(struct span whole)
{
	while (whole.len > 0 && whole.at[0] == ' ') {
		whole.at++;
		whole.len--;
	}
	while (whole.len > 0 && whole.at[whole.len - 1] == ' ')
		whole.len--;
	return whole;
}

/* Where needle starts in whole, or NULL. */
static inline const unsigned char *span_find(struct span whole, struct span needle)
{
	return memmem(whole.at, whole.len, needle.at, needle.len);
}

#endif
