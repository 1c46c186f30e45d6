/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows of text, scanned ahead.
 *
 * Scanning a window needs nothing of the one before it but the layout, so other threads do that
 * while the caller takes in the windows one after the other, in the order of the file. Where the
 * next one is not ready yet, the caller scans too: with one thread all of them.
 */
#ifndef READ_TEXT_PIPELINE_H
#define READ_TEXT_PIPELINE_H

#include "base/window.h"
#include "read/text_bundles.h"
#include "read/text_names.h"
#include "read/text_scan.h"

/* A window and its rows. Pieces are used again for later windows. */
struct text_piece {
	struct window window;
	struct text_scan scan;
	struct text_bundles bundles;
	uint32_t worker;	   /* whose numbers its symbols are */
	struct symbol_list added;  /* symbols that are new with it */
	const uint32_t *func_ids;  /* what is known of its symbols where it is bundled */
	struct text_names *names;  /* the same, and more, for the reader */
	COLUMN(uint32_t) task_ids; /* id + 1, filled by the reader; 0 for not yet */
};

struct text_pipeline;

/* thread_count includes the caller's thread; 0 is 1. The source has to stay until it is closed. */
KG_MUST_USE enum kg_status text_pipeline_open(const struct source *source, size_t window_bytes,
					      uint32_t thread_count, struct text_layout layout,
					      struct text_pipeline **out, struct kg_error *err);

/* The next window in order, valid until the next call; KG_END behind the last. */
KG_MUST_USE enum kg_status text_pipeline_next(struct text_pipeline *pipeline,
					      struct text_piece **out, struct kg_error *err);

/*
 * Scans anew what comes behind some rows (text_scan_again()) of the window handed out last; its new
 * rows have symbols of *names. False when memory is out.
 */
bool text_pipeline_scan_again(struct text_pipeline *pipeline, size_t row_count,
			      struct text_layout layout, struct text_names **names);

/* Has windows bundled; before the first one is asked for. The bundler has to stay. */
void text_pipeline_bundle(struct text_pipeline *pipeline, const struct text_bundler *bundler);

/*
 * No other thread goes on when it returns, and if all windows have been taken in, all calls in
 * bundles have been counted. Nothing is handed out afterwards.
 */
KG_MUST_USE enum kg_status text_pipeline_finish(struct text_pipeline *pipeline);

/* Up to where in the source windows have been handed out. */
uint64_t text_pipeline_position(const struct text_pipeline *pipeline);

void text_pipeline_close(struct text_pipeline *pipeline);

#endif
