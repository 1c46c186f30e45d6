/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how kvmgraph.env/1 is read, and what its list of functions says. */
#include <kvmgraph/beside.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/beside_json.h"
#include "base/error.h"
#include "base/memory.h"
#include "event/func.h"
#include "base/banned.h"

struct env_file {
	struct kg_environment environment;
	struct arena memory;
};

/* ---- plain members --------------------------------------------------------------------------- */

enum member_kind { TEXT, NUMBER32, NUMBER64, INT_OR_LESS, INT_OR_0, BOOLEAN, ANSWER, WORDS, PAIRS };

#define MEMBER(object, key, kind, member)                                                          \
	{                                                                                          \
		object, key, kind, offsetof(struct kg_environment, member)                         \
	}

static const struct member {
	const char *object; /* NULL: of the document itself */
	const char *key;
	enum member_kind kind;
	size_t offset;
} members[] = {
	MEMBER("kernel", "release", TEXT, release),
	MEMBER("kernel", "build", TEXT, build),
	MEMBER("kernel", "machine", TEXT, machine),
	MEMBER("kernel", "arguments", TEXT, arguments),
	MEMBER("kernel", "hz", NUMBER32, hz),
	MEMBER("kernel", "preemption", TEXT, preemption),
	MEMBER("kernel", "clock_source", TEXT, clock_source),
	MEMBER("kernel", "favordynmods", BOOLEAN, has_favordynmods),
	MEMBER("cpu", "vendor", TEXT, cpu_vendor),
	MEMBER("cpu", "model", TEXT, cpu_model),
	MEMBER("cpu", "microcode", TEXT, cpu_microcode),
	MEMBER("cpu", "online", NUMBER32, cpu_count),
	MEMBER("cpu", "x2apic", BOOLEAN, has_x2apic),
	MEMBER("cpu", "governors", WORDS, governors),
	MEMBER("host", "virtual", ANSWER, is_virtual),
	MEMBER("host", "emulated", ANSWER, is_emulated),
	MEMBER("host", "hypervisor", TEXT, hypervisor),
	MEMBER("host", "vendor", TEXT, system_vendor),
	MEMBER("host", "product", TEXT, system_product),
	MEMBER(NULL, "other_vms", INT_OR_LESS, other_vms),
	MEMBER(NULL, "kvm_parameters", PAIRS, kvm_parameters),
	MEMBER(NULL, "mitigations", PAIRS, mitigations),
	MEMBER("command", "scenario", TEXT, scenario),
	MEMBER("command", "words", WORDS, command),
	MEMBER("command", "user", TEXT, user),
	MEMBER("command", "exit_code", INT_OR_LESS, exit_code),
	MEMBER("command", "exit_signal", INT_OR_0, exit_signal),
	MEMBER("tracer", "name", TEXT, tracer),
	MEMBER("tracer", "clock", TEXT, trace_clock),
	MEMBER("tracer", "instance", BOOLEAN, is_instance),
	MEMBER("tracer", "buffer_kib", NUMBER64, buffer_kib),
	MEMBER("tracer", "options", WORDS, options),
	MEMBER("tracer", "filter", WORDS, filter),
	MEMBER("tracer", "notrace", WORDS, notrace),
	MEMBER("tracer", "graph", WORDS, graph),
	MEMBER("tracer", "events", WORDS, events),
	MEMBER("tracer", "depth", NUMBER64, depth),
	MEMBER("lost", "events", NUMBER64, lost),
	MEMBER("lost", "needed_kib", NUMBER64, needed_kib),
	MEMBER("traced", "all", BOOLEAN, is_all_functions),
};

