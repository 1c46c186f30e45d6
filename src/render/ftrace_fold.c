/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which records become one line, and holds back what cannot be printed yet. */
#include "render/ftrace_fold.h"

#include <string.h>

#include "base/memory.h"
#include "base/banned.h"

/* Deeper calls than this are not kept by name. */
#define DEPTH_MAX 1024
/* So many printed records may stay in front of the others before those move up. */
#define SLACK 4096

static size_t index_of(uint16_t cpu)
{
	return cpu == KG_NO_CPU ? 0 : (size_t)cpu + 1;
}

/*
 * Names for exits without one.
 */

static struct fold_lane *lane_of(struct ftrace_fold *fold, const struct kg_event *event)
{
	if (event->flags & KG_EVF_IDLE) {
		const size_t index = index_of(event->cpu);
		return column_reach(&fold->idles, index) ? &fold->idles.at[index] : NULL;
	}
	const kg_task_id id = event->task_id;
	return column_reach(&fold->tasks, id) ? &fold->tasks.at[id] : NULL;
}

/* Remembers an entry; gives an exit the function that its lane entered at its depth. */
static bool follow_lane(struct ftrace_fold *fold, struct kg_event *event)
{
	const bool is_entry = event->kind == KG_EV_ENTER;
	if ((!is_entry && event->kind != KG_EV_LEAVE) || event->depth >= DEPTH_MAX ||
	    event->task_id == KG_NO_TASK)
		return true;
	struct fold_lane *lane = lane_of(fold, event);
	if (lane == NULL || !column_reach(&lane->open, event->depth))
		return false;
	uint32_t *open = &lane->open.at[event->depth];
	if (!is_entry && event->func_id == KG_NO_FUNC)
		event->func_id = *open - 1; /* KG_NO_FUNC for 0 */
	*open = is_entry ? event->func_id + 1 : 0;
	return true;
}

static void close_lanes(struct ftrace_fold *fold)
{
	for (size_t i = 0; i < fold->tasks.count; i++)
		column_release(&fold->tasks.at[i].open);
	for (size_t i = 0; i < fold->idles.count; i++)
		column_release(&fold->idles.at[i].open);
	fold->tasks.count = fold->idles.count = 0;
}

/*
 * Records.
 */

static void join(unsigned char **to, struct kg_bytes bytes)
{
	if (bytes.len > 0)
		memcpy(*to, bytes.at, bytes.len);
	*to += bytes.len;
}

/* Appends a record with a copy of its details. */
static bool append(struct ftrace_fold *fold, const struct kg_event *event,
		   const struct kg_detail *detail)
{
	struct fold_record record = { .event = *event,
				      .below_ns = detail->below_ns,
				      .overrun = detail->overrun,
				      .has_overrun = detail->has_overrun,
				      .flags_len = (uint32_t)detail->flags.len,
				      .args_len = (uint32_t)detail->args.len,
				      .note_len = (uint32_t)detail->note.len,
				      .is_closed = detail->is_closed,
				      /* of other tracers' records nothing may be known but that */
				      .is_silent = event->kind == KG_EV_COMMENT &&
						   detail->note.at == NULL };
	const size_t len = detail->flags.len + detail->args.len + detail->note.len;
	fold->printer->untold_count += record.is_silent;
	if (!column_reserve(&fold->records, fold->records.count + 1))
		return false;
	if (len > 0) {
		record.bytes = memory_alloc(len);
		if (record.bytes == NULL)
			return false;
		unsigned char *to = record.bytes;
		join(&to, detail->flags);
		join(&to, detail->args);
		join(&to, detail->note);
	}
	fold->records.at[fold->records.count++] = record;
	return true;
}

/* What is in a comment on a leaf: that of the entry, then that of the exit. */
static bool add_note(struct fold_record *record, struct kg_bytes note)
{
	if (note.len > 0 && note.at[0] == ' ' && record->note_len == 0) {
		note.at++;
		note.len--;
	}
	const size_t len = record->flags_len + record->args_len + record->note_len;
	if (note.len == 0)
		return true;
	unsigned char *bytes = memory_realloc(record->bytes, len + note.len);
	if (bytes == NULL)
		return false;
	memcpy(bytes + len, note.at, note.len);
	record->bytes = bytes;
	record->note_len += (uint32_t)note.len;
	return true;
}

static bool print(struct ftrace_fold *fold, const struct fold_record *record)
{
	if (record->is_silent)
		return true;
	const unsigned char *args = record->bytes + record->flags_len;
	const struct kg_detail detail = { .is_closed = record->is_closed,
					  .below_ns = record->below_ns,
					  .overrun = record->overrun,
					  .has_overrun = record->has_overrun,
					  .flags = { record->bytes, record->flags_len },
					  .args = { args, record->args_len },
					  .note = { args + record->args_len, record->note_len } };
	if (!record->is_more)
		return ftrace_printer_print(fold->printer, &record->event, &detail);
	ftrace_printer_more(fold->printer, detail.note);
	return true;
}

