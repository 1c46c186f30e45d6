/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is remembered of bundles (analyse/verify_repeat.h) changes no verdict, nor a word of it:
 * traces of few shapes that come again and again, right or wrong, and in builds that check
 * themselves each is rehearsed, too.
 */
#include <check.h>
#include <inttypes.h>
#include <kvmgraph/render.h>
#include <kvmgraph/trace.h>
#include <kvmgraph/verify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "render/out.h"

Suite *repeats_suite(void);

/* ---- traces ---------------------------------------------------------------------------------- */

#define TEXT_SIZE ((size_t)1 << 20)

struct writer {
	struct random random;
	char *text;
	size_t len;
};

static void write_text(struct writer *writer, const char *text)
{
	const size_t len = strlen(text);
	ck_assert_uint_lt(writer->len + len, TEXT_SIZE);
	memcpy(writer->text + writer->len, text, len + 1);
	writer->len += len;
}

/* " 0) + 13.335 us   |    body"; no duration: 0. */
static void write_line(struct writer *writer, int cpu, uint64_t dur_ns, int depth, const char *body)
{
	char duration[32] = "";
	char line[256];
	const char mark = dur_ns > 100000 ? '!' : dur_ns > 10000 ? '+' : ' ';
	if (dur_ns > 0)
		snprintf(duration, sizeof(duration), "%c %" PRIu64 ".%03" PRIu64 " us", mark,
			 dur_ns / 1000, dur_ns % 1000);
	snprintf(line, sizeof(line), " %d) %-14s|  %*s%s\n", cpu, duration, 2 * depth, "", body);
	write_text(writer, line);
}

/* Something on another CPU, now and then, so that calls of one shape have other lines. */
static void write_noise(struct writer *writer)
{
	if (random_below(&writer->random, 12) == 0)
		write_line(writer, 1, 300, 1, "elsewhere();");
}

static uint64_t write_call(struct writer *writer, const char **script, int depth);

/* Calls up to the end of the script or a brace, which is passed; what they take together. */
static uint64_t write_calls(struct writer *writer, const char **script, int depth)
{
	uint64_t sum_ns = 0;
	for (;;) {
		*script += strspn(*script, " ");
		if (**script == '}') {
			++*script;
			return sum_ns;
		}
		if (**script == '\0')
			return sum_ns;
		sum_ns += write_call(writer, script, depth);
	}
}

/* "name" or "name{ calls }". */
static uint64_t write_call(struct writer *writer, const char **script, int depth)
{
	char body[64];
	const int len = (int)strcspn(*script, " {}");
	const char *name = *script;
	uint64_t dur_ns = 100 + random_below(&writer->random, 900);
	*script += len;
	write_noise(writer);
	if (**script != '{') {
		snprintf(body, sizeof(body), "%.*s();", len, name);
		write_line(writer, 0, dur_ns, depth, body);
		return dur_ns;
	}
	++*script;
	snprintf(body, sizeof(body), "%.*s() {", len, name);
	write_line(writer, 0, 0, depth, body);
	dur_ns += write_calls(writer, script, depth + 1);
	write_line(writer, 0, dur_ns, depth, "}");
	return dur_ns;
}

static void play(struct writer *writer, const char *script)
{
	write_calls(writer, &script, 0);
}

/* Calls that seldom make sense, nested as deep as is left. */
static void make_calls(struct random *random, char *script, size_t size, int left)
{
	static const char *const names[] = {
		"load", "enter", "exit", "io",	  "halt",	 "fault",	"map", "put",
		"sub",	"run",	 "get",	 "set",	  "f",		 "f.part.0",	"g",   "enter",
		"exit", "sub",	 "map",	 "fault", "exit.part.0", "load.part.0", "put", "tick_1",
	};
	const size_t count = 1 + random_below(random, 5);
	for (size_t i = 0; i < count && strlen(script) + 40 < size; i++) {
		const char *name = names[random_below(random, sizeof(names) / sizeof(names[0]))];
		strcat(strcat(script, " "), name);
		if (left == 0 || random_below(random, 2) == 0)
			continue;
		strcat(script, "{");
		make_calls(random, script, size, left - 1);
		strcat(script, " }");
	}
}

#define SHAPE_SIZE 1024
#define RANDOM_SHAPES 5

/* What a VM is told to do. Ticks are in no bundle, so what is between them is one of its own. */
static const char *const right_shapes[] = {
	"run{ load{ deep } enter exit{ g fault{ map sub } } enter exit{ io } put }",
	"run{ load enter exit{ sub } enter exit{ fault{ sub map sub } } enter exit{ halt } put }",
	"run{ load{ load.part.0{ g } } enter exit{ exit.part.0{ io{ g } } } put }",
	"get{ g f }",
	"get{ g{ f{ tick_1 f.part.0 tick_1 } deep{ tick_1 f.part.0 tick_1 } } }",
	"set sub f",
	"run{ load tick_1 enter exit{ sub } tick_1 enter exit{ sub } tick_1 enter exit{ io } "
	"tick_1 "
	"put }",
	"run{ load tick_1 enter exit{ fault{ map } } tick_1 enter exit{ fault{ map } } tick_1 "
	"enter "
	"exit{ tick_1 sub tick_1 sub } enter exit{ halt } tick_1 put }",
};

