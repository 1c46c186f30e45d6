/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the records of a trace.dat mean as events. */
#include "read/dat_event.h"

#include "base/diag.h"
#include "base/error.h"
#include "read/dat_number.h"
#include "base/banned.h"

/* The kernel has room for some hundred open calls of a task; what claims to be deeper is damaged.
 */
#define DEPTH_MAX 4096
/* What set_graph_notrace took off a depth. */
#define NOTRACE_DEPTH 65536
/* A call that took longer than two years did not. */
#define DURATION_MAX ((uint64_t)1 << 56)

static enum kg_status no_memory(const struct dat_events *events, struct kg_error *err)
{
	return error_set(err, KG_NOMEM, source_name(events->file->source), 0, "out of memory");
}

static uint64_t field_of(const struct dat_events *events, const struct dat_record *record,
			 const struct dat_field *field)
{
	return dat_number(record->at + field->offset, field->size, events->file->is_big);
}

static bool has_field(const struct dat_record *record, const struct dat_field *field)
{
	return record->len >= field->offset + field->size;
}

enum dat_call dat_events_call(const struct dat_events *events, const struct dat_record *record)
{
	return dat_formats_call(&events->file->formats, record->at, record->len,
				events->file->is_big);
}

/* ---- functions and tasks ---- */

static bool find_func(struct dat_events *events, uint64_t address, kg_func_id *out)
{
	char buffer[DAT_SYMBOL_MAX];
	*out = dat_ids_find(&events->func_ids, address);
	if (*out != DAT_ID_NONE)
		return true;
	struct span name = dat_symbols_name(&events->file->symbols, address, buffer);
	*out = funcs_add(&events->facts->funcs, name);
	return *out != KG_NO_FUNC && dat_ids_add(&events->func_ids, address, *out);
}

static bool find_task(struct dat_events *events, int64_t pid, kg_task_id *out)
{
	*out = dat_ids_find(&events->task_ids, (uint64_t)pid);
	if (*out != DAT_ID_NONE)
		return true;
	struct span comm = dat_comms_find(&events->file->comms, pid);
	*out = tasks_add(&events->facts->tasks, pid, comm);
	return *out != KG_NO_TASK && dat_ids_add(&events->task_ids, (uint64_t)pid, *out);
}

/* Makes the task of a track that of the pid. */
static enum kg_status change_task(struct dat_events *events, struct dat_track *track, int64_t pid,
				  struct kg_error *err)
{
	if (!find_task(events, pid, &track->task_id))
		return no_memory(events, err);
	if (track->has_task && !track->is_beside)
		events->facts->cpus.at[track->cursor.cpu].switches++;
	track->has_task = true;
	track->pid = pid;
	track->event_flags = pid == 0 ? KG_EVF_IDLE : 0;
	return KG_OK;
}

/* ---- events ---- */

static uint64_t time_of(const struct dat_events *events, const struct dat_track *track)
{
	const struct dat_file *file = events->file;
	const uint64_t time = track->cursor.record.time;
	if (!track->has_time)
		return KG_NO_NS;
	if (file->clock_mult == 0)
		return time;
	return (uint64_t)((unsigned __int128)time * file->clock_mult >> file->clock_shift);
}

static struct kg_event *add_event(struct dat_events *events, const struct dat_track *track,
				  enum kg_event_kind kind, struct event_batch *batch)
{
	struct kg_event *event = &batch->events[batch->count++];
	*event = (struct kg_event){
		.line_no = ++events->facts->lines.total,
		.time_ns = time_of(events, track),
		.dur_ns = KG_NO_NS,
		.func_id = KG_NO_FUNC,
		.task_id = KG_NO_TASK,
		.cpu = track->cursor.cpu,
		.kind = (uint8_t)kind,
		.mark = ' ',
	};
	return event;
}

/* Events of a CPU are missing. What another buffer misses is not missing among the calls. */
static void take_gap(struct dat_events *events, const struct dat_track *track, uint64_t count,
		     struct event_batch *batch)
{
	struct read_facts *facts = events->facts;
	if (track->is_beside) {
		facts->lines.total++;
		return;
	}
	facts->lost_gaps++;
	if (count == KG_NO_NS)
		facts->lost_unknown = true;
	else
		facts->lost_events += count;
	add_event(events, track, KG_EV_LOST, batch)->dur_ns = count;
}

static void take_lost(struct dat_events *events, const struct dat_track *track,
		      struct event_batch *batch)
{
	events->facts->lines.lost++;
	take_gap(events, track, track->cursor.lost_count, batch);
	diag_add(&events->facts->diags, KG_DIAG_LOST_EVENTS, events->facts->lines.total);
}