static void read_member(struct json_reader *reader, const json_t *object, const struct member *row,
			struct kg_environment *to)
{
	void *at = (char *)to + row->offset;
	switch (row->kind) {
	case TEXT:
		*(const char **)at = json_reader_text(reader, object, row->key);
		break;
	case NUMBER32:
		*(uint32_t *)at =
			(uint32_t)json_reader_number(reader, object, row->key, UINT32_MAX, 0);
		break;
	case NUMBER64:
		*(uint64_t *)at = json_reader_number(reader, object, row->key, INT64_MAX, 0);
		break;
	case INT_OR_LESS:
		*(int *)at =
			(int)json_reader_number(reader, object, row->key, INT_MAX - 1, UINT64_MAX);
		break;
	case INT_OR_0:
		*(int *)at = (int)json_reader_number(reader, object, row->key, INT_MAX, 0);
		break;
	case BOOLEAN:
		*(bool *)at = json_reader_boolean(reader, object, row->key);
		break;
	case ANSWER:
		*(enum kg_env_answer *)at = json_reader_answer(reader, object, row->key);
		break;
	case WORDS:
		*(struct kg_env_words *)at = json_reader_words(reader, object, row->key);
		break;
	case PAIRS:
		*(struct kg_env_pairs *)at = json_reader_pairs(reader, object, row->key);
		break;
	}
}

static void read_members(struct json_reader *reader, const json_t *root, struct kg_environment *to)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct member *row = &members[i];
		const json_t *object =
			row->object != NULL ? json_reader_object(reader, root, row->object) : root;
		reader->within = row->object;
		read_member(reader, object, row, to);
		reader->within = NULL;
	}
}

