/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bundles: trees of calls that are known to be whole before anybody knows whose they are.
 *
 * Most calls of a trace open and close on one CPU within some lines. Whatever is open around them,
 * they are complete, and so are what they cost and what they leave to their callers. So a reader
 * that works in several threads may sum them up where it reads them: a bundle stands for trees that
 * follow each other below one caller. It takes the place of its first line among the events, as one
 * event of kind EVENT_BUNDLE. Whoever cannot take it has its events handed out instead; only then
 * do they count for what was summed up.
 */
#ifndef EVENT_BUNDLE_H
#define EVENT_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include <kvmgraph/calls.h>

/* Beside the kinds of enum kg_event_kind; func_id is the number of the bundle. */
#define EVENT_BUNDLE (KG_EV_NEW_TRACE + 1)

/* Rows are lines of the part of the input that the reader has at hand, from 0. */
struct event_bundle {
	uint64_t dur_ns;	  /* of its roots: time that their caller does not spend itself */
	uint64_t hot_next_ns;	  /* one more than the largest self time; 0 without calls */
	uint64_t funcs;		  /* a bit of each function in it: bundle_bit() */
	uint64_t line_no;	  /* of its first row; set when it is handed out */
	uint64_t notes_hash;	  /* of all that its notes have but their calls */
	kg_func_id hot_func_id;	  /* of the first call that has it, in the order of their ends */
	kg_func_id first_func_id; /* of its first root */
	uint32_t root_count;
	uint32_t atomic_count; /* calls of one line */
	uint32_t pair_count;   /* calls of two, with what they call between them */
	uint32_t empty_count;  /* of these: without a call in between */
	uint32_t named_count;  /* of these: the closing brace names the function */
	uint32_t first_row;
	uint32_t last_row;
	uint32_t first_call; /* its calls are among those from here ... */
	uint32_t calls_end;  /* ... to here: those of its CPU whose end is in its rows */
	uint32_t first_note; /* its notes follow each other among those of the window */
	uint32_t note_count;
	uint16_t cpu;
	uint16_t depth; /* of its roots */
	uint16_t max_depth;
};

/* A bundle has no more levels than these, one for calls of one line included. */
#define BUNDLE_DEPTH_MAX 41

/* A call of a bundle. All of them are complete. */
struct bundled_call {
	uint64_t dur_ns;
	uint64_t self_ns;
	kg_func_id func_id; /* KG_NO_FUNC: the call was handed out instead */
	uint32_t row;
	uint32_t end_row;
	uint16_t cpu;
	bool is_nested; /* below another one of its function */
};

/* What a sink has to know of the calls of a function. */
enum bundle_wish {
	BUNDLE_FREELY, /* what bundles say of all their calls is enough */
	BUNDLE_NOTED,  /* where they start and end among those of their bundle */
	BUNDLE_NEVER,  /* each has to be handed out by itself, and with it each call around it */
};

/* What suits two who have to know of them. */
static inline enum bundle_wish bundle_wish_both(enum bundle_wish a, enum bundle_wish b)
{
	return a > b ? a : b;
}

enum note_kind {
	NOTE_ENTER,
	NOTE_LEAVE,
	NOTE_LEAF, /* a call of one line starts and ends */
};

/*
 * Notes of a bundle stand in the order of their lines, starts and ends paired. They have what there
 * is to know of these lines, for the calls may be in another processor's cache.
 */
struct bundle_note {
	uint64_t dur_ns; /* LEAVE, LEAF */
	kg_func_id func_id;
	kg_func_id first_func_id; /* ENTER: of its first callee; else KG_NO_FUNC */
	uint32_t call;		  /* which of the calls it is */
	uint32_t row;
	uint16_t level; /* below that of the roots */
	uint8_t kind;	/* enum note_kind */
};

static inline uint64_t bundle_note_line(const struct event_bundle *bundle,
					const struct bundle_note *note)
{
	return bundle->line_no + (note->row - bundle->first_row);
}

/* Functions with larger numbers are not told apart in what follows. */
#define BUNDLE_NOTE_FUNCS_MAX ((UINT32_C(1) << 24) - 1)

