/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the kernel's printf. */
#include "read/print_text.h"

#include "base/banned.h"

#define WIDTH_MAX 4096
#define NUMBER_MAX 32
/* More bytes than these "%*ph" never prints. */
#define HEX_BYTES_MAX 64

void print_text_put(struct print_text *text, struct span bytes)
{
	const size_t room = sizeof(text->bytes) - text->len;
	const size_t len = bytes.len < room ? bytes.len : room;
	if (len > 0)
		memcpy(text->bytes + text->len, bytes.at, len);
	text->len += len;
	text->is_full |= len < bytes.len;
}

static void put_char(struct print_text *text, char c)
{
	print_text_put(text, (struct span){ (const unsigned char *)&c, 1 });
}

static void put_many(struct print_text *text, char c, int64_t count)
{
	for (; count > 0 && !text->is_full; count--)
		put_char(text, c);
}

static const char *digits_of(bool is_large)
{
	return is_large ? "0123456789ABCDEF" : "0123456789abcdef";
}

void print_text_hex(struct print_text *text, uint64_t number)
{
	unsigned int shift = 60;
	while (shift > 0 && number >> shift == 0)
		shift -= 4;
	print_text_put(text, SPAN("0x"));
	for (;; shift -= 4) {
		put_char(text, digits_of(false)[number >> shift & 15]);
		if (shift == 0)
			break;
	}
}

void print_text_bytes(struct print_text *text, struct span bytes, char between)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (i > 0 && between != 0)
			put_char(text, between);
		put_char(text, digits_of(false)[bytes.at[i] >> 4]);
		put_char(text, digits_of(false)[bytes.at[i] & 15]);
	}
}

struct span print_string_of(struct span bytes)
{
	const unsigned char *end = bytes.len > 0 ? memchr(bytes.at, 0, bytes.len) : NULL;
	return end != NULL ? span_of(bytes.at, end) : bytes;
}

/* ---- conversions ---- */

/* A text in its field. */
static void put_field(struct print_text *text, struct span bytes,
		      const struct print_conversion *how)
{
	if (how->has_precision && bytes.len > (size_t)how->precision)
		bytes.len = (size_t)how->precision;
	const int64_t pad = how->width - (int64_t)bytes.len;
	put_many(text, ' ', how->is_left ? 0 : pad);
	print_text_put(text, bytes);
	put_many(text, ' ', how->is_left ? pad : 0);
}

static unsigned int base_of(char letter)
{
	if (letter == 'o')
		return 8;
	return letter == 'x' || letter == 'X' ? 16 : 10;
}

/* What stands in front of the digits. */
static size_t write_front(const struct print_conversion *how, bool is_negative, bool is_zero,
			  char *front)
{
	const unsigned int base = base_of(how->letter);
	size_t len = 0;
	if (is_negative)
		front[len++] = '-';
	else if (how->letter == 'd' && how->has_plus)
		front[len++] = '+';
	else if (how->letter == 'd' && how->has_blank)
		front[len++] = ' ';
	/* unlike C's, zero is 0x0 */
	if (how->is_special && base != 10 && (base == 16 || !is_zero))
		front[len++] = '0';
	if (how->is_special && base == 16)
		front[len++] = how->letter;
	return len;
}

static void put_number(struct print_text *text, uint64_t number, const struct print_conversion *how)
{
	char digits[NUMBER_MAX];
	char front[4];
	size_t at = NUMBER_MAX;
	const unsigned int base = base_of(how->letter);
	const bool is_negative = how->letter == 'd' && (int64_t)number < 0;
	const size_t front_len = write_front(how, is_negative, number == 0, front);
	uint64_t left = is_negative ? 0 - number : number;
	do {
		digits[--at] = digits_of(how->letter == 'X')[left % base];
		left /= base;
	} while (left > 0);
	const int64_t len = NUMBER_MAX - (int64_t)at;
	const int64_t zeros = how->has_precision && how->precision > len ? how->precision - len : 0;
	const int64_t pad = how->width - len - zeros - (int64_t)front_len;
	put_many(text, ' ', how->is_left || how->is_zeroed ? 0 : pad);
	print_text_put(text, (struct span){ (const unsigned char *)front, front_len });
	put_many(text, '0', !how->is_left && how->is_zeroed ? pad : 0);
	put_many(text, '0', zeros);
	print_text_put(text, (struct span){ (const unsigned char *)digits + at, (size_t)len });
	put_many(text, ' ', how->is_left ? pad : 0);
}

