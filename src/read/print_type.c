/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how large the kernel's types of numbers are. */
#include "read/print_type.h"

#include "read/print_lex.h"
#include "base/banned.h"

#define LONG 0 /* as large as a long of the traced machine */

static const struct {
	struct span name;
	uint8_t size;
	bool is_signed;
} numbers[] = {
	{ SPAN("char"), 1, true },	   { SPAN("bool"), 1, false },
	{ SPAN("_Bool"), 1, false },	   { SPAN("short"), 2, true },
	{ SPAN("int"), 4, true },	   { SPAN("long"), LONG, true },
	{ SPAN("u8"), 1, false },	   { SPAN("__u8"), 1, false },
	{ SPAN("s8"), 1, true },	   { SPAN("__s8"), 1, true },
	{ SPAN("u16"), 2, false },	   { SPAN("__u16"), 2, false },
	{ SPAN("s16"), 2, true },	   { SPAN("__le16"), 2, false },
	{ SPAN("__be16"), 2, false },	   { SPAN("u32"), 4, false },
	{ SPAN("__u32"), 4, false },	   { SPAN("s32"), 4, true },
	{ SPAN("__s32"), 4, true },	   { SPAN("__le32"), 4, false },
	{ SPAN("__be32"), 4, false },	   { SPAN("u64"), 8, false },
	{ SPAN("__u64"), 8, false },	   { SPAN("s64"), 8, true },
	{ SPAN("__s64"), 8, true },	   { SPAN("__le64"), 8, false },
	{ SPAN("__be64"), 8, false },	   { SPAN("uint8_t"), 1, false },
	{ SPAN("uint16_t"), 2, false },	   { SPAN("uint32_t"), 4, false },
	{ SPAN("uint64_t"), 8, false },	   { SPAN("int8_t"), 1, true },
	{ SPAN("int16_t"), 2, true },	   { SPAN("int32_t"), 4, true },
	{ SPAN("int64_t"), 8, true },	   { SPAN("size_t"), LONG, false },
	{ SPAN("ssize_t"), LONG, true },   { SPAN("uintptr_t"), LONG, false },
	{ SPAN("pid_t"), 4, true },	   { SPAN("dev_t"), 4, false },
	{ SPAN("uid_t"), 4, false },	   { SPAN("gid_t"), 4, false },
	{ SPAN("umode_t"), 2, false },	   { SPAN("gfp_t"), 4, false },
	{ SPAN("loff_t"), 8, true },	   { SPAN("ino_t"), LONG, false },
	{ SPAN("sector_t"), 8, false },	   { SPAN("dma_addr_t"), 8, false },
	{ SPAN("phys_addr_t"), 8, false }, { SPAN("ktime_t"), 8, true },
	{ SPAN("pgoff_t"), LONG, false },
};

static bool is_one_of(struct span word, const struct span *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (span_equal(word, words[i]))
			return true;
	}
	return false;
}

static bool add_number(struct print_type *type, struct span word, uint8_t long_bytes)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!span_equal(word, numbers[i].name))
			continue;
		const bool is_long = span_equal(word, SPAN("long"));
		type->long_count += is_long;
		/* "long int", "short int" */
		if (span_equal(word, SPAN("int")) && type->size != 0 && !type->has_sign)
			return true;
		if (type->long_count > 1)
			type->size = 8;
		else if (!span_equal(word, SPAN("int")) || type->size == 0 || type->size == 4)
			type->size = numbers[i].size != LONG ? numbers[i].size : long_bytes;
		if (!type->has_sign)
			type->is_signed = numbers[i].is_signed;
		return true;
	}
	return false;
}

bool print_type_add(struct print_type *type, struct span word, uint8_t long_bytes)
{
	static const struct span silent[] = { SPAN("const"), SPAN("volatile"), SPAN("__user"),
					      SPAN("__data_loc"), SPAN("__rel_loc") };
	static const struct span others[] = { SPAN("void"), SPAN("struct"), SPAN("union"),
					      SPAN("enum") };
	if (is_one_of(word, silent, sizeof(silent) / sizeof(silent[0])))
		return true;
	if (is_one_of(word, others, sizeof(others) / sizeof(others[0])) || type->is_other) {
		type->is_other = true;
		return true;
	}
	if (span_equal(word, SPAN("unsigned")) || span_equal(word, SPAN("signed"))) {
		type->is_signed = word.at[0] == 's';
		type->has_sign = true;
		if (type->size == 0)
			type->size = 4;
		return true;
	}
	return add_number(type, word, long_bytes);
}

uint8_t print_type_element(struct span declaration, uint8_t long_bytes)
{
	struct print_type type = { 0 };
	for (;;) {
		struct print_word word = print_word_take(&declaration, long_bytes);
		if (word.kind == WORD_SIGN && word.sign == SIGN('*', 0))
			return long_bytes;
		if (word.kind != WORD_NAME || !print_type_add(&type, word.text, long_bytes))
			break;
	}
	return type.size != 0 ? type.size : 1;
}
