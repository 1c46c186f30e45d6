/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Patterns that are said once and referred to. */
#ifndef ANALYSE_LEARN_SHARE_H
#define ANALYSE_LEARN_SHARE_H

#include <kvmgraph/learn.h>

#include "base/arena.h"
#include "base/column.h"

typedef COLUMN(struct kg_learned_define) define_list;

/*
 * Replaces what is below calls and comes several times in the same words by references; what they
 * refer to is appended to defines. False when memory is out.
 */
bool share_forms(const struct kg_form **forms, size_t count, struct arena *memory,
		 define_list *defines);
/* The same form with at most so many levels of "in"; NULL when memory is out. */
const struct kg_form *form_cut(const struct kg_form *form, uint32_t levels, struct arena *memory);
/* How many levels of "in" a form has. */
uint32_t form_levels(const struct kg_form *form);

#endif
