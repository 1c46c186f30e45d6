/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"
#include "random.h"
#include "read/reader.h"
#include "base/window.h"

Suite *text_detail_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A text that is read line by line. */
struct reading {
	struct source *source;
	struct kg_reader *reader;
	struct read_facts facts;
	struct event_batch *batch;
	struct kg_detail detail;
};

static void reading_open(struct reading *reading, struct span text, size_t window_bytes)
{
	const struct reader_opts opts = { .window_bytes = window_bytes };
	*reading = (struct reading){ .batch = malloc(sizeof(*reading->batch)) };
	ck_assert_int_eq(source_open_memory(text.at, text.len, &reading->source), KG_OK);
	ck_assert_int_eq(
		reader_open(reading->source, &opts, &reading->facts, &reading->reader, NULL),
		KG_OK);
}

/* The event of the next line, or NULL where it is none. */
static const struct kg_event *next_line(struct reading *reading)
{
	ck_assert_int_eq(reading->reader->class->next_line(reading->reader, reading->batch,
							   &reading->detail, NULL),
			 KG_OK);
	return reading->batch->count > 0 ? reading->batch->events : NULL;
}

static void reading_close(struct reading *reading)
{
	if (reading->reader != NULL)
		reading->reader->class->close(reading->reader);
	read_facts_release(&reading->facts);
	source_close(reading->source);
	free(reading->batch);
}

#define HAS(bytes, literal)                                                                        \
	ck_assert_msg((bytes).len == sizeof(literal) - 1 &&                                        \
			      memcmp((bytes).at, literal, sizeof(literal) - 1) == 0,               \
		      #bytes " is %.*s, not %s", (int)(bytes).len, (const char *)(bytes).at,       \
		      literal)

/* ---- what a line has ---- */

START_TEST(text_detail_says_what_the_event_leaves_out)
{
	struct reading reading;
	reading_open(
		&reading,
		SPAN("#     TIME        CPU  TASK/PID       ||||     DURATION             "
		     "     FUNCTION CALLS\n"
		     "   11.469355 |   12)    cat-245     |  d..2. |               |  f(a=1) { "
		     "/* <-g */\n"
		     "   11.469356 |   12)    cat-245     |  d..2. | $ 18446744073709551 us |  } "
		     "/* f [m] ret=0x0 */\r\n"
		     "   11.469357 |   12)    cat-245     |  d..2. |               |      /* a */\n"
		     "  12)    <idle>-0    =>     sh-12     "),
		0);
	const struct kg_detail *detail = &reading.detail;
	ck_assert_ptr_null(next_line(&reading));
	ck_assert_int_eq(detail->kind, KG_LINE_HEADER);
	const struct kg_event *event = next_line(&reading);
	ck_assert_ptr_nonnull(event);
	ck_assert_int_eq(event->kind, KG_EV_ENTER);
	ck_assert_int_eq(detail->kind, KG_LINE_EVENT);
	ck_assert_uint_eq(detail->line_no, 2);
	ck_assert_uint_eq(detail->columns, KG_COLUMN_ABSTIME | KG_COLUMN_CPU | KG_COLUMN_PROC |
						   KG_COLUMN_LATENCY | KG_COLUMN_DURATION);
	ck_assert_uint_eq(detail->cpu_width, 2);
	ck_assert(detail->has_flags_bar);
	HAS(detail->task, "cat-245");
	HAS(detail->flags, "d..2.");
	HAS(detail->args, "a=1");
	HAS(detail->note, "<-g");
	HAS(detail->end, "\n");
	event = next_line(&reading);
	ck_assert_uint_eq(event->dur_ns, KG_NO_NS);
	ck_assert_uint_eq(detail->below_ns, 18446744073709551000u);
	ck_assert(detail->is_named);
	HAS(detail->note, " ret=0x0");
	HAS(detail->end, "\r\n");
	next_line(&reading);
	ck_assert_uint_eq(detail->indent, 6);
	ck_assert(detail->is_closed);
	HAS(detail->note, "a");
	/* cut off: its last pid may be a longer one */
	ck_assert_ptr_null(next_line(&reading));
	ck_assert_int_eq(detail->kind, KG_LINE_UNKNOWN);
	ck_assert_uint_eq(detail->end.len, 0);
	reading_close(&reading);
}
END_TEST

START_TEST(text_detail_tells_what_each_line_is)
{
	static const struct {
		enum kg_line_kind kind;
		bool is_event;
	} lines[] = {
		{ KG_LINE_HEADER, true },   { KG_LINE_HEADER, false },	{ KG_LINE_RULE, false },
		{ KG_LINE_EVENT, true },    { KG_LINE_RULE, false },	{ KG_LINE_BLANK, false },
		{ KG_LINE_EVENT, true },    { KG_LINE_COMMENT, false }, { KG_LINE_COMMENT, false },
		{ KG_LINE_NOISE, false },   { KG_LINE_NOISE, false },	{ KG_LINE_EVENT, true },
		{ KG_LINE_UNKNOWN, false },
	};
	for (size_t window_bytes = 1; window_bytes < 200; window_bytes += 33) {
		struct reading reading;
		reading_open(&reading,
			     SPAN("# tracer: function_graph\n"
				  "# CPU  DURATION                  FUNCTION CALLS\n"
				  " ------------------------------------------\n"
				  " 0)    <idle>-0    =>     sh-12     \n"
				  " ------------------------------------------\n"
				  "\n"
				  " 0)               |  /* one\n"
				  " 0)   0.161 us    |  f();\n"
				  "two */\n"
				  " (Overruns: 0)\n"
				  "  bash-1507  [000] d..1.  3792.000001: <stack trace>\n"
				  "CPU:0 [LOST EVENTS]\n"
				  "what is this\n"),
			     window_bytes);
		for (size_t i = 0; i < COUNT(lines); i++) {
			const struct kg_event *event = next_line(&reading);
			ck_assert_int_eq(reading.detail.kind, lines[i].kind);
			ck_assert_uint_eq(reading.detail.line_no, i + 1);
			ck_assert_int_eq(event != NULL, lines[i].is_event);
		}
		reading_close(&reading);
	}
}
END_TEST

