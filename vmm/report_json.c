/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.run/1. */
#include "report.h"

#include <jansson.h>

/* ---- values ---------------------------------------------------------------------------------- */

static json_t *string_or_null(const char *string)
{
	return string != NULL && string[0] != '\0' ? json_string(string) : json_null();
}

static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* Bytes as the characters U+0000 to U+00FF, so that any guest's output is legal JSON. */
static json_t *bytes(const char *at, uint32_t len)
{
	char text[2 * OUTPUT_BYTES];
	size_t used = 0;
	for (uint32_t i = 0; i < len; i++) {
		const unsigned char byte = (unsigned char)at[i];
		if (byte >= 0x80)
			text[used++] = (char)(0xc0 | byte >> 6);
		text[used++] = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
	}
	return json_stringn(text, used);
}

/* ---- members --------------------------------------------------------------------------------- */

/* Appends a member; takes the value over. *object is NULL once something was missing. */
static void add(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}

static void add_spread(json_t **object, const struct spread *spread)
{
	add(object, "count", number(spread->count));
	add(object, "min_ns", number(spread->min_ns));
	add(object, "median_ns", number(spread->median_ns));
	add(object, "p99_ns", number(spread->p99_ns));
	add(object, "max_ns", number(spread->max_ns));
}

static json_t *make_spread(uint64_t *values, size_t count)
{
	const struct spread spread = spread_of(values, count);
	if (spread.count == 0)
		return json_null();
	json_t *object = json_object();
	add_spread(&object, &spread);
	return object;
}

static json_t *make_params(const struct plan *plan)
{
	json_t *object = json_object();
	add(&object, "memory", number(plan->params[PARAM_MEMORY]));
	for (size_t i = 0; i < plan->scenario->param_count; i++) {
		const enum param param = plan->scenario->params[i].param;
		/* without the dashes */
		add(&object, param_option(param) + 2, number(plan->params[param]));
	}
	return object;
}

static json_t *make_exits(const struct report *report)
{
	json_t *object = json_object();
	for (enum reason reason = 0; reason < REASON_COUNT; reason++) {
		const uint64_t count = report_exits(report, reason);
		if (count > 0)
			add(&object, reason_name(reason), number(count));
	}
	return object;
}

static const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_PASS:
		return "pass";
	case OUTCOME_STOPPED:
		return "stopped";
	case OUTCOME_DIFFERS:
	case OUTCOME_LACKING:
	case OUTCOME_INTERNAL:
	case OUTCOME_USAGE:
		break;
	}
	return "fail";
}

static json_t *make_failure(const struct report *report)
{
	const struct failure *failure = &report->last->failure;
	if (failure->outcome == OUTCOME_PASS)
		return json_null();
	json_t *object = json_object();
	const struct step *step = failure->step;
	add(&object, "step",
	    step != NULL ? json_string(step_words(step->row->kind)->name) : json_null());
	add(&object, "vm", number(failure->vm));
	add(&object, "vcpu", step != NULL ? number(step->vcpu) : json_null());
	add(&object, "expected", string_or_null(failure->expected));
	add(&object, "found", string_or_null(failure->found));
	add(&object, "message", json_string(failure->message));
	return object;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static json_t *make_row(struct report *report, size_t at, uint64_t first_ns)
{
	uint32_t rank;
	const struct step *step = report_step(report, at, &rank);
	const struct step_words *words = step_words(step->row->kind);
	const struct log_row *row = &report->last->rows[at];
	const struct spread spread = report_row_spread(report, at);
	const bool is_run = step->row->kind == STEP_RUN && row->result >= 0;
	json_t *object = json_object();
	add(&object, "step", json_string(words->name));
	add(&object, "ioctl", string_or_null(words->ioctl));
	add(&object, "duration_ns", number(spread.median_ns));
	add(&object, "result", json_integer(row->result));
	add(&object, "detail", string_or_null(row->detail));
	add(&object, "errno", number((uint64_t)row->os_errno));
	add(&object, "ok", json_boolean(row->is_ok));
	add(&object, "phase", string_or_null(step->phase));
	add(&object, "exit", is_run ? json_string(reason_name(row->reason)) : json_null());
	add(&object, "interrupted", number(row->interrupted));
	add(&object, "vm", number(at / report->last->row_count));
	add(&object, "vcpu", number(step->vcpu));
	add(&object, "start_ns", number(row->start_ns - first_ns));
	if (report->repeat > 1)
		add_spread(&object, &spread);
	return object;
}

static bool write_value(json_t *value, FILE *to)
{
	const bool is_made = value != NULL && json_dumpf(value, to, JSON_ENCODE_ANY) == 0;
	json_decref(value);
	/* a write that failed is told by the stream */
	return is_made || (value != NULL && ferror(to));
}

static bool write_member(const char *key, json_t *value, FILE *to)
{
	fprintf(to, ",\n\"%s\": ", key);
	return write_value(value, to);
}

static uint64_t first_start(const struct report *report)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < report_row_count(report); i++) {
		const struct log_row *row = &report->last->rows[i];
		if (row->is_done && row->start_ns < first)
			first = row->start_ns;
	}
	return first;
}

static bool write_rows(struct report *report, FILE *to)
{
	const uint64_t first_ns = first_start(report);
	bool is_made = true;
	const char *before = "\n";
	fputs(",\n\"steps\": [", to);
	for (size_t i = 0; i < report_row_count(report) && is_made; i++) {
		if (!report->last->rows[i].is_done)
			continue;
		fputs(before, to);
		before = ",\n";
		is_made = write_value(make_row(report, i, first_ns), to);
	}
	fputs(before[0] == ',' ? "\n]" : "]", to);
	return is_made;
}

bool report_json(struct report *report, FILE *to)
{
	const struct life *last = report->last;
	fputs("{\n\"schema\": \"kvmgraph.run/1\"", to);
	const bool is_made =
		write_member("scenario", json_string(report->plan.scenario->name), to) &&
		write_member("vendor", string_or_null(report->vendor), to) &&
		write_member("kernel", string_or_null(report->kernel), to) &&
		write_member("parameters", make_params(&report->plan), to) &&
		write_member("repeat", number(report->repeat), to) &&
		write_member("warmup", number(report->warmup), to) &&
		write_member("marks", json_boolean(report->has_marks), to) &&
		write_rows(report, to) && write_member("exits", make_exits(report), to) &&
		write_member("output", bytes(last->output, last->output_len), to) &&
		write_member("life", make_spread(report->life_ns, report->lives), to) &&
		write_member("outside", make_spread(report->outside_ns, report->lives), to) &&
		write_member("failure", make_failure(report), to) &&
		write_member("verdict", json_string(outcome_name(last->failure.outcome)), to);
	fputs("\n}\n", to);
	return is_made;
}
