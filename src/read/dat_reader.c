/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which of a trace.dat's records are read, and in which order. */
#include "read/dat_reader.h"

#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/memory.h"
#include "read/dat_detail.h"
#include "read/dat_event.h"
#include "read/dat_merge.h"
#include "base/banned.h"

/* All CPUs together read this much at a time, each not more than that. */
#define WINDOWS_BYTES ((size_t)8 << 20)
#define WINDOW_MAX ((size_t)256 * 1024)

struct dat_reader {
	struct kg_reader base;
	struct dat_file file;
	struct dat_events events;
	struct dat_merge merge;
	struct dat_details details;
	bool is_taken; /* what the merge stands on was handed out already */
	COLUMN(struct dat_track) tracks;
};

static enum kg_status no_memory(const struct dat_reader *reader, struct kg_error *err)
{
	return error_set(err, KG_NOMEM, source_name(reader->file.source), 0, "out of memory");
}

static enum kg_status dat_reader_next(struct kg_reader *base, struct event_batch *batch,
				      struct kg_error *err)
{
	struct dat_reader *reader = (struct dat_reader *)base;
	batch->count = 0;
	while (batch->count < EVENT_BATCH) {
		/* a cursor is the first member of its track */
		struct dat_track *track = (struct dat_track *)dat_merge_first(&reader->merge);
		if (track == NULL)
			return batch->count > 0 ? KG_OK : KG_END;
		enum kg_status status = dat_events_take(&reader->events, track, batch, err);
		if (status == KG_OK)
			status = dat_merge_next(&reader->merge, err);
		if (status != KG_OK)
			return status;
	}
	return KG_OK;
}

static enum kg_status dat_reader_next_line(struct kg_reader *base, struct event_batch *batch,
					   struct kg_detail *detail, struct kg_error *err)
{
	struct dat_reader *reader = (struct dat_reader *)base;
	enum kg_status status = KG_OK;
	batch->count = 0;
	*detail = (struct kg_detail){ .kind = KG_LINE_NOISE };
	/* not before: the details point into the record */
	if (reader->is_taken)
		status = dat_merge_next(&reader->merge, err);
	reader->is_taken = false;
	if (status != KG_OK)
		return status;
	struct dat_track *track = (struct dat_track *)dat_merge_first(&reader->merge);
	if (track == NULL)
		return KG_END;
	status = dat_events_take(&reader->events, track, batch, err);
	reader->is_taken = true;
	detail->line_no = reader->events.facts->lines.total;
	if (status != KG_OK || batch->count == 0)
		return status;
	detail->kind = KG_LINE_EVENT;
	if (track->cursor.item != DAT_ITEM_RECORD || batch->events[0].kind == KG_EV_LOST)
		return KG_OK;
	status = dat_details_fill(&reader->details, &track->cursor.record, &batch->events[0],
				  detail);
	return status == KG_NOMEM ? no_memory(reader, err) : status;
}

static uint64_t dat_reader_position(const struct kg_reader *base)
{
	const struct dat_reader *reader = (const struct dat_reader *)base;
	uint64_t pos_bytes = source_size(reader->file.source);
	for (size_t i = 0; i < reader->tracks.count; i++) {
		const struct dat_cursor *cursor = &reader->tracks.at[i].cursor;
		pos_bytes -= cursor->end_bytes - cursor->pos_bytes;
	}
	return pos_bytes;
}

static void dat_reader_close(struct kg_reader *base)
{
	struct dat_reader *reader = (struct dat_reader *)base;
	for (size_t i = 0; i < reader->tracks.count; i++)
		dat_cursor_release(&reader->tracks.at[i].cursor);
	column_release(&reader->tracks);
	dat_merge_release(&reader->merge);
	dat_events_release(&reader->events);
	dat_details_release(&reader->details);
	dat_file_release(&reader->file);
	memory_free(reader);
}

/* ---- which buffer ---- */

/* Looks for the first graph record of one CPU. */
static enum kg_status look_for_calls(const struct dat_reader *reader,
				     const struct dat_buffer *buffer, const struct dat_cpu *cpu,
				     bool *has_calls, struct kg_error *err)
{
	struct dat_cursor cursor;
	enum kg_status status = KG_OK;
	dat_cursor_init(&cursor, &reader->file, buffer, cpu, WINDOW_MAX);
	while (status == KG_OK && !*has_calls) {
		status = dat_cursor_next(&cursor, err);
		*has_calls = status == KG_OK && cursor.item == DAT_ITEM_RECORD &&
			     dat_events_call(&reader->events, &cursor.record) != DAT_CALL_COUNT;
	}
	dat_cursor_release(&cursor);
	return status == KG_END ? KG_OK : status;
}

