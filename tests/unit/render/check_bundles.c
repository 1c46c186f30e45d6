/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls summed up where they are read (event/bundle.h) give the reports that calls one by one do.
 */
#include <check.h>
#include <kvmgraph/analyse.h>
#include <kvmgraph/render.h>
#include <kvmgraph/trace.h>
#include <kvmgraph/verify.h>
#include <stdlib.h>
#include <string.h>

#include "event/bundle.h"
#include "fixture.h"
#include "random.h"
#include "render/out.h"
#include "base/banned.h"

Suite *bundles_suite(void);

/* ---- a sink that counts its bundles ---------------------------------------------------------- */

struct counting {
	struct kg_call_sink inner;
	uint64_t taken;
};

static enum kg_status count_opened(void *self, const struct kg_call *call)
{
	const struct counting *counting = self;
	return counting->inner.opened(counting->inner.self, call);
}

static enum kg_status count_closed(void *self, const struct kg_call *call)
{
	const struct counting *counting = self;
	return counting->inner.closed(counting->inner.self, call);
}

static enum kg_status count_gap(void *self, const struct kg_gap *gap)
{
	const struct counting *counting = self;
	return counting->inner.gap(counting->inner.self, gap);
}

static enum kg_status count_done(void *self)
{
	const struct counting *counting = self;
	return counting->inner.done(counting->inner.self);
}

static enum bundle_wish count_wish(void *self, kg_func_id func_id)
{
	const struct counting *counting = self;
	return counting->inner.bundler->wish(counting->inner.self, func_id);
}

static bool count_refuses(void *self, const struct placed_bundle *placed)
{
	const struct counting *counting = self;
	const struct kg_call_sink *inner = &counting->inner;
	return bundler_refuses(inner->bundler, inner->self, placed);
}

static enum kg_status count_take(void *self, const struct placed_bundle *placed)
{
	struct counting *counting = self;
	counting->taken++;
	return counting->inner.bundler->take(counting->inner.self, placed);
}

static enum kg_status count_count(void *self, uint32_t worker, const struct bundled_call *calls,
				  size_t count, uint64_t line_no)
{
	const struct counting *counting = self;
	return counting->inner.bundler->count(counting->inner.self, worker, calls, count, line_no);
}

static uint64_t count_counted(const void *self, kg_func_id func_id)
{
	const struct counting *counting = self;
	return counting->inner.bundler->counted(counting->inner.self, func_id);
}

static const struct kg_bundler counting_bundler = {
	.wish = count_wish,
	.refuses = count_refuses,
	.take = count_take,
	.count = count_count,
	.counted = count_counted,
};

/* Feeds a sink, with bundles or without. */
static enum kg_status run(struct kg_trace *trace, struct kg_call_sink inner, bool may_bundle,
			  uint64_t *taken)
{
	struct counting counting = { .inner = inner };
	ck_assert_ptr_nonnull(inner.bundler);
	const struct kg_call_sink sink = { .self = &counting,
					   .opened = count_opened,
					   .closed = count_closed,
					   .vanished = kg_sink_ignore_vanished,
					   .gap = count_gap,
					   .done = count_done,
					   .bundler = may_bundle ? &counting_bundler : NULL };
	const enum kg_status status = kg_trace_run(trace, &sink, NULL);
	*taken += counting.taken;
	return status;
}

/* ---- reports --------------------------------------------------------------------------------- */

static char *render(struct kg_trace *trace, struct kg_functions *functions, struct kg_life *life)
{
	struct kg_functions_report functions_report;
	struct kg_life_report life_report;
	struct kg_out *out;
	size_t len;
	ck_assert_int_eq(kg_functions_report(functions, &functions_report), KG_OK);
	ck_assert_int_eq(kg_life_report(life, &life_report), KG_OK);
	const struct kg_timing timing = { .info = kg_trace_info(trace),
					  .functions = &functions_report,
					  .life = life,
					  .life_report = &life_report };
	ck_assert_int_eq(out_open_memory(&out), KG_OK);
	ck_assert_int_eq(kg_render_timing_json(out, &timing), KG_OK);
	ck_assert_int_eq(kg_render_info_json(out, timing.info, NULL), KG_OK);
	char *text = strdup(out_memory(out, &len));
	ck_assert_int_eq(kg_out_close(out, false, NULL), KG_OK);
	return text;
}

