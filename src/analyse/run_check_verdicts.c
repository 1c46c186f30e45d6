/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what the comparison of a trace with a run report comes to. */
#include "analyse/run_check.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

static const char *const heads[CHECK_COUNT][2] = {
	[CHECK_VERDICT] = { "report:verdict", "the VMM was content with what it saw" },
	[CHECK_VENDOR] = { "report:vendor",
			   "the VMM and the trace name the same kind of processor" },
	[CHECK_STEPS] = { "report:steps", "every step of the VMM has its phase, in order" },
	[CHECK_RUNS] = { "report:runs", "there are as many KVM_RUN as the VMM made" },
	[CHECK_EXITS] = { "report:exits", "every KVM_RUN ended as the VMM saw it" },
	[CHECK_OUTPUT] = { "report:output", "what the guest printed left it byte by byte" },
};

/* ---- doubt ----------------------------------------------------------------------------------- */

static const char *why_lossy(const struct kg_run_check *check)
{
	const struct kg_environment *environment = check->input.environment;
	if (check->input.info->lost_gaps > 0 || (environment != NULL && environment->lost > 0))
		return "the tracer lost events: what is missing may have been there";
	return NULL;
}

/* The trace may be right and yet lack what the report has. */
static const char *why_partial(const struct kg_run_check *check)
{
	const struct kg_environment *environment = check->input.environment;
	if (check->input.info->exits_only)
		return "calls below a threshold were not recorded";
	if (environment != NULL && environment->depth > 0)
		return "calls below a depth were not recorded";
	if (environment != NULL && environment->graph.count > 0)
		return "only what some functions call was recorded";
	return NULL;
}

/* How many events of the buffers are in the trace; a leaf is two. */
static uint64_t count_events(const struct kg_line_counts *lines)
{
	return lines->entry + 2 * lines->leaf + lines->exit + lines->exit_named + lines->comment;
}

/* A recording begins before the VMM and ends after it; its environment tells how much it had. */
static bool may_be_cut(const struct kg_run_check *check)
{
	const struct kg_environment *environment = check->input.environment;
	const struct kg_info *info = check->input.info;
	uint64_t entries = 0;
	if (environment == NULL || environment->lost > 0 ||
	    info->diags.entries[KG_DIAG_TRUNCATED_LINE].count > 0)
		return true;
	for (size_t i = 0; i < environment->buffer_count; i++)
		entries += environment->buffers[i].entries;
	return count_events(&info->lines) < entries;
}

static bool lacks_begin(const struct kg_run_check *check)
{
	const struct lives *lives = &check->lives;
	for (size_t i = 0; i < lives->lives.count; i++) {
		if (lives->lives.at[i].is_ours && !lives->lives.at[i].has_create)
			return check->wants_vm;
	}
	return false;
}

/* What the steps say about the ends of the trace goes for all that is counted. */
static const char *why_cut(const struct kg_run_check *check)
{
	const struct departing *departing = &check->findings[FIND_STEPS].departing;
	if (!departing->is_set || !may_be_cut(check))
		return NULL;
	if (departing->is_front || (lacks_begin(check) && !departing->lacks_one))
		return "the trace may begin in the middle of the VM's life";
	return departing->is_tail ? "the trace may end before the VM does" : NULL;
}

/* Takes a verdict back that the trace does not carry. */
static void doubt(const struct kg_run_check *check, struct kg_check *out)
{
	const bool has_failed = out->verdict == KG_VERDICT_FAIL;
	if (!has_failed && out->verdict != KG_VERDICT_PASS)
		return;
	const char *why = why_lossy(check);
	if (why == NULL && has_failed)
		why = why_partial(check);
	if (why == NULL && has_failed)
		why = check->why_cut;
	if (why == NULL)
		return;
	out->verdict = KG_VERDICT_INCONCLUSIVE;
	out->why = why;
}

/* ---- whose lives ----------------------------------------------------------------------------- */

/* All of one task, so that nobody else's can be among them. */
static bool are_of_one_task(const struct lives *lives)
{
	const struct vm_life *first = NULL;
	for (size_t i = 0; i < lives->lives.count; i++) {
		const struct vm_life *life = &lives->lives.at[i];
		if (!life->is_ours)
			continue;
		if (first != NULL && life->creator != first->creator)
			return false;
		first = life;
	}
	return true;
}

/* Lives that are missing, or too many for the VMM alone. */
static enum kg_status judge_lives(struct kg_run_check *check, struct kg_check *out)
{
	const struct lives *lives = &check->lives;
	const bool is_few = lives->ours < check->lives_wanted;
	if (lives->is_blurred || lives->ours == check->lives_wanted ||
	    (check->input.run->verdict != KG_RUN_PASS && lives->ours > 0) ||
	    out->verdict != KG_VERDICT_PASS || (!is_few && !are_of_one_task(lives)))
		return KG_OK;
	out->verdict = KG_VERDICT_FAIL;
	out->why = is_few ? "the trace has fewer VMs than the VMM made"
			  : "the trace has more VMs than the VMM made";
	out->expected = words_count(check, check->lives_wanted, "VM");
	out->found = words_count(check, lives->ours, "VM");
	if (is_few && may_be_cut(check))
		check->why_cut = "the trace may begin after the VMM or end before it";
	doubt(check, out);
	return out->expected != NULL && out->found != NULL ? KG_OK : KG_NOMEM;
}

