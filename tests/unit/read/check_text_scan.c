/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "random.h"
#include "read/text_scan.h"

Suite *text_scan_suite(void);

/* ---- what a row says ---- */

static struct span name_at(const struct intern *names, uint32_t id)
{
	return id == SCAN_NONE ? (struct span){ 0 } : intern_get(names, id);
}

static const struct scan_extra *extra_of(const struct text_scan *scan, const struct scan_row *row)
{
	static const struct scan_extra none = { KG_NO_NS, SCAN_NONE, SCAN_NONE };
	return row->extra == SCAN_NONE ? &none : &scan->extras.at[row->extra];
}

/* ---- the property: a row says what text_line_scan() says of its line ---- */

#define SAME(what, found, expected)                                                                \
	ck_assert_msg((found) == (expected), "%.*s\n" what " is %ju, expected %ju", (int)text.len, \
		      (const char *)text.at, (uintmax_t)(found), (uintmax_t)(expected))

#define SAME_TEXT(what, found, expected)                                                           \
	ck_assert_msg(span_equal(found, expected), "%.*s\n" what " differs", (int)text.len,        \
		      (const char *)text.at)

static bool has_wrong_mark(const struct text_line *line)
{
	return (line->kind == TEXT_LEAF || line->kind == TEXT_LEAVE) && line->dur_ns != KG_NO_NS &&
	       text_mark_is_wrong(line->mark, line->dur_ns, line->cut);
}

static void check_flags(struct span text, const struct text_line *line, uint8_t flags)
{
	const bool is_named = line->kind == TEXT_LEAVE && line->name.len > 0;
	const bool is_open = line->kind == TEXT_COMMENT && !line->is_closed;
	SAME("cut", flags & SCAN_CUT_MASK, line->cut);
	SAME("mark is wrong", (flags & SCAN_MARK_IS_WRONG) != 0, has_wrong_mark(line));
	SAME("named", (flags & SCAN_NAMED) != 0, is_named);
	SAME("open", (flags & SCAN_OPEN_COMMENT) != 0, is_open);
	SAME("new trace", (flags & SCAN_NEW_TRACE) != 0,
	     line->kind == TEXT_HEADER && span_starts(text, SPAN("# tracer:")));
}

static void check_row(const struct text_scan *scan, const struct scan_row *row, struct span text,
		      struct text_layout layout)
{
	struct text_line line;
	if (text.len > WINDOW_LINE_MAX) {
		ck_assert_int_eq(row->kind, TEXT_UNKNOWN);
		ck_assert_int_ne(row->flags & SCAN_TOO_LONG, 0);
		return;
	}
	text_line_scan(text, layout, &line);
	SAME("too long", (row->flags & SCAN_TOO_LONG) != 0, false);
	SAME("kind", row->kind, line.kind);
	if (line.kind == TEXT_UNKNOWN)
		return;
	const struct scan_extra *extra = extra_of(scan, row);
	SAME("cpu", row->cpu, line.cpu);
	SAME("depth", row->depth, line.depth);
	SAME("mark", row->mark, line.mark);
	SAME("dur_ns", row->dur_ns, line.dur_ns);
	SAME("time_ns", extra->time_ns, line.time_ns);
	SAME_TEXT("name", name_at(&scan->tables->symbols, row->symbol), line.name);
	SAME_TEXT("task", name_at(&scan->tasks, extra->task), line.task);
	SAME_TEXT("next", name_at(&scan->tasks, extra->next), line.next);
	check_flags(text, &line, row->flags);
}

/* Scans one window and checks each of its rows; returns the layout behind it. */
static struct text_layout check_window(struct text_scan *scan, const struct window *window,
				       struct text_layout layout)
{
	ck_assert(text_scan_window(scan, window, layout));
	struct span left = window->lines;
	for (size_t i = 0; i < scan->rows.count; i++) {
		const unsigned char *newline = memchr(left.at, '\n', left.len);
		const unsigned char *end = newline != NULL ? newline : left.at + left.len;
		const struct scan_row *row = &scan->rows.at[i];
		struct span text = span_of(left.at, end);
		ck_assert_uint_gt(left.len, 0);
		SAME("offset", row->offset, (size_t)(text.at - window->lines.at));
		SAME("no newline", (row->flags & SCAN_NO_NEWLINE) != 0, newline == NULL);
		check_row(scan, row, text, layout);
		text_layout_from_header(text, &layout);
		end += newline != NULL;
		left = span_of(end, left.at + left.len);
	}
	ck_assert_uint_eq(left.len, 0);
	ck_assert_uint_eq(scan->layout.columns, layout.columns);
	return layout;
}