/* An address in all its digits. */
static void put_address(struct print_text *text, uint64_t number,
			const struct print_conversion *how, uint8_t long_bytes)
{
	struct print_conversion plain = *how;
	plain.letter = 'x';
	if (plain.width == 0) {
		plain.width = 2 * long_bytes + (how->is_special ? 2 : 0);
		plain.is_zeroed = true;
	}
	put_number(text, number, &plain);
}

/* 10.0.2.15 */
static bool put_ipv4(struct print_text *text, struct span bytes, const struct print_conversion *how)
{
	struct print_text made = { 0 };
	const struct print_conversion decimal = { .letter = 'u', .size = 4 };
	/* other orders of the bytes, and leading zeros, are asked for by more letters */
	if (bytes.len < 4 || how->variants[1] != '4' || how->variants[2] != '\0')
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			put_char(&made, '.');
		put_number(&made, bytes.at[i], &decimal);
	}
	put_field(text, (struct span){ made.bytes, made.len }, how);
	return true;
}

/* What a pointer points to. */
static bool put_pointed(struct print_text *text, struct span bytes,
			const struct print_conversion *how)
{
	static const char between[] = { [0] = ' ', ['C' - 'A' + 1] = ':', ['D' - 'A' + 1] = '-' };
	const char variant = how->variants[1];
	switch (how->variants[0]) {
	case 'I':
		return put_ipv4(text, bytes, how);
	case 'M':
		if (bytes.len < 6 || variant != '\0')
			return false;
		print_text_bytes(text, (struct span){ bytes.at, 6 }, ':');
		return true;
	case 'h':
		if (how->width > HEX_BYTES_MAX || (size_t)how->width > bytes.len)
			return false;
		bytes.len = how->width > 0 ? (size_t)how->width : 1;
		if (variant == 'N')
			print_text_bytes(text, bytes, 0);
		else if (variant == '\0' || variant == 'C' || variant == 'D')
			print_text_bytes(text, bytes,
					 between[variant == '\0' ? 0 : variant - 'A' + 1]);
		return true;
	default:
		return false;
	}
}

static bool put_pointer(struct print_text *text, const struct print_value *value,
			const struct print_conversion *how, const struct print_source *source)
{
	if (value->kind == VALUE_BYTES)
		return put_pointed(text, value->bytes, how);
	/* the kernel prints another number in place of an address; nobody else knows that one */
	if (how->variants[0] == '\0' || how->variants[0] == 'x') {
		put_address(text, value->number, how, source->long_bytes);
		return true;
	}
	const struct span name = source->name(source->self, how, value->number);
	if (name.at == NULL)
		return false;
	put_field(text, name, how);
	return true;
}

static bool put_string(struct print_text *text, const struct print_value *value,
		       const struct print_conversion *how, const struct print_source *source)
{
	struct span string = SPAN("(null)");
	if (value->kind == VALUE_BYTES)
		string = print_string_of(value->bytes);
	else if (value->number != 0)
		string = source->name(source->self, how, value->number);
	if (string.at == NULL)
		return false;
	put_field(text, string, how);
	return true;
}

static bool put_value(struct print_text *text, const struct print_value *value,
		      const struct print_conversion *how, const struct print_source *source)
{
	if (value->kind == VALUE_UNKNOWN)
		return false;
	if (how->letter == 'p')
		return put_pointer(text, value, how, source);
	if (how->letter == 's')
		return put_string(text, value, how, source);
	if (value->kind != VALUE_NUMBER)
		return false;
	if (how->letter == 'c') {
		const unsigned char c = (unsigned char)value->number;
		put_field(text, (struct span){ &c, 1 }, how);
		return true;
	}
	put_number(text, print_number_fit(value->number, how->size, how->letter == 'd'), how);
	return true;
}

/* ---- formats ---- */

struct format {
	struct print_text *text;
	struct span left;
	const struct print_source *source;
	enum print_outcome outcome;
};

static char next_char(const struct format *format)
{
	return format->left.len > 0 ? (char)format->left.at[0] : '\0';
}

static char take_char(struct format *format)
{
	const char c = next_char(format);
	if (format->left.len > 0) {
		format->left.at++;
		format->left.len--;
	}
	return c;
}

