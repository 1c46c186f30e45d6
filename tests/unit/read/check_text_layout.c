/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "read/print_line.h"
#include "read/text_layout.h"

Suite *text_layout_suite(void);

#define ABS KG_COLUMN_ABSTIME
#define REL KG_COLUMN_RELTIME
#define CPU KG_COLUMN_CPU
#define PROC KG_COLUMN_PROC
#define LAT KG_COLUMN_LATENCY
#define DUR KG_COLUMN_DURATION

static struct span span_of_string(const char *string)
{
	return (struct span){ (const unsigned char *)string, strlen(string) };
}

START_TEST(text_layout_header_as_kernels_print_it_is_read)
{
	static const struct {
		const char *line;
		uint32_t columns;
	} headers[] = {
		{ "# CPU  DURATION                  FUNCTION CALLS", CPU | DUR },
		{ "#     TIME        CPU  DURATION                  FUNCTION CALLS",
		  ABS | CPU | DUR },
		{ "# CPU  TASK/PID         DURATION                  FUNCTION CALLS",
		  CPU | PROC | DUR },
		{ "#     TIME        CPU  TASK/PID         DURATION                  FUNCTION "
		  "CALLS",
		  ABS | CPU | PROC | DUR },
		{ "#   REL TIME      CPU  TASK/PID       ||||     DURATION                  "
		  "FUNCTION CALLS",
		  REL | CPU | PROC | LAT | DUR },
		{ "#     TIME           REL TIME   CPU  TASK/PID       ||||     DURATION           "
		  " "
		  "      FUNCTION CALLS",
		  ABS | REL | CPU | PROC | LAT | DUR },
		{ "# CPU|||||  DURATION                  FUNCTION CALLS", CPU | LAT | DUR },
		{ "# CPU  FUNCTION CALLS", CPU },
		{ "#  DURATION                  FUNCTION CALLS", DUR },
		{ "#               FUNCTION CALLS", 0 },
		{ "# CPU  DURATION                  FUNCTION CALLS\r", CPU | DUR },
	};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct text_layout layout = { ~0u };
		ck_assert(text_layout_from_header(span_of_string(headers[i].line), &layout));
		ck_assert_msg(layout.columns == headers[i].columns, "%s: %x", headers[i].line,
			      layout.columns);
	}
}
END_TEST

START_TEST(text_layout_header_of_any_columns_is_read)
{
	static const char *const fragments[KG_COLUMN_COUNT] = {
		"     TIME       ",  "   REL TIME     ", " CPU",
		"  TASK/PID       ", "||||   ",		 "  DURATION   ",
	};
	for (uint32_t columns = 0; columns < 1u << KG_COLUMN_COUNT; columns++) {
		char line[256] = "#";
		for (size_t i = 0; i < KG_COLUMN_COUNT; i++) {
			if (columns >> i & 1)
				memcpy(line + strlen(line), fragments[i], strlen(fragments[i]) + 1);
		}
		memcpy(line + strlen(line), "               FUNCTION CALLS", 30);
		struct text_layout layout = { ~0u };
		ck_assert(text_layout_from_header(span_of_string(line), &layout));
		ck_assert_msg(layout.columns == columns, "%s: %x", line, layout.columns);
	}
}
END_TEST

START_TEST(text_layout_other_lines_are_no_header)
{
	static const char *const lines[] = {
		"",
		"#",
		"# tracer: function_graph",
		"# |     |   |                     |   |   |   |",
		" 0)   0.161 us    |  f();",
		"#      _-----=> irqs-off",
		"#     | / _----=> need-resched",
		"# latency: 0 us, #13474/13474, CPU#2 | (M:PREEMPT(full) VP:0, KP:0)",
		"# entries-in-buffer/entries-written: 140080/250280   #P:4",
		" CPU  DURATION                  FUNCTION CALLS",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct text_layout layout = { 12345 };
		ck_assert_msg(!text_layout_from_header(span_of_string(lines[i]), &layout), "%s",
			      lines[i]);
		ck_assert_uint_eq(layout.columns, 12345);
	}
}
END_TEST

/* Some lines of a trace in a layout, as without a header. */
static size_t print_sample(char *to, size_t size, uint32_t columns)
{
	struct print_parts parts = { .columns = columns,
				     .abstime = "11.469355",
				     .reltime = "3750",
				     .cpu_width = 1,
				     .task = "cat-245",
				     .flags = "d..2.",
				     .mark = ' ' };
	static const struct {
		const char *body;
		const char *duration;
		unsigned int depth;
	} calls[] = { { "f() {", NULL, 0 }, { "g [kvm]();", "0.161", 1 }, { "}", "3.500", 0 } };
	size_t len = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		parts.body = calls[i].body;
		parts.duration = calls[i].duration;
		parts.depth = calls[i].depth;
		len += print_line(to + len, size - len, &parts);
		to[len++] = '\n';
	}
	return len;
}

START_TEST(text_layout_without_header_is_guessed_from_lines)
{
	for (uint32_t columns = 0; columns < 1u << KG_COLUMN_COUNT; columns++) {
		char text[2 * PRINT_LINE_LEN];
		size_t len = print_sample(text, sizeof(text), columns);
		struct text_layout layout =
			text_layout_guess((struct span){ (unsigned char *)text, len });
		ck_assert_msg(layout.columns == columns, "%s: %x", text, layout.columns);
	}
}
END_TEST

START_TEST(text_layout_guess_follows_the_majority)
{
	char text[4 * PRINT_LINE_LEN];
	size_t len = print_sample(text, sizeof(text), CPU | DUR);
	for (int i = 0; i < 2; i++)
		len += print_sample(text + len, sizeof(text) - len, ABS | CPU | PROC | DUR);
	struct text_layout layout = text_layout_guess((struct span){ (unsigned char *)text, len });
	ck_assert_uint_eq(layout.columns, ABS | CPU | PROC | DUR);
}
END_TEST

START_TEST(text_layout_guess_of_nothing_is_the_default)
{
	ck_assert_uint_eq(text_layout_guess(SPAN("")).columns, CPU | DUR);
	ck_assert_uint_eq(text_layout_guess(SPAN("\n\n\n")).columns, CPU | DUR);
	ck_assert_uint_eq(text_layout_guess(SPAN("no trace\nat all")).columns, CPU | DUR);
}
END_TEST

Suite *text_layout_suite(void)
{
	Suite *suite = suite_create("text_layout");
	TCase *header = tcase_create("header");
	tcase_add_test(header, text_layout_header_as_kernels_print_it_is_read);
	tcase_add_test(header, text_layout_header_of_any_columns_is_read);
	tcase_add_test(header, text_layout_other_lines_are_no_header);
	suite_add_tcase(suite, header);
	TCase *guess = tcase_create("guess");
	tcase_add_test(guess, text_layout_without_header_is_guessed_from_lines);
	tcase_add_test(guess, text_layout_guess_follows_the_majority);
	tcase_add_test(guess, text_layout_guess_of_nothing_is_the_default);
	suite_add_tcase(suite, guess);
	return suite;
}
