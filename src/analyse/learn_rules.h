/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules that the traces keep. */
#ifndef ANALYSE_LEARN_RULES_H
#define ANALYSE_LEARN_RULES_H

#include "analyse/learn_path.h"

typedef COLUMN(struct kg_learned_rule) rule_list;

/* How much longer than ever seen a call may take before it is told. */
#define BUDGET_FACTOR 3

/* The smallest and largest number of calls of a function in a whole trace. */
void rules_range(const struct former *former, uint32_t name, uint64_t *min, uint64_t *max);
/* Whether nothing can be said of a function: it was torn, or cannot be written. */
bool rules_is_unfit(const struct former *former, uint32_t name);
/* Whether an interrupt calls it: it comes when it likes, and meets whichever task runs. */
bool rules_is_idle_root(const struct kg_learn *learn, uint32_t name);
/* "3 traces"; NULL when memory is out. */
const char *rules_traces(const struct former *former, uint32_t count);
/*
 * Appends a rule with these names; NULL: with those that it has. False when memory is out, or was
 * for one of its texts.
 */
bool rules_add(const struct former *former, const struct kg_learned_rule *rule,
	       const uint32_t *names, size_t count, rule_list *out);

/* Appends pairs of functions whose names tell nothing, but whose calls take turns over steps. */
bool turns_find(const struct former *former, rule_list *out);
/* Appends what is said of calls that are no steps of the subject. */
bool others_find(const struct former *former, const struct learn_path *path, rule_list *out);
/* Appends all rules. False when memory is out. */
bool rules_find(const struct former *former, const struct learn_path *path, rule_list *out);

#endif
