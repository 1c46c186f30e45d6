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
#include "read/text_scan.h"

#define FUNC_ID_OFFSET 2
/* Set in func_ids: all calls of the function are to be handed out. */
#define FUNC_IS_WANTED (UINT32_C(1) << 31)

/* A window and its rows. The tables last: pieces are used again for later windows. */
struct text_piece {
	struct window window;
	struct text_scan scan;
	struct text_bundles bundles;
	/* from the scanner's numbers to ids, filled by the caller; 0 for not yet */
	COLUMN(uint32_t) func_ids; /* id + FUNC_ID_OFFSET, by symbol + 1: row 0 is for no symbol */
	COLUMN(uint32_t) task_ids; /* id + 1 */
};

struct text_pipeline;

/* thread_count includes the caller's thread; 0 is 1. The source has to stay until it is closed. */
KG_MUST_USE enum kg_status text_pipeline_open(const struct source *source, size_t window_bytes,
					      uint32_t thread_count, struct text_layout layout,
					      struct text_pipeline **out, struct kg_error *err);

/* The next window in order, valid until the next call; KG_END behind the last. */
KG_MUST_USE enum kg_status text_pipeline_next(struct text_pipeline *pipeline,
					      struct text_piece **out, struct kg_error *err);

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
