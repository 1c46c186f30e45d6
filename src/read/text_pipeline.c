/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which thread scans which window, and keeps them in order. */
#include "read/text_pipeline.h"

#include <pthread.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

#define SCANNERS_MAX 15
/* While the caller takes one window of a scanner in, the next is scanned. */
#define PIECES_PER_SCANNER 2

struct slot {
	struct text_piece piece;
	struct text_layout layout; /* that it was scanned with */
	enum kg_status status;
	struct kg_error err;
	bool is_ready;
};

struct scanner {
	struct text_pipeline *pipeline;
	uint32_t number;
	pthread_t thread;
};

struct text_pipeline {
	const struct source *source;
	size_t window_bytes;
	uint64_t window_count;
	uint64_t next; /* window to hand out */
	struct text_layout layout;
	struct slot *slots; /* window k is in slot k modulo their number */
	uint32_t slot_count;
	struct scanner scanners[SCANNERS_MAX];
	uint32_t scanner_count; /* 0: the caller scans */
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* a slot became ready, or free, or all has to stop */
	bool is_stopping;
};

static void fill(const struct text_pipeline *pipeline, struct slot *slot, uint64_t k)
{
	slot->err = (struct kg_error){ 0 };
	slot->status = window_read(&slot->piece.window, pipeline->source, k, pipeline->window_bytes,
				   &slot->err);
	if (slot->status == KG_OK &&
	    !text_scan_window(&slot->piece.scan, &slot->piece.window, slot->layout))
		slot->status = error_set(&slot->err, KG_NOMEM, source_name(pipeline->source), 0,
					 "out of memory");
}

/* Waits for the slot of a window to be free; false: all has to stop. */
static bool claim(struct text_pipeline *pipeline, struct slot *slot)
{
	pthread_mutex_lock(&pipeline->mutex);
	while (slot->is_ready && !pipeline->is_stopping)
		pthread_cond_wait(&pipeline->changed, &pipeline->mutex);
	bool may_go = !pipeline->is_stopping;
	slot->layout = pipeline->layout;
	pthread_mutex_unlock(&pipeline->mutex);
	return may_go;
}

static void set_ready(struct text_pipeline *pipeline, struct slot *slot, bool is_ready)
{
	pthread_mutex_lock(&pipeline->mutex);
	slot->is_ready = is_ready;
	pthread_cond_broadcast(&pipeline->changed);
	pthread_mutex_unlock(&pipeline->mutex);
}

static void *scan_ahead(void *self)
{
	const struct scanner *scanner = self;
	struct text_pipeline *pipeline = scanner->pipeline;
	for (uint64_t k = scanner->number; k < pipeline->window_count;
	     k += pipeline->scanner_count) {
		struct slot *slot = &pipeline->slots[k % pipeline->slot_count];
		if (!claim(pipeline, slot))
			break;
		fill(pipeline, slot, k);
		set_ready(pipeline, slot, true);
	}
	return NULL;
}

static void wait_ready(struct text_pipeline *pipeline, const struct slot *slot)
{
	pthread_mutex_lock(&pipeline->mutex);
	while (!slot->is_ready)
		pthread_cond_wait(&pipeline->changed, &pipeline->mutex);
	pthread_mutex_unlock(&pipeline->mutex);
}

/* A header may have changed the columns since a window was scanned ahead. */
static enum kg_status agree_on_layout(struct text_pipeline *pipeline, struct slot *slot)
{
	if (slot->layout.columns == pipeline->layout.columns)
		return KG_OK;
	bool is_done = text_scan_window(&slot->piece.scan, &slot->piece.window, pipeline->layout);
	return is_done ? KG_OK : KG_NOMEM;
}

static void set_layout(struct text_pipeline *pipeline, struct text_layout layout)
{
	if (pipeline->layout.columns == layout.columns)
		return;
	pthread_mutex_lock(&pipeline->mutex);
	pipeline->layout = layout;
	pthread_mutex_unlock(&pipeline->mutex);
}

