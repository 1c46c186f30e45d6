/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where a vCPU turns round before it enters the guest, and where it is back. */
#include "analyse/path_turns.h"

#include "analyse/interrupters.h"
#include "base/banned.h"

void turn_note(struct path_scratch *scratch, const struct kg_funcs *funcs,
	       struct path_frame *caller, const struct func_fact *fact)
{
	if (fact->interrupter == INTERRUPTER_TURN) {
		scratch->turns++;
	} else if (fact->interrupter == INTERRUPTER_GIVES_UP) {
		scratch->given_up = caller->node;
		/* most compilers make it a part of the function that goes round */
		caller->is_void = caller->func_id != KG_NO_FUNC &&
				  interrupter_is_pass(kg_funcs_get(funcs, caller->func_id));
	} else if (fact->is_entry) {
		scratch->given_up = NO_PATH;
	}
}

/* The calls that lead to the one that gave up are made anew as well; that is not counted there. */
bool turn_is_again(const struct path_scratch *scratch, uint32_t node)
{
	uint32_t up = scratch->given_up;
	if (up == NO_PATH)
		return false;
	while (up != NO_PATH && up != node)
		up = scratch->nodes.at[up].parent;
	return up == NO_PATH;
}
