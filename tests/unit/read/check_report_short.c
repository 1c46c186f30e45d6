/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/window.h"
#include "fixture.h"
#include "random.h"
#include "read/report_short.h"

Suite *report_short_suite(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the short way against the long one ---- */

struct judge {
	struct report_short shorts;
	struct intern symbols;
	struct intern tasks; /* their numbers serve as ids */
	size_t taken;	     /* calls, the short way */
	size_t left;	     /* calls, the long way */
};

static void judge_start(struct judge *judge)
{
	*judge = (struct judge){ 0 };
	judge->shorts.symbols = &judge->symbols;
}

static void judge_release(struct judge *judge)
{
	intern_release(&judge->symbols);
	intern_release(&judge->tasks);
}

static bool is_call(const struct report_line *line)
{
	return line->text.kind == TEXT_ENTER || line->text.kind == TEXT_LEAF ||
	       line->text.kind == TEXT_LEAVE;
}

static void check_same(const struct judge *judge, struct span text, const struct report_row *row,
		       const struct report_line *line)
{
	const struct span name = row->symbol != INTERN_NONE
					 ? intern_get(&judge->symbols, row->symbol)
					 : (struct span){ 0 };
	const bool is_same = is_call(line) && row->kind == line->text.kind &&
			     row->cpu == line->text.cpu && row->depth == line->text.depth &&
			     row->mark == line->text.mark && row->cut == line->text.cut &&
			     row->time_ns == line->text.time_ns &&
			     row->dur_ns == line->text.dur_ns && row->is_raw == line->is_raw &&
			     row->is_negative == line->is_negative &&
			     row->has_flags == (line->text.flags.len > 0) &&
			     line->origin.len == 0 && span_equal(name, line->text.name) &&
			     span_equal(intern_get(&judge->tasks, row->task_id), line->text.task) &&
			     row->event_flags == row->task_id % 7;
	ck_assert_msg(is_same, "taken otherwise: %.*s", (int)text.len, (const char *)text.at);
}

/* As the reader does with a line that is left. */
static void learn(struct judge *judge, struct span text, const struct report_line *line)
{
	struct report_row row = { .cpu = line->text.cpu };
	judge->left++;
	row.task_id = intern_add_copy(&judge->tasks, line->text.task);
	row.event_flags = (uint8_t)(row.task_id % 7);
	if (line->text.name.len > 0)
		intern_add_copy(&judge->symbols, line->text.name);
	report_short_learn(&judge->shorts, text, line, &row);
}

/* bytes have WINDOW_PADDING readable ones behind them. */
static void judge_lines(struct judge *judge, struct span bytes)
{
	const unsigned char *limit = bytes.at + bytes.len;
	for (const unsigned char *at = bytes.at; at < limit;) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(limit - at));
		struct span text = span_of(at, newline != NULL ? newline : limit);
		struct report_row row;
		struct report_line line;
		memset(&row, 0xa5, sizeof(row));
		const unsigned char *end = report_short_take(&judge->shorts, at, limit, &row);
		report_line_scan(text, &line);
		if (end != NULL) {
			ck_assert_ptr_eq(end, newline);
			check_same(judge, text, &row, &line);
			judge->taken++;
		} else if (is_call(&line)) {
			learn(judge, text, &line);
		}
		at = newline != NULL ? newline + 1 : limit;
	}
}

static void judge_text(struct judge *judge, const char *text)
{
	const size_t len = strlen(text);
	unsigned char *bytes = calloc(1, len + WINDOW_PADDING);
	memcpy(bytes, text, len);
	judge_lines(judge, (struct span){ bytes, len });
	free(bytes);
}

/* ---- forms ---- */

#define FRONT "              vm-109   [000]    11.153118: "
#define ENTRY FRONT "funcgraph_entry:      "
#define EXIT FRONT "funcgraph_exit:       "