/* All that a note has but which call it is; the bit below is free. */
#define BUNDLE_NOTE_FREE_BIT UINT64_C(0x80)
static inline uint64_t bundle_note_word(const struct bundle_note *note)
{
	const uint64_t mask = BUNDLE_NOTE_FUNCS_MAX;
	return (note->func_id & mask) << 40 | (note->first_func_id & mask) << 16 |
	       (uint64_t)note->level << 8 | note->kind;
}

/* A bundle below the calls that are open in a lane, level of them. */
struct placed_bundle {
	const struct event_bundle *bundle;
	struct bundled_call *calls; /* of the window; a sink may set is_nested of the bundle's */
	const struct bundle_note *notes; /* of the bundle */
	uint32_t lane_id;
	uint32_t level;
	kg_task_id task_id;
	kg_call_id caller_id; /* of the innermost open call, which makes the roots */
	kg_call_id first_id;  /* so many ids from here on are of its calls, see bundle_replay() */
};

static inline uint32_t bundle_call_count(const struct event_bundle *bundle)
{
	return bundle->atomic_count + bundle->pair_count;
}

static inline uint64_t bundle_bit(kg_func_id func_id)
{
	return UINT64_C(1) << (func_id & 63);
}

/* Whether a call between first_call and calls_end is the bundle's. */
static inline bool bundle_has(const struct event_bundle *bundle, const struct bundled_call *call)
{
	return call->cpu == bundle->cpu && call->end_row >= bundle->first_row &&
	       call->end_row <= bundle->last_row;
}

/*
 * What a sink of calls does with bundles; self is the sink's.
 *
 *   wish     what it has to know of calls of a function.
 *   refuses  whether the calls of a bundle have to be handed out after all, going by what is open
 *            in its lane. Asked in its place between the calls. NULL: it never does.
 *   take     a bundle, in its place between the calls.
 *   counted  how many calls of a function were counted, after all have been; NULL: it does not say,
 *            and bundles are only made if another sink beside it does.
 *   count    the calls of bundles, in no order, once all bundles among them have been taken; line
 *            is that of row 0. May be called by several threads at once, each with a worker number
 *            of its own below BUNDLE_WORKERS; 0 is the thread that calls the rest.
 */
#define BUNDLE_WORKERS 16

struct kg_bundler {
	enum bundle_wish (*wish)(void *self, kg_func_id func_id);
	bool (*refuses)(void *self, const struct placed_bundle *placed);
	KG_MUST_USE enum kg_status (*take)(void *self, const struct placed_bundle *placed);
	KG_MUST_USE enum kg_status (*count)(void *self, uint32_t worker,
					    const struct bundled_call *calls, size_t count,
					    uint64_t line_no);
	uint64_t (*counted)(const void *self, kg_func_id func_id);
};

static inline bool bundler_refuses(const struct kg_bundler *bundler, void *self,
				   const struct placed_bundle *placed)
{
	return bundler->refuses != NULL && bundler->refuses(self, placed);
}

/*
 * Calls that are noted, handed out one by one to who has need of that: opened() and closed() as for
 * a struct kg_call_sink, closed() alone for a call of one line. Of such a call is not known what it
 * calls (call_count and child_count are those of a call without callees, self_ns is KG_NO_NS), its
 * parent is the innermost noted call around it or what is open around the bundle, and its id only
 * tells which of two was first.
 */
struct bundle_listener {
	void *self;
	KG_MUST_USE enum kg_status (*opened)(void *self, const struct kg_call *call,
					     const struct bundle_note *note);
	KG_MUST_USE enum kg_status (*closed)(void *self, const struct kg_call *call,
					     const struct bundle_note *note);
};

/* One of them where it starts or ends, but for its id and its parent's. */
void bundle_call(const struct placed_bundle *placed, const struct bundle_note *note,
		 struct kg_call *call);

KG_MUST_USE enum kg_status bundle_replay(const struct placed_bundle *placed,
					 const struct bundle_listener *listener);

#endif