/* Prints up to the first that waits. */
static bool print_ready(struct ftrace_fold *fold)
{
	bool is_printed = true;
	while (is_printed && fold->first < fold->records.count &&
	       !fold->records.at[fold->first].is_waiting) {
		struct fold_record *record = &fold->records.at[fold->first++];
		is_printed = print(fold, record);
		memory_free(record->bytes);
	}
	if (fold->first > 0 && (fold->first == fold->records.count || fold->first >= SLACK)) {
		fold->records.count -= fold->first;
		memmove(fold->records.at, fold->records.at + fold->first,
			fold->records.count * sizeof(*fold->records.at));
		fold->first_number += fold->first;
		fold->first = 0;
	}
	return is_printed;
}

/* The entry of a CPU that waits for what comes next there, which waits no longer; or NULL. */
static struct fold_record *stop_waiting(struct ftrace_fold *fold, size_t index)
{
	const uint64_t number = fold->waiting.at[index];
	if (number == 0)
		return NULL;
	struct fold_record *record = &fold->records.at[number - 1 - fold->first_number];
	fold->waiting.at[index] = 0;
	record->is_waiting = false;
	return record;
}

static bool is_its_exit(const struct fold_record *entry, const struct kg_event *event)
{
	return event->kind == KG_EV_LEAVE && event->task_id == entry->event.task_id &&
	       event->func_id == entry->event.func_id;
}

static bool take_record(struct ftrace_fold *fold, const struct kg_event *event,
			const struct kg_detail *detail)
{
	struct kg_event record = *event;
	const size_t index = index_of(event->cpu);
	if (!follow_lane(fold, &record) || !column_reach(&fold->waiting, index))
		return false;
	struct fold_record *entry = stop_waiting(fold, index);
	if (entry != NULL && is_its_exit(entry, &record)) {
		entry->event.kind = KG_EV_LEAF;
		entry->event.dur_ns = record.dur_ns;
		entry->below_ns = detail->below_ns;
		return add_note(entry, detail->note) && print_ready(fold);
	}
	if (!append(fold, &record, detail))
		return false;
	if (record.kind == KG_EV_ENTER) {
		fold->records.at[fold->records.count - 1].is_waiting = true;
		fold->waiting.at[index] = fold->first_number + fold->records.count;
	}
	if (fold->records.count - fold->first >= FOLD_RECORDS_MAX)
		stop_waiting(fold, index_of(fold->records.at[fold->first].event.cpu));
	return print_ready(fold);
}

/* A further line of a comment follows whatever is printed of that. */
static bool take_more(struct ftrace_fold *fold, const struct kg_detail *detail)
{
	const struct kg_event nothing = { 0 };
	const struct kg_detail text = { .note = detail->text };
	if (!append(fold, &nothing, &text))
		return false;
	fold->records.at[fold->records.count - 1].is_more = true;
	return print_ready(fold);
}

static bool start_trace(struct ftrace_fold *fold)
{
	const bool is_done = ftrace_fold_finish(fold);
	close_lanes(fold);
	ftrace_printer_start(fold->printer);
	fold->was_started = true;
	return is_done;
}

bool ftrace_fold_take(struct ftrace_fold *fold, const struct kg_event *event,
		      const struct kg_detail *detail)
{
	struct kg_detail with_retval = *detail;
	if (event == NULL)
		return detail->kind != KG_LINE_COMMENT || take_more(fold, detail);
	if (event->kind == KG_EV_NEW_TRACE || !fold->was_started) {
		if (!start_trace(fold))
			return false;
	}
	/* the printer finds out about switches by itself */
	if (event->kind == KG_EV_NEW_TRACE || event->kind == KG_EV_SWITCH)
		return true;
	if (fold->printer->retval && event->kind == KG_EV_LEAVE && detail->note.len == 0)
		with_retval.note = detail->retval;
	return take_record(fold, event, &with_retval);
}

bool ftrace_fold_finish(struct ftrace_fold *fold)
{
	for (size_t index = 0; index < fold->waiting.count; index++)
		stop_waiting(fold, index);
	return print_ready(fold);
}

void ftrace_fold_release(struct ftrace_fold *fold)
{
	for (size_t i = fold->first; i < fold->records.count; i++)
		memory_free(fold->records.at[i].bytes);
	column_release(&fold->records);
	column_release(&fold->waiting);
	close_lanes(fold);
	column_release(&fold->tasks);
	column_release(&fold->idles);
}
