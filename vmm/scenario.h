/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scenario: a table of the steps that a VM is led through, and what each has to come to. */
#ifndef VMM_SCENARIO_H
#define VMM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "step.h"

/* What may be chosen when a scenario is run; the last three are no options but what is found. */
enum param {
	PARAM_MEMORY, /* bytes of guest memory */
	PARAM_VCPUS,
	PARAM_PAGES,
	PARAM_SLOTS,
	PARAM_VMS,
	PARAM_PARALLEL, /* VMs alive at once */
	PARAM_OPTIONS,
	PARAM_INDEX = PARAM_OPTIONS, /* which of several steps of one row: its vCPU, its slot */
	PARAM_IS_AMD,		     /* 1 on a processor with AMD's instructions, else 0 */
	PARAM_HAS_HARDWARE,	     /* 1 where KVM uses VMX or SVM, else 0 */
	PARAM_COUNT
};

/* A number that may depend on one parameter: fixed + each * value of `by`. */
struct amount {
	uint64_t fixed;
	uint64_t each;
	enum param by;
};

/* clang-format off */
#define FIXED(number) { .fixed = (number) }
#define EACH(number, param) { .each = (number), .by = (param) }
#define FIXED_AND_EACH(number, per, param) { .fixed = (number), .each = (per), .by = (param) }
/* clang-format on */

/* CPUID leaves: where long mode is told; one that no processor has, so that the answer is ours */
#define LEAF_EXTENDED 0x80000001
#define LEAF_OWN 0x4fffff00

/* IA32_PAT with two values that are legal and not the one of a reset */
#define MSR_PAT 0x277
#define PAT_RESET UINT64_C(0x0007040600070406)
#define PAT_BEFORE UINT64_C(0x0706050404050607)
#define PAT_AFTER UINT64_C(0x0606060604040404)

/* MODE_BIG_REAL: real mode whose data segments reach all of the memory */
enum guest_mode {
	MODE_REAL,
	MODE_PROTECTED,
	MODE_PAGED,
	MODE_LONG,
	MODE_INVALID,
	MODE_BIG_REAL,
};

/* How many steps a row of the table stands for; TIMES_ONE_VCPU: one, of a vCPU that it names. */
enum step_times { TIMES_ONCE, TIMES_VCPU, TIMES_SLOT, TIMES_ONE_VCPU };

/*
 * Where KVM runs guests without the processor's help (PVM), some things are not the same: such rows
 * are for one kind of KVM only.
 */
enum step_where { WHERE_ANY, WHERE_HARDWARE, WHERE_NO_HARDWARE };

/* One row of a scenario. What a kind of step does not use is zero. */
struct scenario_step {
	enum step_kind kind;
	enum step_times times;
	enum step_where where;
	/* Done by a thread of the vCPU's own; rows in a row like this are done by it one after the
	 * other, while the other vCPUs' threads do the same. */
	bool in_vcpu_thread;
	uint32_t vcpu; /* of TIMES_ONE_VCPU */

	/* check-extension: the number, and how it is called */
	long capability;
	const char *capability_name;

	/* memslots: the first one's number and place; more follow every `stride` bytes */
	uint32_t slot;
	uint64_t address;
	uint64_t stride;
	uint64_t backing;    /* where the first one's memory begins, behind the main slot's */
	struct amount pages; /* 0: the whole of the guest's memory */
	bool is_logged;	     /* dirty pages are */
	/* dirty-log: pages 0, every, 2 * every ... are dirty and no others; 0: none is */
	uint32_t dirty_every;
	bool dirty_any; /* which ones are dirty does not matter */

	enum guest_mode mode;  /* set-sregs */
	uint64_t entry;	       /* set-regs: where the guest starts, from its first byte */
	struct amount args[3]; /* set-regs: rdi, rsi, rdx */
	enum reason until;     /* run: the exit that ends it */
	enum reason serves;    /* run: the exits before it that the VMM answers */
	struct amount served;  /* run: how many of them */
	/* run: what each of them is, where they are not all alike (enum reason); else NULL */
	const unsigned char *serves_each;
	uint32_t index;	      /* get-msrs, set-msrs: MSR; get-cpuid, set-cpuid: leaf */
	struct amount expect; /* checks, get-msrs: the value; set-msrs: what is written */
};

struct scenario_param {
	enum param param;
	uint64_t preset, least, most;
};

struct scenario {
	const char *name;
	const char *summary; /* a line */
	const unsigned char *guest, *guest_end;
	uint64_t code;	      /* where the guest's first byte is put */
	uint64_t memory_end;  /* 0: the main slot begins at 0; else it ends here */
	struct amount memory; /* the least that is needed */
	bool needs_hardware;  /* nothing of it makes sense without VMX or SVM */
	const char *output;   /* what check-output compares with, as far as its `expect` */
	const struct scenario_param *params; /* the options that it has beside --memory */
	size_t param_count;
	const struct scenario_step *steps;
	size_t step_count;
};

extern const struct scenario *const scenarios[];
extern const size_t scenario_count;

/* NULL if there is none of that name. */
const struct scenario *scenario_find(const char *name);

/* "--pages" for PARAM_PAGES. */
const char *param_option(enum param param);

#endif
