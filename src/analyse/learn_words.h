/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which functions are worth mentioning below some calls. */
#ifndef ANALYSE_LEARN_WORDS_H
#define ANALYSE_LEARN_WORDS_H

#include "analyse/learn_inner.h"

/*
 * The functions called directly below the samples that can be relied on: those that all of them
 * call, and those that few others call. A function that does nothing but call another one is passed
 * over for what that calls, but not of steps. False when memory is out.
 */
bool words_choose(const struct former *former, const sample_list *samples, bool are_steps,
		  struct words *out);
/* Appends the calls of the words below a shape, not looking below those. False likewise. */
bool words_project(const struct former *former, const struct words *words, shape_id shape,
		   struct passages *out);

#endif
