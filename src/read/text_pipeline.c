/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which thread scans which window, and keeps them in order. */
#include "read/text_pipeline.h"

#include <pthread.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

/* The thread that takes the windows in scans too when it has nothing else to do. */
#define WORKERS_MAX BUNDLE_WORKERS
/*
 * While the caller takes one window in, each thread scans one, and two may be ready: windows take
 * different times, and a thread that has to wait for another takes long to wake up. With more,
 * their rows are no longer in the second cache when they are written again.
 */
#define SLOTS_BESIDE_SCANNERS 3
/* Bytes that are mapped are given back so many at once. */
#define FORGET_BYTES (UINT64_C(2) << 20)
/* So many of the names that tasks have are remembered from window to window. */
#define TASKS_KEPT_MAX 1024

struct slot {
	struct text_piece *piece;
	struct text_layout layout; /* that it was scanned with */
	enum kg_status status;
	struct kg_error err;
	bool is_ready;
};

/* A thread: worker 0 is the caller's. */
struct worker {
	struct text_pipeline *pipeline;
	pthread_t thread;
	struct name_tables tables;
	struct told_funcs told;	 /* by the caller, and not looked at yet; with the mutex */
	struct text_names names; /* the caller's */
};

struct text_pipeline {
	const struct source *source;
	size_t window_bytes;
	uint64_t window_count;
	uint64_t first_kept; /* windows before it have been taken in */
	uint64_t next;	     /* window to hand out: this one is first_kept, or the one behind it */
	uint64_t next_to_scan;
	uint64_t forgotten_bytes; /* in front of the windows that are needed */
	struct text_layout layout;
	struct slot *slots;	   /* window k is in slot k modulo their number */
	struct text_piece *pieces; /* as many; of a slot from when its window is begun */
	bool *is_taken;		   /* by piece, until its window was taken in */
	uint32_t slot_count;
	const struct text_bundler *bundler; /* or NULL */
	struct worker *workers;
	uint32_t worker_count;	/* those to be started with the first window too */
	uint32_t started_count; /* the caller is one of them */
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* a slot became ready, or free, or all has to stop */
	bool is_stopping;
};

static struct slot *slot_of(const struct text_pipeline *pipeline, uint64_t k)
{
	return &pipeline->slots[k % pipeline->slot_count];
}

/* A free piece, rather one that the thread had before: its rows are in the cache of that CPU. */
static struct text_piece *take_piece(struct text_pipeline *pipeline, uint32_t worker)
{
	uint32_t found = pipeline->slot_count;
	for (uint32_t i = 0; i < pipeline->slot_count; i++) {
		if (pipeline->is_taken[i])
			continue;
		found = i;
		if (pipeline->pieces[i].worker == worker)
			break;
	}
	KG_DCHECK(found < pipeline->slot_count);
	pipeline->is_taken[found] = true;
	return &pipeline->pieces[found];
}

/* Counts the calls that were in the bundles of a window that was taken in. */
static enum kg_status count_bundles(const struct text_pipeline *pipeline, uint32_t worker,
				    struct text_bundles *bundles)
{
	if (!bundles->is_used)
		return KG_OK;
	bundles->is_used = false;
	return pipeline->bundler->count(pipeline->bundler->self, worker, bundles);
}

/* Tasks come and go: those of windows long ago would only take memory. */
static void forget_tasks(struct text_piece *piece)
{
	if (piece->scan.tasks.strings.count < TASKS_KEPT_MAX)
		return;
	intern_release(&piece->scan.tasks);
	column_release(&piece->task_ids);
}

/* The caller sees its own symbols at once, as it scans some windows before their turn. */
static bool scan_by(struct worker *self, uint32_t worker, struct text_piece *piece,
		    struct text_layout layout)
{
	piece->worker = worker;
	piece->scan.tables = &self->tables.scan;
	piece->added.count = 0;
	return text_scan_window(&piece->scan, &piece->window, layout) &&
	       names_show(&self->tables, worker == 0 ? &self->names.symbols : &piece->added);
}

static bool scan(const struct text_pipeline *pipeline, struct slot *slot, uint32_t worker)
{
	struct text_piece *piece = slot->piece;
	struct worker *self = &pipeline->workers[worker];
	struct name_tables *tables = &self->tables;
	forget_tasks(piece);
	if (!scan_by(self, worker, piece, slot->layout))
		return false;
	if (pipeline->bundler == NULL || slot->layout.columns != TEXT_LAYOUT_DEFAULT.columns)
		return true;
	if (!names_learn(tables))
		return false;
	piece->func_ids = tables->func_ids.at;
	return pipeline->bundler->bundle(pipeline->bundler->self, worker, piece);
}

static void fill(const struct text_pipeline *pipeline, struct slot *slot, uint64_t k,
		 uint32_t worker)
{
	slot->err = (struct kg_error){ 0 };
	slot->status = count_bundles(pipeline, worker, &slot->piece->bundles);
	if (slot->status == KG_OK)
		slot->status = window_read(&slot->piece->window, pipeline->source, k,
					   pipeline->window_bytes, &slot->err);
	else
		error_set(&slot->err, slot->status, source_name(pipeline->source), 0, "%s",
			  kg_status_text(slot->status));
	if (slot->status == KG_OK && !scan(pipeline, slot, worker))
		slot->status = error_set(&slot->err, KG_NOMEM, source_name(pipeline->source), 0,
					 "out of memory");
}

