/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the end of a recording is told. */
#include "cli/record_judge.h"

#include <inttypes.h>
#include <string.h>

#include "cli/report.h"
#include "base/banned.h"

static void tell_command(const struct record_end *end)
{
	const struct kg_environment *environment = end->environment;
	const char *what = end->is_vmm ? "the reference VMM" : environment->command.at[0];
	if (environment->exit_signal != 0)
		report_error(end->command->name, "%s was ended by signal %d (%s)", what,
			     environment->exit_signal, strsignal(environment->exit_signal));
	else if (environment->exit_code != 0)
		report_error(end->command->name, "%s ended with exit code %d", what,
			     environment->exit_code);
}

/* Other VMs are in the trace, and nobody said that they should. */
static void tell_others(const struct record_end *end)
{
	const int count = end->environment->other_vms;
	if (count <= 0 || end->has_chosen_tasks)
		return;
	report_error(
		end->command->name,
		"%d other VM%s: calls of %s are in the trace too (--own leaves them out, --all "
		"says that it is meant so)",
		count, count == 1 ? " runs" : "s run", count == 1 ? "it" : "them");
}

/* A trace of one task lacks what verify looks for. */
static void tell_own(const struct record_end *end)
{
	if (end->environment->is_only_command && !end->quiet)
		report_error(
			end->command->name,
			"%s: only the command was traced: verify will miss what belongs to its "
			"VM and runs elsewhere (--all has it)",
			end->trace);
}

static void tell_losses(const struct record_end *end)
{
	if (end->environment->lost > 0)
		report_error(end->command->name,
			     "%s: %" PRIu64 " events were lost for want of room, and the trace was "
			     "kept (--buffer-size %" PRIu64 " would have held them all)",
			     end->trace, end->environment->lost, end->environment->needed_kib);
}

static void tell_summary(const struct record_end *end)
{
	const struct kg_environment *environment = end->environment;
	uint64_t entries = 0;
	if (end->quiet)
		return;
	for (size_t i = 0; i < environment->buffer_count; i++)
		entries += environment->buffers[i].entries;
	report_error(end->command->name,
		     "%s: %" PRIu64 " events, %zu functions of %s traced in %s; %s tells the rest",
		     end->trace, entries, environment->function_count, environment->release,
		     environment->is_instance ? "an instance" : "the top buffer",
		     end->environment_file);
}

int record_is_kept(const struct record_end *end)
{
	const int code = end->environment->exit_code;
	/* the VMM did not come as far as running anything */
	if (!end->is_vmm || (code != EXIT_WRONG && code != EXIT_LACKING))
		return EXIT_DONE;
	tell_command(end);
	return code;
}

int record_judge(const struct record_end *end)
{
	const int code = end->environment->exit_code;
	tell_command(end);
	tell_others(end);
	tell_own(end);
	tell_losses(end);
	tell_summary(end);
	/* a difference that the VMM found stands, whatever the trace lost */
	if (end->is_vmm && code != EXIT_DONE)
		return code == EXIT_NO ? EXIT_NO : EXIT_INTERNAL;
	return end->environment->lost > 0 ? EXIT_INCONCLUSIVE : EXIT_DONE;
}
