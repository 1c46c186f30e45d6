/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "random.h"
#include "read/dat_binary.h"
#include "read/print_run.h"

Suite *print_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A record of every kind of field, and what it holds. */
#define FIELDS                                                                                     \
	"format:\n"                                                                                \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"                                 \
	"\n"                                                                                       \
	"\tfield:u8 byte;\toffset:8;\tsize:1;\tsigned:0;\n"                                        \
	"\tfield:s8 small;\toffset:9;\tsize:1;\tsigned:1;\n"                                       \
	"\tfield:u16 word;\toffset:10;\tsize:2;\tsigned:0;\n"                                      \
	"\tfield:int number;\toffset:12;\tsize:4;\tsigned:1;\n"                                    \
	"\tfield:unsigned long address;\toffset:16;\tsize:8;\tsigned:0;\n"                         \
	"\tfield:char comm[8];\toffset:24;\tsize:8;\tsigned:0;\n"                                  \
	"\tfield:u16 words[2];\toffset:32;\tsize:4;\tsigned:0;\n"                                  \
	"\tfield:__data_loc char[] name;\toffset:36;\tsize:4;\tsigned:0;\n"                        \
	"\tfield:__rel_loc u32[] list;\toffset:40;\tsize:4;\tsigned:0;\n"                          \
	"\tfield:char rest[];\toffset:44;\tsize:0;\tsigned:0;\n"

static const unsigned char record[] = {
	0x34, 0x12, 0,	  0,	2,    0,    0,	  0,	/* type, pid 2 */
	200,  0xff, 0x39, 0x30, 0xfe, 0xff, 0xff, 0xff, /* 200, -1, 12345, -2 */
	0x10, 0x20, 0x30, 0xc0, 0xff, 0xff, 0xff, 0xff, /* 0xffffffffc0302010 */
	'v',  'm',  0,	  'x',	'x',  'x',  'x',  'x',	/* "vm" and what was there before */
	1,    0,    0xff, 0xff, 44,   0,    6,	  0,	/* { 1, 65535 }, 6 bytes at 44 */
	8,    0,    8,	  0,	'h',  'e',  'l',  'l',	/* 8 bytes 8 behind the field */
	'o',  0,    0,	  0,	7,    0,    0,	  0,	/* "hello" */
	0xff, 0xff, 0xff, 0xff
};

struct printer {
	struct print_program program;
	struct print_run run;
	struct arena memory;
	size_t next_argument;
};

static bool next_argument(void *self, const struct print_conversion *how, struct print_value *out)
{
	struct printer *printer = self;
	(void)how;
	return print_run_argument(&printer->run, &printer->program, printer->next_argument++, out);
}

static struct span name_address(void *self, const struct print_conversion *how, uint64_t address)
{
	(void)self;
	if (address != 0xffffffffc0302010)
		return (struct span){ NULL, 0 };
	return how->letter == 's' ? SPAN("a string") : SPAN("function");
}

static void release_printer(struct printer *printer)
{
	print_program_release(&printer->program);
	print_run_release(&printer->run);
	arena_release(&printer->memory);
}

/* What a "print fmt" makes of the record; NULL where it is not understood. */
static char *print_record(const char *print, struct span bytes)
{
	static struct print_text text;
	struct printer printer = { .run = { .long_bytes = 8, .record = bytes } };
	const struct print_source source = { &printer, 8, next_argument, name_address };
	char description[8192];
	const int len = snprintf(description, sizeof(description), FIELDS "\nprint fmt: %s", print);
	ck_assert_uint_lt((size_t)len, sizeof(description));
	text.len = 0;
	text.is_full = false;
	enum kg_status status = print_program_make(
		&printer.program, (struct span){ (unsigned char *)description, (size_t)len }, 8,
		&printer.memory);
	enum print_outcome outcome = PRINT_UNKNOWN;
	if (status == KG_OK)
		outcome = print_format(&text, printer.program.format, &source);
	release_printer(&printer);
	ck_assert_int_ne(outcome, PRINT_NO_MEMORY);
	return outcome == PRINT_DONE ? strndup((char *)text.bytes, text.len) : NULL;
}

static void check_prints(const char *print, const char *expected)
{
	char *text = print_record(print, (struct span){ record, sizeof(record) });
	if (expected == NULL && text != NULL)
		ck_abort_msg("%s: printed \"%s\", though it is not understood", print, text);
	if (expected != NULL)
		ck_assert_msg(text != NULL, "%s: not understood", print);
	if (expected != NULL && strcmp(text, expected) != 0)
		ck_abort_msg("%s: printed \"%s\", not \"%s\"", print, text, expected);
	free(text);
}

struct row {
	const char *print;
	const char *text;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_prints(rows[i].print, rows[i].text);
}

