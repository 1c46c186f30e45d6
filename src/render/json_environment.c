/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows kvmgraph.env/1. */
#include <string.h>

#include "render/json.h"
#include "base/banned.h"

/* null for 0, which is not known */
static json_t *value_known(uint64_t number)
{
	return number != 0 ? value_number(number) : json_null();
}

static json_t *value_answer(enum kg_env_answer answer)
{
	return answer == KG_ENV_UNKNOWN ? json_null() : json_boolean(answer == KG_ENV_YES);
}

static json_t *value_words(const struct kg_env_words *words)
{
	json_t *list = json_array();
	for (size_t i = 0; i < words->count; i++)
		list_add(&list, value_text(words->at[i]));
	return list;
}

static json_t *value_pairs(const struct kg_env_pairs *pairs)
{
	json_t *object = json_object();
	for (size_t i = 0; i < pairs->count; i++) {
		/* a key has to be as clean as a value: so it is made as one */
		json_t *name = value_text(pairs->at[i].name);
		row_add(&object, json_string_value(name), value_text(pairs->at[i].value));
		json_decref(name);
	}
	return object;
}

static void add_kernel(struct json_doc *doc, const struct kg_environment *environment)
{
	json_t *kernel = json_object();
	row_add(&kernel, "release", value_text(environment->release));
	row_add(&kernel, "build", value_text(environment->build));
	row_add(&kernel, "machine", value_text(environment->machine));
	row_add(&kernel, "arguments", value_text(environment->arguments));
	row_add(&kernel, "hz", value_known(environment->hz));
	row_add(&kernel, "preemption", value_text(environment->preemption));
	row_add(&kernel, "clock_source", value_text(environment->clock_source));
	row_add(&kernel, "favordynmods", json_boolean(environment->has_favordynmods));
	doc_add(doc, "kernel", kernel);
}

static void add_machine(struct json_doc *doc, const struct kg_environment *environment)
{
	json_t *cpu = json_object();
	row_add(&cpu, "vendor", value_text(environment->cpu_vendor));
	row_add(&cpu, "model", value_text(environment->cpu_model));
	row_add(&cpu, "microcode", value_text(environment->cpu_microcode));
	row_add(&cpu, "online", value_known(environment->cpu_count));
	row_add(&cpu, "x2apic", json_boolean(environment->has_x2apic));
	row_add(&cpu, "governors", value_words(&environment->governors));
	doc_add(doc, "cpu", cpu);
	json_t *host = json_object();
	row_add(&host, "virtual", value_answer(environment->is_virtual));
	row_add(&host, "emulated", value_answer(environment->is_emulated));
	row_add(&host, "hypervisor", value_text(environment->hypervisor));
	row_add(&host, "vendor", value_text(environment->system_vendor));
	row_add(&host, "product", value_text(environment->system_product));
	doc_add(doc, "host", host);
	doc_add(doc, "other_vms",
		environment->other_vms < 0 ? json_null() : json_integer(environment->other_vms));
	doc_add(doc, "kvm_parameters", value_pairs(&environment->kvm_parameters));
	doc_add(doc, "mitigations", value_pairs(&environment->mitigations));
}

static void add_command(struct json_doc *doc, const struct kg_environment *environment)
{
	json_t *command = json_object();
	row_add(&command, "scenario", value_text(environment->scenario));
	row_add(&command, "words", value_words(&environment->command));
	row_add(&command, "user", value_text(environment->user));
	row_add(&command, "exit_code",
		environment->exit_code < 0 ? json_null() : json_integer(environment->exit_code));
	row_add(&command, "exit_signal",
		environment->exit_signal == 0 ? json_null()
					      : json_integer(environment->exit_signal));
	doc_add(doc, "command", command);
}

static void add_tracer(struct json_doc *doc, const struct kg_environment *environment)
{
	json_t *tracer = json_object();
	row_add(&tracer, "name", value_text(environment->tracer));
	row_add(&tracer, "clock", value_text(environment->trace_clock));
	row_add(&tracer, "instance", json_boolean(environment->is_instance));
	row_add(&tracer, "tasks", value_text(environment->is_only_command ? "command" : "all"));
	row_add(&tracer, "buffer_kib", value_number(environment->buffer_kib));
	row_add(&tracer, "options", value_words(&environment->options));
	row_add(&tracer, "filter", value_words(&environment->filter));
	row_add(&tracer, "notrace", value_words(&environment->notrace));
	row_add(&tracer, "graph", value_words(&environment->graph));
	row_add(&tracer, "events", value_words(&environment->events));
	row_add(&tracer, "depth", value_known(environment->depth));
	doc_add(doc, "tracer", tracer);
}

static void add_losses(struct json_doc *doc, const struct kg_environment *environment)
{
	json_t *lost = json_object();
	row_add(&lost, "events", value_number(environment->lost));
	row_add(&lost, "needed_kib", value_known(environment->needed_kib));
	doc_add(doc, "lost", lost);
	doc_start_rows(doc, "buffers");
	for (size_t i = 0; i < environment->buffer_count; i++) {
		const struct kg_env_buffer *buffer = &environment->buffers[i];
		json_t *row = json_object();
		row_add(&row, "cpu", value_number(buffer->cpu));
		row_add(&row, "entries", value_number(buffer->entries));
		row_add(&row, "overrun", value_number(buffer->overrun));
		row_add(&row, "commit_overrun", value_number(buffer->commit_overrun));
		row_add(&row, "dropped", value_number(buffer->dropped));
		row_add(&row, "bytes", value_number(buffer->bytes));
		doc_add_row(doc, row);
	}
	doc_end_rows(doc);
}

/* Functions of one module to a row; returns the first that is of another. */
static size_t add_module(struct json_doc *doc, const struct kg_environment *environment,
			 size_t first)
{
	const struct kg_env_function *functions = environment->functions;
	json_t *names = json_array();
	size_t i = first;
	for (; i < environment->function_count &&
	       strcmp(functions[i].module, functions[first].module) == 0;
	     i++)
		list_add(&names, value_text(functions[i].name));
	json_t *row = json_object();
	const char *module = functions[first].module;
	row_add(&row, "module", value_text(module[0] != '\0' ? module : NULL));
	row_add(&row, "count", value_number(i - first));
	row_add(&row, "names", names);
	doc_add_row(doc, row);
	return i;
}

enum kg_status kg_render_environment_json(struct kg_out *out,
					  const struct kg_environment *environment)
{
	struct json_doc doc = doc_start(out, "kvmgraph.env/1");
	add_kernel(&doc, environment);
	add_machine(&doc, environment);
	add_command(&doc, environment);
	add_tracer(&doc, environment);
	add_losses(&doc, environment);
	json_t *traced = json_object();
	row_add(&traced, "count", value_number(environment->function_count));
	row_add(&traced, "all", json_boolean(environment->is_all_functions));
	doc_add(&doc, "traced", traced);
	doc_start_rows(&doc, "functions");
	for (size_t i = 0; i < environment->function_count;)
		i = add_module(&doc, environment, i);
	doc_end_rows(&doc);
	return doc_end(&doc);
}
