/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/column.h"
#include "base/memory.h"
#include "base/window.h"
#include "random.h"

Suite *window_suite(void);

/* Where each line of some bytes is, found the plain way. */
struct lines {
	COLUMN(struct span) spans; /* without their newlines */
};

static void split(struct lines *lines, struct span bytes)
{
	while (bytes.len > 0) {
		const unsigned char *newline = memchr(bytes.at, '\n', bytes.len);
		const unsigned char *end = newline != NULL ? newline : bytes.at + bytes.len;
		ck_assert(column_push(&lines->spans, span_of(bytes.at, end)));
		end += newline != NULL;
		bytes = span_of(end, bytes.at + bytes.len);
	}
}

/* A line of a window is the one expected; of one that is too long its start is enough. */
static void check_line(struct span found, struct span expected)
{
	if (expected.len > WINDOW_LINE_MAX) {
		ck_assert_uint_gt(found.len, WINDOW_LINE_MAX);
		found.len = expected.len = WINDOW_LINE_MAX;
	}
	ck_assert_uint_eq(found.len, expected.len);
	if (found.len > 0)
		ck_assert_mem_eq(found.at, expected.at, found.len);
}

/* The lines of one window are those expected from `first` on; returns how many there were. */
static size_t check_window(const struct window *window, struct span bytes,
			   const struct lines *expected, size_t first)
{
	struct lines found = { 0 };
	unsigned int sum = 0;
	split(&found, window->lines);
	if (found.spans.count > 0) {
		ck_assert_uint_lt(first, expected->spans.count);
		ck_assert_uint_eq(window->pos_bytes,
				  (uint64_t)(expected->spans.at[first].at - bytes.at));
		/* a memory checker sees where the padding is missing */
		for (size_t i = 0; i < WINDOW_PADDING; i++)
			sum += window->lines.at[window->lines.len + i];
	}
	(void)sum;
	for (size_t i = 0; i < found.spans.count; i++) {
		ck_assert_uint_lt(first + i, expected->spans.count);
		check_line(found.spans.at[i], expected->spans.at[first + i]);
	}
	size_t count = found.spans.count;
	column_release(&found.spans);
	return count;
}

/* Cut into windows of this size, the bytes have the same lines as without any cutting. */
static void check_windows(struct span bytes, size_t size, bool is_in_place)
{
	struct source *source;
	struct window window = { .is_in_place = is_in_place };
	struct lines expected = { 0 };
	size_t seen = 0;
	split(&expected, bytes);
	ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
	for (uint64_t k = 0; k * size < bytes.len; k++) {
		ck_assert_int_eq(window_read(&window, source, k, size, NULL), KG_OK);
		seen += check_window(&window, bytes, &expected, seen);
	}
	ck_assert_uint_eq(seen, expected.spans.count);
	column_release(&expected.spans);
	window_release(&window);
	source_close(source);
}

static void check_size(struct span bytes, size_t size)
{
	check_windows(bytes, size, false);
	check_windows(bytes, size, true);
}

static void check_sizes(struct span bytes, size_t limit)
{
	for (size_t size = 1; size <= limit; size++)
		check_size(bytes, size);
	check_size(bytes, 4096);
	check_size(bytes, 256 * 1024);
}

START_TEST(window_any_size_gives_the_same_lines)
{
	check_sizes(SPAN("one\ntwo\nthree\n"), 20);
	check_sizes(SPAN("\n\n\na\n\nb\n\n"), 12);
	check_sizes(SPAN("a line that is longer than most windows are\nb\nc\n"), 60);
}
END_TEST

START_TEST(window_missing_last_newline_loses_nothing)
{
	check_sizes(SPAN("one\ntwo"), 10);
	check_sizes(SPAN("x"), 4);
	check_sizes(SPAN("\nx"), 4);
}
END_TEST

START_TEST(window_of_newlines_has_empty_lines)
{
	check_sizes(SPAN("\n"), 3);
	check_sizes(SPAN("\n\n\n\n\n\n\n\n"), 10);
}
END_TEST

START_TEST(window_nul_bytes_are_bytes)
{
	check_sizes(SPAN("a\0b\n\0\0\nc\0"), 12);
}
END_TEST

START_TEST(window_of_empty_source_has_no_lines)
{
	struct source *source;
	struct window window = { 0 };
	ck_assert_int_eq(source_open_memory("", 0, &source), KG_OK);
	for (uint64_t k = 0; k < 3; k++) {
		ck_assert_int_eq(window_read(&window, source, k, 7, NULL), KG_OK);
		ck_assert_uint_eq(window.lines.len, 0);
	}
	window_release(&window);
	source_close(source);
}
END_TEST