/* ---- the property: all bytes are handed out, and the same events ---- */

static void check_bytes(struct span text, size_t window_bytes)
{
	struct reading reading;
	struct reading plain;
	size_t pos = 0;
	size_t taken = 0;
	enum kg_status status = KG_OK;
	reading_open(&reading, text, window_bytes);
	reading_open(&plain, text, window_bytes);
	plain.batch->count = 0;
	for (;;) {
		status = reading.reader->class->next_line(reading.reader, reading.batch,
							  &reading.detail, NULL);
		if (status != KG_OK)
			break;
		const struct kg_detail *detail = &reading.detail;
		ck_assert_uint_le(pos + detail->text.len + detail->end.len, text.len);
		ck_assert_mem_eq(text.at + pos, detail->text.at, detail->text.len);
		pos += detail->text.len;
		ck_assert_mem_eq(text.at + pos, detail->end.at, detail->end.len);
		pos += detail->end.len;
		if (reading.batch->count == 0)
			continue;
		if (taken == plain.batch->count) {
			ck_assert_int_eq(plain.reader->class->next(plain.reader, plain.batch, NULL),
					 KG_OK);
			taken = 0;
		}
		ck_assert_mem_eq(reading.batch->events, &plain.batch->events[taken++],
				 sizeof(struct kg_event));
	}
	ck_assert_int_eq(status, KG_END);
	ck_assert_uint_eq(pos, text.len);
	ck_assert_int_eq(plain.reader->class->next(plain.reader, plain.batch, NULL), KG_END);
	ck_assert_mem_eq(&reading.facts.lines, &plain.facts.lines, sizeof(plain.facts.lines));
	ck_assert_mem_eq(&reading.facts.diags, &plain.facts.diags, sizeof(plain.facts.diags));
	reading_close(&reading);
	reading_close(&plain);
}

static void check_fixture(const char *path, struct span text)
{
	(void)path;
	if (!span_starts(text, SPAN("# tracer: function_graph")))
		return;
	check_bytes(text, 0);
	check_bytes(text, 100);
	check_bytes(text, 4097);
}

START_TEST(text_detail_fixtures_are_handed_out_whole)
{
	fixtures_each(check_fixture);
}
END_TEST

START_TEST(text_detail_long_lines_are_handed_out_in_pieces)
{
	const size_t len = 5 * WINDOW_LINE_MAX;
	unsigned char *text = malloc(len);
	struct random random = { 3 };
	for (int round = 0; round < 40; round++) {
		memset(text, 'x', len);
		for (uint64_t left = random_below(&random, 8); left > 0; left--)
			text[random_below(&random, len)] =
				random_below(&random, 2) == 0 ? '\n' : '\r';
		check_bytes((struct span){ text, len - random_below(&random, len - 1) },
			    1 + random_below(&random, 200000));
	}
	free(text);
}
END_TEST

START_TEST(text_detail_without_memory_fails_clean)
{
	const size_t len = 2 * WINDOW_LINE_MAX;
	unsigned char *text = malloc(len);
	memset(text, 'x', len);
	enum kg_status status = KG_NOMEM;
	uint64_t failures = 0;
	for (; status != KG_END; failures++) {
		struct reading reading = { .batch = malloc(sizeof(*reading.batch)) };
		const struct reader_opts opts = { .window_bytes = 1000 };
		struct kg_error err = { 0 };
		ck_assert_int_eq(source_open_memory(text, len, &reading.source), KG_OK);
		memory_fail_after(failures);
		status = reader_open(reading.source, &opts, &reading.facts, &reading.reader, &err);
		while (status == KG_OK)
			status = reading.reader->class->next_line(reading.reader, reading.batch,
								  &reading.detail, &err);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_END || (status == KG_NOMEM && err.status == KG_NOMEM));
		reading_close(&reading);
	}
	ck_assert_uint_gt(failures, 3);
	free(text);
}
END_TEST

Suite *text_detail_suite(void)
{
	Suite *suite = suite_create("text_detail");
	TCase *parts = tcase_create("parts");
	tcase_add_test(parts, text_detail_says_what_the_event_leaves_out);
	tcase_add_test(parts, text_detail_tells_what_each_line_is);
	suite_add_tcase(suite, parts);
	TCase *whole = tcase_create("whole");
	tcase_set_timeout(whole, 60);
	tcase_add_test(whole, text_detail_fixtures_are_handed_out_whole);
	tcase_add_test(whole, text_detail_long_lines_are_handed_out_in_pieces);
	tcase_add_test(whole, text_detail_without_memory_fails_clean);
	suite_add_tcase(suite, whole);
	return suite;
}
