/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a trace: plain counts, gathered while it is read. */
#ifndef KVMGRAPH_INFO_H
#define KVMGRAPH_INFO_H

#include <kvmgraph/calls.h>
#include <kvmgraph/diag.h>
#include <kvmgraph/event.h>

KG_BEGIN_C

enum kg_format {
	KG_FORMAT_UNKNOWN,
	KG_FORMAT_FTRACE,	    /* the kernel's own text */
	KG_FORMAT_TRACE_CMD_REPORT, /* text of `trace-cmd report` */
	KG_FORMAT_TRACE_CMD_RAW,    /* text of `trace-cmd report -R` */
	KG_FORMAT_TRACE_DAT,	    /* trace-cmd's file */
};

/* Columns of the kernel's text, in the order in which they are printed. */
enum kg_column {
	KG_COLUMN_ABSTIME = 1 << 0,
	KG_COLUMN_RELTIME = 1 << 1,
	KG_COLUMN_CPU = 1 << 2,
	KG_COLUMN_PROC = 1 << 3,
	KG_COLUMN_LATENCY = 1 << 4,
	KG_COLUMN_DURATION = 1 << 5,
};
#define KG_COLUMN_COUNT 6

enum kg_vendor { KG_VENDOR_UNKNOWN, KG_VENDOR_VMX, KG_VENDOR_SVM };

/* Every physical line is in exactly one of these (a switch leaves its rules and blank to noise). */
struct kg_line_counts {
	uint64_t total;
	uint64_t header;
	uint64_t entry;
	uint64_t leaf;
	uint64_t exit;	     /* a plain closing brace */
	uint64_t exit_named; /* the function is told: behind the brace, or by the record */
	uint64_t switches;
	uint64_t comment;
	uint64_t irq;
	uint64_t lost;
	uint64_t noise;
	uint64_t unrecognized;
};

#define KG_MARKS "+!#*@$"
#define KG_MARK_COUNT 6

struct kg_cpu_info {
	uint16_t cpu;
	uint64_t events; /* entry, leaf and exit lines */
	uint64_t calls_started;
	uint64_t switches;
};

struct kg_task_info {
	kg_task_id task_id;
	uint64_t calls;
	uint64_t roots;
	uint32_t lanes;	      /* more than one for the idle task only */
	const uint16_t *cpus; /* ascending */
	uint32_t cpu_count;
};

struct kg_module_info {
	const char *name; /* "" for functions without a module */
	uint64_t calls;
};

/* Everything here lives as long as the trace that it came from. */
struct kg_info {
	const char *file;
	enum kg_format format;
	uint32_t columns; /* enum kg_column */
	enum kg_vendor vendor;
	const char *kernel; /* release, or NULL where the file does not tell */
	struct kg_line_counts lines;
	struct kg_call_counts calls;
	uint64_t marks[KG_MARK_COUNT]; /* in the order of KG_MARKS */
	bool exits_only; /* recorded with a threshold: only ends of calls that took longer */
	uint64_t lost_gaps;
	uint64_t lost_events;
	bool lost_events_known; /* every gap tells its number */
	struct kg_diags diags;
	const struct kg_funcs *funcs;
	const struct kg_tasks *tasks;
	const struct kg_cpu_info *cpus; /* ascending */
	uint32_t cpu_count;
	const struct kg_task_info *task_infos; /* in the order in which the trace names them */
	uint32_t task_info_count;
	const struct kg_module_info *modules; /* by calls, descending */
	uint32_t module_count;
	const uint64_t *func_calls; /* calls of each of funcs, by id */
};

/* "ftrace" */
KG_API const char *kg_format_name(enum kg_format format);
/* "abstime" for KG_COLUMN_ABSTIME */
KG_API const char *kg_column_name(enum kg_column column);
/* "vmx", "svm", or NULL */
KG_API const char *kg_vendor_name(enum kg_vendor vendor);
/* Share of the calls that figures stand on, in millionths: complete of total; 1000000 when empty.
 */
KG_API uint32_t kg_info_coverage(const struct kg_info *info);

KG_END_C

#endif