/* Each of them, met again, is taken the short way. */
static const char *const usual[] = {
	ENTRY "             |  kvm_dev_ioctl() {\n",
	ENTRY "! 605.505 us |        kvm_dev_ioctl();\n",
	EXIT "# 142208.970 us |      }\n",
	EXIT "+ 14.577 us  |    } /* kvm_put_kvm */\n",
	ENTRY "  0.100 us   |  f(); (ret=0x0)\n",
	EXIT "  0.100 us   |  } (ret=-22)\n",
	EXIT "  0.100 us   |  } /* f */ (ret=0xff)\n",
	ENTRY "             |    f(rq=0xff) { (1) /* <-caller */\n",
	ENTRY "             |    ) {\n",
	EXIT "$ 3594274 us |  }\n",
	EXIT "$ 18446744073709551 us |  }\n",
	ENTRY "  0.100 us   |  f();\r\n",
	ENTRY " func=f depth=0\n",
	EXIT " func=f depth=0 overrun=0 calltime=2a5b66d57 rettime=2a5bfaa98\n",
	EXIT " func=f calltime=0xa9a8c8a5227 rettime=0xa9a8c8a5299 overrun=0x0 depth=1\n",
	EXIT " func=f retval=-22 depth=999 overrun=0 calltime=FF rettime=fff \n",
	EXIT "<-- f (5) (start: 2b8901d18  end: 2b890227e) over: 5\n",
	"         migrate-14353 [001] dN.1. 66420.851920: funcgraph_entry:        0.100 us   |  "
	"g();\n",
	"          <idle>-0     [127] d....    11.153118156: funcgraph_exit:       + 10.001 us  |  "
	"}\n",
	"  kvm-nx-lpage-r-1234567 [4095]    11.153118: funcgraph_entry:                   |  h() "
	"{\n",
};

START_TEST(report_short_usual_forms_are_taken)
{
	for (size_t i = 0; i < COUNT(usual); i++) {
		struct judge judge;
		judge_start(&judge);
		judge_text(&judge, usual[i]);
		ck_assert_uint_eq(judge.left, 1);
		judge_text(&judge, usual[i]);
		ck_assert_msg(judge.taken == 1, "left: %s", usual[i]);
		judge_release(&judge);
	}
}
END_TEST

START_TEST(report_short_front_is_not_learned_where_the_comm_may_end_elsewhere)
{
	static const char *const fronts[] = {
		"a.dat:               vm-109   [000]    11.153118: ",
		"      vm-109     0d.h2.    11.153118: ",
		"vm-109   [000]    11.153118: ",
	};
	for (size_t i = 0; i < COUNT(fronts); i++) {
		char line[256];
		struct judge judge;
		snprintf(line, sizeof(line), "%sfuncgraph_entry:                   |  f() {\n",
			 fronts[i]);
		judge_start(&judge);
		judge_text(&judge, line);
		judge_text(&judge, line);
		ck_assert_uint_eq(judge.left, 2);
		ck_assert_uint_eq(judge.taken, 0);
		judge_release(&judge);
	}
}
END_TEST

START_TEST(report_short_forgotten_fronts_are_gone)
{
	struct judge judge;
	judge_start(&judge);
	judge_text(&judge, usual[0]);
	report_short_forget(&judge.shorts);
	judge_text(&judge, usual[0]);
	ck_assert_uint_eq(judge.taken, 0);
	judge_release(&judge);
}
END_TEST

START_TEST(report_short_fronts_that_share_a_place_stay_apart)
{
	/* more tasks than places */
	char *text = malloc(2000 * 100);
	struct judge judge;
	size_t len = 0;
	judge_start(&judge);
	for (int i = 0; i < 2000; i++)
		len += (size_t)snprintf(text + len, 100,
					"%16s-%-5d [%03d] %5d.%06d: funcgraph_exit:         "
					"1.000 us   |  }\n",
					i % 3 != 0 ? "vm" : "qemu", i % 700 * 37, i % 5, i, i);
	judge_text(&judge, text);
	ck_assert_uint_gt(judge.left, 700);
	judge_release(&judge);
	free(text);
}
END_TEST

