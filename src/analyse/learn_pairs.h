/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pairs: functions whose names say that one takes what the other gives back, and whether they do
 * take turns.
 *
 * Each call is shown as it comes; what goes for a trace is added to what is known when the trace is
 * finished. A pair is there from the first of its names on, since that may be called before the
 * other one is known. A zeroed struct knows no pair.
 */
#ifndef ANALYSE_LEARN_PAIRS_H
#define ANALYSE_LEARN_PAIRS_H

#include "base/column.h"
#include "base/intern.h"

/* What calls of a pair may take turns in, the strictest that is worth telling first. */
enum pair_turns { TURNS_PER_TASK, TURNS_PER_CPU, TURNS_IN_TRACE, TURNS_COUNT };

#define NOT_NAMED UINT32_MAX

struct learned_pair {
	uint32_t first; /* names; NOT_NAMED as long as none is known */
	uint32_t second;
	uint32_t broken;     /* bit by enum pair_turns: in some trace they do not take turns so */
	uint32_t broken_now; /* the same for the trace that is being read */
	uint64_t count_now;  /* calls of the second one */
	uint64_t count;
	uint32_t trace_count; /* traces with calls of it */
	COLUMN(bool) waiting[TURNS_COUNT];
};

struct pair_hook {
	uint32_t pair;
	uint32_t next; /* hook of the same name, plus 1 */
	bool is_first;
};

struct learned_pairs {
	struct intern keys; /* by pair: what both names have in common */
	COLUMN(struct learned_pair) rows;
	COLUMN(struct pair_hook) hooks;
	COLUMN(uint32_t) first_hooks; /* by name: hook plus 1 */
};

/* Makes pairs of a new name. False when memory is out, as for the next. */
bool pairs_add_name(struct learned_pairs *pairs, const struct intern *names, uint32_t name);
/* Whether a counterpart of a name is known. */
bool pairs_has_counterpart(const struct learned_pairs *pairs, uint32_t name);
/* A call opens, in a task (whatever number stands for it) and on a CPU. */
bool pairs_take(struct learned_pairs *pairs, uint32_t name, uint32_t task, uint16_t cpu);
void pairs_start_trace(struct learned_pairs *pairs);
void pairs_finish_trace(struct learned_pairs *pairs);
void pairs_release(struct learned_pairs *pairs);

#endif
