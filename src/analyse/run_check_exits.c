/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how runs and their ends in a trace are held against those that a VMM saw. */
#include "analyse/run_check.h"

#include "base/banned.h"

/* ---- one exit -------------------------------------------------------------------------------- */

enum exit_judgement { EXIT_TOLD, EXIT_EXPLAINED, EXIT_UNTOLD, EXIT_WRONG };

#define BIT(reason) (1U << (reason))
#define ANY (BIT(KG_REASON_COUNT) - 1)

/* Of each reason to leave KVM_RUN: by which exits it is told, and as which it may look. */
static const struct {
	uint32_t told;
	uint32_t looks;
} exits[KG_RUN_EXIT_COUNT + 1] = {
	[KG_RUN_EXIT_IO] = { BIT(KG_REASON_IO), 0 },
	/* where a device is, there is no memory: a fault, of whatever way to memory there is */
	[KG_RUN_EXIT_MMIO] = { BIT(KG_REASON_MMIO), BIT(KG_REASON_NPF) |
							    BIT(KG_REASON_EPT_VIOLATION) |
							    BIT(KG_REASON_EXCEPTION) },
	[KG_RUN_EXIT_HLT] = { BIT(KG_REASON_HLT), 0 },
	[KG_RUN_EXIT_SHUTDOWN] = { BIT(KG_REASON_SHUTDOWN), 0 },
	/* an entry that fails has no handler */
	[KG_RUN_EXIT_FAIL_ENTRY] = { 0, BIT(KG_REASON_UNKNOWN) },
	/* whatever came, it is KVM that makes something else of it */
	[KG_RUN_EXIT_INTERRUPT_WINDOW] = { BIT(KG_REASON_INTERRUPT_WINDOW), ANY },
	[KG_RUN_EXIT_INTERNAL_ERROR] = { 0, ANY },
	[KG_RUN_EXIT_OTHER] = { 0, ANY },
	/* a run that failed */
	[KG_RUN_EXIT_COUNT] = { 0, ANY },
};

static enum exit_judgement judge(enum kg_run_exit exit, uint8_t ended_by)
{
	const uint32_t bit = BIT(ended_by);
	if ((exits[exit].told & bit) != 0)
		return EXIT_TOLD;
	if ((exits[exit].looks & bit) != 0)
		return EXIT_EXPLAINED;
	/* KVM went its own way, or its handler has a name that is not known */
	if ((bit & (BIT(KG_REASON_UNKNOWN) | BIT(KG_REASON_OTHER))) != 0)
		return EXIT_UNTOLD;
	return EXIT_WRONG;
}

/* A signal takes a task out of the guest by an interrupt, or before it is in. */
static bool may_be_interrupted(uint8_t ended_by)
{
	return ended_by == KG_REASON_EXTERNAL_INTERRUPT || ended_by == KG_REASON_UNKNOWN ||
	       ended_by == KG_REASON_PREEMPTION_TIMER;
}

static void count_exit(struct kg_run_check *check, enum exit_judgement judgement)
{
	check->exits_told += judgement == EXIT_TOLD;
	check->exits_explained += judgement == EXIT_EXPLAINED;
	check->exits_untold += judgement == EXIT_UNTOLD;
}

static void count_io(struct kg_run_check *check, const struct seen *seen)
{
	if (!check->counts_io)
		return;
	if (seen->ended_by == KG_REASON_IO) {
		check->io_found++;
		check->io_seen = (uint32_t)(seen - check->lives.seen.at);
	}
	check->io_untold +=
		seen->ended_by == KG_REASON_UNKNOWN || seen->ended_by == KG_REASON_OTHER;
}

/* ---- in order -------------------------------------------------------------------------------- */

/* How many runs there are, and have to be. */
struct run_count {
	uint64_t found;
	uint64_t spare; /* of these: may have been ended by a signal */
	uint64_t least;
	uint64_t most;
};

static struct run_count count_runs(struct kg_run_check *check, const struct seen *seen,
				   size_t count, bool is_last)
{
	struct run_count runs = { 0 };
	for (size_t i = 0; i < count; i++) {
		if (seen[i].kind != KG_PHASE_RUN)
			continue;
		count_io(check, &seen[i]);
		runs.found++;
		runs.spare += may_be_interrupted(seen[i].ended_by);
	}
	for (size_t i = 0; i < check->wants.runs.count; i++) {
		const struct kg_run_step *step = &check->input.run->steps[check->wants.runs.at[i]];
		const uint64_t interrupted = is_last ? step->interrupted : 0;
		runs.least += step->result >= 0 ? 1 + interrupted : 0;
		runs.most += 1 + interrupted;
	}
	/* of the signals that came to earlier lives nothing is told */
	if (!is_last)
		runs.most += runs.spare;
	return runs;
}

/*
 * Pairs runs with those of the report up to the first that differ, which is where one is missing or
 * too many, too. Runs that a signal ended come before the one that they are told with.
 */
