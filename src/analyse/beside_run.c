/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how kvmgraph.run/1 is read. */
#include <kvmgraph/beside.h>

#include <limits.h>
#include <string.h>

#include "analyse/beside_json.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

struct run_file {
	struct kg_run_report report;
	struct arena memory;
};

static const char *const exit_names[] = {
#define EXIT_NAME(symbol, name) [symbol] = name,
	KG_RUN_EXIT_LIST(EXIT_NAME)
#undef EXIT_NAME
};

const char *kg_run_exit_name(enum kg_run_exit exit)
{
	return (size_t)exit < KG_RUN_EXIT_COUNT ? exit_names[exit] : "unknown";
}

/* ---- names ----------------------------------------------------------------------------------- */

static enum kg_run_exit exit_of(const char *name)
{
	size_t exit = 0;
	while (exit < KG_RUN_EXIT_COUNT && strcmp(exit_names[exit], name) != 0)
		exit++;
	return (enum kg_run_exit)exit;
}

static enum kg_phase_kind phase_of(const char *name)
{
	size_t kind = 0;
	while (kind < KG_PHASE_KIND_COUNT &&
	       strcmp(kg_phase_name((enum kg_phase_kind)kind), name) != 0)
		kind++;
	return (enum kg_phase_kind)kind;
}

static enum kg_run_exit read_exit(struct json_reader *reader, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "exit"));
	const enum kg_run_exit exit = name != NULL ? exit_of(name) : KG_RUN_EXIT_COUNT;
	json_t *value = json_reader_member(reader, object, "exit");
	if (value != NULL && !json_is_null(value) && exit == KG_RUN_EXIT_COUNT)
		json_reader_fail(reader, "exit", "is no reason to leave KVM_RUN");
	return exit;
}

static enum kg_phase_kind read_phase(struct json_reader *reader, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "phase"));
	const enum kg_phase_kind phase = name != NULL ? phase_of(name) : KG_PHASE_KIND_COUNT;
	json_t *value = json_reader_member(reader, object, "phase");
	if (value != NULL && !json_is_null(value) && phase == KG_PHASE_KIND_COUNT)
		json_reader_fail(reader, "phase", "is no phase");
	return phase;
}

static enum kg_run_verdict read_verdict(struct json_reader *reader, const json_t *root)
{
	const char *name = json_reader_name(reader, root, "verdict");
	if (strcmp(name, "pass") == 0)
		return KG_RUN_PASS;
	if (strcmp(name, "stopped") == 0)
		return KG_RUN_STOPPED;
	if (strcmp(name, "fail") != 0)
		json_reader_fail(reader, "verdict", "has to be pass, fail or stopped");
	return KG_RUN_FAIL;
}

/* ---- members --------------------------------------------------------------------------------- */

static void read_step(struct json_reader *reader, const json_t *object, struct kg_run_step *step)
{
	*step = (struct kg_run_step){
		.step = json_reader_name(reader, object, "step"),
		.ioctl = json_reader_text(reader, object, "ioctl"),
		.detail = json_reader_text(reader, object, "detail"),
		.start_ns = json_reader_count(reader, object, "start_ns", INT64_MAX),
		.interrupted = json_reader_count(reader, object, "interrupted", UINT32_MAX),
		.vm = (uint32_t)json_reader_count(reader, object, "vm", UINT32_MAX),
		.vcpu = (uint32_t)json_reader_count(reader, object, "vcpu", UINT32_MAX),
		.os_errno = (int)json_reader_count(reader, object, "errno", INT_MAX),
		.phase = read_phase(reader, object),
		.exit = read_exit(reader, object),
		.is_ok = json_reader_boolean(reader, object, "ok"),
	};
	const json_t *result = json_reader_member(reader, object, "result");
	if (result != NULL && !json_is_integer(result))
		json_reader_fail(reader, "result", "has to be a number");
	step->result = json_integer_value(result);
}

static void read_steps(struct json_reader *reader, const json_t *root, struct kg_run_report *report)
{
	const json_t *list = json_reader_array(reader, root, "steps");
	const size_t count = json_array_size(list);
	struct kg_run_step *steps = json_reader_rows(reader, count, sizeof(*steps));
	reader->within = "steps";
	for (size_t i = 0; i < count && reader->status == KG_OK; i++) {
		const json_t *row = json_array_get(list, i);
		reader->row = i + 1;
		if (!json_is_object(row)) {
			json_reader_fail(reader, "step", "is missing");
			break;
		}
		read_step(reader, row, &steps[i]);
		if (i > 0 && steps[i].vm < steps[i - 1].vm)
			json_reader_fail(reader, "vm", "is smaller than the one before");
	}
	reader->within = NULL;
	reader->row = 0;
	report->steps = steps;
	report->step_count = count;
}