/* The property over some bytes, cut into windows. */
static void check_bytes(struct text_scan *scan, struct span bytes, size_t size,
			struct text_layout layout)
{
	struct source *source;
	struct window window = { 0 };
	ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
	for (uint64_t k = 0; k * size < bytes.len; k++) {
		ck_assert_int_eq(window_read(&window, source, k, size, NULL), KG_OK);
		layout = check_window(scan, &window, layout);
	}
	window_release(&window);
	source_close(source);
}

static void check_string(const char *string)
{
	struct scan_tables tables = { 0 };
	struct text_scan scan = { .tables = &tables };
	const struct span bytes = { (const unsigned char *)string, strlen(string) };
	for (size_t size = 1; size < 100; size += 13)
		check_bytes(&scan, bytes, size, TEXT_LAYOUT_DEFAULT);
	text_scan_release(&scan);
	scan_tables_release(&tables);
}

/* ---- by hand ---- */

START_TEST(text_scan_common_forms_agree)
{
	check_string(" 0)   0.161 us    |  f();\n"
		     " 0)               |  f() {\n"
		     " 0)               |    g [kvm]() {\n"
		     " 0) + 13.335 us   |    }\n"
		     " 0) ! 130.084 us  |  } /* f [kvm] */\n");
}
END_TEST

START_TEST(text_scan_repeated_forms_agree)
{
	/* what followed once is guessed to follow again, so let other things follow */
	check_string(" 0)   0.161 us    |  f();\n"
		     " 0)   0.162 us    |  g();\n"
		     " 0)   0.163 us    |  f();\n"
		     " 0)   0.164 us    |  gg();\n"
		     " 0)   0.165 us    |  f();\n"
		     " 0)   0.166 us    |  g() {\n"
		     " 0)               |  f();\n"
		     " 0)               |  g() {\n"
		     " 0)   0.166 us    |  f();\n"
		     " 0)   0.166 us    |  g();");
}
END_TEST

START_TEST(text_scan_rare_forms_agree)
{
	check_string(" 0) * 28803.31 us |  }\n"
		     " 0) # 4587.454 us |  f();\n"
		     " 0) + 3.335 us    |  f();\n"
		     " 0) $ 3594274 us  |  }\n"
		     " 0) $ 123456789 us |  }\n"
		     " 0)   3594274 us |  }\n"
		     " 0)   0.651 us    |  f(); /* = 0xffff93fcfd346c00 */\n"
		     " 0)   0.651 us    |  } /* f ret=0x1 */\n"
		     " 0)   0.651 us    |  } /* f() */\n"
		     " 0)               |  f(a=(S)[1]) { /* <-g+1/2 */\n"
		     " 0)               |  /* f() { */\n"
		     " 0)               |  /* open\n"
		     " 0)   ==========> |\n"
		     " 0)   <========== |\n"
		     "CPU:2 [LOST 12 EVENTS]\n"
		     " ------------------------------------------\n"
		     " 0)  kvm-hel-2690  =>    <idle>-0   \n"
		     " ------------------------------------------\n"
		     "\n"
		     " 9999)   0.161 us    |  f();\n"
		     " 10000)   0.161 us    |  f();\n"
		     " 65535)   0.161 us    |  f();\n"
		     "0)   0.161 us    |  f();\r\n"
		     " 0)   0.161 us    |  f(); ");
}
END_TEST

