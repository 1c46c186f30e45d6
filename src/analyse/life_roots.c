/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which roots are no step of a VM's life. */
#include "analyse/life.h"

#include "base/banned.h"

/* Remembers that a root was counted below a caller that may yet turn up. */
static bool note_unseen(struct life_lane *lane, kg_call_id parent_id)
{
	uint64_t count = 1;
	/* callers that were named later are gone, their callees are this one's */
	while (lane->unseen.count > 0 &&
	       lane->unseen.at[lane->unseen.count - 1].parent_id >= parent_id)
		count += lane->unseen.at[--lane->unseen.count].count;
	return column_push(&lane->unseen, (struct unseen_roots){ parent_id, count });
}

void roots_drop_below(struct kg_life *life, struct life_lane *lane, kg_call_id caller_id)
{
	while (lane->unseen.count > 0 &&
	       lane->unseen.at[lane->unseen.count - 1].parent_id >= caller_id)
		life->other_roots -= lane->unseen.at[--lane->unseen.count].count;
}

enum kg_status root_close(struct kg_life *life, struct life_lane *lane, const struct kg_call *call)
{
	if (call->parent_id == KG_NO_CALL)
		lane->unseen.count = 0;
	/* a callee's id is above its caller's */
	bool has_phase = lane->last_phase_id != KG_NO_CALL && lane->last_phase_id >= call->id;
	if (has_phase || (call->flags & KG_CALL_HIDDEN) != 0)
		return KG_OK;
	life->other_roots++;
	if (call->parent_id != KG_NO_CALL && !note_unseen(lane, call->parent_id))
		return KG_NOMEM;
	return KG_OK;
}