static void read_parameters(struct json_reader *reader, const json_t *root,
			    struct kg_run_report *report)
{
	const char *name;
	json_t *value;
	json_t *members = json_reader_object(reader, root, "parameters");
	struct kg_run_parameter *rows =
		json_reader_rows(reader, json_object_size(members), sizeof(*rows));
	if (rows == NULL)
		return;
	report->parameters = rows;
	json_object_foreach(members, name, value)
	{
		rows->value = json_reader_count(reader, members, name, INT64_MAX);
		rows->name = arena_copy_string(reader->memory, name);
		if (rows->name == NULL)
			json_reader_no_memory(reader);
		if (reader->status != KG_OK)
			return;
		rows++;
		report->parameter_count++;
	}
}

static void read_exits(struct json_reader *reader, const json_t *root, struct kg_run_report *report)
{
	const char *name;
	json_t *value;
	json_t *members = json_reader_object(reader, root, "exits");
	json_object_foreach(members, name, value)
	{
		const enum kg_run_exit exit = exit_of(name);
		if (exit == KG_RUN_EXIT_COUNT)
			json_reader_fail(reader, "exits", "has a reason that there is not");
		else
			report->exits[exit] = json_reader_count(reader, members, name, INT64_MAX);
	}
}

/* What the guest printed has a character a byte. */
static uint64_t read_output(struct json_reader *reader, const json_t *root)
{
	const json_t *value = json_reader_member(reader, root, "output");
	uint64_t count = 0;
	if (value != NULL && !json_is_string(value))
		json_reader_fail(reader, "output", "has to be a text");
	const char *text = json_string_value(value);
	for (size_t i = 0; i < json_string_length(value); i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static const struct kg_run_failure *read_failure(struct json_reader *reader, const json_t *root)
{
	json_t *value = json_reader_member(reader, root, "failure");
	if (value == NULL || json_is_null(value))
		return NULL;
	const json_t *object = json_reader_object(reader, root, "failure");
	struct kg_run_failure *failure = json_reader_rows(reader, 1, sizeof(*failure));
	if (failure == NULL)
		return NULL;
	failure->step = json_reader_text(reader, object, "step");
	failure->expected = json_reader_text(reader, object, "expected");
	failure->found = json_reader_text(reader, object, "found");
	failure->message = json_reader_name(reader, object, "message");
	return failure;
}

static void read_report(struct json_reader *reader, const json_t *root,
			struct kg_run_report *report)
{
	report->scenario = json_reader_name(reader, root, "scenario");
	report->vendor = json_reader_text(reader, root, "vendor");
	report->kernel = json_reader_text(reader, root, "kernel");
	report->repeat = json_reader_count(reader, root, "repeat", INT64_MAX);
	report->warmup = json_reader_count(reader, root, "warmup", INT64_MAX);
	report->output_bytes = read_output(reader, root);
	report->failure = read_failure(reader, root);
	report->verdict = read_verdict(reader, root);
	read_parameters(reader, root, report);
	read_exits(reader, root, report);
	read_steps(reader, root, report);
}

/* ---- the whole of it ------------------------------------------------------------------------- */

enum kg_status kg_run_report_parse(const char *json, size_t len, const char *name,
				   struct kg_run_report **out, struct kg_error *err)
{
	struct run_file *file = memory_zalloc(sizeof(*file));
	if (file == NULL)
		return error_set(err, KG_NOMEM, name, 0, "out of memory");
	struct json_reader reader = { .memory = &file->memory, .source = name, .err = err };
	json_t *root = json_reader_load(&reader, json, len, "kvmgraph.run/1");
	if (root != NULL)
		read_report(&reader, root, &file->report);
	json_decref(root);
	if (reader.status == KG_OK)
		*out = &file->report;
	else
		kg_run_report_free(&file->report);
	return reader.status;
}

enum kg_status kg_run_report_read(const char *path, struct kg_run_report **out,
				  struct kg_error *err)
{
	char *bytes = NULL;
	size_t len = 0;
	enum kg_status status = json_need_file(path, JSON_MOST_MIB, &bytes, &len, err);
	if (status == KG_OK)
		status = kg_run_report_parse(bytes, len, path, out, err);
	memory_free(bytes);
	return status;
}

void kg_run_report_free(struct kg_run_report *report)
{
	if (report == NULL)
		return;
	/* the report is the first member of its file */
	struct run_file *file = (struct run_file *)(void *)report;
	arena_release(&file->memory);
	memory_free(file);
}
