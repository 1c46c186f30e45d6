/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one damaged line of a trace can do: nothing to calls that were not open there. */
#include <check.h>
#include <kvmgraph/trace.h>
#include <stdlib.h>

#include "fixture.h"
#include "random.h"
#include "tree/checking_sink.h"

Suite *damage_suite(void);

#define HEADER_LINES 4

/* A trace that was read. */
struct reading {
	struct kg_trace *trace;
	struct checking_sink checking;
	const struct kg_info *info;
	kg_call_id *by_end; /* id + 1 of the complete call that ends on each line, 0 for none */
	uint64_t line_count;
};

static bool is_complete(const struct checking_call *row)
{
	return row->state == CHECKING_CLOSED && (row->call.flags & KG_CALL_INCOMPLETE) == 0;
}

static struct reading read_trace(const unsigned char *bytes, size_t len)
{
	struct reading reading = { 0 };
	ck_assert_int_eq(kg_trace_open_memory(bytes, len, NULL, &reading.trace, NULL), KG_OK);
	const struct kg_call_sink sink = checking_sink_of(&reading.checking);
	ck_assert_int_eq(kg_trace_run(reading.trace, &sink, NULL), KG_OK);
	reading.info = kg_trace_info(reading.trace);
	reading.line_count = reading.info->lines.total;
	reading.by_end = calloc(reading.line_count + 1, sizeof(*reading.by_end));
	for (kg_call_id id = 0; id < reading.checking.next_id; id++) {
		const struct checking_call *row = &reading.checking.calls[id];
		if (is_complete(row))
			reading.by_end[row->call.end_line_no] = id + 1;
	}
	return reading;
}

static void end_reading(struct reading *reading)
{
	kg_trace_close(reading->trace);
	checking_sink_release(&reading->checking);
	free(reading->by_end);
}

static uint64_t told(const struct kg_info *info)
{
	/* what begins with a # is a header anywhere */
	uint64_t count = info->lines.unrecognized + info->lines.noise + info->lines.header;
	for (size_t i = 0; i < KG_DIAG_KIND_COUNT; i++)
		count += info->diags.entries[i].count;
	return count;
}

static const char *name_of(const struct reading *reading, const struct kg_call *call)
{
	return kg_funcs_get(kg_trace_funcs(reading->trace), call->func_id)->name;
}

/* Every complete call of one that was not open at the line is in the other, the same. */
static void check_others(const struct reading *one, const struct reading *other, uint64_t line_no,
			 const char *what)
{
	for (uint64_t end = 1; end <= one->line_count; end++) {
		if (one->by_end[end] == 0)
			continue;
		const struct kg_call *call = &one->checking.calls[one->by_end[end] - 1].call;
		if (call->line_no <= line_no && line_no <= call->end_line_no)
			continue;
		ck_assert_msg(other->by_end[end] != 0, "line %ju %s: call of lines %ju to %ju",
			      (uintmax_t)line_no, what, (uintmax_t)call->line_no, (uintmax_t)end);
		const struct kg_call *same = &other->checking.calls[other->by_end[end] - 1].call;
		ck_assert_uint_eq(same->line_no, call->line_no);
		ck_assert_uint_eq(same->dur_ns, call->dur_ns);
		ck_assert_uint_eq(same->self_ns, call->self_ns);
		ck_assert_uint_eq(same->depth, call->depth);
		ck_assert_str_eq(name_of(one, call), name_of(other, same));
	}
}

struct line {
	size_t at;
	size_t len; /* without the newline */
};

static struct line *find_lines(struct span text, uint64_t *count)
{
	struct line *lines = calloc(text.len + 1, sizeof(*lines));
	size_t start = 0;
	*count = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '\n')
			continue;
		lines[(*count)++] = (struct line){ start, i - start };
		start = i + 1;
	}
	return lines;
}

enum damage { DAMAGE_BYTE, DAMAGE_BYTES, DAMAGE_RUBBISH, DAMAGE_CUT, DAMAGE_COUNT };

/* Damages a line in place, so that all others keep their numbers. */
static void damage(struct random *random, unsigned char *at, size_t len, enum damage how)
{
	static const char letters[] = " 0123456789abcxyz(){};|/*.-+!#<>=";
	const size_t cut = random_below(random, len);
	for (size_t i = 0; i < len; i++) {
		const bool is_hit = how == DAMAGE_RUBBISH || (how == DAMAGE_CUT && i >= cut) ||
				    (how == DAMAGE_BYTES && random_below(random, 8) == 0) ||
				    (how == DAMAGE_BYTE && i == cut);
		if (is_hit)
			at[i] = how == DAMAGE_CUT ? ' '
						  : (unsigned char)letters[random_below(
							    random, sizeof(letters) - 1)];
	}
}

static void check_damage(const char *path, uint64_t seed, int times)
{
	struct random random = { seed };
	struct span text = fixture_read(path);
	struct reading whole = read_trace(text.at, text.len);
	uint64_t line_count;
	struct line *lines = find_lines(text, &line_count);
	ck_assert_uint_eq(line_count, whole.line_count);
	unsigned char *bytes = malloc(text.len);
	for (int i = 0; i < times; i++) {
		const uint64_t at = HEADER_LINES + random_below(&random, line_count - HEADER_LINES);
		const enum damage how = (enum damage)random_below(&random, DAMAGE_COUNT);
		if (lines[at].len == 0)
			continue;
		memcpy(bytes, text.at, text.len);
		damage(&random, bytes + lines[at].at, lines[at].len, how);
		struct reading damaged = read_trace(bytes, text.len);
		char what[256];
		snprintf(what, sizeof(what), "made \"%.*s\"", (int)lines[at].len,
			 (const char *)bytes + lines[at].at);
		check_others(&whole, &damaged, at + 1, what);
		check_others(&damaged, &whole, at + 1, what);
		/* calls are not lost without a word */
		if (damaged.info->calls.complete < whole.info->calls.complete)
			ck_assert_msg(told(damaged.info) > told(whole.info), "line %ju %s",
				      (uintmax_t)at + 1, what);
		end_reading(&damaged);
	}
	free(bytes);
	free(lines);
	end_reading(&whole);
	fixture_free(text);
}

/* Where every line names its task a line is nobody else's business. */
START_TEST(damage_of_a_line_with_its_task_stays_there)
{
	check_damage(KG_FIXTURES "/traces/svm-6.1-proc.txt", (uint64_t)_i + 1, 20);
}
END_TEST

Suite *damage_suite(void)
{
	Suite *suite = suite_create("damage");
	TCase *tests = tcase_create("lines");
	tcase_add_loop_test(tests, damage_of_a_line_with_its_task_stays_there, 0, 5);
	suite_add_tcase(suite, tests);
	return suite;
}