/* The report on a trace; how many bundles were in it, or none if it is not to have any. */
static char *report(struct span bytes, struct kg_trace_opts opts, bool may_bundle, uint64_t *taken)
{
	struct kg_trace *trace = NULL;
	struct kg_functions *functions = NULL;
	struct kg_life *life = NULL;
	char *text = NULL;
	ck_assert_int_eq(kg_trace_open_memory(bytes.at, bytes.len, &opts, &trace, NULL), KG_OK);
	ck_assert_int_eq(kg_functions_new(kg_trace_funcs(trace), &functions), KG_OK);
	ck_assert_int_eq(kg_life_new(kg_trace_funcs(trace), NULL, &life), KG_OK);
	struct kg_tee tee = { .first = kg_functions_sink(functions), .second = kg_life_sink(life) };
	const enum kg_status status = run(trace, kg_tee_sink(&tee), may_bundle, taken);
	/* damage may leave nothing to report on */
	if (status == KG_OK)
		text = render(trace, functions, life);
	else
		ck_assert_int_eq(status, KG_BAD_FORMAT);
	kg_life_free(life);
	kg_functions_free(functions);
	kg_trace_close(trace);
	return text;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

/* Both vendors', as long as it is not known whose a trace is. */
static struct kg_spec *specs[KG_CHOICE_MAX];

static void load_specs(void)
{
	ck_assert_int_eq(kg_spec_load("kvm-vmx", NULL, &specs[0], NULL), KG_OK);
	ck_assert_int_eq(kg_spec_load("kvm-svm", NULL, &specs[1], NULL), KG_OK);
}

static void free_specs(void)
{
	for (size_t i = 0; i < KG_CHOICE_MAX; i++)
		kg_spec_free(specs[i]);
}

static enum kg_status leave_open(void *self)
{
	(void)self;
	return KG_OK;
}

static char *render_verdicts(struct kg_trace *trace, struct kg_verify *const *verify)
{
	struct kg_verify_report verdicts;
	struct kg_out *out;
	size_t len;
	ck_assert_int_eq(out_open_memory(&out), KG_OK);
	for (size_t i = 0; i < KG_CHOICE_MAX; i++) {
		const struct kg_info *info = kg_trace_info(trace);
		ck_assert_int_eq(kg_verify_report(verify[i], info, &verdicts), KG_OK);
		ck_assert_int_eq(kg_render_verify_json(out, info, specs[i], &verdicts), KG_OK);
	}
	char *text = strdup(out_memory(out, &len));
	ck_assert_int_eq(kg_out_close(out, false, NULL), KG_OK);
	return text;
}

static char *judge(struct span bytes, struct kg_trace_opts opts, bool may_bundle, uint64_t *taken)
{
	struct kg_trace *trace = NULL;
	struct kg_verify *verify[KG_CHOICE_MAX];
	struct kg_choice choice = { .end = KG_CHOICE_MAX, .look = leave_open };
	char *text = NULL;
	ck_assert_int_eq(kg_trace_open_memory(bytes.at, bytes.len, &opts, &trace, NULL), KG_OK);
	for (size_t i = 0; i < KG_CHOICE_MAX; i++) {
		ck_assert_int_eq(kg_verify_new(specs[i], kg_trace_funcs(trace),
					       kg_trace_tasks(trace), &verify[i], NULL),
				 KG_OK);
		choice.sinks[i] = kg_verify_sink(verify[i]);
	}
	const enum kg_status status = run(trace, kg_choice_sink(&choice), may_bundle, taken);
	if (status == KG_OK)
		text = render_verdicts(trace, verify);
	else
		ck_assert_int_eq(status, KG_BAD_FORMAT);
	for (size_t i = 0; i < KG_CHOICE_MAX; i++)
		kg_verify_free(verify[i]);
	kg_trace_close(trace);
	return text;
}

/* ---- one way against the other --------------------------------------------------------------- */

typedef char *reporter(struct span bytes, struct kg_trace_opts opts, bool may_bundle,
		       uint64_t *taken);

static void assert_same(const char *found, const char *expected, const char *what, size_t way)
{
	size_t same = 0;
	while (found[same] != '\0' && found[same] == expected[same])
		same++;
	/* some of what is before, for it tells what this is */
	const size_t from = same < 100 ? 0 : same - 100;
	ck_assert_msg(strcmp(found, expected) == 0, "%.900s, way %zu:\n%.300s\nand not\n%.300s",
		      what, way, found + from, expected + from);
}

/* Reads a trace in windows of some sizes by some threads, and finds the same every time. */
static uint64_t check_same_in(reporter *report_on, struct span bytes, const char *what,
			      const struct kg_trace_opts *ways, size_t way_count)
{
	uint64_t taken = 0;
	char *expected = report_on(bytes, (struct kg_trace_opts){ 0 }, false, &taken);
	ck_assert_uint_eq(taken, 0);
	for (size_t i = 0; i < way_count; i++) {
		char *found = report_on(bytes, ways[i], true, &taken);
		ck_assert_msg((found == NULL) == (expected == NULL), "%s, way %zu", what, i);
		if (found != NULL)
			assert_same(found, expected, what, i);
		free(found);
	}
	free(expected);
	return taken;
}

static uint64_t check_same(reporter *report_on, struct span bytes, const char *what)
{
	static const struct kg_trace_opts ways[] = {
		{ .window_bytes = 300 },
		{ .window_bytes = 2000 },
		{ .window_bytes = 9000, .thread_count = 2 },
		{ .window_bytes = 700, .thread_count = 4 },
	};
	return check_same_in(report_on, bytes, what, ways, sizeof(ways) / sizeof(ways[0]));
}

static uint64_t check_text(const char *text)
{
	return check_same(report, (struct span){ (const unsigned char *)text, strlen(text) }, text);
}

/* ---- fixtures, whole and damaged ------------------------------------------------------------- */

static uint64_t taken_of_fixtures;

static void check_fixture(const char *path, struct span bytes)
{
	taken_of_fixtures += check_same(report, bytes, path);
}

static void judge_fixture(const char *path, struct span bytes)
{
	taken_of_fixtures += check_same(judge, bytes, path);
}

START_TEST(bundles_of_fixtures_change_nothing)
{
	fixtures_each(check_fixture);
	ck_assert_uint_gt(taken_of_fixtures, 1000);
}
END_TEST

START_TEST(bundles_of_fixtures_change_no_verdict)
{
	load_specs();
	fixtures_each(judge_fixture);
	free_specs();
	ck_assert_uint_gt(taken_of_fixtures, 1000);
}
END_TEST

/* Where the line that holds a byte starts, and the next one. */
static size_t line_start(struct span bytes, size_t at)
{
	while (at > 0 && bytes.at[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(struct span bytes, size_t at)
{
	while (at < bytes.len && bytes.at[at] != '\n')
		at++;
	return at < bytes.len ? at + 1 : at;
}

/* A line is lost, or there twice; the new length of all. */
static size_t lose(unsigned char *bytes, size_t len, size_t start, size_t end)
{
	memmove(bytes + start, bytes + end, len - end);
	return len - (end - start);
}

static size_t twice(unsigned char *bytes, size_t len, size_t start, size_t end)
{
	memmove(bytes + end, bytes + start, len - start);
	return len + (end - start);
}

/* Does damage to one line: it is lost, doubled, moved to another CPU, or not what it was. */
static size_t damage(struct random *random, unsigned char *bytes, size_t len)
{
	static const char characters[] = "0123456789(){};|.,+!#*@$ /=>-[]\n\r\tabkxX";
	const struct span all = { bytes, len };
	const size_t start = line_start(all, random_below(random, len));
	const size_t end = line_end(all, start);
	switch (random_below(random, 4)) {
	case 0:
		return lose(bytes, len, start, end);
	case 1:
		return twice(bytes, len, start, end);
	case 2:
		bytes[start + (end > start + 1)] = (unsigned char)('0' + random_below(random, 4));
		return len;
	default:
		bytes[start + random_below(random, end - start)] =
			(unsigned char)characters[random_below(random, sizeof(characters) - 1)];
		return len;
	}
}

/*
 * Calls that tell whose processor it is. As long as that is open, what is known of it may come from
 * lines that were read ahead, and how far that is differs.
 */
static const char *vendor_lines(const char *path)
{
	return strstr(path, "svm") != NULL ? " 0)   1.000 us    |  svm_a();\n"
					     " 0)   1.000 us    |  svm_b();\n"
					   : " 0)   1.000 us    |  vmx_a();\n"
					     " 0)   1.000 us    |  vmx_b();\n";
}

static void damage_and_check(reporter *report_on, int round_count, const char *path,
			     struct span bytes)
{
	struct random random = { 77 + bytes.len };
	const char *vendor = vendor_lines(path);
	if (bytes.len < 1000)
		return;
	/* a part of it, so that there is time for many */
	const size_t part = bytes.len < 12000 ? bytes.len : 12000;
	for (int round = 0; round < round_count; round++) {
		const size_t first = line_start(bytes, random_below(&random, bytes.len - part + 1));
		size_t len = bytes.len - first < part ? bytes.len - first : part;
		/* room for lines that are doubled */
		unsigned char *copy = malloc(20 * len + strlen(vendor));
		memcpy(copy, vendor, strlen(vendor));
		memcpy(copy + strlen(vendor), bytes.at + first, len);
		len += strlen(vendor);
		for (int i = 0; i < 8 && len > 500 && len < 10 * part; i++)
			len = damage(&random, copy, len);
		taken_of_fixtures += check_same(report_on, (struct span){ copy, len }, path);
		free(copy);
	}
}

static void check_damaged(const char *path, struct span bytes)
{
	damage_and_check(report, 12, path, bytes);
}

static void judge_damaged(const char *path, struct span bytes)
{
	damage_and_check(judge, 3, path, bytes);
}

START_TEST(bundles_of_damaged_fixtures_change_nothing)
{
	fixtures_each(check_damaged);
	ck_assert_uint_gt(taken_of_fixtures, 1000);
}
END_TEST

START_TEST(bundles_of_damaged_fixtures_change_no_verdict)
{
	load_specs();
	fixtures_each(judge_damaged);
	free_specs();
	ck_assert_uint_gt(taken_of_fixtures, 100);
}
END_TEST

/* ---- lives that repeat each other ------------------------------------------------------------ */

#define LIVES 4

/* Whether a line has a call in it that specifications of KVM look at, mostly of KVM_RUN. */
static bool is_looked_at(struct span line)
{
	static const char *const names[] = {
		"vcpu_run",	"handle_exit", "kvm_fast_pio",	"complete_fast_pio",
		"vcpu_load",	"vcpu_put",    "handle_io",	"io_interception",
		"enter_guest",	"page_fault",  "ept_violation", "npf_interception",
		"emulate_halt", "sigset",      "skip_emulated", "prepare_switch_to_guest",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (memmem(line.at, line.len, names[i], strlen(names[i])) != NULL)
			return true;
	}
	return false;
}

/* Damages a line that is looked at: it is lost, doubled, or of another function. */
static size_t damage_call(struct random *random, unsigned char *bytes, size_t len)
{
	const struct span all = { bytes, len };
	size_t start = line_start(all, random_below(random, len));
	size_t end = line_end(all, start);
	while (end < len && !is_looked_at(span_of(bytes + start, bytes + end))) {
		start = end;
		end = line_end(all, start);
	}
	switch (random_below(random, 3)) {
	case 0:
		return lose(bytes, len, start, end);
	case 1:
		return twice(bytes, len, start, end);
	default:
		for (size_t i = start; i + 1 < end; i++)
			bytes[i] = bytes[i] == '_' ? 'x' : bytes[i];
		return len;
	}
}

/* Adds a life with some damage, or the last one again; where the last one starts in *last. */
static size_t add_life(struct random *random, struct span life, unsigned char *bytes, size_t len,
		       size_t *last)
{
	const size_t damages = random_below(random, 4);
	size_t life_len = len - *last;
	if (*last > 0 && random_below(random, 2) == 0) {
		memcpy(bytes + len, bytes + *last, life_len);
	} else {
		memcpy(bytes + len, life.at, life.len);
		life_len = life.len;
		for (size_t i = 0; i < damages; i++)
			life_len = damage_call(random, bytes + len, life_len);
	}
	*last = len;
	return len + life_len;
}

/*
 * What bundles do to matches is remembered: the lives of some VMs, one after the other, with damage
 * to all but the first.
 */
START_TEST(bundles_that_repeat_others_change_no_verdict)
{
	static const char *const paths[] = { KG_FIXTURES "/traces/reference-vmx.txt",
					     KG_FIXTURES "/traces/svm-6.1-default.txt",
					     KG_FIXTURES "/traces/vmx-6.1-emulated.txt" };
	static const struct kg_trace_opts ways[] = { { .thread_count = 1 },
						     { .window_bytes = 1500 },
						     { .window_bytes = 4000, .thread_count = 2 } };
	const char *path = paths[_i % 3];
	const struct span bytes = fixture_read(path);
	struct span life = bytes;
	struct random random = { (uint64_t)_i };
	unsigned char *copy = malloc(2 * LIVES * bytes.len);
	size_t len = bytes.len;
	size_t last = 0;
	load_specs();
	memcpy(copy, bytes.at, bytes.len);
	/* without its header, at which another trace would begin */
	while (life.at[0] == '#')
		life = span_of(life.at + line_end(life, 0), bytes.at + bytes.len);
	for (size_t i = 1; i < LIVES; i++)
		len = add_life(&random, life, copy, len, &last);
	ck_assert_uint_gt(check_same_in(judge, span_of(copy, copy + len), path, ways, 3), 100);
	free_specs();
	free(copy);
	fixture_free(bytes);
}
END_TEST

/* ---- single cases ---------------------------------------------------------------------------- */

/* A text with its middle repeated, so that its functions are known when it comes again. */
static char *repeat(const char *before, const char *middle, size_t count, const char *after)
{
	char *text = malloc(strlen(before) + count * strlen(middle) + strlen(after) + 1);
	char *end = stpcpy(text, before);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, middle);
	memcpy(end, after, strlen(after) + 1);
	return text;
}

static void check_case(const char *before, const char *middle, const char *after, bool has_bundles)
{
	char *text = repeat(before, middle, 60, after);
	const uint64_t taken = check_text(text);
	ck_assert_msg((taken > 0) == has_bundles, "%ju bundles in\n%s%s", (uintmax_t)taken, before,
		      middle);
	free(text);
}

#define HEADER                                                                                     \
	"# tracer: function_graph\n#\n"                                                            \
	"# CPU  DURATION                  FUNCTION CALLS\n"                                        \
	"# |     |   |                     |   |   |   |\n"

START_TEST(bundles_below_their_own_function_are_nested)
{
	check_case(HEADER " 0)               |  f() {\n",
		   " 0)               |    g() {\n"
		   " 0)   1.000 us    |      f();\n"
		   " 0)               |      g() {\n"
		   " 0)   0.500 us    |        g();\n"
		   " 0)   2.000 us    |      } /* g */\n"
		   " 0)   4.000 us    |    }\n",
		   " 0) ! 900.000 us  |  }\n", true);
}
END_TEST

START_TEST(bundles_stand_below_open_calls_only)
{
	check_case(HEADER,
		   " 0)   1.000 us    |  f();\n"
		   " 0)   4.000 us    |  g();\n",
		   "", false);
}
END_TEST

START_TEST(bundles_end_where_times_contradict_each_other)
{
	check_case(HEADER " 0)               |  f() {\n",
		   " 0)               |    g() {\n"
		   " 0)   8.000 us    |      f();\n"
		   " 0)   4.000 us    |    }\n"
		   " 0)   1.000 us    |    f();\n",
		   " 0) ! 900.000 us  |  }\n", true);
}
END_TEST

/* The task of CPU 0 turns up on CPU 1 without having left: their calls are of one lane. */
START_TEST(bundles_of_a_task_on_two_cpus_are_opened)
{
	check_case(HEADER " ------------------------------------------\n"
			  " 0)    <idle>-0    =>     kvm-7   \n"
			  " ------------------------------------------\n\n"
			  " ------------------------------------------\n"
			  " 1)    <idle>-0    =>     kvm-7   \n"
			  " ------------------------------------------\n\n"
			  " 0)               |  f() {\n",
		   " 0)               |    g() {\n"
		   " 1)   1.000 us    |      f();\n"
		   " 0)   0.500 us    |      f();\n"
		   " 0)   4.000 us    |    }\n"
		   " 1)   1.000 us    |    f();\n",
		   " 0) ! 900.000 us  |  }\n", false);
}
END_TEST

/* An interrupt's calls come between the end of a function and the record of it. */
START_TEST(bundles_behind_a_late_exit_are_held_back)
{
	check_case(HEADER,
		   " 0)               |  f() {\n"
		   " 0)   1.000 us    |    g();\n"
		   " 0)               |  h() {\n"
		   " 0)   1.000 us    |    g();\n"
		   " 0)   2.000 us    |  }\n"
		   " 0)   3.000 us    |  } /* f */\n",
		   "", true);
}
END_TEST

START_TEST(bundles_do_not_hold_the_text_of_a_comment)
{
	check_case(HEADER " 0)               |  f() {\n",
		   " 0)   1.000 us    |    g();\n"
		   " 0)               |    /* first\n"
		   " 0)   1.000 us    |    g();\n"
		   " 0)   1.000 us    |    g();\n"
		   "last */\n"
		   " 0)   1.000 us    |    g();\n"
		   " 0)   1.000 us    |    h();\n",
		   " 0) ! 900.000 us  |  }\n", true);
}
END_TEST

START_TEST(bundles_lie_in_gaps_too)
{
	check_case(HEADER " 0)               |  f() {\n",
		   " 0)               |    g() {\n"
		   " 0)   1.000 us    |      h();\n"
		   "CPU:0 [LOST 3 EVENTS]\n"
		   " 0)   1.000 us    |      h();\n"
		   " 0)   4.000 us    |    }\n"
		   " 0)   1.000 us    |    h();\n",
		   " 0) ! 900.000 us  |  }\n", true);
}
END_TEST

/* Of callees that cost a phase the same the first is told, in one bundle or in several. */
START_TEST(bundles_tell_the_first_of_equal_costs)
{
	check_case(HEADER,
		   " 0)               |  kvm_vcpu_ioctl [kvm]() {\n"
		   " 0)               |    kvm_arch_vcpu_ioctl_run [kvm]() {\n"
		   " 0)   1.000 us    |      a();\n"
		   " 0)               |      b() {\n"
		   " 0)   1.000 us    |        c();\n"
		   " 0)   2.000 us    |      }\n"
		   " 0)   0.500 us    |      vmx_vcpu_run [kvm_intel]();\n"
		   " 0)   1.000 us    |      d();\n"
		   " 0)   4.700 us    |    }\n"
		   " 0)   5.000 us    |  }\n",
		   "", true);
}
END_TEST

/* ---- calls that rules are told of ------------------------------------------------------------ */

static void judge_case(const char *before, const char *middle, const char *after)
{
	char *text = repeat(before, middle, 60, after);
	const struct span bytes = { (const unsigned char *)text, strlen(text) };
	load_specs();
	const uint64_t taken = check_same(judge, bytes, text);
	free_specs();
	ck_assert_msg(taken > 0, "no bundles in\n%s%s", before, middle);
	free(text);
}

#define VMX_HEADER                                                                                 \
	HEADER " 0)   1.000 us    |  vmx_a();\n"                                                   \
	       " 0)   1.000 us    |  vmx_b();\n"

/* Each of two tasks breaks the same rule; on the lines of one bundle the other does, too. */
START_TEST(bundles_tell_of_calls_in_the_order_of_lines)
{
	judge_case(VMX_HEADER " ------------------------------------------\n"
			      " 0)    <idle>-0    =>     kvm-7   \n"
			      " ------------------------------------------\n\n"
			      " ------------------------------------------\n"
			      " 1)    <idle>-0    =>     kvm-8   \n"
			      " ------------------------------------------\n\n"
			      " 0)   1.000 us    |  tdp_mmu_link_sp [kvm]();\n"
			      " 0)               |  f() {\n"
			      " 1)               |  f() {\n",
		   " 0)               |    g() {\n"
		   " 1)               |    g() {\n"
		   " 0)   1.000 us    |      kvm_arch_vcpu_load [kvm]();\n"
		   " 1)   1.000 us    |      kvm_arch_vcpu_put [kvm]();\n"
		   " 0)   1.000 us    |      kvm_arch_vcpu_load [kvm]();\n"
		   " 1)   1.000 us    |      kvm_arch_vcpu_put [kvm]();\n"
		   " 1)   1.000 us    |      kvm_tdp_mmu_get_vcpu_root_hpa [kvm]();\n"
		   " 0)   1.000 us    |      kvm_tdp_mmu_get_vcpu_root_hpa [kvm]();\n"
		   " 1)   4.000 us    |    }\n"
		   " 0)   4.000 us    |    }\n",
		   " 0) ! 900.000 us  |  }\n"
		   " 1) ! 900.000 us  |  }\n");
}
END_TEST

/* They stand in the order of their ends, but what is told of is their start. */
START_TEST(bundles_tell_of_a_call_before_its_callees)
{
	judge_case(VMX_HEADER " 0)               |  f() {\n",
		   " 0)               |    g() {\n"
		   " 0)               |      kvm_arch_vcpu_load [kvm]() {\n"
		   " 0)               |        h() {\n"
		   " 0)   1.000 us    |          kvm_arch_vcpu_put [kvm]();\n"
		   " 0)   2.000 us    |        }\n"
		   " 0)   4.000 us    |      }\n"
		   " 0)   5.000 us    |    }\n",
		   " 0) ! 900.000 us  |  }\n");
}
END_TEST

START_TEST(bundles_do_not_tell_of_parts_of_functions)
{
	judge_case(VMX_HEADER " 0)               |  f() {\n",
		   " 0)               |    kvm_load_guest_xsave_state [kvm]() {\n"
		   " 0)   0.100 us    |      h();\n"
		   " 0)   0.100 us    |      kvm_load_guest_xsave_state.part.0 [kvm]();\n"
		   " 0)   1.000 us    |    }\n"
		   " 0)               |    g() {\n"
		   " 0)   0.100 us    |      kvm_load_host_xsave_state.part.0 [kvm]();\n"
		   " 0)   1.000 us    |    }\n",
		   " 0) ! 900.000 us  |  }\n");
}
END_TEST

/* What it is a part of is open around the bundle. */
START_TEST(bundles_may_stand_below_what_they_are_part_of)
{
	judge_case(VMX_HEADER " 0)               |  kvm_load_guest_xsave_state [kvm]() {\n",
		   " 0)               |    h() {\n"
		   " 0)   0.100 us    |      kvm_load_guest_xsave_state.part.0 [kvm]();\n"
		   " 0)   1.000 us    |    }\n"
		   " 0)   0.100 us    |    kvm_load_guest_xsave_state.part.0 [kvm]();\n",
		   " 0) ! 900.000 us  |  }\n");
}
END_TEST

START_TEST(bundles_that_tell_too_much_are_handed_out)
{
	char *many = repeat(VMX_HEADER " 0)               |  f() {\n",
			    " 0)   0.100 us    |    kvm_arch_vcpu_load [kvm]();\n"
			    " 0)   0.100 us    |    kvm_arch_vcpu_put [kvm]();\n",
			    200, "");
	judge_case(many, " 0)   0.100 us    |    h();\n", " 0) ! 900.000 us  |  }\n");
	free(many);
}
END_TEST

Suite *bundles_suite(void)
{
	Suite *suite = suite_create("bundles");
	TCase *fixtures = tcase_create("fixtures");
	tcase_add_test(fixtures, bundles_of_fixtures_change_nothing);
	tcase_add_test(fixtures, bundles_of_damaged_fixtures_change_nothing);
	tcase_add_test(fixtures, bundles_of_fixtures_change_no_verdict);
	tcase_add_test(fixtures, bundles_of_damaged_fixtures_change_no_verdict);
	tcase_add_loop_test(fixtures, bundles_that_repeat_others_change_no_verdict, 0, 60);
	suite_add_tcase(suite, fixtures);
	TCase *cases = tcase_create("cases");
	tcase_add_test(cases, bundles_below_their_own_function_are_nested);
	tcase_add_test(cases, bundles_stand_below_open_calls_only);
	tcase_add_test(cases, bundles_end_where_times_contradict_each_other);
	tcase_add_test(cases, bundles_of_a_task_on_two_cpus_are_opened);
	tcase_add_test(cases, bundles_behind_a_late_exit_are_held_back);
	tcase_add_test(cases, bundles_do_not_hold_the_text_of_a_comment);
	tcase_add_test(cases, bundles_lie_in_gaps_too);
	tcase_add_test(cases, bundles_tell_the_first_of_equal_costs);
	suite_add_tcase(suite, cases);
	TCase *told = tcase_create("told");
	tcase_add_test(told, bundles_tell_of_calls_in_the_order_of_lines);
	tcase_add_test(told, bundles_tell_of_a_call_before_its_callees);
	tcase_add_test(told, bundles_do_not_tell_of_parts_of_functions);
	tcase_add_test(told, bundles_may_stand_below_what_they_are_part_of);
	tcase_add_test(told, bundles_that_tell_too_much_are_handed_out);
	suite_add_tcase(suite, told);
	return suite;
}
