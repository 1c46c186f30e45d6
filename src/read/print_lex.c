/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how C writes numbers, strings, names and signs. */
#include "read/print_lex.h"

#include "base/banned.h"

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static unsigned int digit_of(unsigned char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static void skip(struct span *text, size_t len)
{
	text->at += len;
	text->len -= len;
}

/* The size and sign that C gives to a number: the first of its types that holds it. */
static void type_number(struct print_word *word, bool is_decimal, bool is_unsigned, bool is_long,
			uint8_t long_bytes)
{
	const bool fits_int = word->number <= INT32_MAX;
	const bool fits_unsigned = word->number <= UINT32_MAX && (is_unsigned || !is_decimal);
	word->size = is_long ? long_bytes : 4;
	if (word->size == 4 && !fits_int && !fits_unsigned)
		word->size = 8;
	const uint64_t most = word->size == 4 ? INT32_MAX : INT64_MAX;
	word->is_signed = !is_unsigned && word->number <= most;
}

static struct print_word take_number(struct span *text, uint8_t long_bytes)
{
	struct print_word word = { .kind = WORD_NUMBER };
	unsigned int base = 10;
	unsigned int longs = 0;
	bool is_unsigned = false;
	if (text->len > 2 && text->at[0] == '0' && (text->at[1] | 32) == 'x') {
		base = 16;
		skip(text, 2);
	} else if (text->at[0] == '0') {
		base = 8;
	}
	for (; text->len > 0 && digit_of(text->at[0]) < base; skip(text, 1))
		word.number = word.number * base + digit_of(text->at[0]);
	for (; text->len > 0 && ((text->at[0] | 32) == 'u' || (text->at[0] | 32) == 'l');
	     skip(text, 1)) {
		is_unsigned |= (text->at[0] | 32) == 'u';
		longs += (text->at[0] | 32) == 'l';
	}
	type_number(&word, base == 10, is_unsigned, longs > 0, longs > 1 ? 8 : long_bytes);
	if (text->len > 0 && is_name(text->at[0]))
		word.kind = WORD_BAD;
	return word;
}

/* One character behind a backslash; its length is added to *len. */
static unsigned char take_escape(struct span text, size_t *len)
{
	static const char letters[] = "ntrabfve";
	static const char meanings[] = "\n\t\r\a\b\f\v\033";
	unsigned int code = 0;
	size_t digits = 0;
	if (text.at[0] == 'x') {
		while (digits < 2 && digits + 1 < text.len && digit_of(text.at[digits + 1]) < 16)
			code = code * 16 + digit_of(text.at[++digits]);
		*len += 1 + digits;
		return (unsigned char)code;
	}
	while (digits < 3 && digits < text.len && digit_of(text.at[digits]) < 8)
		code = code * 8 + digit_of(text.at[digits++]);
	*len += digits > 0 ? digits : 1;
	if (digits > 0)
		return (unsigned char)code;
	for (size_t i = 0; letters[i] != '\0'; i++) {
		if (text.at[0] == (unsigned char)letters[i])
			return (unsigned char)meanings[i];
	}
	return text.at[0];
}

unsigned char *print_unescape(struct span text, unsigned char *to)
{
	while (text.len > 0) {
		size_t len = 1;
		if (text.at[0] == '\\' && text.len > 1)
			*to++ = take_escape(span_of(text.at + 1, text.at + text.len), &len);
		else
			*to++ = text.at[0];
		skip(&text, len);
	}
	return to;
}

/* What is between two quotes. */
static struct print_word take_quoted(struct span *text)
{
	const unsigned char quote = text->at[0];
	size_t len = 1;
	while (len < text->len && text->at[len] != quote)
		len += text->at[len] == '\\' ? 2 : 1;
	if (len >= text->len)
		return (struct print_word){ .kind = WORD_BAD };
	struct print_word word = { .kind = WORD_STRING,
				   .text = span_of(text->at + 1, text->at + len) };
	skip(text, len + 1);
	if (quote == '"')
		return word;
	unsigned char bytes[8];
	if (word.text.len == 0 || word.text.len > sizeof(bytes) ||
	    print_unescape(word.text, bytes) != bytes + 1)
		return (struct print_word){ .kind = WORD_BAD };
	return (struct print_word){ .kind = WORD_NUMBER,
				    .number = (uint64_t)(int64_t)(signed char)bytes[0],
				    .size = 4,
				    .is_signed = true };
}

static struct print_word take_sign(struct span *text)
{
	static const char pairs[] = "<<>><=>===!=&&||->";
	struct print_word word = { .kind = WORD_SIGN, .sign = SIGN(text->at[0], 0) };
	for (size_t i = 0; pairs[i] != '\0' && text->len > 1; i += 2) {
		if (text->at[0] == (unsigned char)pairs[i] &&
		    text->at[1] == (unsigned char)pairs[i + 1])
			word.sign = SIGN(pairs[i], pairs[i + 1]);
	}
	skip(text, word.sign > UINT8_MAX ? 2 : 1);
	return word;
}

struct print_word print_word_take(struct span *text, uint8_t long_bytes)
{
	while (text->len > 0 && (text->at[0] == ' ' || text->at[0] == '\t' || text->at[0] == '\n'))
		skip(text, 1);
	if (text->len == 0)
		return (struct print_word){ .kind = WORD_END };
	const unsigned char c = text->at[0];
	if (is_digit(c))
		return take_number(text, long_bytes);
	if (c == '"' || c == '\'')
		return take_quoted(text);
	if (!is_name(c))
		return take_sign(text);
	size_t len = 1;
	while (len < text->len && is_name(text->at[len]))
		len++;
	struct print_word word = { .kind = WORD_NAME, .text = { text->at, len } };
	skip(text, len);
	return word;
}