/* The first buffer with a graph record; where none has any, the first. */
static enum kg_status choose_buffer(const struct dat_reader *reader, size_t *chosen,
				    struct kg_error *err)
{
	const struct dat_file *file = &reader->file;
	enum kg_status status = KG_OK;
	bool has_calls = false;
	*chosen = 0;
	if (file->buffers.count < 2)
		return KG_OK;
	for (size_t i = 0; i < file->buffers.count && !has_calls; i++) {
		const struct dat_buffer *buffer = &file->buffers.at[i];
		for (uint32_t k = 0; k < buffer->cpu_count && !has_calls; k++) {
			status = look_for_calls(reader, buffer,
						&file->cpus.at[buffer->first_cpu + k], &has_calls,
						err);
			if (status != KG_OK)
				return status;
		}
		if (has_calls)
			*chosen = i;
	}
	return KG_OK;
}

/* ---- opening ---- */

/* Whether a clock of the tracer counts ns. "" is that of files too old to tell. */
static bool clock_counts_ns(const struct dat_file *file, const char *name)
{
	static const char *const names[] = { "",     "local",	 "global", "perf",    "mono",
					     "boot", "mono_raw", "tai",	   "tsc2nsec" };
	if (file->clock_mult != 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static enum kg_status add_tracks(struct dat_reader *reader, const struct dat_buffer *buffer,
				 const struct dat_buffer *chosen, size_t window_bytes,
				 struct kg_error *err)
{
	struct read_facts *facts = reader->events.facts;
	/* another buffer's clock may be another one */
	const bool has_time = clock_counts_ns(&reader->file, buffer->clock) &&
			      strcmp(buffer->clock, chosen->clock) == 0;
	for (uint32_t i = 0; i < buffer->cpu_count; i++) {
		const struct dat_cpu *cpu = &reader->file.cpus.at[buffer->first_cpu + i];
		struct dat_track track = { .is_beside = buffer != chosen, .has_time = has_time };
		dat_cursor_init(&track.cursor, &reader->file, buffer, cpu, window_bytes);
		if (cpu->is_cut)
			diag_add(&facts->diags, KG_DIAG_TRUNCATED_LINE, 0);
		if (!column_reach(&facts->cpus, cpu->cpu) || !column_push(&reader->tracks, track))
			return no_memory(reader, err);
	}
	return KG_OK;
}

static enum kg_status start(struct dat_reader *reader, size_t window_bytes, struct kg_error *err)
{
	const struct dat_file *file = &reader->file;
	size_t chosen;
	if (window_bytes == 0 && file->cpus.count > 0)
		window_bytes = WINDOWS_BYTES / file->cpus.count;
	if (window_bytes > WINDOW_MAX)
		window_bytes = WINDOW_MAX;
	enum kg_status status = choose_buffer(reader, &chosen, err);
	for (size_t i = 0; i < file->buffers.count && status == KG_OK; i++)
		status = add_tracks(reader, &file->buffers.at[i], &file->buffers.at[chosen],
				    window_bytes, err);
	for (size_t i = 0; i < reader->tracks.count && status == KG_OK; i++)
		status = dat_merge_add(&reader->merge, &reader->tracks.at[i].cursor, err);
	return status;
}

/* What the file tells of the whole trace. */
static enum kg_status tell_facts(struct dat_reader *reader, struct kg_error *err)
{
	const struct dat_file *file = &reader->file;
	struct read_facts *facts = reader->events.facts;
	facts->columns = KG_COLUMN_CPU | KG_COLUMN_PROC | KG_COLUMN_DURATION;
	for (size_t i = 0; i < reader->tracks.count; i++) {
		if (reader->tracks.at[i].has_time && !reader->tracks.at[i].is_beside)
			facts->columns |= KG_COLUMN_ABSTIME;
	}
	if (file->release == NULL)
		return KG_OK;
	facts->kernel = arena_copy_string(&facts->memory, file->release);
	return facts->kernel != NULL ? KG_OK : no_memory(reader, err);
}

static const struct reader_class dat_reader_class = {
	.next = dat_reader_next,
	.next_line = dat_reader_next_line,
	.position = dat_reader_position,
	.close = dat_reader_close,
};

enum kg_status dat_reader_open(const struct source *source, const struct reader_opts *opts,
			       struct read_facts *facts, struct kg_reader **out,
			       struct kg_error *err)
{
	struct dat_reader *reader = memory_zalloc(sizeof(*reader));
	if (reader == NULL)
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	reader->base.class = &dat_reader_class;
	reader->base.format = KG_FORMAT_TRACE_DAT;
	reader->events.file = &reader->file;
	reader->events.facts = facts;
	reader->details.file = &reader->file;
	enum kg_status status = dat_file_open(&reader->file, source, err);
	if (status == KG_OK)
		status = start(reader, opts->window_bytes, err);
	if (status == KG_OK)
		status = tell_facts(reader, err);
	if (status == KG_OK)
		*out = &reader->base;
	else
		dat_reader_close(&reader->base);
	return status;
}