START_TEST(window_behind_the_end_has_no_lines)
{
	struct source *source;
	struct window window = { 0 };
	ck_assert_int_eq(source_open_memory("a\nb\n", 4, &source), KG_OK);
	for (uint64_t k = 4; k < 9; k++) {
		ck_assert_int_eq(window_read(&window, source, k, 1, NULL), KG_OK);
		ck_assert_uint_eq(window.lines.len, 0);
	}
	window_release(&window);
	source_close(source);
}
END_TEST

START_TEST(window_random_lines_are_the_same_in_any_size)
{
	enum { LEN = 3000 };
	unsigned char *bytes = malloc(LEN);
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct random random = { seed };
		const uint64_t often = 1 + random_below(&random, 80);
		for (size_t i = 0; i < LEN; i++)
			bytes[i] = random_below(&random, often) == 0
					   ? '\n'
					   : (unsigned char)random_next(&random);
		for (size_t size = 1; size < 200; size += 1 + size / 7)
			check_size((struct span){ bytes, LEN }, size);
	}
	free(bytes);
}
END_TEST

/* Lines around the limit, with short ones about them. */
static size_t put_long_lines(unsigned char *bytes, size_t len)
{
	unsigned char *at = bytes;
	memcpy(at, "first\n", 6);
	at += 6;
	memset(at, 'L', len);
	at += len;
	memcpy(at, "\nbetween\n", 9);
	at += 9;
	memset(at, 'M', len);
	at += len;
	memcpy(at, "\nlast", 5);
	return (size_t)(at + 5 - bytes);
}

START_TEST(window_lines_around_the_limit_are_one_line_each)
{
	static const size_t lens[] = { WINDOW_LINE_MAX - 1, WINDOW_LINE_MAX, WINDOW_LINE_MAX + 1,
				       WINDOW_LINE_MAX + 2, 3 * WINDOW_LINE_MAX };
	static const size_t sizes[] = { 997,
					4096,
					WINDOW_LINE_MAX - 1,
					WINDOW_LINE_MAX,
					WINDOW_LINE_MAX + 1,
					WINDOW_LINE_MAX + 7,
					100000,
					2 * WINDOW_LINE_MAX,
					1 << 20 };
	unsigned char *bytes = malloc(7 * WINDOW_LINE_MAX);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = put_long_lines(bytes, lens[i]);
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
			check_size((struct span){ bytes, len }, sizes[k]);
	}
	free(bytes);
}
END_TEST

/* What may be looked at behind the lines of a window is there, be they read or left in place. */
START_TEST(window_padding_is_readable)
{
	unsigned char bytes[1000];
	struct source *source;
	struct window window = { .is_in_place = true };
	unsigned int sum = 0;
	size_t in_place = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 50 == 49 ? '\n' : 'a';
	ck_assert_int_eq(source_open_memory(bytes, sizeof(bytes), &source), KG_OK);
	for (uint64_t k = 0; k < 10; k++) {
		ck_assert_int_eq(window_read(&window, source, k, 100, NULL), KG_OK);
		ck_assert_uint_eq(window.lines.len, 100);
		in_place += window.lines.at == bytes + k * 100;
		for (size_t i = 0; i < WINDOW_PADDING; i++)
			sum += window.lines.at[100 + i];
	}
	ck_assert_uint_gt(sum, 0);
	ck_assert_uint_eq(in_place, 7);
	window_release(&window);
	source_close(source);
}
END_TEST

START_TEST(window_of_a_file_that_shrinks_fails)
{
	char path[] = "/tmp/check_window_XXXXXX";
	struct source *source;
	struct window window = { 0 };
	struct kg_error err = { 0 };
	int fd = mkstemp(path);
	ck_assert_int_eq(write(fd, "one\ntwo\nthree\n", 14), 14);
	ck_assert_int_eq(source_open(path, NULL, &source, &err), KG_OK);
	ck_assert_int_eq(window_read(&window, source, 0, 4, &err), KG_OK);
	ck_assert_int_eq(ftruncate(fd, 6), 0);
	ck_assert_int_eq(window_read(&window, source, 1, 4, &err), KG_IO);
	ck_assert_uint_eq(window.lines.len, 0);
	ck_assert_ptr_nonnull(strstr(err.text, "became shorter"));
	unlink(path);
	close(fd);
	window_release(&window);
	source_close(source);
}
END_TEST

