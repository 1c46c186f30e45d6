/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the lives in a trace are held against the steps of a report. */
#include "analyse/run_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/banned.h"

/* So many places a trace that begins late is tried to begin at. */
#define MAX_TRIES 64

/* ---- steps of one task ----------------------------------------------------------------------- */

struct walk {
	struct kg_run_check *check;
	const struct seen *seen;
	size_t count;
	size_t at;     /* in seen */
	size_t want;   /* in wants.rows */
	size_t begin;  /* the want that a trace which begins late may have part of, from 1; 0 */
	uint32_t done; /* phases that it has had */
	uint64_t fits;
};

static const struct want *want_at(const struct walk *walk, size_t index)
{
	const struct wants *wants = &walk->check->wants;
	return index < wants->rows.count ? &wants->rows.at[index] : NULL;
}

/* The report's row that is to come; NO_STEP: none. */
static uint32_t next_step(const struct walk *walk)
{
	const struct want *want = want_at(walk, walk->want);
	if (want == NULL)
		return NO_STEP;
	const uint32_t past =
		want->kind == KG_PHASE_RUN || walk->done >= want->most ? 0 : walk->done;
	return walk->check->wants.steps.at[want->first + past];
}

/* Says which of the two has what the other has not, going by what comes next in both. */
static const char *judge_departing(const struct walk *walk, bool lacks_one)
{
	const struct want *want = want_at(walk, walk->want);
	if (walk->at == walk->count)
		return "what the VMM says that it did is not in the trace";
	if (want == NULL)
		return "the trace has more than the VMM says that it did";
	if (lacks_one)
		return "a step of the VMM has no phase in the trace";
	if (walk->at + 1 < walk->count && wants_accepts(want, &walk->seen[walk->at + 1]))
		return "the trace has a phase that is no step of the VMM";
	return "the trace has other phases here than the VMM has steps, or in another order";
}

/* Runs in sequence are one step here: compare_runs() counts them. */
static bool is_done(const struct walk *walk, const struct want *want)
{
	if (walk->begin == walk->want + 1)
		return true;
	return walk->done >= (want->kind == KG_PHASE_RUN && want->least > 0 ? 1 : want->least);
}

/* One phase; false if it has no place. */
static bool walk_on(struct walk *walk)
{
	const struct seen *seen = &walk->seen[walk->at];
	for (const struct want *want = want_at(walk, walk->want); want != NULL;
	     want = want_at(walk, walk->want)) {
		if (walk->done < want->most && wants_accepts(want, seen)) {
			walk->done++;
			walk->fits++;
			return true;
		}
		if (!is_done(walk, want))
			break;
		walk->want++;
		walk->done = 0;
	}
	return wants_tolerates(walk->check, seen);
}

/* Whether all phases are as steps from a later one on have them: then the trace began late. */
static bool fits_from_later(const struct walk *whole)
{
	size_t tries = 0;
	for (size_t want = 1; want_at(whole, want) != NULL && tries < MAX_TRIES; want++) {
		struct walk walk = { .check = whole->check,
				     .seen = whole->seen,
				     .count = whole->count,
				     .want = want,
				     .begin = want + 1 };
		if (whole->count == 0 || !wants_accepts(want_at(whole, want), whole->seen))
			continue;
		tries++;
		while (walk.at < walk.count && walk_on(&walk))
			walk.at++;
		if (walk.at == walk.count)
			return true;
	}
	return false;
}

static void depart(const struct walk *walk, struct departing *out)
{
	const bool is_end = walk->at == walk->count;
	const struct seen *seen = &walk->seen[is_end && walk->at > 0 ? walk->at - 1 : walk->at];
	const struct want *later = want_at(walk, walk->want + 1);
	const bool lacks_one = !is_end && later != NULL && wants_accepts(later, seen);
	*out = (struct departing){
		.is_set = true,
		.is_end = is_end,
		.is_front = fits_from_later(walk),
		.is_tail = is_end,
		.lacks_one = lacks_one,
		.step = next_step(walk),
		.seen = walk->count > 0 ? (uint32_t)(seen - walk->check->lives.seen.at) : NO_SEEN,
		.why = judge_departing(walk, lacks_one),
	};
}

static void walk_steps(struct walk *walk, struct departing *out)
{
	for (walk->at = 0; walk->at < walk->count; walk->at++) {
		if (!walk_on(walk)) {
			depart(walk, out);
			return;
		}
	}
	for (const struct want *want = want_at(walk, walk->want); want != NULL;
	     want = want_at(walk, walk->want)) {
		if (!is_done(walk, want)) {
			depart(walk, out);
			return;
		}
		walk->want++;
		walk->done = 0;
	}
}

/* ---- one life -------------------------------------------------------------------------------- */

