/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows UTF-8, and how wide its characters show. */
#include "render/utf8.h"
#include "base/banned.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/* What would move, hide or recolour the text around it. */
static const struct range unprintable[] = {
	{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0x61c, 0x61c },   { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfeff, 0xfeff }, { 0xfffe, 0xffff },
};

static const struct range combining[] = {
	{ 0x300, 0x36f },   { 0x200b, 0x200d },	  { 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f }, { 0xe0100, 0xe01ef },
};

static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },	  { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },	  { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

#define COUNT(ranges) (sizeof(ranges) / sizeof((ranges)[0]))

static bool is_in(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count && ranges[i].first <= code; i++) {
		if (code <= ranges[i].last)
			return true;
	}
	return false;
}

/* Bytes that follow a first byte, or -1 for one that starts no character. */
static int followers(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return -1;
}

size_t utf8_char(const char *string, uint32_t *code)
{
	static const uint32_t smallest[] = { 0x1, 0x80, 0x800, 0x10000 };
	static const uint32_t first_bits[] = { 0x7f, 0x1f, 0x0f, 0x07 };
	int more = followers((unsigned char)string[0]);
	if (more < 0)
		return 0;
	uint32_t value = (unsigned char)string[0] & first_bits[more];
	/* a NUL is no follower either, so this never runs past the end */
	for (int i = 1; i <= more; i++) {
		unsigned char byte = (unsigned char)string[i];
		if ((byte & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (byte & 0x3f);
	}
	if (value < smallest[more] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return (size_t)more + 1;
}

bool utf8_is_printable(uint32_t code)
{
	return !is_in(unprintable, COUNT(unprintable), code);
}

size_t utf8_width(uint32_t code)
{
	if (is_in(combining, COUNT(combining), code))
		return 0;
	return is_in(wide, COUNT(wide), code) ? 2 : 1;
}