/* Too much of something, something missing, the wrong thing. */
static const char *const wrong_shapes[] = {
	"run{ load enter exit{ fault{ sub map sub sub } } enter exit{ io } put }",
	"run{ load enter exit{ io } enter exit{ sub } put }",
	"get{ g{ f{ tick_1 f.part.0 tick_1 } f deep{ tick_1 f.part.0 tick_1 f.part.0 } } }",
	"run{ g{ f f f f } load enter exit{ fault{ g{ deep } } } enter exit{ io } put }",
	"run{ load tick_1 enter exit{ sub sub sub } tick_1 enter exit{ sub sub sub } tick_1 enter "
	"exit{ sub sub sub } tick_1 enter exit{ sub sub sub } tick_1 enter exit{ io } put }",
	"run{ load enter exit{ fault{ fault.part.0 deep } } enter exit{ io } put }",
	"run{ load enter exit{ fault{ fault.part.0 deeper } } enter exit{ io } put }",
	"run{ load enter exit{ tick_1 exit.part.0 tick_1 } deep{ tick_1 exit.part.0 tick_1 } enter "
	"exit{ io } put }",
	"run{ load tick_1 enter exit{ sub } tick_1 enter exit{ sub } tick_1 put tick_1 }",
	"run{ load tick_1 enter exit{ sub } tick_1 enter exit{ io } tick_1 enter tick_1 put }",
};

#define RIGHT_COUNT (sizeof(right_shapes) / sizeof(right_shapes[0]))
#define WRONG_COUNT (sizeof(wrong_shapes) / sizeof(wrong_shapes[0]))

struct shapes {
	char random[RANDOM_SHAPES][SHAPE_SIZE];
};

static void make_shapes(struct random *random, struct shapes *shapes)
{
	for (size_t i = 0; i < RANDOM_SHAPES; i++) {
		shapes->random[i][0] = '\0';
		make_calls(random, shapes->random[i], SHAPE_SIZE - 300, 4);
	}
}

static const char *choose(struct random *random, const struct shapes *shapes, bool is_right)
{
	if (is_right)
		return right_shapes[random_below(random, RIGHT_COUNT)];
	const uint64_t i = random_below(random, WRONG_COUNT + RANDOM_SHAPES);
	return i < WRONG_COUNT ? wrong_shapes[i] : shapes->random[i - WRONG_COUNT];
}

/* wrong: one in so many steps is not right; 0: none. */
static void live(struct writer *writer, const struct shapes *shapes, uint64_t wrong)
{
	char script[SHAPE_SIZE + 32];
	play(writer, "open{ init{ } }");
	for (int i = 0; i < 40; i++) {
		const bool is_right = wrong == 0 || random_below(&writer->random, wrong) != 0;
		snprintf(script, sizeof(script), "ioctl{ %s }",
			 choose(&writer->random, shapes, is_right));
		play(writer, script);
	}
	play(writer, "close");
}