START_TEST(window_endless_line_needs_bounded_memory)
{
	const size_t len = 20 << 20;
	unsigned char *bytes = malloc(len);
	struct source *source;
	struct window window = { 0 };
	memset(bytes, 'e', len);
	ck_assert_int_eq(source_open_memory(bytes, len, &source), KG_OK);
	for (uint64_t k = 0; k * 4096 < len; k++) {
		ck_assert_int_eq(window_read(&window, source, k, 4096, NULL), KG_OK);
		ck_assert_uint_eq(window.lines.len, k == 0 ? WINDOW_LINE_MAX + 1 : 0);
	}
	ck_assert_uint_lt(window.cap, 3 * WINDOW_LINE_MAX);
	window_release(&window);
	source_close(source);
	free(bytes);
}
END_TEST

START_TEST(window_order_of_reading_does_not_matter)
{
	const struct span bytes = SPAN("one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
	struct source *source;
	struct window forward = { 0 };
	ck_assert_int_eq(source_open_memory(bytes.at, bytes.len, &source), KG_OK);
	struct window backward = { 0 };
	for (uint64_t k = 0; k < 5; k++) {
		ck_assert_int_eq(window_read(&backward, source, 4 - k, 8, NULL), KG_OK);
		ck_assert_int_eq(window_read(&forward, source, 4 - k, 8, NULL), KG_OK);
		ck_assert_int_eq(window_read(&backward, source, k, 8, NULL), KG_OK);
		ck_assert_int_eq(window_read(&backward, source, 4 - k, 8, NULL), KG_OK);
		ck_assert(span_equal(forward.lines, backward.lines));
		ck_assert_uint_eq(forward.pos_bytes, backward.pos_bytes);
	}
	window_release(&forward);
	window_release(&backward);
	source_close(source);
}
END_TEST

START_TEST(window_of_any_huge_size_reads_all_or_fails)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4096, SIZE_MAX / 2 + 1 };
	unsigned char *bytes = malloc(100000);
	struct source *source;
	memset(bytes, '\n', 100000);
	ck_assert_int_eq(source_open_memory(bytes, 100000, &source), KG_OK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct window window = { 0 };
		enum kg_status status = window_read(&window, source, 0, sizes[i], NULL);
		if (status == KG_OK)
			ck_assert_uint_eq(window.lines.len, 100000);
		else
			ck_assert_int_eq(status, KG_NOMEM);
		window_release(&window);
	}
	source_close(source);
	free(bytes);
}
END_TEST

START_TEST(window_without_memory_fails_and_can_be_released)
{
	unsigned char *bytes = malloc(20000);
	struct source *source;
	memset(bytes, 'x', 20000);
	ck_assert_int_eq(source_open_memory(bytes, 20000, &source), KG_OK);
	for (uint64_t passes = 0;; passes++) {
		struct window window = { 0 };
		struct kg_error err = { 0 };
		memory_fail_after(passes);
		enum kg_status status = window_read(&window, source, 0, 16, &err);
		memory_fail_after(UINT64_MAX);
		if (status == KG_OK) {
			ck_assert_uint_eq(window.lines.len, 20000);
			ck_assert_uint_gt(passes, 1);
			window_release(&window);
			break;
		}
		ck_assert_int_eq(status, KG_NOMEM);
		ck_assert_int_eq(err.status, KG_NOMEM);
		window_release(&window);
	}
	source_close(source);
	free(bytes);
}
END_TEST

Suite *window_suite(void)
{
	Suite *suite = suite_create("window");
	TCase *sizes = tcase_create("sizes");
	tcase_add_test(sizes, window_any_size_gives_the_same_lines);
	tcase_add_test(sizes, window_missing_last_newline_loses_nothing);
	tcase_add_test(sizes, window_of_newlines_has_empty_lines);
	tcase_add_test(sizes, window_nul_bytes_are_bytes);
	tcase_add_test(sizes, window_of_empty_source_has_no_lines);
	tcase_add_test(sizes, window_behind_the_end_has_no_lines);
	tcase_add_test(sizes, window_random_lines_are_the_same_in_any_size);
	tcase_add_test(sizes, window_order_of_reading_does_not_matter);
	suite_add_tcase(suite, sizes);
	TCase *limits = tcase_create("limits");
	tcase_add_test(limits, window_lines_around_the_limit_are_one_line_each);
	tcase_add_test(limits, window_padding_is_readable);
	tcase_add_test(limits, window_of_a_file_that_shrinks_fails);
	tcase_add_test(limits, window_endless_line_needs_bounded_memory);
	tcase_add_test(limits, window_of_any_huge_size_reads_all_or_fails);
	tcase_add_test(limits, window_without_memory_fails_and_can_be_released);
	suite_add_tcase(suite, limits);
	return suite;
}
