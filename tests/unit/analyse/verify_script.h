/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifications of traces that are written down by hand.
 *
 *	ck_verdict_of("{ 'fgpath': 1, 'rules': [{ 'id': 'r', 'count': 'f', 'want': 1 }] }",
 *		      "f{ g }", "r", PASS);
 *
 * or step by step: set_up, begin, play, finish, ck_verdict, tear_down.
 */
#ifndef UNIT_ANALYSE_VERIFY_SCRIPT_H
#define UNIT_ANALYSE_VERIFY_SCRIPT_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include <kvmgraph/verify.h>

#include "call_script.h"

struct fixture {
	struct script script;
	struct kg_spec *spec;
	struct kg_verify *verify;
	struct kg_info info;
	struct kg_verify_report report;
};

static struct fixture fixture;

static inline void set_up(void)
{
	fixture = (struct fixture){ 0 };
}

static inline void tear_down(void)
{
	kg_verify_free(fixture.verify);
	kg_spec_free(fixture.spec);
	script_release(&fixture.script);
}

/* ---- specifications and traces, written down ------------------------------------------------- */

/* Documents are written with ' for ", which JSON has too many of. */
static inline struct kg_spec *parse(const char *text)
{
	char json[8192];
	struct kg_spec *spec = NULL;
	struct kg_error err = { 0 };
	size_t len = strlen(text);
	ck_assert_uint_lt(len, sizeof(json));
	for (size_t i = 0; i < len; i++)
		json[i] = text[i] == '\'' ? '"' : text[i];
	enum kg_status status = kg_spec_parse(json, len, "test", &spec, &err);
	ck_assert_msg(status == KG_OK, "%s", err.text);
	return spec;
}

/* The tasks of the lanes: vmm, kvm-nx-lpage, other, another. */
static inline void add_tasks(void)
{
	static const char *const comms[SCRIPT_LANES] = { "vmm", "kvm-nx-lpage", "other",
							 "another" };
	for (uint32_t i = 0; i < SCRIPT_LANES; i++) {
		struct span comm = { (const unsigned char *)comms[i], strlen(comms[i]) };
		ck_assert_uint_eq(tasks_add(&fixture.script.tasks, 100 + i, comm), i);
	}
}

static inline void begin(const char *spec)
{
	add_tasks();
	fixture.spec = parse(spec);
	ck_assert_int_eq(kg_verify_new(fixture.spec, &fixture.script.funcs, &fixture.script.tasks,
				       &fixture.verify, NULL),
			 KG_OK);
	fixture.script.sink = kg_verify_sink(fixture.verify);
}

/*
 * Plays a trace of one word a line: "f" is called and returns at once, "f{" opens, "}" closes the
 * innermost call, "!" has it never end; "~" begins below a call whose start is not there, "~f" is
 * its end. "0:" to "3:" go on in that lane.
 */
static inline void play_word(const char *word, uint32_t *lane)
{
	const size_t len = strlen(word);
	char name[64];
	ck_assert_uint_lt(len, sizeof(name));
	memcpy(name, word, len + 1);
	if (len == 2 && word[1] == ':') {
		*lane = (uint32_t)(word[0] - '0');
	} else if (strcmp(word, "}") == 0) {
		script_leave(&fixture.script, *lane, 1000);
	} else if (strcmp(word, "!") == 0) {
		script_abandon(&fixture.script, *lane);
	} else if (strcmp(word, "~") == 0) {
		script_unseen(&fixture.script, *lane);
	} else if (word[0] == '~') {
		script_turn_up(&fixture.script, *lane, word + 1, 1000);
	} else if (word[len - 1] == '{') {
		name[len - 1] = '\0';
		script_enter(&fixture.script, *lane, name);
	} else {
		script_leaf(&fixture.script, *lane, word, 100);
	}
}

static inline void play(const char *trace)
{
	uint32_t lane = 0;
	char word[64];
	int used;
	while (sscanf(trace, "%63s%n", word, &used) == 1) {
		trace += used;
		play_word(word, &lane);
	}
}

static inline void finish(void)
{
	script_done(&fixture.script);
	ck_assert_int_eq(fixture.script.status, KG_OK);
	ck_assert_int_eq(kg_verify_report(fixture.verify, &fixture.info, &fixture.report), KG_OK);
}

static inline const struct kg_check *check_of(const char *id)
{
	for (size_t i = 0; i < fixture.report.check_count; i++) {
		if (strcmp(fixture.report.checks[i].id, id) == 0)
			return &fixture.report.checks[i];
	}
	ck_abort_msg("there is no check %s", id);
	return NULL;
}

static inline void ck_verdict(const char *id, enum kg_verdict verdict)
{
	const struct kg_check *check = check_of(id);
	ck_assert_msg(check->verdict == verdict, "%s: %s instead of %s; expected %s, found %s", id,
		      kg_verdict_name(check->verdict), kg_verdict_name(verdict),
		      check->expected != NULL ? check->expected : "-",
		      check->found != NULL ? check->found : "-");
}

static inline void ck_verdict_of(const char *spec, const char *trace, const char *id,
				 enum kg_verdict verdict)
{
	tear_down();
	set_up();
	begin(spec);
	play(trace);
	finish();
	ck_verdict(id, verdict);
}

static inline void ck_line(const char *id, uint64_t line_no)
{
	const struct kg_check *check = check_of(id);
	ck_assert_uint_gt(check->place_count, 0);
	ck_assert_uint_eq(check->places[0].line_no, line_no);
}

#define PASS KG_VERDICT_PASS
#define FAIL KG_VERDICT_FAIL
#define INCONCLUSIVE KG_VERDICT_INCONCLUSIVE
#define SKIPPED KG_VERDICT_SKIPPED
#define NOT_TRACEABLE KG_VERDICT_NOT_TRACEABLE

#endif