START_TEST(text_scan_damaged_forms_agree)
{
	check_string(" 0)   0.161 us    |  f() {\n"
		     " 0)               |  f();\n"
		     " 0)               |  }\n"
		     " 0)   0.161 us    |   f();\n"
		     " 0)   0.161 us    |  } /* */\n"
		     " 0)   0.161 us    |  } /*  */\n"
		     " 0)   0.161 us    |  ();\n"
		     " 0)               |  () {\n"
		     " 0)   0.161 us    |  f\n"
		     " 0)   0.161 us    |\n"
		     " 0) \n 5.123 us     |  f();\n"
		     " 0)               \n 0)  |  f() {\n"
		     " 0)\n"
		     "\n 0)   :.161 us    |  f();\n"
		     " 0)   0./61 us    |  f();\n"
		     " 0)   0.1:1 us    |  f();\n"
		     " 0)   0.16/ us    |  f();\n"
		     " 0)   /.161 us    |  f();\n"
		     " 0)   1/.161 us   |  f();\n"
		     " 0)   11/.161 us  |  f();\n"
		     " 0)   1:1.161 us  |  f();\n"
		     " 0)  10.161 us    |  f();\n"
		     " 0)   0.161 us\t   |  f();\n"
		     " 0)   0.161 us   .|  f();\n"
		     " 0) x             |  f() {\n"
		     " 0) x 0.161 us    |  f();\n"
		     " 0) +             |  f() {\n");
}
END_TEST

START_TEST(text_scan_header_changes_the_columns)
{
	check_string(
		"# tracer: function_graph\n"
		"#\n"
		"# CPU  DURATION                  FUNCTION CALLS\n"
		" 0)   0.161 us    |  f();\n"
		"# tracer: function_graph\n"
		"#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n"
		"   11.469355 |   0)     cat-245     |   0.161 us    |    f();\n"
		" 0)   0.161 us    |  f();\n"
		"#  FUNCTION CALLS\n"
		"f() {\n"
		"  g() {\n"
		"# CPU  DURATION                  FUNCTION CALLS\n"
		" 0)   0.161 us    |  f();\n");
}
END_TEST

START_TEST(text_scan_long_names_and_depths_agree)
{
	enum { LEN = 1 << 20 };
	char *text = malloc(LEN);
	struct scan_tables tables = { 0 };
	struct text_scan scan = { .tables = &tables };
	size_t len = 0;
	for (int i = 0; i < 320; i++)
		len += (size_t)snprintf(text + len, LEN - len, " 0)   0.161 us    |  %*s%0*d();\n",
					(i * 7) % 500, "", i, 1);
	for (int i = 1000; i < 1030; i++)
		len += (size_t)snprintf(text + len, LEN - len, " 0)               |  %*sf() {\n",
					2 * i, "");
	for (int pass = 0; pass < 3; pass++)
		check_bytes(&scan, (struct span){ (unsigned char *)text, len }, 4096,
			    TEXT_LAYOUT_DEFAULT);
	text_scan_release(&scan);
	scan_tables_release(&tables);
	free(text);
}
END_TEST

START_TEST(text_scan_more_sequences_than_are_kept_agree)
{
	enum { LINES = BODY_STEPS_MAX + BODY_STEPS_MAX / 8, LINE_BYTES = 40 };
	char *text = malloc((size_t)LINES * LINE_BYTES);
	struct scan_tables tables = { 0 };
	struct text_scan scan = { .tables = &tables };
	struct random random = { 1 };
	size_t len = 0;
	for (int i = 0; i < LINES; i++)
		len += (size_t)snprintf(text + len, LINE_BYTES, " %d)   0.161 us    |  f%d();\n",
					(int)random_below(&random, 4),
					(int)random_below(&random, 100));
	check_bytes(&scan, (struct span){ (unsigned char *)text, len }, len, TEXT_LAYOUT_DEFAULT);
	/* they were forgotten once */
	ck_assert_uint_lt(tables.bodies.steps.count, BODY_STEPS_MAX / 2);
	text_scan_release(&scan);
	scan_tables_release(&tables);
	free(text);
}
END_TEST

