/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the noted calls of a bundle are handed out one by one. */
#include "event/bundle.h"

#include "base/assert.h"
#include "base/banned.h"

/* A call as it is when it starts. */
static void start_call(const struct placed_bundle *placed, const struct bundle_note *note,
		       struct kg_call *call)
{
	const struct event_bundle *bundle = placed->bundle;
	*call = (struct kg_call){
		.line_no = bundle_note_line(bundle, note),
		.time_ns = KG_NO_NS,
		.end_time_ns = KG_NO_NS,
		.dur_ns = KG_NO_NS,
		.self_ns = KG_NO_NS,
		.func_id = note->func_id,
		.task_id = placed->task_id,
		.lane_id = placed->lane_id,
		.cpu_enter = bundle->cpu,
		.cpu_leave = KG_NO_CPU,
		.depth = (uint16_t)(bundle->depth + note->level),
		.level = (uint16_t)(placed->level + note->level),
		.mark = ' ',
	};
}

/* The rest of it, by the note of its end. */
static void end_call(const struct placed_bundle *placed, const struct bundle_note *note,
		     struct kg_call *call)
{
	call->end_line_no = bundle_note_line(placed->bundle, note);
	call->dur_ns = note->dur_ns;
	call->call_count = 1;
	call->cpu_leave = placed->bundle->cpu;
	call->flags = note->kind == NOTE_LEAF ? KG_CALL_ATOMIC : 0;
}

void bundle_call(const struct placed_bundle *placed, const struct bundle_note *note,
		 struct kg_call *call)
{
	struct bundle_note start = *note;
	if (note->kind == NOTE_LEAVE)
		start.row = placed->calls[note->call].row;
	start_call(placed, &start, call);
	if (note->kind != NOTE_ENTER)
		end_call(placed, note, call);
}

enum kg_status bundle_replay(const struct placed_bundle *placed,
			     const struct bundle_listener *listener)
{
	struct kg_call open[BUNDLE_DEPTH_MAX];
	size_t open_count = 0;
	kg_call_id next_id = placed->first_id;
	enum kg_status status = KG_OK;
	for (uint32_t i = 0; i < placed->bundle->note_count && status == KG_OK; i++) {
		const struct bundle_note *note = &placed->notes[i];
		if (note->kind == NOTE_LEAVE) {
			KG_DCHECK(open_count > 0);
			struct kg_call *call = &open[--open_count];
			end_call(placed, note, call);
			status = listener->closed(listener->self, call, note);
			continue;
		}
		KG_DCHECK(open_count < BUNDLE_DEPTH_MAX);
		struct kg_call *call = &open[open_count];
		start_call(placed, note, call);
		call->id = next_id++;
		call->parent_id = open_count > 0 ? open[open_count - 1].id : placed->caller_id;
		if (note->kind == NOTE_ENTER) {
			open_count++;
			status = listener->opened(listener->self, call, note);
			continue;
		}
		end_call(placed, note, call);
		status = listener->closed(listener->self, call, note);
	}
	return status;
}