static void write_trace(struct writer *writer, const struct shapes *shapes)
{
	static const uint64_t wrongs[] = { 0, 400, 100, 15 };
	const uint64_t worst = random_below(&writer->random, 4);
	write_text(writer, "# tracer: function_graph\n#\n"
			   "# CPU  DURATION                  FUNCTION CALLS\n"
			   "# |     |   |                     |   |   |   |\n"
			   " ------------------------------------------\n"
			   " 0)    <idle>-0    =>    vmm-100   \n"
			   " ------------------------------------------\n\n"
			   " ------------------------------------------\n"
			   " 1)    <idle>-0    =>    other-200   \n"
			   " ------------------------------------------\n\n");
	write_line(writer, 1, 0, 0, "around() {");
	for (int i = 0; i < 4; i++)
		live(writer, shapes, wrongs[random_below(&writer->random, worst + 1)]);
	write_line(writer, 1, 90000, 0, "}");
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static const char document[] =
	"{ 'fgpath': 1,"
	"  'subject': { 'first': 'open', 'alive': ['init', 'close'], 'noise': ['tick*', 'around'] "
	"},"
	"  'phases': ["
	"    { 'id': 'create', 'is': { 'call': 'open', 'in': ['init'] } },"
	"    { 'id': 'use', 'is': { 'rep': { 'any': ["
	"      { 'call': 'ioctl', 'in': [{ 'call': 'run', 'count': { 'sub': '<= 9' }, 'in': ["
	"        'load', { 'rep': { 'any': ["
	"          ['enter', { 'call': 'exit', 'in': ["
	"            { 'call': 'fault', 'in': ['map'], 'count': { 'sub': '<= 2' } }] }],"
	"          ['enter', { 'call': 'exit', 'not': ['fault', 'io', 'halt'] }]] } },"
	"        'enter', { 'call': 'exit', 'in': [{ 'any': ['io', 'halt'] }] }, 'put'] }] },"
	"      { 'call': 'ioctl', 'in': ['get'], 'not': ['run'] },"
	"      { 'call': 'ioctl', 'in': ['set', { 'opt': 'f' }], 'count': { 'sub': '<= 1' } }] } } "
	"},"
	"    { 'id': 'close', 'is': 'close' }],"
	"  'rules': ["
	"    { 'id': 'pair', 'pair': ['load', 'put'], 'per': 'task' },"
	"    { 'id': 'ios', 'count': 'io', 'want': '<= 35' },"
	"    { 'id': 'same', 'expr': '#(enter) == #(exit)' },"
	"    { 'id': 'each', 'each': 'fault', 'in': ['map'] },"
	"    { 'id': 'each-not', 'each': 'exit', 'not': ['put'] },"
	"    { 'id': 'each-count', 'each': 'g', 'count': { 'f': '<= 3' } },"
	"    { 'id': 'slow', 'budget': 'run', 'max_us': 15 },"
	"    { 'id': 'sum', 'budget': 'exit', 'total_us': 160 }] }";

static struct kg_spec *parse(void)
{
	char json[sizeof(document)];
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	memcpy(json, document, sizeof(json));
	for (char *at = json; *at != '\0'; at++)
		*at = *at == '\'' ? '"' : *at;
	ck_assert_msg(kg_spec_parse(json, sizeof(json) - 1, "test", &spec, &err) == KG_OK, "%s",
		      err.text);
	return spec;
}

static char *render(const struct kg_info *info, const struct kg_spec *spec,
		    struct kg_verify *verify, enum kg_verdict *verdict)
{
	struct kg_verify_report report;
	struct kg_out *out;
	size_t len;
	ck_assert_int_eq(kg_verify_report(verify, info, &report), KG_OK);
	ck_assert_int_eq(out_open_memory(&out), KG_OK);
	ck_assert_int_eq(kg_render_verify_json(out, info, spec, &report), KG_OK);
	*verdict = report.verdict;
	char *text = strdup(out_memory(out, &len));
	ck_assert_int_eq(kg_out_close(out, false, NULL), KG_OK);
	return text;
}

static char *judge(const struct writer *writer, const struct kg_spec *spec,
		   struct kg_trace_opts opts, bool may_bundle, enum kg_verdict *verdict)
{
	struct kg_trace *trace;
	struct kg_verify *verify;
	ck_assert_int_eq(kg_trace_open_memory(writer->text, writer->len, &opts, &trace, NULL),
			 KG_OK);
	ck_assert_int_eq(
		kg_verify_new(spec, kg_trace_funcs(trace), kg_trace_tasks(trace), &verify, NULL),
		KG_OK);
	struct kg_call_sink sink = kg_verify_sink(verify);
	if (!may_bundle)
		sink.bundler = NULL;
	ck_assert_int_eq(kg_trace_run(trace, &sink, NULL), KG_OK);
	char *text = render(kg_trace_info(trace), spec, verify, verdict);
	kg_verify_free(verify);
	kg_trace_close(trace);
	return text;
}

#define ROUNDS 200

START_TEST(repeats_change_no_verdict)
{
	static const struct kg_trace_opts ways[] = { { .thread_count = 1 },
						     { .window_bytes = 3000, .thread_count = 2 } };
	struct shapes shapes;
	struct kg_spec *spec = parse();
	uint32_t counts[KG_VERDICT_COUNT] = { 0 };
	for (uint64_t round = 0; round < ROUNDS; round++) {
		enum kg_verdict verdict;
		struct writer writer = { { 1000 + round }, malloc(TEXT_SIZE), 0 };
		make_shapes(&writer.random, &shapes);
		write_trace(&writer, &shapes);
		char *expected = judge(&writer, spec, ways[0], false, &verdict);
		counts[verdict]++;
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			char *found = judge(&writer, spec, ways[i], true, &verdict);
			ck_assert_msg(strcmp(found, expected) == 0, "round %" PRIu64 ", way %zu",
				      round, i);
			free(found);
		}
		free(expected);
		free(writer.text);
	}
	kg_spec_free(spec);
	/* some of each, or this is about nothing */
	ck_assert_uint_gt(counts[KG_VERDICT_FAIL], ROUNDS / 4);
	ck_assert_uint_gt(ROUNDS - counts[KG_VERDICT_FAIL], 0);
}
END_TEST

Suite *repeats_suite(void)
{
	Suite *suite = suite_create("repeats");
	TCase *random = tcase_create("random");
	tcase_add_test(random, repeats_change_no_verdict);
	suite_add_tcase(suite, random);
	return suite;
}