/* ---- findings -------------------------------------------------------------------------------- */

static enum kg_status judge_finding(struct kg_run_check *check, enum finding_kind kind,
				    struct kg_check *out)
{
	const struct finding *finding = &check->findings[kind];
	out->verdict = KG_VERDICT_PASS;
	if (finding->leaves == 0)
		return KG_OK;
	out->verdict = KG_VERDICT_FAIL;
	enum kg_status status = words_departing(check, kind, &finding->departing, out);
	const bool has_others =
		check->lives.ours > check->lives_wanted && !are_of_one_task(&check->lives);
	if (has_others && finding->fits > 0) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = "of several VMs in the trace some are as the VMM tells it, and which "
			   "one is its own the trace does not tell";
	} else if (check->lives.is_blurred && !finding->departing.is_few) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = "the trace does not tell tasks apart, and others may be in it";
	}
	doubt(check, out);
	return status;
}

static enum kg_status judge_steps(struct kg_run_check *check, struct kg_check *out)
{
	if (check->phases == 0 && check->wants.hidden == 0 && !check->has_phases) {
		out->verdict = KG_VERDICT_SKIPPED;
		out->why = "the VMM did not get as far as to a step that shows";
		return KG_OK;
	}
	enum kg_status status = judge_finding(check, FIND_STEPS, out);
	if (status == KG_OK)
		status = judge_lives(check, out);
	if (status != KG_OK || out->verdict != KG_VERDICT_PASS)
		return status;
	if (check->phases == 0 && check->wants.hidden > 0) {
		out->verdict = KG_VERDICT_NOT_TRACEABLE;
		out->why = "none of the functions that show a step were traced";
		return KG_OK;
	}
	if (check->wants.hidden > 0)
		out->why = "steps whose functions were not traced are left out";
	out->found = arena_format(&check->memory, "%" PRIu64 " phase%s of %" PRIu32 " VM%s",
				  check->phases, check->phases == 1 ? "" : "s", check->lives.ours,
				  check->lives.ours == 1 ? "" : "s");
	doubt(check, out);
	return out->found != NULL ? KG_OK : KG_NOMEM;
}

/* Whether there is nothing to say about runs, which is said then. */
static bool has_no_runs(const struct kg_run_check *check, struct kg_check *out)
{
	if (!check->has_runs) {
		out->verdict = KG_VERDICT_SKIPPED;
		out->why = "the VMM did not get as far as to a run";
	} else if (check->is_hidden[KG_PHASE_RUN]) {
		out->verdict = KG_VERDICT_NOT_TRACEABLE;
		out->why = "the functions that show a run were not traced";
	} else {
		return false;
	}
	return true;
}

static enum kg_status judge_runs(struct kg_run_check *check, struct kg_check *out)
{
	if (has_no_runs(check, out))
		return KG_OK;
	enum kg_status status = judge_finding(check, FIND_RUNS, out);
	if (status == KG_OK)
		status = judge_lives(check, out);
	if (status != KG_OK || out->verdict != KG_VERDICT_PASS)
		return status;
	out->found = words_count(check, check->runs_found, "run");
	doubt(check, out);
	return out->found != NULL ? KG_OK : KG_NOMEM;
}

static enum kg_status judge_exits(struct kg_run_check *check, struct kg_check *out)
{
	if (has_no_runs(check, out))
		return KG_OK;
	if (check->findings[FIND_RUNS].leaves > 0 ||
	    check->findings[FIND_EXITS].fits + check->findings[FIND_EXITS].leaves == 0) {
		out->verdict = KG_VERDICT_SKIPPED;
		out->why = "the runs are not those of the VMM (see report:runs)";
		return KG_OK;
	}
	enum kg_status status = judge_finding(check, FIND_EXITS, out);
	if (status != KG_OK || out->verdict != KG_VERDICT_PASS)
		return status;
	out->found = arena_format(&check->memory,
				  "%" PRIu64 " told by their handlers, %" PRIu64
				  " as the trace can tell them, %" PRIu64 " not told",
				  check->exits_told, check->exits_explained, check->exits_untold);
	doubt(check, out);
	if (out->verdict == KG_VERDICT_PASS && check->exits_untold > 0) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = "the trace does not name the handler of every exit";
	}
	return out->found != NULL ? KG_OK : KG_NOMEM;
}

/* ---- output ---------------------------------------------------------------------------------- */

