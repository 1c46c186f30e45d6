/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how lives are counted. */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cpu.h"

struct report *report_new(struct plan *plan, uint64_t repeat, uint64_t warmup)
{
	struct report *report = calloc(1, sizeof(*report));
	struct utsname name;
	if (report == NULL) {
		plan_release(plan);
		return NULL;
	}
	report->plan = *plan;
	*plan = (struct plan){ 0 };
	report->repeat = repeat;
	report->warmup = warmup;
	report->vendor = cpu_vendor();
	if (uname(&name) == 0)
		memcpy(report->kernel, name.release, sizeof(report->kernel));
	report->last = life_new(&report->plan);
	if (report->last != NULL) {
		report->durations = reallocarray(NULL, report_row_count(report),
						 repeat * sizeof(*report->durations));
		report->life_ns = calloc(repeat, sizeof(*report->life_ns));
		report->outside_ns = calloc(repeat, sizeof(*report->outside_ns));
	}
	if (report->durations == NULL || report->life_ns == NULL || report->outside_ns == NULL) {
		report_free(report);
		return NULL;
	}
	return report;
}

void report_free(struct report *report)
{
	if (report == NULL)
		return;
	life_free(report->last, &report->plan);
	free(report->durations);
	free(report->life_ns);
	free(report->outside_ns);
	plan_release(&report->plan);
	free(report);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* Steps that overlap leave nothing to tell of the time between them. */
static bool steps_follow_each_other(const struct plan *plan)
{
	return plan->params[PARAM_PARALLEL] == 1 && plan->params[PARAM_VCPUS] == 1;
}

void report_count(struct report *report)
{
	const uint64_t at = report->lives++;
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;
	uint64_t inside = 0;
	for (size_t i = 0; i < report_row_count(report); i++) {
		const struct log_row *row = &report->last->rows[i];
		report->durations[i * report->repeat + at] =
			row->is_done ? row->duration_ns : NOT_DONE;
		if (!row->is_done)
			continue;
		const uint64_t end = row->start_ns + row->duration_ns;
		first = row->start_ns < first ? row->start_ns : first;
		last = end > last ? end : last;
		inside += row->duration_ns;
	}
	const bool has_steps = last > 0;
	report->life_ns[at] = has_steps ? last - first : NOT_DONE;
	report->outside_ns[at] = has_steps && steps_follow_each_other(&report->plan)
					 ? last - first - inside
					 : NOT_DONE;
}

/* ---- asking ---------------------------------------------------------------------------------- */

size_t report_row_count(const struct report *report)
{
	return (size_t)report->last->vm_count * report->last->row_count;
}

const struct step *report_step(const struct report *report, size_t row, uint32_t *number)
{
	const uint32_t at = (uint32_t)(row % report->last->row_count);
	uint32_t low = 0;
	uint32_t high = report->plan.step_count;
	/* the last step that begins at or before it */
	while (high - low > 1) {
		const uint32_t middle = low + (high - low) / 2;
		if (report->plan.steps[middle].first_log <= at)
			low = middle;
		else
			high = middle;
	}
	*number = at - report->plan.steps[low].first_log;
	return &report->plan.steps[low];
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t left = *(const uint64_t *)a;
	const uint64_t right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

struct spread spread_of(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_numbers);
	/* what was not done has been sorted behind the rest */
	while (count > 0 && values[count - 1] == NOT_DONE)
		count--;
	if (count == 0)
		return (struct spread){ 0 };
	return (struct spread){ .count = count,
				.min_ns = values[0],
				.median_ns = values[(count - 1) / 2],
				.p99_ns = values[(count * 99 + 99) / 100 - 1],
				.max_ns = values[count - 1] };
}

struct spread report_row_spread(struct report *report, size_t row)
{
	return spread_of(&report->durations[row * report->repeat], report->lives);
}

uint64_t report_exits(const struct report *report, enum reason reason)
{
	uint64_t count = 0;
	for (size_t i = 0; i < report_row_count(report); i++) {
		uint32_t number;
		const struct log_row *row = &report->last->rows[i];
		if (row->is_done && row->result >= 0 && row->reason == reason &&
		    report_step(report, i, &number)->row->kind == STEP_RUN)
			count++;
	}
	return count;
}
