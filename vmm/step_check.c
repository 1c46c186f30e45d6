/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a guest is checked for when it has run. */
#include "steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Compares a number with what the step expects; format says what it is, for a person. */
static bool judge(struct machine *machine, const struct step *step, struct log_row *row,
		  uint64_t found, const char *what)
{
	snprintf(row->detail, sizeof(row->detail), "%s 0x%" PRIx64, what, found);
	row->is_ok = found == amount_of(machine->plan, &step->row->expect, step->index);
	return row->is_ok || machine_fail(machine, step, OUTCOME_DIFFERS, "%s", row->detail);
}

bool step_check_register(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_begin(machine, step, row);
	row_end(machine, step, row, 0);
	return judge(machine, step, row, machine->vcpus[step->vcpu].regs.rax, "rax");
}

bool step_check_memory(struct machine *machine, const struct step *step, struct log_row *row)
{
	uint64_t found;
	row_begin(machine, step, row);
	memcpy(&found, machine_at(machine, step->row->address), sizeof(found));
	row_end(machine, step, row, 0);
	return judge(machine, step, row, found, "memory");
}

bool step_check_mmio(struct machine *machine, const struct step *step, struct log_row *row)
{
	row_begin(machine, step, row);
	row_end(machine, step, row, 0);
	return judge(machine, step, row, machine->vcpus[step->vcpu].mmio_sum, "added up");
}

/* The vCPUs' output, one behind the other, is the life's. */
static void gather_output(const struct machine *machine)
{
	struct life *life = machine->life;
	uint32_t len = 0;
	for (size_t i = 0; i < MACHINE_VCPUS; i++) {
		const struct vcpu *vcpu = &machine->vcpus[i];
		const uint32_t room = OUTPUT_BYTES - len;
		const uint32_t more = vcpu->output_len < room ? vcpu->output_len : room;
		memcpy(life->output + len, vcpu->output, more);
		len += more;
	}
	life->output_len = len;
}

bool step_check_output(struct machine *machine, const struct step *step, struct log_row *row)
{
	const uint64_t len = amount_of(machine->plan, &step->row->expect, step->index);
	const struct life *life = machine->life;
	row_begin(machine, step, row);
	gather_output(machine);
	row_end(machine, step, row, 0);
	snprintf(row->detail, sizeof(row->detail), "%u bytes", life->output_len);
	row->is_ok = life->output_len == len &&
		     memcmp(life->output, machine->plan->scenario->output, len) == 0;
	return row->is_ok || machine_fail(machine, step, OUTCOME_DIFFERS, "%s%s", row->detail,
					  life->output_len == len ? " that differ" : "");
}