START_TEST(print_fields_are_read_as_they_are_described)
{
	static const struct row rows[] = {
		{ "\"%u %d %u %d\", REC->byte, REC->small, REC->word, REC->number",
		  "200 -1 12345 -2" },
		{ "\"%lx\", REC->address", "ffffffffc0302010" },
		{ "\"[%s]\", REC->comm", "[vm]" },
		{ "\"%u %u\", REC->words[0], REC->words[1]", "1 65535" },
		{ "\"[%s]\", __get_str(name)", "[hello]" },
		{ "\"%d\", __get_dynamic_array_len(name)", "6" },
		{ "\"%u\", ((u32 *)__get_rel_dynamic_array(list))[0]", "7" },
		{ "\"[%s]\", REC->rest", "[hello]" },
		{ "\"%d\", *(u8 *)((void *)REC + 4)", "2" },
		{ "\"no arguments\"", "no arguments" },
		{ "\"two \" \"pieces\\n\\x41\\101\\\"\"", "two pieces\nAA\"" },
	};
	check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(print_expressions_are_worked_out_as_c_does)
{
	static const struct row rows[] = {
		{ "\"%d\", 1 + 2 * 3 - 4 / 2 % 3", "5" },
		{ "\"%d\", (1 + 2) * 3", "9" },
		{ "\"%d\", 1 << 4 | 0x3 & ~1", "18" },
		{ "\"%d\", REC->byte > 100 && REC->small < 0 || 1 / 0", "1" },
		{ "\"%d\", 0 && 1 / 0", "0" },
		{ "\"%s\", REC->byte == 200 ? \"yes\" : \"no\"", "yes" },
		{ "\"%d\", 0 ? 1 : 0 ? 2 : 3", "3" },
		{ "\"%d\", 1 ? 0 ? 1 : 2 : 3", "2" },
		{ "\"%d\", !REC->byte + -5", "-5" },
		{ "\"%llu\", (unsigned long long)REC->number", "18446744073709551614" },
		{ "\"%u\", (u8)REC->number", "254" },
		{ "\"%d\", REC->number / 2", "-1" },
		{ "\"%d\", (unsigned int)REC->number > 0", "1" },
		{ "\"%d\", REC->number > 0u", "1" },
		{ "\"%d\", REC->number >> 1", "-1" },
		{ "\"%lx\", REC->address >> 32", "ffffffff" },
		{ "\"%x\", 0x80000000 ^ 0xf", "8000000f" },
		{ "\"%d\", 'A'", "65" },
		{ "\"%ld\", -9223372036854775807L - 1", "-9223372036854775808" },
		{ "\"%ld\", (-9223372036854775807L - 1) / -1", "-9223372036854775808" },
		{ "\"%d\", true", "1" },
		{ "\"%s\", NULL", "(null)" },
	};
	check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(print_conversions_are_the_kernels)
{
	static const struct row rows[] = {
		{ "\"%5d|%-5d|%05d|%+d|% d\", 42, 42, 42, 42, 42", "   42|42   |00042|+42| 42" },
		{ "\"%#x %#x %#o %#o\", 0, 31, 0, 8", "0x0 0x1f 0 010" },
		{ "\"%#010x %08lx %016llx\", 31, 31L, 31LL",
		  "0x0000001f 0000001f 000000000000001f" },
		{ "\"%.3d|%5.3d|%x|%X\", 7, 7, 0xabc, 0xabc", "007|  007|abc|ABC" },
		{ "\"%hhd %hd %d %ld\", 0x1ff, 0x1ffff, -1, -1L", "-1 -1 -1 -1" },
		{ "\"%c%c|%3c|%-3c|\", 'o', 'k', 'a', 'b'", "ok|  a|b  |" },
		{ "\"%8s|%-8s|%.2s\", \"abc\", \"abc\", \"abc\"", "     abc|abc     |ab" },
		{ "\"%*d|%-*d|%.*s\", 4, 7, 4, 7, 2, \"abc\"", "   7|7   |ab" },
		{ "\"%zu %zd %Lu 100%%\", 1L, -1L, 2LL", "1 -1 2 100%" },
		{ "\"%p %px\", REC->address, (void *)31", "ffffffffc0302010 000000000000001f" },
		{ "\"%ps %pS %s\", REC->address, (void *)REC->address, REC->address",
		  "function function a string" },
		{ "\"%pM\", REC->comm", "76:6d:00:78:78:78" },
		{ "\"%pI4\", REC->comm", "118.109.0.120" },
		{ "\"%*ph %*phC %*phD %*phN\", 2, REC->comm, 2, REC->comm, 2, REC->comm, 2, "
		  "REC->comm",
		  "76 6d 76:6d 76-6d 766d" },
	};
	check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(print_functions_are_the_kernels)
{
	static const struct row rows[] = {
		{ "\"%s\", __print_symbolic(REC->byte, { 1, \"ONE\" }, { 200, \"MANY\" })",
		  "MANY" },
		{ "\"%s\", __print_symbolic(REC->word, { 1, \"ONE\" })", "0x3039" },
		{ "\"%s\", __print_symbolic(REC->number, { -2, \"TWO BELOW\" })", "TWO BELOW" },
		{ "\"%s\", __print_flags(REC->byte, \"|\", { 8, \"A\" }, { 64, \"B\" }, { 4, \"C\" "
		  "})",
		  "A|B|0x80" },
		{ "\"%s\", __print_flags(0, \"|\", { 8, \"A\" })", "" },
		{ "\"%s\", __print_flags(12, \"\", { 1 << 2, \"A\" }, { (1 << 3) + 0, \"B\" })",
		  "AB" },
		{ "\"%s\", __print_hex(REC->comm, 3)", "76 6d 00" },
		{ "\"%s\", __print_hex_str(REC->comm, 3)", "766d00" },
		{ "\"%s\", __print_array(REC->words, 2, 2)", "{0x1,0xffff}" },
		{ "\"%s%s\", 1 ? __print_symbolic(1, { 1, \"x\" }) : \"\", \"y\"", "xy" },
		{ "\"%llu.%06lu\", __print_ns_to_secs(1500000000LL), __print_ns_without_secs(1500)",
		  "1.001500" },
	};
	check_rows(rows, COUNT(rows));
}
END_TEST

/* No text is better than a wrong one. */
START_TEST(print_what_is_not_known_has_no_text)
{
	static const char *const prints[] = {
		"\"%d\", REC->other",
		"\"%d\", SOME_CONSTANT",
		"\"%s\", __print_symbolic(REC->byte, { SOME_CONSTANT, \"A\" }, { 200, \"B\" })",
		"\"%d\", some_function(1)",
		"\"%d\", ({ int x = 1; x; })",
		"\"%d\", 1 / 0",
		"\"%d\", 1 << 99",
		"\"%d\"",
		"\"%d %d\", 1",
		"\"%s\", REC->byte",
		"\"%d\", REC->comm",
		"\"%pUb\", REC->comm",
		"\"%pI6c\", REC->comm",
		"\"%ps\", 5",
		"\"%d\", REC->words[2]",
		"\"%d\", REC->comm[-1]",
		"\"%*ph\", 9, REC->comm",
		"\"%s\", __print_hex(REC->comm, 9)",
		"\"%s\", __print_array(REC->words, 3, 2)",
		"\"%s\", __get_str(comm)",
		"\"%99999d\", 1",
		"\"%y\", 1",
		"\"%\"",
		"",
		"\"",
		"5",
		"\"%d\" 1",
		"\"%d\", (1",
		"\"%d\", 1)",
		"\"%d\", 1 ? 2",
		"\"%d\", 1 : 2",
		"\"%d\", { 1 }",
		"\"%d\", __print_flags(",
		"\"%d\", __print_flags()",
		"\"%d\", 1,",
		"\"%d\", REC->",
		"\"%d\", 08",
		"\"%d\", 'ab'",
	};
	for (size_t i = 0; i < COUNT(prints); i++)
		check_prints(prints[i], NULL);
}
END_TEST

/* A record that is cut says nothing of what is behind the cut. */
START_TEST(print_short_record_has_no_text_beyond_its_end)
{
	const struct span cut = { record, 17 };
	char *text = print_record("\"%d\", REC->number", cut);
	ck_assert_str_eq(text, "-2");
	free(text);
	ck_assert_ptr_null(print_record("\"%lx\", REC->address", cut));
	ck_assert_ptr_null(print_record("\"%s\", REC->comm", cut));
	ck_assert_ptr_null(print_record("\"%s\", __get_str(name)", cut));
	const struct span behind_name = { record, 46 };
	ck_assert_ptr_null(print_record("\"%s\", __get_str(name)", behind_name));
}
END_TEST

START_TEST(print_too_deep_expressions_are_refused)
{
	char print[4096] = "\"%d\", ";
	const size_t start = strlen(print);
	memset(print + start, '(', 1000);
	strcpy(print + start + 1000, "1");
	memset(print + start + 1001, ')', 1000);
	print[start + 2001] = '\0';
	check_prints(print, NULL);
	memset(print + start, '-', 1000);
	check_prints(print, NULL);
}
END_TEST

/* What trace_printk() keeps: chars anywhere, other numbers at multiples of at most four. */
START_TEST(print_binary_arguments_are_taken_as_the_kernel_keeps_them)
{
	static const unsigned char bytes[] = { 'x', 0, 0, 0, 42,  0,   0, 0, 1, 0, 0, 0,
					       2,   0, 0, 0, 'a', 'b', 0, 9, 5, 0, 7, 0 };
	struct dat_binary binary = { .bytes = { bytes, sizeof(bytes) }, .long_bytes = 8 };
	const struct print_conversion a_char = { .letter = 'c', .size = 4 };
	const struct print_conversion an_int = { .letter = 'd', .size = 4 };
	const struct print_conversion a_long = { .letter = 'x', .size = 8 };
	const struct print_conversion a_string = { .letter = 's' };
	const struct print_conversion a_short = { .letter = 'u', .size = 2 };
	ck_assert_uint_eq(dat_binary_next(&binary, &a_char).number, 'x');
	ck_assert_uint_eq(dat_binary_next(&binary, &an_int).number, 42);
	ck_assert_uint_eq(dat_binary_next(&binary, &a_long).number, 0x200000001);
	ck_assert_uint_eq(dat_binary_next(&binary, &a_string).bytes.len, 2);
	ck_assert_uint_eq(dat_binary_next(&binary, &a_short).number, 5);
	ck_assert_uint_eq(dat_binary_next(&binary, &a_short).number, 7);
	ck_assert_int_eq(dat_binary_next(&binary, &a_char).kind, VALUE_UNKNOWN);
	ck_assert_int_eq(dat_binary_next(&binary, &a_string).kind, VALUE_UNKNOWN);
}
END_TEST

/* Damaged descriptions and records: whatever comes out, nothing is read that is not there. */
START_TEST(print_damage_does_no_harm)
{
	static const char whole[] =
		"\"%-5d %*d %s %s %pS %02x\", (REC->byte == 1) ? -REC->small : 5 % 3, 4, "
		"REC->number,"
		" __print_flags(REC->word & 0xff, \"|\", { 1 << 3, \"A\" }, { 0x30, \"B\" }),"
		" __get_str(name), (void *)REC->address, ((u8 *)REC->comm)[2]";
	static const char letters[] = "(){}[]\"'\\,.;:?!&|^<>=+-*/%0123456789abcdefx_REC \t\n";
	struct random random = { 20 };
	for (size_t i = 0; i < 5000; i++) {
		char print[sizeof(whole)];
		unsigned char bytes[sizeof(record)];
		memcpy(print, whole, sizeof(whole));
		memcpy(bytes, record, sizeof(record));
		for (uint64_t left = random_below(&random, 4); left > 0; left--)
			print[random_below(&random, sizeof(whole) - 1)] =
				letters[random_below(&random, sizeof(letters) - 1)];
		for (uint64_t left = random_below(&random, 4); left > 0; left--)
			bytes[random_below(&random, sizeof(bytes))] =
				(unsigned char)random_next(&random);
		/* in memory of its own, so that a byte too many is found out */
		const size_t len = random_below(&random, sizeof(bytes) + 1);
		unsigned char *copy = malloc(len + 1);
		memcpy(copy, bytes, len);
		free(print_record(print, (struct span){ copy, len }));
		free(copy);
	}
}
END_TEST

START_TEST(print_without_memory_fails_clean)
{
	static const char text[] =
		FIELDS "\nprint fmt: \"%s %d\", __print_hex(REC->comm, 2), 1 + 2";
	for (uint64_t passes = 0;; passes++) {
		struct printer printer = { .run = { .long_bytes = 8,
						    .record = { record, sizeof(record) } } };
		struct print_value value;
		memory_fail_after(passes);
		enum kg_status status =
			print_program_make(&printer.program, SPAN(text), 8, &printer.memory);
		bool is_done = status == KG_OK &&
			       print_run_argument(&printer.run, &printer.program, 0, &value);
		memory_fail_after(UINT64_MAX);
		release_printer(&printer);
		if (is_done)
			break;
		ck_assert(status == KG_OK || status == KG_NOMEM);
	}
}
END_TEST

Suite *print_suite(void)
{
	Suite *suite = suite_create("print");
	TCase *tests = tcase_create("texts");
	tcase_add_test(tests, print_fields_are_read_as_they_are_described);
	tcase_add_test(tests, print_expressions_are_worked_out_as_c_does);
	tcase_add_test(tests, print_conversions_are_the_kernels);
	tcase_add_test(tests, print_functions_are_the_kernels);
	tcase_add_test(tests, print_binary_arguments_are_taken_as_the_kernel_keeps_them);
	suite_add_tcase(suite, tests);
	TCase *none = tcase_create("none");
	tcase_add_test(none, print_what_is_not_known_has_no_text);
	tcase_add_test(none, print_short_record_has_no_text_beyond_its_end);
	tcase_add_test(none, print_too_deep_expressions_are_refused);
	tcase_add_test(none, print_damage_does_no_harm);
	tcase_add_test(none, print_without_memory_fails_clean);
	suite_add_tcase(suite, none);
	return suite;
}
