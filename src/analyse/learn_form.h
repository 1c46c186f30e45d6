/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns out of the orders in which calls came.
 *
 * Some words (names of functions) and passages of calls of them, each passage one call that they
 * were below. What always came before what is a sequence; what takes turns is a loop; what keeps
 * neither order is said in any order.
 */
#ifndef ANALYSE_LEARN_FORM_H
#define ANALYSE_LEARN_FORM_H

#include "analyse/learn.h"
#include "analyse/learn_callers.h"

#define WORDS_MAX 32

/*
 * Each call that is told exactly is a state of an automaton, and these have a limit. So numbers are
 * exact up to here; those of loops only while all their calls together stay below the other one.
 */
#define EXACT_MAX 64
#define EXACT_LOOP_MAX 100

/* What a draft is made with. */
struct former {
	const struct kg_learn *learn;
	const struct learn_callers *callers;
	struct arena *memory; /* of the forms */
	uint32_t trace_count; /* whole ones */
	uint32_t depth;	      /* levels of "in" that are left; those of a single call are free */
	uint32_t nesting;     /* levels that are left in any case */
	bool *is_alternative; /* by name: some calls have it below, and others something else */
	bool *is_optional;    /* by name: some calls have it below, and others have not */
	bool *is_told;	      /* by name: a pattern has it ... */
	bool *is_bare;	      /* ... and without what is below it */
};

struct words {
	uint32_t names[WORDS_MAX];
	uint32_t count;
};

struct token {
	uint32_t word;
	shape_id shape;
};

/* One passage of tokens, and how often it was there. */
struct piece {
	size_t first;
	size_t len;
	uint64_t times;
};

struct passages {
	COLUMN(struct token) tokens;
	COLUMN(struct piece) pieces;
};

typedef COLUMN(const struct kg_form *) form_list;

/* Appends a piece that is all tokens from `first` on. False when memory is out. */
bool passages_end_piece(struct passages *passages, size_t first, uint64_t times);
void passages_release(struct passages *passages);

/* Appends to parts what these passages are in sequence. False when memory is out, as for all. */
bool form_sequence(const struct former *former, const struct words *words,
		   const struct passages *passages, form_list *parts);
/* A form with these parts, which are copied; NULL when memory is out. */
const struct kg_form *form_of_parts(const struct former *former, enum kg_form_kind kind,
				    const form_list *parts, uint32_t min, uint32_t max);
/* How many states a form takes at least, as far as it tells. */
uint64_t form_states(const struct kg_form *form);
/* One of one part is that part. */
const struct kg_form *form_join(const struct former *former, const form_list *parts);
/*
 * The call of a word that comes min to max times in a passage: as many if it is always the same
 * number and not too large, else as few and many as seems meant.
 */
const struct kg_form *form_call(const struct former *former, uint32_t name,
				const struct kg_form *in, uint64_t min, uint64_t max);

#endif
