/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is below calls, as a pattern: which functions are worth mentioning, and into which kinds the
 * calls fall by what they call.
 */
#ifndef ANALYSE_LEARN_INNER_H
#define ANALYSE_LEARN_INNER_H

#include "analyse/learn_form.h"

/* A shape of the calls in question, and how many have it. */
struct sample {
	shape_id shape;
	uint64_t times;
};

typedef COLUMN(struct sample) sample_list;

/* Appends one, or adds to the last one. False when memory is out, as for all. */
bool samples_add(sample_list *samples, shape_id shape, uint64_t times);
/* Sorts them by shape, each once. */
void samples_sort(sample_list *samples);

/* Calls that call the same kinds of functions. */
struct kind {
	uint32_t words; /* that some of them call ... */
	uint32_t core;	/* ... and that all do */
	struct passages passages;
};

struct kinds {
	struct words words;
	uint32_t common;	  /* words that all calls have */
	COLUMN(uint32_t) kind_of; /* by sample */
	COLUMN(struct kind) rows;
};

/*
 * Finds out which kinds of calls there are among (sorted) samples: apart if they have no function
 * in common that not all have. are_steps: calls that all share something may be of several kinds
 * too.
 */
bool kinds_find(const struct former *former, const sample_list *samples, bool are_steps,
		struct kinds *out);
void kinds_release(struct kinds *kinds);
/* The pattern of one kind; *out is NULL if there is nothing to say. */
bool kind_form(const struct former *former, const struct kinds *kinds, uint32_t index,
	       const struct kg_form **out);

/* What is below the calls of a function; NULL if there is nothing to say. */
bool inner_form(const struct former *former, sample_list *samples, const struct kg_form **out);

#endif