/* Gets the next argument. */
static struct print_value take_argument(struct format *format, const struct print_conversion *how)
{
	struct print_value value = { .kind = VALUE_UNKNOWN };
	if (!format->source->next(format->source->self, how, &value))
		format->outcome = PRINT_NO_MEMORY;
	return value;
}

/* A number, or that of an argument for a "*". */
static int32_t take_size(struct format *format)
{
	static const struct print_conversion whole = { .letter = 'd', .size = 4 };
	int64_t size = 0;
	if (next_char(format) == '*') {
		take_char(format);
		const struct print_value value = take_argument(format, &whole);
		if (value.kind != VALUE_NUMBER && format->outcome == PRINT_DONE)
			format->outcome = PRINT_UNKNOWN;
		size = (int32_t)(uint32_t)value.number;
	}
	while (next_char(format) >= '0' && next_char(format) <= '9' && size <= WIDTH_MAX)
		size = size * 10 + (take_char(format) - '0');
	if ((size > WIDTH_MAX || size < -WIDTH_MAX) && format->outcome == PRINT_DONE)
		format->outcome = PRINT_UNKNOWN;
	return (int32_t)size;
}

static void take_flags(struct format *format, struct print_conversion *how)
{
	for (;; take_char(format)) {
		switch (next_char(format)) {
		case '-':
			how->is_left = true;
			break;
		case '+':
			how->has_plus = true;
			break;
		case ' ':
			how->has_blank = true;
			break;
		case '#':
			how->is_special = true;
			break;
		case '0':
			how->is_zeroed = true;
			break;
		default:
			return;
		}
	}
}

static uint8_t take_length(struct format *format)
{
	uint8_t size = 4;
	for (;; take_char(format)) {
		switch (next_char(format)) {
		case 'h':
			size /= 2;
			break;
		case 'l':
			size = size < format->source->long_bytes ? format->source->long_bytes : 8;
			break;
		case 'L':
		case 'q':
		case 'j':
			size = 8;
			break;
		case 'z':
		case 'Z':
		case 't':
			size = format->source->long_bytes;
			break;
		default:
			return size > 0 ? size : 1;
		}
	}
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static struct print_conversion take_conversion(struct format *format)
{
	struct print_conversion how = { 0 };
	take_flags(format, &how);
	how.width = take_size(format);
	if (how.width < 0) {
		how.is_left = true;
		how.width = -how.width;
	}
	if (next_char(format) == '.') {
		take_char(format);
		how.precision = take_size(format);
		how.has_precision = how.precision >= 0;
	}
	how.size = take_length(format);
	how.letter = take_char(format);
	if (how.letter == 'i')
		how.letter = 'd';
	/* all of them belong to it, even those without a meaning */
	for (size_t i = 0; how.letter == 'p' && is_letter(next_char(format)); i++) {
		const char variant = take_char(format);
		if (i + 1 < sizeof(how.variants))
			how.variants[i] = variant;
		else
			how.letter = '\0';
	}
	return how;
}

/* What follows a percent sign. */
static void convert(struct format *format)
{
	const struct print_conversion how = take_conversion(format);
	if (format->outcome != PRINT_DONE)
		return;
	if (how.letter == '%') {
		put_char(format->text, '%');
		return;
	}
	if (how.letter == '\0' || strchr("duxXocsp", how.letter) == NULL) {
		format->outcome = PRINT_UNKNOWN;
		return;
	}
	const struct print_value value = take_argument(format, &how);
	if (format->outcome == PRINT_DONE && !put_value(format->text, &value, &how, format->source))
		format->outcome = PRINT_UNKNOWN;
}

enum print_outcome print_format(struct print_text *text, struct span whole,
				const struct print_source *source)
{
	struct format format = { text, whole, source, PRINT_DONE };
	while (format.left.len > 0 && format.outcome == PRINT_DONE) {
		const unsigned char *percent = memchr(format.left.at, '%', format.left.len);
		const unsigned char *end = format.left.at + format.left.len;
		print_text_put(text, span_of(format.left.at, percent != NULL ? percent : end));
		format.left = span_of(percent != NULL ? percent + 1 : end, end);
		if (percent != NULL)
			convert(&format);
	}
	if (format.outcome == PRINT_DONE && text->is_full)
		format.outcome = PRINT_UNKNOWN;
	return format.outcome;
}