static struct departing pair_runs(struct kg_run_check *check, const struct seen *seen, size_t count,
				  bool is_last, bool counts)
{
	const struct seen *all = check->lives.seen.at;
	const struct wants *wants = &check->wants;
	struct departing departing = { .step = NO_STEP, .seen = NO_SEEN };
	size_t at = 0;
	uint64_t passed = 0;
	for (size_t i = 0; i < count; i++) {
		if (seen[i].kind != KG_PHASE_RUN)
			continue;
		departing.seen = (uint32_t)(seen + i - all);
		departing.step = at < wants->runs.count ? wants->runs.at[at] : NO_STEP;
		if (departing.step == NO_STEP)
			break;
		const struct kg_run_step *step = &check->input.run->steps[departing.step];
		const enum exit_judgement judgement = judge(step->exit, seen[i].ended_by);
		if (is_last ? passed < step->interrupted
			    : judgement == EXIT_WRONG && may_be_interrupted(seen[i].ended_by)) {
			passed++;
			continue;
		}
		if (judgement == EXIT_WRONG) {
			departing.is_set = true;
			return departing;
		}
		if (counts)
			count_exit(check, judgement);
		at++;
		passed = 0;
	}
	if (at < wants->runs.count) {
		departing.is_end = true;
		departing.step = wants->runs.at[at];
	}
	return departing;
}

void compare_runs(struct kg_run_check *check, const struct seen *seen, size_t count, bool is_last,
		  struct departing departings[FIND_COUNT])
{
	const struct run_count runs = count_runs(check, seen, count, is_last);
	const bool is_few = runs.found < runs.least;
	check->runs_found += runs.found;
	check->runs_wanted += runs.least;
	if (check->is_hidden[KG_PHASE_RUN])
		return;
	if (is_few || runs.found > runs.most) {
		departings[FIND_RUNS] = pair_runs(check, seen, count, is_last, false);
		departings[FIND_RUNS].is_set = true;
		departings[FIND_RUNS].why = is_few ? "the trace has fewer runs than the VMM made"
						   : "the trace has more runs than the VMM made";
		return;
	}
	departings[FIND_EXITS] = pair_runs(check, seen, count, is_last, true);
	departings[FIND_EXITS].why = "KVM_RUN ended otherwise than the VMM saw it";
}

/* ---- without order --------------------------------------------------------------------------- */

/* Exits that tell one reason must not be more than the report has of it. */
static void compare_told(struct kg_run_check *check, const uint64_t seen[KG_REASON_COUNT],
			 const uint64_t wanted[KG_RUN_EXIT_COUNT + 1], struct departing *out)
{
	uint64_t wild = 0;
	for (size_t exit = 0; exit <= KG_RUN_EXIT_COUNT; exit++)
		wild += exits[exit].looks == ANY ? wanted[exit] : 0;
	for (size_t exit = 0; exit < KG_RUN_EXIT_COUNT; exit++) {
		uint64_t told = 0;
		for (size_t reason = 0; reason < KG_REASON_COUNT; reason++)
			told += (exits[exit].told & BIT(reason)) != 0 ? seen[reason] : 0;
		check->exits_told += told;
		if (told > wanted[exit] + wild)
			*out = (struct departing){ .is_set = true,
						   .step = NO_STEP,
						   .seen = NO_SEEN,
						   .why = "the trace has more exits of a kind than "
							  "the VMM saw" };
	}
}

void compare_runs_unordered(struct kg_run_check *check, uint64_t times,
			    struct departing departings[FIND_COUNT])
{
	const struct lives *lives = &check->lives;
	uint64_t seen[KG_REASON_COUNT] = { 0 };
	uint64_t wanted[KG_RUN_EXIT_COUNT + 1] = { 0 };
	const struct run_count runs =
		count_runs(check, lives->seen.at, lives->seen.count, times == 1);
	for (size_t i = 0; i < lives->seen.count; i++)
		seen[lives->seen.at[i].ended_by] += lives->seen.at[i].kind == KG_PHASE_RUN;
	for (size_t i = 0; i < check->wants.runs.count; i++)
		wanted[check->input.run->steps[check->wants.runs.at[i]].exit] += times;
	check->runs_found += runs.found;
	check->runs_wanted += runs.least * times;
	check->exits_untold += seen[KG_REASON_UNKNOWN] + seen[KG_REASON_OTHER];
	check->exits_explained += seen[KG_REASON_NPF] + seen[KG_REASON_EPT_VIOLATION];
	if (check->is_hidden[KG_PHASE_RUN])
		return;
	const uint64_t most = times == 1 ? runs.most : runs.least * times + runs.spare;
	if (runs.found < runs.least * times || runs.found > most) {
		departings[FIND_RUNS] = (struct departing){
			.is_set = true,
			.is_few = runs.found < runs.least * times,
			.step = NO_STEP,
			.seen = NO_SEEN,
			.why = "the trace does not have as many runs as the VMM made",
		};
		return;
	}
	compare_told(check, seen, wanted, &departings[FIND_EXITS]);
}
