/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs of two sides that a test plays, and what diff finds between them. */
#ifndef DIFF_SCRIPT_H
#define DIFF_SCRIPT_H

#include <check.h>
#include <string.h>

#include <kvmgraph/diff.h>

#include "call_script.h"

struct fixture {
	struct script script;
	struct kg_diff *diff;
	const struct kg_diff_report *report;
};

static inline void set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){ 0 };
	ck_assert_int_eq(kg_diff_new(NULL, &fixture->diff), KG_OK);
}

/* What is scripted from here on is one run of a side. */
static inline void start(struct fixture *fixture, enum kg_diff_side side)
{
	struct kg_call_sink sink;
	ck_assert_int_eq(kg_diff_start_run(fixture->diff, side, &fixture->script.funcs, &sink),
			 KG_OK);
	script_rewind(&fixture->script, sink);
}

static inline void finish(struct fixture *fixture)
{
	const struct kg_info info = { .file = "a trace" };
	script_done(&fixture->script);
	ck_assert_int_eq(fixture->script.status, KG_OK);
	ck_assert_int_eq(kg_diff_end_run(fixture->diff, &info), KG_OK);
}

/* What surrounds the traces of a side. */
static inline void add_environment(struct fixture *fixture, enum kg_diff_side side,
				   const char *json)
{
	struct kg_error err = { 0 };
	enum kg_status status =
		kg_diff_add_environment(fixture->diff, side, json, strlen(json), &err);
	ck_assert_msg(status == KG_OK, "%s", err.text);
}

static inline void compare(struct fixture *fixture)
{
	ck_assert_int_eq(kg_diff_report(fixture->diff, &fixture->report), KG_OK);
}

static inline void tear_down(struct fixture *fixture)
{
	kg_diff_free(fixture->diff);
	script_release(&fixture->script);
}

static inline void enter(struct fixture *fixture, const char *name)
{
	script_enter(&fixture->script, 0, name);
}

static inline void leaf(struct fixture *fixture, const char *name, uint64_t dur_ns)
{
	script_leaf(&fixture->script, 0, name, dur_ns);
}

static inline void leave(struct fixture *fixture, uint64_t dur_ns)
{
	script_leave(&fixture->script, 0, dur_ns);
}

static inline void expect_one(const struct fixture *fixture, enum kg_change_kind kind,
			      const char *name)
{
	ck_assert_uint_eq(fixture->report->change_count, 1);
	const struct kg_diff_change *change = &fixture->report->changes[0];
	ck_assert_int_eq(change->kind, kind);
	ck_assert_str_eq(kg_diff_path_name(fixture->diff, change->path), name);
	ck_assert_uint_eq(fixture->report->change_counts[kind], 1);
}

#endif