static bool may_scan(const struct text_pipeline *pipeline)
{
	return pipeline->next_to_scan < pipeline->window_count &&
	       pipeline->next_to_scan - pipeline->first_kept < pipeline->slot_count;
}

/* Scans the next window that nobody has begun. The mutex is held, but not while scanning. */
static void scan_next(struct text_pipeline *pipeline, uint32_t worker)
{
	const uint64_t k = pipeline->next_to_scan++;
	struct worker *self = &pipeline->workers[worker];
	struct slot *slot = slot_of(pipeline, k);
	slot->layout = pipeline->layout;
	slot->piece = take_piece(pipeline, worker);
	if (self->tables.told.count == 0) {
		/* the empty list is for what will be told */
		const struct told_funcs empty = self->tables.told;
		self->tables.told = self->told;
		self->told = empty;
	}
	pthread_mutex_unlock(&pipeline->mutex);
	fill(pipeline, slot, k, worker);
	pthread_mutex_lock(&pipeline->mutex);
	slot->is_ready = true;
	pthread_cond_broadcast(&pipeline->changed);
}

static void *scan_ahead(void *self)
{
	const struct worker *worker = self;
	struct text_pipeline *pipeline = worker->pipeline;
	pthread_mutex_lock(&pipeline->mutex);
	while (!pipeline->is_stopping && pipeline->next_to_scan < pipeline->window_count) {
		if (may_scan(pipeline))
			scan_next(pipeline, (uint32_t)(worker - pipeline->workers));
		else
			pthread_cond_wait(&pipeline->changed, &pipeline->mutex);
	}
	pthread_mutex_unlock(&pipeline->mutex);
	return NULL;
}

/* Fewer threads than wished for are no failure: the caller scans what they do not. */
static void start_scanners(struct text_pipeline *pipeline)
{
	for (; pipeline->started_count < pipeline->worker_count; pipeline->started_count++) {
		struct worker *worker = &pipeline->workers[pipeline->started_count];
		worker->pipeline = pipeline;
		if (pthread_create(&worker->thread, NULL, scan_ahead, worker) != 0)
			pipeline->worker_count = pipeline->started_count;
	}
}

/* A header may have changed the columns since a window was scanned ahead. */
static enum kg_status agree_on_layout(struct text_pipeline *pipeline, struct slot *slot)
{
	struct text_piece *piece = slot->piece;
	if (!names_see(&pipeline->workers[piece->worker].names, &piece->added))
		return KG_NOMEM;
	if (slot->layout.columns != pipeline->layout.columns) {
		piece->bundles.is_used = false;
		if (!scan_by(&pipeline->workers[0], 0, piece, pipeline->layout))
			return KG_NOMEM;
	}
	piece->names = &pipeline->workers[piece->worker].names;
	return KG_OK;
}

bool text_pipeline_scan_again(struct text_pipeline *pipeline, size_t row_count,
			      struct text_layout layout, struct text_names **names)
{
	struct text_piece *piece = slot_of(pipeline, pipeline->next - 1)->piece;
	struct worker *self = &pipeline->workers[0];
	piece->scan.tables = &self->tables.scan;
	*names = &self->names;
	return text_scan_again(&piece->scan, &piece->window, row_count, layout) &&
	       names_show(&self->tables, &self->names.symbols);
}

/* Tells the other threads, and the caller's own tables, what has become of their symbols. */
static bool tell_names(struct text_pipeline *pipeline)
{
	for (uint32_t i = 0; i < pipeline->worker_count; i++) {
		struct worker *worker = &pipeline->workers[i];
		if (!names_tell(&worker->names, &worker->told))
			return false;
	}
	return true;
}

/* The window handed out before is done with. */
static void take_back(struct text_pipeline *pipeline)
{
	if (pipeline->first_kept == pipeline->next)
		return;
	const struct text_piece *before = slot_of(pipeline, pipeline->next - 1)->piece;
	pipeline->first_kept = pipeline->next;
	pipeline->layout = before->scan.layout;
	pipeline->is_taken[before - pipeline->pieces] = false;
	pthread_cond_broadcast(&pipeline->changed);
}

/* Waits until the next window is ready, or rather scans one: maybe it, maybe one behind it. */
static void await_next(struct text_pipeline *pipeline, const struct slot *slot)
{
	while (!slot->is_ready) {
		if (may_scan(pipeline))
			scan_next(pipeline, 0);
		else
			pthread_cond_wait(&pipeline->changed, &pipeline->mutex);
	}
}

/* Gives back what is mapped of windows that were taken in. */
static void forget_bytes(struct text_pipeline *pipeline)
{
	const uint64_t done_bytes = pipeline->first_kept * pipeline->window_bytes;
	if (done_bytes < pipeline->forgotten_bytes + FORGET_BYTES)
		return;
	source_forget(pipeline->source, pipeline->forgotten_bytes, done_bytes);
	pipeline->forgotten_bytes = done_bytes;
}

