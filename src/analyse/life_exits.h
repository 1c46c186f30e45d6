/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the guest is entered and left. */
#ifndef ANALYSE_LIFE_EXITS_H
#define ANALYSE_LIFE_EXITS_H

#include <kvmgraph/analyse.h>

#include "analyse/histogram.h"
#include "analyse/kvm_names.h"

struct life_lane;

enum exit_stage {
	EXIT_NONE,	 /* nothing is known to be going on */
	EXIT_IN_GUEST,	 /* an entry is open */
	EXIT_LEFT_GUEST, /* it is closed, and no dispatcher has been called yet */
	EXIT_DISPATCHED, /* a dispatcher is open */
	EXIT_UNSERVED,	 /* it is closed and has called no handler: the next step tells more */
};

/* A call that may have served an exit. */
struct server {
	kg_call_id id; /* while it is open */
	kg_func_id func_id;
	uint64_t dur_ns; /* KG_NO_NS where it is not to be trusted */
	uint8_t reason;	 /* enum kvm_reason */
	bool is_known;
	bool is_hidden;
};

/* From one guest entry to the next. */
struct exit_watch {
	enum exit_stage stage;
	kg_call_id entry_id;
	kg_call_id dispatcher_id; /* the outermost open one */
	uint16_t inner_level;	  /* of the innermost dispatcher: handlers are one below */
	uint8_t vendor;		  /* enum kg_vendor, of the dispatcher */
	bool is_entry_hidden;
	struct server fast;	  /* handler that ran before a dispatcher */
	struct server early;	  /* served host interrupts */
	struct server dispatcher; /* itself */
	struct server handler;	  /* that it called */
};

/* What an exit was. */
struct exit_verdict {
	uint8_t reason;	     /* enum kg_exit_reason */
	const char *handler; /* base name of the call that served it, or NULL */
	uint64_t dur_ns;     /* KG_NO_NS where it is not to be trusted */
	bool is_inferred;
	bool is_hidden;
};

/* Exits of one reason that went to one handler. */
struct exit_group {
	uint8_t reason;
	const char *handler;
	uint64_t count;
	uint64_t inferred;
	uint64_t total_ns;
	uint64_t max_ns;
	struct histogram durations; /* those that are known */
};

/* ---- life_exits.c ---------------------------------------------------------------------------- */

/* Tell the watch of a task that a call with a part in entries and exits begins or ends. */
KG_MUST_USE enum kg_status exit_begin(struct kg_life *life, struct life_lane *lane,
				      const struct kg_call *call, struct kvm_role role);
KG_MUST_USE enum kg_status exit_end(struct kg_life *life, struct life_lane *lane,
				    const struct kg_call *call, struct kvm_role role);

/* A phase begins or ends: nothing more will be known about the exit that its task has under way. */
KG_MUST_USE enum kg_status exit_settle(struct kg_life *life, struct life_lane *lane,
				       const struct kg_call *call);
/* The trace is over: the same for all tasks. */
KG_MUST_USE enum kg_status exits_finish(struct kg_life *life);

/* ---- life_exit_rows.c ------------------------------------------------------------------------ */

KG_MUST_USE enum kg_status exits_count(struct kg_life *life, const struct exit_verdict *verdict);

/* Makes the rows of the report. */
KG_MUST_USE enum kg_status exits_report(struct kg_life *life);

#endif
