/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The short way through lines of a report that are like many before them.
 *
 * What stands in front of the time is a task on a CPU. It recurs, so it is known by its bytes once
 * it has been taken apart; and so is every function by its name. The rest is read, if it is of the
 * usual form. A line that is taken this way is what report_line_scan() says it is; one that is not,
 * for whatever reason, is left.
 */
#ifndef READ_REPORT_SHORT_H
#define READ_REPORT_SHORT_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/event.h>

#include "base/intern.h"
#include "read/report_line.h"

/* Fronts of other lengths are left: those with a name of their input, and those of -l. */
#define FRONT_BYTES_MIN 24
#define FRONT_BYTES_MAX 32
#define FRONT_COUNT 256

/* "              vm-109   [000]": the task and the CPU of a line. */
struct report_front {
	unsigned char text[FRONT_BYTES_MAX];
	kg_task_id task_id;
	uint16_t cpu;
	uint8_t len; /* 0: none */
	uint8_t event_flags;
};

/* A zeroed struct with the table of functions set is ready. */
struct report_short {
	const struct intern *symbols;
	struct report_front fronts[FRONT_COUNT];
};

/* A line of a call, in numbers. */
struct report_row {
	uint64_t time_ns;
	uint64_t dur_ns;
	uint32_t symbol; /* in the table of functions, or INTERN_NONE */
	kg_task_id task_id;
	uint16_t cpu;
	uint16_t depth;
	uint8_t kind; /* TEXT_ENTER, TEXT_LEAF or TEXT_LEAVE */
	uint8_t mark;
	uint8_t event_flags; /* of all events of the task */
	uint8_t cut;	     /* as in struct text_line */
	bool has_flags;	     /* latency flags are printed */
	bool is_raw;	     /* as in struct report_line */
	bool is_negative;
};

/*
 * Takes the line at `at` of a window that ends at `limit`, behind which at least WINDOW_PADDING
 * bytes are readable. Its newline, or NULL: it is to be taken the long way.
 */
const unsigned char *report_short_take(const struct report_short *self, const unsigned char *at,
				       const unsigned char *limit, struct report_row *out);

/* Remembers the front of a record that was taken the long way, if it is of a kind that recurs. */
void report_short_learn(struct report_short *self, struct span text, const struct report_line *line,
			const struct report_row *row);

/* Forgets all fronts. */
void report_short_forget(struct report_short *self);

#endif