static bool read_tasks(struct json_reader *reader, const json_t *root)
{
	const char *tasks =
		json_reader_name(reader, json_reader_object(reader, root, "tracer"), "tasks");
	const bool is_command = strcmp(tasks, "command") == 0;
	if (!is_command && strcmp(tasks, "all") != 0)
		json_reader_fail(reader, "tasks", "has to be all or command");
	return is_command;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void read_buffers(struct json_reader *reader, const json_t *root, struct kg_environment *to)
{
	const json_t *list = json_reader_array(reader, root, "buffers");
	const size_t count = json_array_size(list);
	struct kg_env_buffer *buffers = json_reader_rows(reader, count, sizeof(*buffers));
	reader->within = "buffers";
	for (size_t i = 0; i < count && reader->status == KG_OK; i++) {
		const json_t *row = json_array_get(list, i);
		reader->row = i + 1;
		buffers[i] = (struct kg_env_buffer){
			.cpu = (uint32_t)json_reader_count(reader, row, "cpu", UINT32_MAX),
			.entries = json_reader_count(reader, row, "entries", INT64_MAX),
			.overrun = json_reader_count(reader, row, "overrun", INT64_MAX),
			.commit_overrun =
				json_reader_count(reader, row, "commit_overrun", INT64_MAX),
			.dropped = json_reader_count(reader, row, "dropped", INT64_MAX),
			.bytes = json_reader_count(reader, row, "bytes", INT64_MAX),
		};
	}
	reader->within = NULL;
	reader->row = 0;
	to->buffers = buffers;
	to->buffer_count = count;
}

static size_t count_functions(const json_t *list)
{
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		count += json_array_size(json_object_get(json_array_get(list, i), "names"));
	return count;
}

static int compare_functions(const void *a, const void *b)
{
	const struct kg_env_function *left = a;
	const struct kg_env_function *right = b;
	const int order = strcmp(left->module, right->module);
	return order != 0 ? order : strcmp(left->name, right->name);
}

static void read_functions(struct json_reader *reader, const json_t *root,
			   struct kg_environment *to)
{
	const json_t *list = json_reader_array(reader, root, "functions");
	const size_t most = count_functions(list);
	struct kg_env_function *functions = json_reader_rows(reader, most, sizeof(*functions));
	size_t count = 0;
	reader->within = "functions";
	for (size_t i = 0; i < json_array_size(list) && reader->status == KG_OK; i++) {
		const json_t *row = json_array_get(list, i);
		reader->row = i + 1;
		if (!json_is_object(row)) {
			json_reader_fail(reader, "names", "is missing");
			break;
		}
		const char *module = json_reader_text(reader, row, "module");
		const struct kg_env_words names = json_reader_words(reader, row, "names");
		for (size_t j = 0; j < names.count; j++)
			functions[count++] =
				(struct kg_env_function){ .name = names.at[j],
							  .module = module != NULL ? module : "" };
	}
	reader->within = NULL;
	reader->row = 0;
	/* it is sorted already, unless somebody else wrote it */
	if (count > 0)
		qsort(functions, count, sizeof(*functions), compare_functions);
	to->functions = functions;
	to->function_count = count;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* The first function from `first` on that is not before a name of a module. */
static size_t lower_bound(const struct kg_environment *environment, size_t first,
			  const struct kg_env_function *wanted)
{
	size_t end = environment->function_count;
	while (first < end) {
		const size_t middle = first + (end - first) / 2;
		if (compare_functions(&environment->functions[middle], wanted) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static bool is_variant(const char *function, const char *name, size_t len)
{
	if (strncmp(function, name, len) != 0)
		return false;
	const struct span whole = { (const unsigned char *)function, strlen(function) };
	return func_base(whole).len == len;
}

enum kg_env_answer kg_env_is_traced(const struct kg_environment *environment, const char *name)
{
	const size_t len = strlen(name);
	const size_t count = environment->function_count;
	if (count == 0)
		return KG_ENV_UNKNOWN;
	for (size_t first = 0; first < count;) {
		const char *module = environment->functions[first].module;
		size_t i =
			lower_bound(environment, first, &(struct kg_env_function){ name, module });
		/* a suffix begins with a character that is before all others of names */
		for (; i < count && strcmp(environment->functions[i].module, module) == 0; i++) {
			const char *function = environment->functions[i].name;
			if (is_variant(function, name, len))
				return KG_ENV_YES;
			if (strncmp(function, name, len) != 0 || function[len] != '.')
				break;
		}
		/* no name is behind this one */
		first = lower_bound(environment, first,
				    &(struct kg_env_function){ "\xff", module });
		if (first < count && strcmp(environment->functions[first].module, module) == 0)
			break;
	}
	return KG_ENV_NO;
}

/* ---- the whole of it ------------------------------------------------------------------------- */

enum kg_status kg_environment_parse(const char *json, size_t len, const char *name,
				    struct kg_environment **out, struct kg_error *err)
{
	struct env_file *file = memory_zalloc(sizeof(*file));
	if (file == NULL)
		return error_set(err, KG_NOMEM, name, 0, "out of memory");
	struct json_reader reader = { .memory = &file->memory, .source = name, .err = err };
	json_t *root = json_reader_load(&reader, json, len, "kvmgraph.env/1");
	if (root != NULL) {
		read_members(&reader, root, &file->environment);
		file->environment.is_only_command = read_tasks(&reader, root);
		read_buffers(&reader, root, &file->environment);
		read_functions(&reader, root, &file->environment);
	}
	json_decref(root);
	if (reader.status == KG_OK)
		*out = &file->environment;
	else
		kg_environment_free(&file->environment);
	return reader.status;
}

enum kg_status kg_environment_read(const char *path, struct kg_environment **out,
				   struct kg_error *err)
{
	char *bytes = NULL;
	size_t len = 0;
	enum kg_status status = json_need_file(path, JSON_MOST_MIB, &bytes, &len, err);
	if (status == KG_OK)
		status = kg_environment_parse(bytes, len, path, out, err);
	memory_free(bytes);
	return status;
}

void kg_environment_free(struct kg_environment *environment)
{
	if (environment == NULL)
		return;
	/* the environment is the first member of its file */
	struct env_file *file = (struct env_file *)(void *)environment;
	arena_release(&file->memory);
	memory_free(file);
}