/* What cannot be read may have been anything: for the calls it is as good as lost. */
static void take_damage(struct dat_events *events, const struct dat_track *track,
			struct event_batch *batch)
{
	events->facts->lines.unrecognized++;
	take_gap(events, track, KG_NO_NS, batch);
	diag_add(&events->facts->diags, KG_DIAG_UNRECOGNIZED_LINE, events->facts->lines.total);
}

/* ---- records ---- */

/* The depth of a call; false if there is no such depth. */
static bool read_depth(const struct dat_events *events, const struct dat_record *record,
		       const struct dat_field *field, uint16_t *out)
{
	int64_t depth = dat_signed(field_of(events, record, field), field->size);
	if (depth < 0 && field->is_signed)
		depth += NOTRACE_DEPTH;
	*out = (uint16_t)depth;
	return depth >= 0 && depth <= DEPTH_MAX;
}

/* How long a call took: by its own two times, whatever clock the trace has. */
static uint64_t read_duration(struct dat_events *events, const struct dat_record *record,
			      const struct dat_fields *fields)
{
	const uint64_t calltime = field_of(events, record, &fields->calltime);
	const uint64_t rettime = field_of(events, record, &fields->rettime);
	if (rettime >= calltime && rettime - calltime <= DURATION_MAX)
		return rettime - calltime;
	diag_add(&events->facts->diags, KG_DIAG_TIME_BACKWARDS, events->facts->lines.total);
	return KG_NO_NS;
}

static enum kg_status take_call(struct dat_events *events, const struct dat_track *track,
				enum dat_call call, struct event_batch *batch, struct kg_error *err)
{
	const struct dat_record *record = &track->cursor.record;
	const struct dat_fields *fields =
		dat_format_fit(&events->file->formats.calls[call], record->len);
	const bool is_leave = call == DAT_LEAVE;
	struct read_facts *facts = events->facts;
	uint16_t depth;
	kg_func_id func_id;
	if (fields == NULL || !read_depth(events, record, &fields->depth, &depth)) {
		take_damage(events, track, batch);
		return KG_OK;
	}
	if (!find_func(events, field_of(events, record, &fields->func), &func_id))
		return no_memory(events, err);
	struct kg_event *event =
		add_event(events, track, is_leave ? KG_EV_LEAVE : KG_EV_ENTER, batch);
	event->func_id = func_id;
	event->task_id = track->task_id;
	event->flags = track->event_flags;
	event->depth = depth;
	if (is_leave)
		event->dur_ns = read_duration(events, record, fields);
	facts->lines.entry += !is_leave;
	/* a record always has the function */
	facts->lines.exit_named += is_leave;
	facts->cpus.at[event->cpu].events++;
	facts->cpus.at[event->cpu].calls_started += !is_leave;
	return KG_OK;
}

static void take_comment(struct dat_events *events, const struct dat_track *track,
			 struct event_batch *batch)
{
	events->facts->lines.comment++;
	struct kg_event *event = add_event(events, track, KG_EV_COMMENT, batch);
	event->task_id = track->task_id;
	event->flags = track->event_flags;
}

static enum kg_status take_record(struct dat_events *events, struct dat_track *track,
				  struct event_batch *batch, struct kg_error *err)
{
	const struct dat_record *record = &track->cursor.record;
	const struct dat_field *pid_field = &events->file->formats.pid;
	int64_t pid = -1;
	if (has_field(record, pid_field))
		pid = dat_signed(field_of(events, record, pid_field), pid_field->size);
	if (pid < 0) {
		take_damage(events, track, batch);
		return KG_OK;
	}
	if (!track->has_task || track->pid != pid) {
		enum kg_status status = change_task(events, track, pid, err);
		if (status != KG_OK)
			return status;
	}
	const enum dat_call call = dat_events_call(events, record);
	if (call != DAT_CALL_COUNT && !track->is_beside)
		return take_call(events, track, call, batch, err);
	if (call == DAT_CALL_COUNT) {
		take_comment(events, track, batch);
	} else {
		events->facts->lines.total++;
		events->facts->lines.noise++;
		diag_add(&events->facts->diags, KG_DIAG_OTHER_BUFFER, events->facts->lines.total);
	}
	return KG_OK;
}

enum kg_status dat_events_take(struct dat_events *events, struct dat_track *track,
			       struct event_batch *batch, struct kg_error *err)
{
	switch (track->cursor.item) {
	case DAT_ITEM_RECORD:
		return take_record(events, track, batch, err);
	case DAT_ITEM_LOST:
		take_lost(events, track, batch);
		break;
	case DAT_ITEM_DAMAGED:
		take_damage(events, track, batch);
		break;
	}
	return KG_OK;
}

void dat_events_release(struct dat_events *events)
{
	dat_ids_release(&events->func_ids);
	dat_ids_release(&events->task_ids);
}