enum kg_status text_pipeline_next(struct text_pipeline *pipeline, struct text_piece **out,
				  struct kg_error *err)
{
	if (pipeline->next > 0) {
		/* the one handed out before is done with */
		struct slot *before = &pipeline->slots[(pipeline->next - 1) % pipeline->slot_count];
		set_layout(pipeline, before->piece.scan.layout);
		if (pipeline->scanner_count > 0)
			set_ready(pipeline, before, false);
	}
	if (pipeline->next == pipeline->window_count)
		return KG_END;
	struct slot *slot = &pipeline->slots[pipeline->next % pipeline->slot_count];
	if (pipeline->scanner_count > 0) {
		wait_ready(pipeline, slot);
	} else {
		slot->layout = pipeline->layout;
		fill(pipeline, slot, pipeline->next);
	}
	enum kg_status status = slot->status;
	if (status == KG_OK)
		status = agree_on_layout(pipeline, slot);
	if (status != KG_OK)
		return error_set(err, status, source_name(pipeline->source), slot->err.os_errno,
				 "%s", slot->status != KG_OK ? slot->err.text : "out of memory");
	pipeline->next++;
	*out = &slot->piece;
	return KG_OK;
}

uint64_t text_pipeline_position(const struct text_pipeline *pipeline)
{
	uint64_t pos = pipeline->next * pipeline->window_bytes;
	uint64_t size = source_size(pipeline->source);
	return pos < size ? pos : size;
}

/* Fewer scanners than wished for are no failure: with none the caller scans. */
static void start_scanners(struct text_pipeline *pipeline, uint32_t count)
{
	/* set first: a scanner goes on by that many windows */
	pipeline->scanner_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct scanner *scanner = &pipeline->scanners[i];
		*scanner = (struct scanner){ .pipeline = pipeline, .number = i };
		if (pthread_create(&scanner->thread, NULL, scan_ahead, scanner) == 0)
			continue;
		/* the windows of the missing ones would never come */
		pthread_mutex_lock(&pipeline->mutex);
		pipeline->is_stopping = true;
		pthread_cond_broadcast(&pipeline->changed);
		pthread_mutex_unlock(&pipeline->mutex);
		for (uint32_t k = 0; k < i; k++)
			pthread_join(pipeline->scanners[k].thread, NULL);
		pipeline->is_stopping = false;
		pipeline->scanner_count = 0;
		return;
	}
}

enum kg_status text_pipeline_open(const struct source *source, size_t window_bytes,
				  uint32_t thread_count, struct text_layout layout,
				  struct text_pipeline **out, struct kg_error *err)
{
	struct text_pipeline *pipeline = memory_zalloc(sizeof(*pipeline));
	if (pipeline == NULL)
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	uint64_t windows =
		source_size(source) / window_bytes + (source_size(source) % window_bytes > 0);
	uint64_t scanners = thread_count > 0 ? thread_count - 1 : 0;
	if (scanners > SCANNERS_MAX)
		scanners = SCANNERS_MAX;
	if (windows <= 2 * scanners)
		scanners = 0; /* not worth a thread */
	pipeline->source = source;
	pipeline->window_bytes = window_bytes;
	pipeline->window_count = windows;
	pipeline->layout = layout;
	pipeline->slot_count = scanners > 0 ? (uint32_t)scanners * PIECES_PER_SCANNER : 1;
	pthread_mutex_init(&pipeline->mutex, NULL);
	pthread_cond_init(&pipeline->changed, NULL);
	pipeline->slots = memory_zalloc(pipeline->slot_count * sizeof(*pipeline->slots));
	if (pipeline->slots == NULL) {
		text_pipeline_close(pipeline);
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	}
	start_scanners(pipeline, (uint32_t)scanners);
	*out = pipeline;
	return KG_OK;
}

static void stop_scanners(struct text_pipeline *pipeline)
{
	pthread_mutex_lock(&pipeline->mutex);
	pipeline->is_stopping = true;
	pthread_cond_broadcast(&pipeline->changed);
	pthread_mutex_unlock(&pipeline->mutex);
	for (uint32_t i = 0; i < pipeline->scanner_count; i++)
		pthread_join(pipeline->scanners[i].thread, NULL);
}

void text_pipeline_close(struct text_pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	stop_scanners(pipeline);
	for (uint32_t i = 0; pipeline->slots != NULL && i < pipeline->slot_count; i++) {
		struct text_piece *piece = &pipeline->slots[i].piece;
		window_release(&piece->window);
		text_scan_release(&piece->scan);
		column_release(&piece->func_ids);
		column_release(&piece->task_ids);
	}
	memory_free(pipeline->slots);
	pthread_cond_destroy(&pipeline->changed);
	pthread_mutex_destroy(&pipeline->mutex);
	memory_free(pipeline);
}
