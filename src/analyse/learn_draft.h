/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A draft while it can still be changed. */
#ifndef ANALYSE_LEARN_DRAFT_H
#define ANALYSE_LEARN_DRAFT_H

#include "analyse/learn_path.h"
#include "analyse/learn_rules.h"
#include "analyse/learn_share.h"

typedef COLUMN(struct kg_learned_phase) phase_list;

struct learn_draft {
	struct arena memory;
	struct kg_learned learned;
	phase_list phases; /* with all that is below their calls said there */
	rule_list rules;
	phase_list shown_phases; /* with what is said several times said once */
	rule_list shown_rules;
	define_list defines;
	COLUMN(const char *) noise;
	COLUMN(const char *) roots;
	COLUMN(const char *) ignore;
};

#endif