/* The ends of a trace show with the task that does the first and the last step. */
static void keep_first(struct departing departings[FIND_COUNT],
		       const struct departing later[FIND_COUNT], bool is_main)
{
	for (size_t i = 0; i < FIND_COUNT; i++) {
		if (departings[i].is_set)
			continue;
		departings[i] = later[i];
		departings[i].is_front &= is_main;
		departings[i].is_tail &= is_main;
	}
}

static enum kg_status compare_strand(struct kg_run_check *check, const struct strand *strand,
				     const struct selection *selection, bool is_last,
				     struct departing departings[FIND_COUNT])
{
	struct departing own[FIND_COUNT] = { 0 };
	enum kg_status status = wants_make(check, selection);
	if (status != KG_OK)
		return status;
	struct walk walk = { .check = check,
			     .seen = check->lives.seen.at + strand->first,
			     .count = strand->count };
	walk_steps(&walk, &own[FIND_STEPS]);
	check->phases += walk.fits;
	compare_runs(check, walk.seen, walk.count, is_last, own);
	keep_first(departings, own, selection->rank == UINT32_MAX);
	return KG_OK;
}

static int compare_strands(const void *a, const void *b, void *all)
{
	const struct seen *seen = all;
	const uint32_t left = seen[((const struct strand *)a)->first].row;
	const uint32_t right = seen[((const struct strand *)b)->first].row;
	return (left > right) - (left < right);
}

/* Its creator's strand first, then those of threads as they began. */
static enum kg_status list_strands(struct kg_run_check *check, const struct vm_life *life)
{
	const struct seen *seen = check->lives.seen.at;
	struct strand mains = { life->first, 0 };
	check->strands.count = 0;
	/* a place for the creator's */
	if (!column_push(&check->strands, mains))
		return KG_NOMEM;
	for (uint32_t i = life->first; i < life->first + life->count;) {
		struct strand strand = { i, 0 };
		for (;
		     i < life->first + life->count && seen[i].task_id == seen[strand.first].task_id;
		     i++)
			strand.count++;
		if (seen[strand.first].task_id == life->creator)
			check->strands.at[0] = strand;
		else if (!column_push(&check->strands, strand))
			return KG_NOMEM;
	}
	qsort_r(check->strands.at + 1, check->strands.count - 1, sizeof(struct strand),
		compare_strands, check->lives.seen.at);
	return KG_OK;
}

/* is_first, is_last: no life comes before, behind this one. */
static void note_findings(struct kg_run_check *check, const struct departing departings[FIND_COUNT],
			  bool is_first, bool is_last)
{
	for (size_t i = 0; i < FIND_COUNT; i++) {
		struct finding *finding = &check->findings[i];
		if (!departings[i].is_set) {
			finding->fits++;
			continue;
		}
		finding->leaves++;
		if (finding->departing.is_set)
			continue;
		finding->departing = departings[i];
		finding->departing.is_front &= is_first;
		finding->departing.is_tail &= is_last;
	}
}

/* Starts anew what is told of the exits of the life that the output is of. */
static void aim_output(struct kg_run_check *check, uint32_t vm)
{
	check->counts_io = check->has_output && vm == check->output_vm;
	if (!check->counts_io)
		return;
	check->io_found = 0;
	check->io_untold = 0;
}

/* number: from 0, of the lives that may be the report's. */
static enum kg_status compare_life(struct kg_run_check *check, const struct vm_life *life,
				   uint64_t number, bool is_last)
{
	const uint32_t vm = check->vm_order.at[number % check->vm_order.count];
	struct departing departings[FIND_COUNT] = { 0 };
	struct selection selection = { .vm = wants_vm(check->input.run, vm) };
	enum kg_status status = wants_order_vcpus(check, selection.vm);
	if (status == KG_OK)
		status = list_strands(check, life);
	aim_output(check, vm);
	selection.vcpus = check->vcpus.at;
	selection.vcpu_count = check->vcpus.count;
	selection.thread_count = (uint32_t)check->strands.count - 1;
	for (uint32_t i = 0; i < check->strands.count && status == KG_OK; i++) {
		selection.rank = i == 0 ? UINT32_MAX : i - 1;
		status = compare_strand(check, &check->strands.at[i], &selection, is_last,
					departings);
	}
	if (status == KG_OK)
		note_findings(check, departings, number == 0, number + 1 == check->lives.ours);
	return status;
}

/* ---- a trace that does not tell tasks apart -------------------------------------------------- */