/* ---- over the fixtures ---- */

#define REPORTS 2
static const char *const reports[REPORTS] = {
	KG_FIXTURES "/traces/svm-6.1.report.txt",
	KG_FIXTURES "/traces/svm-6.1.report-raw.txt",
};

START_TEST(report_short_takes_most_lines_of_the_fixtures)
{
	struct span bytes = fixture_read(reports[_i]);
	struct span padded = { calloc(1, bytes.len + WINDOW_PADDING), bytes.len };
	struct judge judge;
	judge_start(&judge);
	memcpy((void *)(uintptr_t)padded.at, bytes.at, bytes.len);
	judge_lines(&judge, padded);
	/* some hundred functions are each left once */
	ck_assert_uint_gt(judge.taken, 2 * judge.left);
	judge_release(&judge);
	fixture_free(padded);
	fixture_free(bytes);
}
END_TEST

static const char likely[] = "   0123456789abf.:-[]()/*<>{};|+!#$=xvm_\r\n";

/* Puts other bytes in some places, mostly such as may stand there. */
static void mutate(struct random *random, unsigned char *bytes, size_t len)
{
	for (uint64_t left = len / (20 + random_below(random, 400)); left > 0; left--)
		bytes[random_below(random, len)] =
			(unsigned char)likely[random_below(random, sizeof(likely) - 1)];
}

START_TEST(report_short_takes_mutated_lines_as_the_long_way_does)
{
	struct random random = { 77 + (uint64_t)_i };
	struct span bytes = fixture_read(reports[_i]);
	unsigned char *mutant = calloc(1, bytes.len + WINDOW_PADDING);
	struct judge judge;
	judge_start(&judge);
	for (int pass = 0; pass < 30; pass++) {
		memcpy(mutant, bytes.at, bytes.len);
		mutate(&random, mutant, bytes.len);
		judge_lines(&judge, (struct span){ mutant, bytes.len });
	}
	ck_assert_uint_gt(judge.taken, judge.left);
	judge_release(&judge);
	free(mutant);
	fixture_free(bytes);
}
END_TEST

START_TEST(report_short_takes_mutated_forms_as_the_long_way_does)
{
	struct random random = { 4711 };
	struct judge judge;
	char text[8192];
	judge_start(&judge);
	for (int pass = 0; pass < 20000; pass++) {
		size_t len = 0;
		for (size_t i = 0; i < COUNT(usual); i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", usual[i]);
		if (pass > 0) {
			for (uint64_t left = 1 + random_below(&random, 30); left > 0; left--)
				text[random_below(&random, len)] =
					likely[random_below(&random, sizeof(likely) - 1)];
		}
		judge_text(&judge, text);
	}
	judge_release(&judge);
}
END_TEST

Suite *report_short_suite(void)
{
	Suite *suite = suite_create("report_short");
	TCase *forms = tcase_create("forms");
	tcase_add_test(forms, report_short_usual_forms_are_taken);
	tcase_add_test(forms, report_short_front_is_not_learned_where_the_comm_may_end_elsewhere);
	tcase_add_test(forms, report_short_forgotten_fronts_are_gone);
	tcase_add_test(forms, report_short_fronts_that_share_a_place_stay_apart);
	suite_add_tcase(suite, forms);
	TCase *agreement = tcase_create("agreement");
	tcase_add_loop_test(agreement, report_short_takes_most_lines_of_the_fixtures, 0, REPORTS);
	tcase_add_loop_test(agreement, report_short_takes_mutated_lines_as_the_long_way_does, 0,
			    REPORTS);
	tcase_add_test(agreement, report_short_takes_mutated_forms_as_the_long_way_does);
	suite_add_tcase(suite, agreement);
	return suite;
}
