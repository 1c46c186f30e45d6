/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"

Suite *intern_suite(void);

/* The string of a number, and its number of bytes. */
static struct span name_of(unsigned int i, char (*text)[32])
{
	int len = snprintf(*text, sizeof(*text), "%x_name%.*s", i, (int)(i % 9), "012345678");
	return (struct span){ (const unsigned char *)*text, (size_t)len };
}

START_TEST(intern_zeroed_is_empty)
{
	struct intern intern = { 0 };
	struct span padded = SPAN("abc\0\0\0\0\0\0\0");
	padded.len = 3;
	ck_assert_uint_eq(intern_find(&intern, padded, intern_hash(padded)), INTERN_NONE);
	intern_release(&intern);
}
END_TEST

START_TEST(intern_distinct_strings_get_dense_ids)
{
	struct intern intern = { 0 };
	char text[32];
	for (unsigned int i = 0; i < 50000; i++)
		ck_assert_uint_eq(intern_add_copy(&intern, name_of(i, &text)), i);
	for (unsigned int i = 0; i < 50000; i++) {
		struct span name = name_of(i, &text);
		ck_assert_uint_eq(intern_add_copy(&intern, name), i);
		ck_assert(span_equal(intern_get(&intern, i), name));
	}
	ck_assert_uint_eq(intern.strings.count, 50000);
	intern_release(&intern);
}
END_TEST

START_TEST(intern_string_is_copied_and_terminated)
{
	struct intern intern = { 0 };
	char text[32] = "kvm_dev_ioctl";
	uint32_t id = intern_add_copy(&intern, (struct span){ (unsigned char *)text, 13 });
	memset(text, 'x', sizeof(text));
	ck_assert_str_eq((const char *)intern_get(&intern, id).at, "kvm_dev_ioctl");
	intern_release(&intern);
}
END_TEST

START_TEST(intern_length_tells_strings_apart)
{
	struct intern intern = { 0 };
	const unsigned char zeroes[16] = { 0 };
	for (uint32_t len = 0; len <= 16; len++)
		ck_assert_uint_eq(intern_add_copy(&intern, (struct span){ zeroes, len }), len);
	for (uint32_t len = 0; len <= 16; len++)
		ck_assert_uint_eq(intern_add_copy(&intern, (struct span){ zeroes, len }), len);
	ck_assert_uint_eq(intern_add_copy(&intern, (struct span){ 0 }), 0);
	intern_release(&intern);
}
END_TEST

START_TEST(intern_hash_ignores_what_is_behind)
{
	for (size_t len = 0; len <= 24; len++) {
		unsigned char first[32];
		unsigned char second[32];
		memset(first, 'a', sizeof(first));
		memset(second, 'a', sizeof(second));
		memset(first + len, 0x00, sizeof(first) - len);
		memset(second + len, 0xff, sizeof(second) - len);
		ck_assert_uint_eq(intern_hash((struct span){ first, len }),
				  intern_hash((struct span){ second, len }));
	}
}
END_TEST

START_TEST(intern_copy_reads_nothing_behind_the_string)
{
	/* a memory checker sees a read behind the block */
	struct intern intern = { 0 };
	for (size_t len = 1; len <= 17; len++) {
		unsigned char *exact = malloc(len);
		memset(exact, 'e', len);
		struct span string = { exact, len };
		ck_assert_uint_eq(intern_add_copy(&intern, string), len - 1);
		free(exact);
	}
	intern_release(&intern);
}
END_TEST

START_TEST(intern_equal_hashes_do_not_merge)
{
	struct intern intern = { 0 };
	char text[32];
	for (unsigned int i = 0; i < 300; i++)
		ck_assert_uint_eq(intern_add(&intern, name_of(i, &text), 42), i);
	for (unsigned int i = 0; i < 300; i++)
		ck_assert_uint_eq(intern_find(&intern, name_of(i, &text), 42), i);
	ck_assert_uint_eq(intern_find(&intern, name_of(300, &text), 42), INTERN_NONE);
	intern_release(&intern);
}
END_TEST

/* Adds names until memory is out; then what was added is there, and the rest can be added. */
START_TEST(intern_without_memory_keeps_what_it_has)
{
	char text[32];
	for (uint64_t passes = 0;; passes++) {
		struct intern intern = { 0 };
		unsigned int added = 0;
		memory_fail_after(passes);
		while (added < 300 && intern_add_copy(&intern, name_of(added, &text)) == added)
			added++;
		memory_fail_after(UINT64_MAX);
		for (unsigned int i = 0; i < 300; i++)
			ck_assert_uint_eq(intern_add_copy(&intern, name_of(i, &text)), i);
		intern_release(&intern);
		if (added == 300)
			break;
	}
}
END_TEST

Suite *intern_suite(void)
{
	Suite *suite = suite_create("intern");
	TCase *strings = tcase_create("strings");
	tcase_add_test(strings, intern_zeroed_is_empty);
	tcase_add_test(strings, intern_distinct_strings_get_dense_ids);
	tcase_add_test(strings, intern_string_is_copied_and_terminated);
	tcase_add_test(strings, intern_length_tells_strings_apart);
	tcase_add_test(strings, intern_equal_hashes_do_not_merge);
	suite_add_tcase(suite, strings);
	TCase *bounds = tcase_create("bounds");
	tcase_add_test(bounds, intern_hash_ignores_what_is_behind);
	tcase_add_test(bounds, intern_copy_reads_nothing_behind_the_string);
	tcase_add_test(bounds, intern_without_memory_keeps_what_it_has);
	suite_add_tcase(suite, bounds);
	return suite;
}