enum kg_status text_pipeline_next(struct text_pipeline *pipeline, struct text_piece **out,
				  struct kg_error *err)
{
	start_scanners(pipeline);
	forget_bytes(pipeline);
	pthread_mutex_lock(&pipeline->mutex);
	take_back(pipeline);
	struct slot *slot = slot_of(pipeline, pipeline->next);
	const bool is_end = pipeline->next == pipeline->window_count;
	const bool is_told = tell_names(pipeline);
	if (!is_end && is_told)
		await_next(pipeline, slot);
	pthread_mutex_unlock(&pipeline->mutex);
	if (is_end)
		return KG_END;
	enum kg_status status = is_told ? slot->status : KG_NOMEM;
	if (status == KG_OK)
		status = agree_on_layout(pipeline, slot);
	if (status != KG_OK)
		return error_set(err, status, source_name(pipeline->source), slot->err.os_errno,
				 "%s", status == slot->status ? slot->err.text : "out of memory");
	slot->is_ready = false;
	pipeline->next++;
	*out = slot->piece;
	return KG_OK;
}

uint64_t text_pipeline_position(const struct text_pipeline *pipeline)
{
	uint64_t pos = pipeline->next * pipeline->window_bytes;
	uint64_t size = source_size(pipeline->source);
	return pos < size ? pos : size;
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
	if (scanners > WORKERS_MAX - 1)
		scanners = WORKERS_MAX - 1;
	if (windows <= 2 * scanners)
		scanners = 0; /* not worth a thread */
	pipeline->source = source;
	pipeline->window_bytes = window_bytes;
	pipeline->window_count = windows;
	pipeline->layout = layout;
	pipeline->worker_count = (uint32_t)scanners + 1;
	pipeline->started_count = 1;
	pipeline->slot_count = scanners > 0 ? (uint32_t)scanners + SLOTS_BESIDE_SCANNERS : 1;
	pthread_mutex_init(&pipeline->mutex, NULL);
	pthread_cond_init(&pipeline->changed, NULL);
	pipeline->slots = memory_zalloc(pipeline->slot_count * sizeof(*pipeline->slots));
	pipeline->pieces = memory_zalloc(pipeline->slot_count * sizeof(*pipeline->pieces));
	pipeline->is_taken = memory_zalloc(pipeline->slot_count * sizeof(*pipeline->is_taken));
	pipeline->workers = memory_zalloc(pipeline->worker_count * sizeof(*pipeline->workers));
	if (pipeline->slots == NULL || pipeline->pieces == NULL || pipeline->is_taken == NULL ||
	    pipeline->workers == NULL) {
		text_pipeline_close(pipeline);
		return error_set(err, KG_NOMEM, source_name(source), 0, "out of memory");
	}
	for (uint32_t i = 0; i < pipeline->slot_count; i++)
		pipeline->pieces[i].window.is_in_place = true;
	*out = pipeline;
	return KG_OK;
}

static void stop_scanners(struct text_pipeline *pipeline)
{
	pthread_mutex_lock(&pipeline->mutex);
	pipeline->is_stopping = true;
	pthread_cond_broadcast(&pipeline->changed);
	pthread_mutex_unlock(&pipeline->mutex);
	for (; pipeline->started_count > 1; pipeline->started_count--)
		pthread_join(pipeline->workers[pipeline->started_count - 1].thread, NULL);
}

void text_pipeline_bundle(struct text_pipeline *pipeline, const struct text_bundler *bundler)
{
	pipeline->bundler = bundler;
}

enum kg_status text_pipeline_finish(struct text_pipeline *pipeline)
{
	enum kg_status status = KG_OK;
	stop_scanners(pipeline);
	/* windows that were scanned ahead of a failure have not been taken in */
	for (uint32_t i = 0; pipeline->next == pipeline->window_count && i < pipeline->slot_count;
	     i++) {
		if (status == KG_OK)
			status = count_bundles(pipeline, 0, &pipeline->pieces[i].bundles);
	}
	return status;
}

void text_pipeline_close(struct text_pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	stop_scanners(pipeline);
	for (uint32_t i = 0; pipeline->pieces != NULL && i < pipeline->slot_count; i++) {
		struct text_piece *piece = &pipeline->pieces[i];
		window_release(&piece->window);
		text_scan_release(&piece->scan);
		text_bundles_release(&piece->bundles);
		column_release(&piece->added);
		column_release(&piece->task_ids);
	}
	for (uint32_t i = 0; pipeline->workers != NULL && i < pipeline->worker_count; i++) {
		struct worker *worker = &pipeline->workers[i];
		name_tables_release(&worker->tables);
		names_release(&worker->names);
		column_release(&worker->told);
	}
	memory_free(pipeline->slots);
	memory_free(pipeline->pieces);
	memory_free(pipeline->is_taken);
	memory_free(pipeline->workers);
	pthread_cond_destroy(&pipeline->changed);
	pthread_mutex_destroy(&pipeline->mutex);
	memory_free(pipeline);
}
