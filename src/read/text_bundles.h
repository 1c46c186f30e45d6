/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bundles (event/bundle.h) of a window of text: which of its rows are handed out, and which are
 * part of a bundle instead.
 *
 * Who made the bundles knows about calls; here it is only about rows.
 */
#ifndef READ_TEXT_BUNDLES_H
#define READ_TEXT_BUNDLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/column.h"
#include "event/bundle.h"
#include "read/text_row.h"

/* The marks of bundled rows are characters below this. */
#define BUNDLE_MARKS 64

/* A zeroed struct is empty. */
struct text_bundles {
	bool is_used;	  /* the rows of the window at hand are bundled */
	uint64_t line_no; /* of its first row; set when its rows are handed out */
	COLUMN(struct event_bundle) at;
	COLUMN(struct bundled_call) calls;
	COLUMN(struct bundle_note) notes;
	COLUMN(uint64_t) shown;	 /* a bit for each row that is handed out, or starts a bundle */
	COLUMN(uint32_t) starts; /* by row, if that is ROW_STARTS_BUNDLE: which one */
	COLUMN(uint16_t) cpus;	 /* that have calls in the window, bundled or not */
	uint64_t mark_lines[BUNDLE_MARKS]; /* by character: leaves and closing braces in bundles */
};

/* Begins with no row shown. False when memory is out. */
bool text_bundles_start(struct text_bundles *bundles, size_t row_count);

static inline void bundles_show(struct text_bundles *bundles, size_t row)
{
	bundles->shown.at[row / 64] |= UINT64_C(1) << (row % 64);
}

/* The first row from `row` on that is shown; row_count if none is. */
static inline size_t bundles_next(const struct text_bundles *bundles, size_t row, size_t row_count)
{
	const uint64_t *shown = bundles->shown.at;
	size_t word = row / 64;
	if (row >= row_count)
		return row_count;
	uint64_t bits = shown[word] & (UINT64_MAX << (row % 64));
	while (bits == 0) {
		if (++word * 64 >= row_count)
			return row_count;
		bits = shown[word];
	}
	return word * 64 + (size_t)__builtin_ctzll(bits);
}

/*
 * Adds a bundle with its notes, of which the levels are depths yet, and shows where it starts.
 * False when memory is out.
 */
bool text_bundles_add(struct text_bundles *bundles, struct scan_row *rows,
		      const struct event_bundle *bundle, const struct bundle_note *notes,
		      size_t note_count);

/* The calls of a bundle will be handed out: they do not count any more. */
void text_bundles_drop_calls(struct text_bundles *bundles, const struct event_bundle *bundle);

/* Shows all rows of a bundle, as if there were none. */
void text_bundles_open(struct text_bundles *bundles, struct scan_row *rows, uint32_t number);

/* The same for all bundles that start at a row or behind it. */
void text_bundles_open_from(struct text_bundles *bundles, struct scan_row *rows, size_t row);

void text_bundles_release(struct text_bundles *bundles);

/* What becomes of the windows of a text before and after their rows are handed out. */
struct text_piece;

struct text_bundler {
	void *self;
	/* What is to become of the calls of a function. For the thread that reads. */
	enum bundle_wish (*wish)(void *self, kg_func_id func_id);
	/* Bundles the rows of a window that was just scanned. False when memory is out. */
	bool (*bundle)(void *self, uint32_t worker, struct text_piece *piece);
	/* Counts the calls of a window whose rows have been handed out. */
	KG_MUST_USE enum kg_status (*count)(void *self, uint32_t worker,
					    const struct text_bundles *bundles);
};

#endif
