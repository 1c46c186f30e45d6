/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who runs on a CPU before its first context switch.
 *
 * Without a task column only the banner of a switch names tasks, and the first banner of a CPU may
 * stand long behind the lines it speaks of. So the first banners are looked up ahead of the reader:
 * only as far as they are asked for, and each byte once.
 */
#ifndef READ_TEXT_OWNER_H
#define READ_TEXT_OWNER_H

#include "base/column.h"
#include "base/intern.h"
#include "base/source.h"
#include "base/window.h"
#include "event/task.h"
#include "read/text_layout.h"

struct owner_entry {
	uint32_t name; /* "comm-pid" in names */
	bool is_known;
};

/* A zeroed struct with its first five members set is ready. */
struct owner_search {
	const struct source *source;
	struct kg_tasks *tasks;
	size_t window_bytes;
	uint64_t look_ahead_bytes; /* so far from where a CPU is met; 0: to the end */
	struct text_layout layout; /* in force at the cursor: by it comments are known */

	COLUMN(struct owner_entry) by_cpu;
	/* tasks get their ids when the reader meets them, not when they are looked up */
	struct intern names;
	struct window window;
	uint64_t next_window;
	uint64_t cursor;    /* position in the source: what is before has been looked at */
	uint64_t uncovered; /* the last place known to be in no comment */
	bool is_at_end;	    /* of the source, or of this trace in it */
};

/* Forgets what was found: another trace begins, with its header before this position. */
void owner_restart(struct owner_search *search, uint64_t pos_bytes, struct text_layout layout);

/*
 * Before owner_find(), the line it is asked for and the layout there: under a limit, what is before
 * that line needs no looking at, since whoever is named there is known to the reader.
 */
void owner_pass(struct owner_search *search, uint64_t pos_bytes, struct text_layout layout);

/*
 * The task that runs on a CPU which is met first on the line at this position: "?cpuN" where no
 * banner names it. Reads ahead as far as it has to, and may; *is_assumed: not as far as a banner
 * may yet come.
 */
KG_MUST_USE enum kg_status owner_find(struct owner_search *search, uint16_t cpu, uint64_t pos_bytes,
				      kg_task_id *out, bool *is_assumed, struct kg_error *err);
void owner_release(struct owner_search *search);

#endif