START_TEST(text_scan_line_longer_than_any_is_too_long)
{
	const size_t len = 3 * WINDOW_LINE_MAX;
	char *text = malloc(len);
	struct scan_tables tables = { 0 };
	struct text_scan scan = { .tables = &tables };
	memset(text, ' ', len);
	memcpy(text, " 0)   0.161 us    |  f();\n", 26);
	text[WINDOW_LINE_MAX + 26] = '\n';
	text[2 * WINDOW_LINE_MAX + 28] = '\n';
	for (size_t size = 5000; size < 2 * len; size *= 3)
		check_bytes(&scan, (struct span){ (unsigned char *)text, len }, size,
			    TEXT_LAYOUT_DEFAULT);
	text_scan_release(&scan);
	scan_tables_release(&tables);
	free(text);
}
END_TEST

START_TEST(text_scan_call_behind_too_many_blanks_is_too_long)
{
	static const char call[] = "0)   0.161 us    |  f();\n";
	const size_t len = WINDOW_LINE_MAX + sizeof(call);
	char *text = malloc(len);
	struct scan_tables tables = { 0 };
	struct text_scan scan = { .tables = &tables };
	memset(text, ' ', len);
	memcpy(text + len - (sizeof(call) - 1), call, sizeof(call) - 1);
	/* the last size takes it in one window, whose rows are then at hand */
	for (size_t size = 1000; size <= 1000000; size *= 10)
		check_bytes(&scan, (struct span){ (unsigned char *)text, len }, size,
			    TEXT_LAYOUT_DEFAULT);
	ck_assert_uint_eq(scan.rows.count, 1);
	ck_assert_int_eq(scan.rows.at[0].kind, TEXT_UNKNOWN);
	ck_assert(scan.rows.at[0].flags & SCAN_TOO_LONG);
	text_scan_release(&scan);
	scan_tables_release(&tables);
	free(text);
}
END_TEST

/* ---- over the fixtures ---- */

static void check_fixture(const char *path, struct span bytes)
{
	static const size_t sizes[] = { 777, 65536, 1 << 20 };
	(void)path;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct scan_tables tables = { 0 };
		struct text_scan scan = { .tables = &tables };
		/* twice: the second time all names and bodies are known */
		for (int pass = 0; pass < 2; pass++)
			check_bytes(&scan, bytes, sizes[i], TEXT_LAYOUT_DEFAULT);
		text_scan_release(&scan);
		scan_tables_release(&tables);
	}
}

START_TEST(text_scan_every_line_of_the_fixtures_agrees)
{
	fixtures_each(check_fixture);
}
END_TEST

static const char likely[] = "  0123459)|.us +!#*@${}();/*=>[]-kvm_f\r\t\xff\n\n";

static unsigned char random_byte(struct random *random)
{
	return (unsigned char)likely[random_below(random, sizeof(likely) - 1)];
}

/* Changes some bytes: others in their place, some taken out, some put in. */
static size_t mutate(struct random *random, struct span bytes, unsigned char *to)
{
	const uint64_t seldom = 5 + random_below(random, 200);
	size_t len = 0;
	for (size_t i = 0; i < bytes.len; i++) {
		switch (random_below(random, seldom)) {
		case 0:
			to[len++] = random_byte(random);
			break;
		case 1:
			break;
		case 2:
			to[len++] = bytes.at[i];
			to[len++] = random_byte(random);
			break;
		case 3:
			to[len++] = ' ';
			break;
		default:
			to[len++] = bytes.at[i];
			break;
		}
	}
	return len;
}

static void check_mutants(const char *path, struct span bytes)
{
	struct random random = { 0x1234567 + bytes.len };
	unsigned char *mutant = malloc(2 * bytes.len);
	struct scan_tables tables = { 0 };
	struct text_scan scan = { .tables = &tables };
	(void)path;
	for (int pass = 0; pass < 4; pass++) {
		/* most lines stay what they were, so that guesses are made and come to nothing */
		size_t len = mutate(&random, bytes, mutant);
		struct text_layout layout = TEXT_LAYOUT_DEFAULT;
		if (pass == 3)
			layout.columns = (uint32_t)random_below(&random, 64);
		check_bytes(&scan, (struct span){ mutant, len },
			    5000 + random_below(&random, 60000), layout);
	}
	text_scan_release(&scan);
	scan_tables_release(&tables);
	free(mutant);
}