/* *first: the first of them, or NO_SEEN. */
static uint64_t count_seen(const struct kg_run_check *check, uint8_t kind, uint32_t *first)
{
	const struct want any = { .kind = kind, .is_check = true };
	uint64_t count = 0;
	*first = NO_SEEN;
	for (size_t i = 0; i < check->lives.seen.count; i++) {
		if (!wants_accepts(&any, &check->lives.seen.at[i]))
			continue;
		if (count++ == 0)
			*first = (uint32_t)i;
	}
	return count;
}

/* Adds up what is wanted of one kind; the place of the first is kept. */
static struct want sum_wants(const struct wants *wants, uint8_t kind, uint64_t *least,
			     uint64_t *most)
{
	struct want first = { .first = NO_STEP, .kind = kind };
	*least = *most = 0;
	for (size_t i = 0; i < wants->rows.count; i++) {
		const struct want *want = &wants->rows.at[i];
		if (want->kind != kind)
			continue;
		*least += want->least;
		*most += want->most;
		if (first.first == NO_STEP)
			first.first = want->first;
	}
	return first;
}

/* Compares how many phases there are of each kind. */
static enum kg_status compare_blurred(struct kg_run_check *check, uint64_t times)
{
	struct departing departings[FIND_COUNT] = { 0 };
	const struct selection all = { .vm = { 0, (uint32_t)check->input.run->step_count },
				       .rank = UINT32_MAX };
	enum kg_status status = wants_make(check, &all);
	if (status != KG_OK)
		return status;
	uint32_t last;
	const bool is_cut = count_seen(check, KG_PHASE_DESTROY_VM, &last) < check->lives_wanted;
	for (uint8_t kind = 0; kind < KG_PHASE_KIND_COUNT; kind++) {
		uint64_t least;
		uint64_t most;
		const struct seen example = { .kind = kind };
		const struct want want = sum_wants(&check->wants, kind, &least, &most);
		uint32_t first;
		const uint64_t count = count_seen(check, kind, &first);
		struct departing *departing = &departings[FIND_STEPS];
		check->phases += count;
		if (departing->is_set || kind == KG_PHASE_RUN || kind == KG_PHASE_MMAP_SIZE ||
		    (count >= least * times &&
		     (count <= most * times || wants_tolerates(check, &example))))
			continue;
		*departing = (struct departing){
			.is_set = true,
			.is_few = count < least * times,
			.is_tail = is_cut,
			.step = want.first != NO_STEP ? check->wants.steps.at[want.first] : NO_STEP,
			.seen = first,
			.why = count < least * times
				       ? "the trace has fewer such phases than the VMM has steps"
				       : "the trace has more such phases than the VMM has steps",
		};
	}
	compare_runs_unordered(check, times, departings);
	note_findings(check, departings, false, true);
	return KG_OK;
}

/* ---- all lives ------------------------------------------------------------------------------- */

static int compare_begins(const void *a, const void *b, void *of)
{
	const struct kg_run_report *run = of;
	const uint32_t left = *(const uint32_t *)a;
	const uint32_t right = *(const uint32_t *)b;
	const uint64_t left_ns = run->steps[wants_vm(run, left).first].start_ns;
	const uint64_t right_ns = run->steps[wants_vm(run, right).first].start_ns;
	if (left_ns != right_ns)
		return left_ns < right_ns ? -1 : 1;
	return (left > right) - (left < right);
}

enum kg_status compare_list_vms(struct kg_run_check *check)
{
	const struct kg_run_report *run = check->input.run;
	for (size_t i = 0; i < run->step_count; i++) {
		if ((i == 0 || run->steps[i].vm != run->steps[i - 1].vm) &&
		    !column_push(&check->vm_order, run->steps[i].vm))
			return KG_NOMEM;
	}
	if (check->vm_order.count > 0)
		qsort_r(check->vm_order.at, check->vm_order.count, sizeof(uint32_t), compare_begins,
			(void *)(uintptr_t)run);
	return KG_OK;
}

enum kg_status compare_lives(struct kg_run_check *check)
{
	const struct lives *lives = &check->lives;
	const size_t vm_count = check->vm_order.count;
	const bool is_whole = check->input.run->verdict == KG_RUN_PASS;
	enum kg_status status = KG_OK;
	uint64_t number = 0;
	if (vm_count == 0)
		return KG_OK;
	if (lives->is_blurred) {
		check->counts_io = check->has_output;
		return compare_blurred(check, check->lives_wanted / vm_count);
	}
	for (size_t i = 0; i < lives->lives.count && status == KG_OK; i++) {
		const struct vm_life *life = &lives->lives.at[i];
		if (!life->is_ours)
			continue;
		bool is_last = number + vm_count >= lives->ours;
		/* of lives that came to no good end the last one alone is told */
		if (is_whole || is_last) {
			is_last = is_last && (!is_whole || lives->ours == check->lives_wanted);
			status = compare_life(check, life, number, is_last);
		}
		number++;
	}
	return status;
}
