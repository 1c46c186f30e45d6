/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what of a run a person wants to see. */
#include "report.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "columns.h"

/* more rows than this are summed up by step */
#define ROWS_SHOWN 64

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* ---- every row ------------------------------------------------------------------------------- */

static void put_name(struct columns *table, const struct report *report, size_t at,
		     const struct step *step)
{
	const char *name = step_words(step->row->kind)->name;
	if (report->last->vm_count > 1)
		column(table, "VM %zu: %s", at / report->last->row_count, name);
	else if (step_is_of_one(step))
		column(table, "vCPU %u: %s", step->vcpu, name);
	else
		column(table, "%s", name);
}

static void put_result(struct columns *table, const struct log_row *row)
{
	if (row->os_errno != 0)
		column(table, "errno %d", row->os_errno);
	else
		column(table, "%" PRId64, row->result);
}

static void write_once(struct report *report, FILE *to)
{
	static const char *const titles[] = { "step", "ioctl", "result", "duration", "detail" };
	struct columns table = columns_start(to, "<<>><", titles);
	while (columns_pass(&table)) {
		for (size_t i = 0; i < report_row_count(report); i++) {
			uint32_t number;
			const struct log_row *row = &report->last->rows[i];
			const struct step *step = report_step(report, i, &number);
			if (!row->is_done)
				continue;
			put_name(&table, report, i, step);
			column(&table, "%s", or_empty(step_words(step->row->kind)->ioctl));
			put_result(&table, row);
			column_ns(&table, row->duration_ns);
			column(&table, "%s%s", row->is_ok ? "" : "<-- ", row->detail);
		}
	}
}

static void put_spread(struct columns *table, const struct spread *spread)
{
	column_ns(table, spread->min_ns);
	column_ns(table, spread->median_ns);
	column_ns(table, spread->p99_ns);
	column_ns(table, spread->max_ns);
}

static void write_spreads(struct report *report, FILE *to)
{
	static const char *const titles[] = { "step", "ioctl", "min",	"median",
					      "p99",  "max",   "detail" };
	struct columns table = columns_start(to, "<<>>>><", titles);
	while (columns_pass(&table)) {
		for (size_t i = 0; i < report_row_count(report); i++) {
			uint32_t number;
			const struct log_row *row = &report->last->rows[i];
			const struct step *step = report_step(report, i, &number);
			const struct spread spread = report_row_spread(report, i);
			if (spread.count == 0)
				continue;
			put_name(&table, report, i, step);
			column(&table, "%s", or_empty(step_words(step->row->kind)->ioctl));
			put_spread(&table, &spread);
			column(&table, "%s%s", row->is_ok ? "" : "<-- ", row->detail);
		}
	}
}

/* ---- summed up ------------------------------------------------------------------------------- */

/* Durations of a row's steps, gathered in values, which has room for all. */
static size_t gather(const struct report *report, const struct scenario_step *row, uint64_t *values)
{
	size_t count = 0;
	for (size_t i = 0; i < report_row_count(report); i++) {
		uint32_t number;
		if (report_step(report, i, &number)->row != row)
			continue;
		for (uint64_t life = 0; life < report->lives; life++)
			values[count++] = report->durations[i * report->repeat + life];
	}
	return count;
}

static bool write_sums(struct report *report, FILE *to)
{
	static const char *const titles[] = { "step",	"ioctl", "times", "min",
					      "median", "p99",	 "max" };
	const struct scenario *scenario = report->plan.scenario;
	uint64_t *values =
		reallocarray(NULL, report_row_count(report), report->repeat * sizeof(*values));
	if (values == NULL)
		return false;
	struct columns table = columns_start(to, "<<>>>>>", titles);
	while (columns_pass(&table)) {
		for (size_t i = 0; i < scenario->step_count; i++) {
			const struct scenario_step *row = &scenario->steps[i];
			const size_t count = gather(report, row, values);
			const struct spread spread = spread_of(values, count);
			if (spread.count == 0)
				continue;
			column(&table, "%s", step_words(row->kind)->name);
			column(&table, "%s", or_empty(step_words(row->kind)->ioctl));
			column(&table, "%" PRIu64, spread.count);
			put_spread(&table, &spread);
		}
	}
	free(values);
	return true;
}

/* ---- around it ------------------------------------------------------------------------------- */

static void write_exits(const struct report *report, FILE *to)
{
	const char *before = "exits   ";
	for (enum reason reason = 0; reason < REASON_COUNT; reason++) {
		const uint64_t count = report_exits(report, reason);
		if (count == 0)
			continue;
		fprintf(to, "%s%" PRIu64 " %s", before, count, reason_name(reason));
		before = ", ";
	}
	if (before[0] == ',')
		fputc('\n', to);
}

static void write_output(const struct report *report, FILE *to)
{
	if (report->last->output_len == 0)
		return;
	fputs("output  \"", to);
	for (uint32_t i = 0; i < report->last->output_len; i++) {
		const unsigned char byte = (unsigned char)report->last->output[i];
		if (byte == '\n')
			fputs("\\n", to);
		else if (byte == '"' || byte == '\\' || !isascii(byte) || !isprint(byte))
			fprintf(to, "\\x%02x", byte);
		else
			fputc(byte, to);
	}
	fputs("\"\n", to);
}

static void write_duration(const char *what, uint64_t ns, FILE *to)
{
	char text[DURATION_LEN];
	duration_write(text, ns);
	fprintf(to, "%s%s", what, text);
}

static void write_life(struct report *report, FILE *to)
{
	const struct spread life = spread_of(report->life_ns, report->lives);
	const struct spread outside = spread_of(report->outside_ns, report->lives);
	if (life.count == 0)
		return;
	write_duration(life.count > 1 ? "life    median " : "life    ", life.median_ns, to);
	if (outside.count > 0)
		write_duration(", outside the steps ", outside.median_ns, to);
	if (life.count > 1)
		fprintf(to, ", %" PRIu64 " lives", life.count);
	fputc('\n', to);
}

static void write_verdict(const struct report *report, FILE *to)
{
	const struct failure *failure = &report->last->failure;
	const char *const name = report->plan.scenario->name;
	switch (failure->outcome) {
	case OUTCOME_PASS:
		fprintf(to, "PASS: every step of %s came to what it should\n", name);
		return;
	case OUTCOME_STOPPED:
		fprintf(to, "STOPPED: %s\n", failure->message);
		return;
	case OUTCOME_DIFFERS:
	case OUTCOME_LACKING:
	case OUTCOME_INTERNAL:
	case OUTCOME_USAGE:
		fprintf(to, "FAIL: %s\n", failure->message);
	}
}

bool report_text(struct report *report, bool is_verbose, FILE *to)
{
	bool is_made = true;
	fprintf(to, "%s: %s\n", report->plan.scenario->name, report->plan.scenario->summary);
	if (report_row_count(report) > ROWS_SHOWN && !is_verbose)
		is_made = write_sums(report, to);
	else if (report->repeat > 1)
		write_spreads(report, to);
	else
		write_once(report, to);
	write_exits(report, to);
	write_output(report, to);
	write_life(report, to);
	write_verdict(report, to);
	return is_made;
}
