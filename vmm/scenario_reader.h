/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading kvmgraph.scenario/1, piece by piece: what its readers share.
 *
 * Steps are followed as they are read: what there is at each of them, so that a step that nothing
 * could come of is told before anything is run. After a mistake the next piece is read all the
 * same, so that all are told at once.
 */
#ifndef VMM_SCENARIO_READER_H
#define VMM_SCENARIO_READER_H

#include "document.h"
#include "machine.h"
#include "program.h"
#include "scenario_file.h"

#define SLOTS_MOST 4096
#define STEPS_MOST 65536
#define EXITS_MOST 100000 /* that the VMM serves, of all runs */
#define ACTS_MOST 1000000 /* in a row */

#define NO_ROW SIZE_MAX

/* What a step may need to be there; those from HAS_VCPU on are of one vCPU. */
enum has {
	HAS_KVM = 1 << 0,
	HAS_VM = 1 << 1,
	HAS_MMAP_SIZE = 1 << 2,
	HAS_IRQCHIP = 1 << 3,
	HAS_MAIN_SLOT = 1 << 4,
	HAS_GUEST = 1 << 5,
	HAS_VCPU = 1 << 6,
	HAS_MAPPING = 1 << 7,
	HAS_SREGS = 1 << 8, /* that were read, so that they can be changed */
	HAS_CPUID = 1 << 9,
};

struct slot_state {
	bool is_there;
	bool is_logged;
	bool is_moved;	  /* by a page */
	uint64_t pages;	  /* 0: none yet had this number */
	uint64_t address; /* that it was added at */
	uint64_t backing;
};

struct vcpu_state {
	unsigned int has;
	unsigned int had;
	bool was_set_up; /* by set-sregs */
	bool has_regs;
	bool has_run;
	bool is_lost; /* as it is, no processor goes on with it */
	enum guest_mode mode;
	size_t sregs_row, regs_row; /* the last ones since its last run, or NO_ROW */
	uint64_t pat;
};

struct scenario_reader {
	struct document document;
	struct program program; /* its runs */
	struct scenario_step *rows;
	size_t row_count;
	size_t *regs_rows; /* by run: the set-regs that it starts from, or NO_ROW */
	unsigned int has;
	unsigned int had; /* at any time: some things there are once */
	struct vcpu_state vcpus[MACHINE_VCPUS];
	uint32_t vcpu_count;
	struct slot_state slots[SLOTS_MOST];
	uint64_t slot_room; /* pages of address space that are used up behind GUEST_SLOTS */
	uint64_t slot_pages;
	uint64_t main_pages; /* that the main slot is to have; 0: it does not matter */
	uint64_t exit_count;
	bool is_blind; /* a step was not understood: what there is at the next ones is not known */
	bool needs_hardware;
	bool has_exit;
};

/* Reads "steps" into rows and runs; false after a mistake. */
bool read_steps(struct scenario_reader *reader, const json_t *steps);

/* The step that is being read. */
struct step_place {
	const struct spot *spot;
	const json_t *object;
	size_t index;
	uint32_t vcpu;
};

/* Reads which slot a step is about, and what becomes of it. */
bool read_slot(struct scenario_reader *reader, const struct step_place *place,
	       struct scenario_step *row);

/* Reads what a run's guest does; `row` is the run's. */
bool read_run(struct scenario_reader *reader, const struct step_place *place,
	      struct scenario_step *row);

/* A row more, zeroed; there is room for all. */
struct scenario_step *add_row(struct scenario_reader *reader, enum step_kind kind);

#endif