/* What the steps of the report themselves say of it. */
static void add_up_output(const struct kg_run_check *check, uint64_t *printed, uint64_t *exits)
{
	const struct kg_run_report *run = check->input.run;
	*printed = *exits = 0;
	for (size_t i = 0; i < run->step_count; i++) {
		const struct kg_run_step *step = &run->steps[i];
		const bool is_meant = step->vm == check->output_vm;
		*printed += is_meant ? wants_printed(step) : 0;
		*exits += (is_meant || check->lives.is_blurred) && step->exit == KG_RUN_EXIT_IO;
	}
	if (check->lives.is_blurred)
		*exits *= check->lives_wanted / check->vm_order.count;
}

static enum kg_status compare_output(struct kg_run_check *check, struct kg_check *out)
{
	uint64_t printed;
	uint64_t exits;
	add_up_output(check, &printed, &exits);
	const bool is_few = check->io_found < exits;
	out->verdict = KG_VERDICT_FAIL;
	out->expected = arena_format(&check->memory, "%" PRIu64 " byte%s by %" PRIu64 " exit%s",
				     check->input.run->output_bytes,
				     check->input.run->output_bytes == 1 ? "" : "s", exits,
				     exits == 1 ? "" : "s");
	out->found = arena_format(
		&check->memory, "%" PRIu64 " byte%s in the steps, %" PRIu64 " exit%s in the trace",
		printed, printed == 1 ? "" : "s", check->io_found, check->io_found == 1 ? "" : "s");
	if (out->expected == NULL || out->found == NULL)
		return KG_NOMEM;
	if (printed != check->input.run->output_bytes) {
		out->why = "the report's output is not what its own steps printed";
		return KG_OK;
	}
	if (is_few && check->io_found + check->io_untold >= exits) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = "the trace does not name the handler of every exit";
	} else if (check->io_found == exits) {
		out->verdict = KG_VERDICT_PASS;
	} else {
		out->why = is_few ? "bytes that the VMM printed have no exit in the trace"
				  : "the trace has more exits of this kind than the VMM saw";
	}
	doubt(check, out);
	if (out->verdict == KG_VERDICT_PASS)
		out->expected = NULL;
	return check->io_found > 0 && out->verdict != KG_VERDICT_PASS
		       ? words_place(check, check->io_seen, out)
		       : KG_OK;
}

static enum kg_status judge_output(struct kg_run_check *check, struct kg_check *out)
{
	if (!check->has_output) {
		out->verdict = KG_VERDICT_SKIPPED;
		out->why = "the VMM did not look at what the guest printed";
		return KG_OK;
	}
	if (has_no_runs(check, out))
		return KG_OK;
	return compare_output(check, out);
}

/* ---- the report itself ----------------------------------------------------------------------- */

static void judge_vendor(struct kg_run_check *check, struct kg_check *out)
{
	const char *found = kg_vendor_name(check->vendor);
	out->expected = check->input.run->vendor;
	out->found = found;
	if (out->expected == NULL) {
		out->verdict = KG_VERDICT_SKIPPED;
		out->why = "the VMM could not tell what KVM uses here";
	} else if (found == NULL) {
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		out->why = "the trace has no function that tells the vendor";
	} else if (strcmp(out->expected, found) == 0) {
		out->verdict = KG_VERDICT_PASS;
		out->expected = NULL;
	} else {
		out->verdict = KG_VERDICT_FAIL;
		out->why = "trace and report are not of the same run";
	}
}

static void judge_verdict(struct kg_run_check *check, struct kg_check *out)
{
	const struct kg_run_report *run = check->input.run;
	switch (run->verdict) {
	case KG_RUN_PASS:
		out->verdict = KG_VERDICT_PASS;
		return;
	case KG_RUN_STOPPED:
		out->verdict = KG_VERDICT_INCONCLUSIVE;
		break;
	case KG_RUN_FAIL:
		out->verdict = KG_VERDICT_FAIL;
		break;
	}
	out->why = "the VMM says that a step did not come to what it has to";
	if (run->verdict == KG_RUN_STOPPED)
		out->why = "the VMM was stopped before its end";
	if (run->failure == NULL)
		return;
	out->expected = run->failure->expected;
	out->found = run->failure->found != NULL ? run->failure->found : run->failure->message;
}

enum kg_status verdicts_make(struct kg_run_check *check)
{
	struct kg_check *checks = check->checks;
	for (size_t i = 0; i < CHECK_COUNT; i++)
		checks[i] = (struct kg_check){ .id = heads[i][0], .title = heads[i][1] };
	check->why_cut = why_cut(check);
	judge_verdict(check, &checks[CHECK_VERDICT]);
	judge_vendor(check, &checks[CHECK_VENDOR]);
	enum kg_status status = judge_steps(check, &checks[CHECK_STEPS]);
	if (status == KG_OK)
		status = judge_runs(check, &checks[CHECK_RUNS]);
	if (status == KG_OK)
		status = judge_exits(check, &checks[CHECK_EXITS]);
	if (status == KG_OK)
		status = judge_output(check, &checks[CHECK_OUTPUT]);
	return status;
}