START_TEST(text_scan_mutated_lines_agree)
{
	fixtures_each(check_mutants);
}
END_TEST

/* ---- memory ---- */

START_TEST(text_scan_without_memory_fails_or_is_right)
{
	const struct span bytes = SPAN(" 0)   0.161 us    |  f();\n"
				       " 0)               |  g [kvm]() {\n"
				       " 0)               |  g(a=1) {\n"
				       " 0)  kvm-hel-2690  =>    <idle>-0   \n"
				       " 0) * 28803.31 us |  } /* g [kvm] ret=1 */\n"
				       " 0)   0.161 us    |  }\n"
				       " 0)   0.161 us    |  h();\n");
	struct source *source;
	struct window window = { 0 };
	ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
	ck_assert_int_eq(window_read(&window, source, 0, 4096, NULL), KG_OK);
	uint64_t failures = 0;
	for (uint64_t passes = 0;; passes++) {
		struct scan_tables tables = { 0 };
		struct text_scan scan = { .tables = &tables };
		memory_fail_after(passes);
		const bool is_done = text_scan_window(&scan, &window, TEXT_LAYOUT_DEFAULT);
		memory_fail_after(UINT64_MAX);
		/* with memory again, what was learnt so far must not be wrong */
		check_window(&scan, &window, TEXT_LAYOUT_DEFAULT);
		text_scan_release(&scan);
		scan_tables_release(&tables);
		failures += !is_done;
		if (is_done && passes > 200)
			break;
	}
	ck_assert_uint_gt(failures, 5);
	window_release(&window);
	source_close(source);
}
END_TEST

/* A thread that has scanned nothing so far may be the one that scans a window again. */
START_TEST(text_scan_again_begins_with_empty_tables)
{
	static unsigned char bytes[4096] = " 0)   1.000 us    |  f();\n 0)   2.000 us    |  g();\n";
	const size_t len = strlen((const char *)bytes);
	const struct window window = { .lines = { bytes, len } };
	struct scan_tables first = { 0 };
	struct scan_tables second = { 0 };
	struct text_scan scan = { .tables = &first };
	ck_assert(text_scan_window(&scan, &window, TEXT_LAYOUT_DEFAULT));
	ck_assert_uint_eq(scan.rows.count, 2);
	scan.tables = &second;
	ck_assert(text_scan_again(&scan, &window, 1, TEXT_LAYOUT_DEFAULT));
	ck_assert_uint_eq(scan.rows.count, 2);
	ck_assert_uint_eq(scan.rows.at[1].dur_ns, 2000);
	ck_assert(span_equal(name_at(&second.symbols, scan.rows.at[1].symbol), SPAN("g")));
	text_scan_release(&scan);
	scan_tables_release(&first);
	scan_tables_release(&second);
}
END_TEST

Suite *text_scan_suite(void)
{
	Suite *suite = suite_create("text_scan");
	TCase *forms = tcase_create("forms");
	tcase_add_test(forms, text_scan_common_forms_agree);
	tcase_add_test(forms, text_scan_repeated_forms_agree);
	tcase_add_test(forms, text_scan_rare_forms_agree);
	tcase_add_test(forms, text_scan_damaged_forms_agree);
	tcase_add_test(forms, text_scan_header_changes_the_columns);
	tcase_add_test(forms, text_scan_long_names_and_depths_agree);
	tcase_add_test(forms, text_scan_more_sequences_than_are_kept_agree);
	tcase_add_test(forms, text_scan_line_longer_than_any_is_too_long);
	tcase_add_test(forms, text_scan_call_behind_too_many_blanks_is_too_long);
	suite_add_tcase(suite, forms);
	TCase *fixtures = tcase_create("fixtures");
	tcase_add_test(fixtures, text_scan_again_begins_with_empty_tables);
	tcase_add_test(fixtures, text_scan_every_line_of_the_fixtures_agrees);
	tcase_add_test(fixtures, text_scan_mutated_lines_agree);
	suite_add_tcase(suite, fixtures);
	TCase *memory = tcase_create("memory");
	tcase_add_test(memory, text_scan_without_memory_fails_or_is_right);
	suite_add_tcase(suite, memory);
	return suite;
}
