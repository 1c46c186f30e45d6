/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how kvmgraph.baseline/1 is read: whatever is in it, what comes of it can be merged. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyse/baseline.h"
#include "analyse/beside_json.h"
#include "base/error.h"
#include "base/banned.h"

#define SCHEMA "kvmgraph.baseline/1"
#define BASELINE_MOST_MIB 512
#define NS_PER_S 1000000000

/* ---- numbers --------------------------------------------------------------------------------- */

/* An item of a list that has to be a number from least to most. */
static uint64_t item_number(struct json_reader *reader, const json_t *list, size_t index,
			    const char *key, uint64_t least, uint64_t most)
{
	const json_t *item = json_array_get(list, index);
	const json_int_t number = json_integer_value(item);
	if (json_is_integer(item) && number >= 0 && (uint64_t)number >= least &&
	    (uint64_t)number <= most)
		return (uint64_t)number;
	json_reader_fail(reader, key, "has something that is no number, or none that can be");
	return least;
}

static uint64_t count_of(struct json_reader *reader, const json_t *row, const char *key)
{
	return json_reader_count(reader, row, key, INT64_MAX);
}

static uint32_t small_of(struct json_reader *reader, const json_t *row, const char *key)
{
	return (uint32_t)json_reader_count(reader, row, key, UINT32_MAX);
}

/* ---- runs kept whole ------------------------------------------------------------------------- */

static uint64_t read_id(struct json_reader *reader, const json_t *row)
{
	const char *text = json_reader_name(reader, row, "id");
	if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		json_reader_fail(reader, "id", "has to be 16 hexadecimal digits");
	return strtoull(text, NULL, 16);
}

static enum kg_vendor read_vendor(struct json_reader *reader, const json_t *row)
{
	const char *text = json_reader_text(reader, row, "vendor");
	if (text == NULL)
		return KG_VENDOR_UNKNOWN;
	if (strcmp(text, "vmx") == 0)
		return KG_VENDOR_VMX;
	if (strcmp(text, "svm") != 0)
		json_reader_fail(reader, "vendor", "has to be vmx, svm or null");
	return KG_VENDOR_SVM;
}

static void read_kept(struct json_reader *reader, const json_t *root, struct kg_baseline *to)
{
	const json_t *list = json_reader_array(reader, root, "kept");
	if (json_array_size(list) > KG_BASELINE_KEPT)
		json_reader_fail(reader, "kept", "has more runs than are ever kept");
	reader->within = "kept";
	for (size_t i = 0; i < json_array_size(list) && reader->status == KG_OK; i++) {
		const json_t *row = json_array_get(list, i);
		reader->row = i + 1;
		const struct baseline_run run = {
			.id = read_id(reader, row),
			.file = json_reader_name(reader, row, "file"),
			.kernel = json_reader_text(reader, row, "kernel"),
			.vendor = read_vendor(reader, row),
			.calls = count_of(reader, row, "calls"),
			.incomplete = count_of(reader, row, "incomplete"),
			.gaps = count_of(reader, row, "gaps"),
			.exits_only = json_reader_boolean(reader, row, "exits_only"),
		};
		if (!column_push(&to->kept, run) ||
		    !column_push(&to->paths.runs, (struct path_run){ .side = KG_SIDE_OLD }))
			json_reader_no_memory(reader);
	}
	reader->within = NULL;
	reader->row = 0;
}

/* ---- what surrounded them -------------------------------------------------------------------- */

static void read_values(struct json_reader *reader, const json_t *row, struct kg_baseline *to,
			const char *name)
{
	const json_t *list = json_reader_array(reader, row, "values");
	uint64_t told = count_of(reader, row, "told");
	for (size_t i = 0; i < json_array_size(list) && reader->status == KG_OK; i++) {
		const json_t *value = json_array_get(list, i);
		const char *text = json_reader_name(reader, value, "value");
		const uint64_t count = count_of(reader, value, "count");
		if (count > told)
			json_reader_fail(reader, "told", "is less than the values together");
		told -= count;
		if (reader->status == KG_OK &&
		    !surroundings_tell(&to->surroundings, name, text, count))
			json_reader_no_memory(reader);
	}
	if (json_array_size(list) == 0)
		json_reader_fail(reader, "values", "is empty");
	/* those that are not among the first ones of the alphabet */
	if (reader->status == KG_OK)
		to->surroundings.facts.at[to->surroundings.facts.count - 1].told += told;
}

static void read_surroundings(struct json_reader *reader, const json_t *root,
			      struct kg_baseline *to)
{
	const json_t *list = json_reader_array(reader, root, "environment");
	to->surroundings.documents = count_of(reader, root, "documents");
	to->surroundings.is_emulated = json_reader_boolean(reader, root, "emulated");
	reader->within = "environment";
	for (size_t i = 0; i < json_array_size(list) && reader->status == KG_OK; i++) {
		const json_t *row = json_array_get(list, i);
		reader->row = i + 1;
		const char *name = json_reader_name(reader, row, "name");
		if (surroundings_find(&to->surroundings, name) != NULL)
			json_reader_fail(reader, "name", "stands there twice");
		read_values(reader, row, to, name);
	}
	reader->within = NULL;
	reader->row = 0;
	const json_t *functions = json_reader_member(reader, root, "functions");
	if (functions == NULL || json_is_null(functions))
		return;
	const struct kg_env_words words = json_reader_words(reader, root, "functions");
	for (size_t i = 0; i < words.count && reader->status == KG_OK; i++) {
		if (!surroundings_add_function(&to->surroundings, &to->paths.names, words.at[i]))
			json_reader_no_memory(reader);
	}
}

/* ---- paths ----------------------------------------------------------------------------------- */

static uint8_t read_phase(struct json_reader *reader, const json_t *row)
{
	const char *text = json_reader_text(reader, row, "phase");
	for (int kind = 0; text != NULL && kind < KG_PHASE_KIND_COUNT; kind++) {
		if (strcmp(kg_phase_name((enum kg_phase_kind)kind), text) == 0)
			return (uint8_t)kind;
	}
	if (text != NULL)
		json_reader_fail(reader, "phase", "is none that is known here");
	return KG_PHASE_KIND_COUNT;
}

static uint8_t read_reason(struct json_reader *reader, const json_t *row)
{
	const char *text = json_reader_text(reader, row, "ended_by");
	for (int reason = 0; text != NULL && reason < KG_REASON_COUNT; reason++) {
		if (strcmp(kg_reason_name((enum kg_exit_reason)reason), text) == 0)
			return (uint8_t)reason;
	}
	if (text != NULL)
		json_reader_fail(reader, "ended_by", "is no reason that is known here");
	return 0;
}

/* The name as paths have it; INTERN_NONE, and the failure noted, if it is none. */
static uint32_t read_name(struct json_reader *reader, const json_t *row, struct kg_baseline *to,
			  bool is_phase)
{
	const char *text = json_reader_name(reader, row, "name");
	if (text[0] == '\0' || text[0] == PHASE_MARK)
		json_reader_fail(reader, "name", "is not one");
	const char marked[] = { PHASE_MARK, '\0' };
	const char *whole = arena_format(&to->memory, "%s%s", is_phase ? marked : "", text);
	const uint32_t name = whole != NULL ? renames_add(&to->paths.names, whole) : INTERN_NONE;
	if (name == INTERN_NONE)
		json_reader_no_memory(reader);
	return name;
}

static void read_root(struct json_reader *reader, const json_t *row, struct kg_baseline *to,
		      uint32_t node, uint8_t kind)
{
	const bool is_first = json_reader_boolean(reader, row, "first");
	const bool is_aside = json_reader_boolean(reader, row, "aside");
	const uint8_t reason = read_reason(reader, row);
	const char *function = json_reader_text(reader, row, "function");
	const uint32_t top = function != NULL ? renames_add(&to->paths.names, function) : NO_KEY;
	if (function != NULL && top == INTERN_NONE)
		json_reader_no_memory(reader);
	if (function != NULL && reader->status == KG_OK)
		paths_name_top(&to->paths, node, top);
	struct path_node *root = &to->paths.nodes.at[node];
	root->kind = kind;
	root->reason = reason;
	root->is_first = is_first;
	root->is_aside = is_aside;
	to->sums.at[node].passes = (struct path_passes){
		.entries = small_of(reader, row, "entries"),
		.interrupts = small_of(reader, row, "interrupts"),
		.turns = small_of(reader, row, "turns"),
	};
}

/* {"sum": [seconds, nanoseconds], "spread": [[from, count], ...]} */
static void read_spread(struct json_reader *reader, const json_t *row, const char *key,
			uint64_t runs, struct spread *to)
{
	const json_t *object = json_reader_object(reader, row, key);
	const json_t *sum = json_reader_array(reader, object, "sum");
	const json_t *sizes = json_reader_array(reader, object, "spread");
	uint64_t last = 0;
	if (reader->status != KG_OK)
		return;
	to->sum = (unsigned __int128)item_number(reader, sum, 0, "sum", 0, INT64_MAX) * NS_PER_S +
		  item_number(reader, sum, 1, "sum", 0, NS_PER_S - 1);
	for (size_t i = 0; i < json_array_size(sizes) && reader->status == KG_OK; i++) {
		const json_t *size = json_array_get(sizes, i);
		const uint64_t from =
			item_number(reader, size, 0, "spread", i > 0 ? last + 1 : 0, INT64_MAX);
		const uint64_t count = item_number(reader, size, 1, "spread", 1, INT64_MAX);
		if (spread_size(from) != from || count > runs)
			json_reader_fail(reader, "spread", "has what is no size, or too many");
		runs -= count;
		last = from;
		if (reader->status == KG_OK && !spread_count(to, from, count))
			json_reader_no_memory(reader);
	}
	if (runs > 0)
		json_reader_fail(reader, "spread", "does not count all runs");
}

/* [[index of the run, calls, self_ns, incomplete, waits, least_ns], ...], part of the sum. */
static void read_figures(struct json_reader *reader, const json_t *row, struct kg_baseline *to,
			 uint32_t node)
{
	const json_t *list = json_reader_array(reader, row, "kept");
	struct baseline_path left = to->sums.at[node];
	unsigned __int128 left_ns = left.self_ns.sum;
	uint64_t least = 0;
	for (size_t i = 0; i < json_array_size(list) && reader->status == KG_OK; i++) {
		const json_t *item = json_array_get(list, i);
		const uint64_t last = to->kept.count > 0 ? to->kept.count - 1 : 0;
		const uint64_t index = item_number(reader, item, 0, "kept", least, last);
		const struct path_sample sample = {
			.count = item_number(reader, item, 1, "kept", 0, left.calls),
			.self_ns = item_number(reader, item, 2, "kept", 0, INT64_MAX),
			.incomplete = (uint32_t)item_number(reader, item, 3, "kept", 0, UINT32_MAX),
			.waits = (uint32_t)item_number(reader, item, 4, "kept", 0, UINT32_MAX),
			.least_ns = item_number(reader, item, 5, "kept", 0, INT64_MAX),
		};
		if (index >= to->kept.count || sample.self_ns > left_ns ||
		    sample.incomplete > left.incomplete || sample.waits > left.waits ||
		    left.runs == 0)
			json_reader_fail(reader, "kept", "has more than all runs together");
		if (reader->status != KG_OK)
			return;
		least = index + 1;
		left.runs--;
		left.calls -= sample.count;
		left.incomplete -= sample.incomplete;
		left.waits -= sample.waits;
		left_ns -= sample.self_ns;
		if (!run_add(&to->paths.runs.at[index], node, &sample))
			json_reader_no_memory(reader);
	}
}

static void read_sum(struct json_reader *reader, const json_t *row, struct kg_baseline *to,
		     uint32_t node)
{
	struct baseline_path *sum = &to->sums.at[node];
	sum->runs = count_of(reader, row, "runs");
	sum->calls = count_of(reader, row, "calls");
	sum->incomplete = count_of(reader, row, "incomplete");
	sum->waits = count_of(reader, row, "waits");
	sum->least = small_of(reader, row, "least");
	sum->most = small_of(reader, row, "most");
	if (sum->runs == 0 || sum->runs > to->runs)
		json_reader_fail(reader, "runs", "has to be from 1 to all runs");
	read_spread(reader, row, "total", sum->runs, &sum->total_ns);
	read_spread(reader, row, "self", sum->runs, &sum->self_ns);
	if (reader->status == KG_OK)
		read_figures(reader, row, to, node);
}

/* Rows become nodes of the same number, since each is another path. */
static void read_path(struct json_reader *reader, const json_t *row, struct kg_baseline *to)
{
	const uint32_t next = (uint32_t)to->paths.nodes.count;
	const uint64_t above = json_reader_number(reader, row, "parent", INT64_MAX, NO_PATH);
	const uint8_t kind = read_phase(reader, row);
	const uint32_t order = small_of(reader, row, "order");
	const bool is_root = above == NO_PATH;
	if (!is_root && above >= next)
		json_reader_fail(reader, "parent", "has to be an earlier row");
	if (!is_root && kind != KG_PHASE_KIND_COUNT)
		json_reader_fail(reader, "phase", "is only for what nothing calls");
	const uint32_t name = read_name(reader, row, to, kind != KG_PHASE_KIND_COUNT);
	if (reader->status != KG_OK)
		return;
	const uint32_t node = paths_add(&to->paths, is_root ? NO_PATH : (uint32_t)above,
					renames_key(&to->paths.names, name));
	if (node == NO_PATH || !column_reach(&to->sums, node)) {
		json_reader_no_memory(reader);
		return;
	}
	if (node != next) {
		json_reader_fail(reader, "name", "stands there twice");
		return;
	}
	paths_name(&to->paths, node, KG_SIDE_OLD, name);
	paths_note_order(&to->paths, node, KG_SIDE_OLD, order);
	if (is_root)
		read_root(reader, row, to, node, kind);
	read_sum(reader, row, to, node);
}

static void read_paths(struct json_reader *reader, const json_t *root, struct kg_baseline *to)
{
	const json_t *list = json_reader_array(reader, root, "paths");
	reader->within = "paths";
	for (size_t i = 0; i < json_array_size(list) && reader->status == KG_OK; i++) {
		reader->row = i + 1;
		read_path(reader, json_array_get(list, i), to);
	}
	reader->within = NULL;
	reader->row = 0;
}

/* ---- the whole of it ------------------------------------------------------------------------- */

static void read_totals(struct json_reader *reader, const json_t *root, struct kg_baseline *to)
{
	to->runs = count_of(reader, root, "runs");
	to->calls = count_of(reader, root, "calls");
	to->incomplete = count_of(reader, root, "incomplete");
	to->gaps = count_of(reader, root, "gaps");
	to->exits_only = count_of(reader, root, "exits_only");
	struct kg_baseline left = *to;
	for (size_t i = 0; i < to->kept.count; i++) {
		const struct baseline_run *run = &to->kept.at[i];
		if (left.runs == 0 || run->calls > left.calls ||
		    run->incomplete > left.incomplete || run->gaps > left.gaps ||
		    run->exits_only > left.exits_only)
			json_reader_fail(reader, "kept", "has more than all runs together");
		left.runs--;
		left.calls -= run->calls;
		left.incomplete -= run->incomplete;
		left.gaps -= run->gaps;
		left.exits_only -= run->exits_only;
	}
	/* of how many are not kept whole depends what is known of them */
	if (to->kept.count < KG_BASELINE_KEPT && to->kept.count < to->runs)
		json_reader_fail(reader, "kept", "has fewer runs than could be kept");
}

enum kg_status kg_baseline_parse(const char *json, size_t len, const char *name,
				 struct kg_baseline **out, struct kg_error *err)
{
	struct kg_baseline *baseline;
	if (kg_baseline_new(NULL, &baseline) != KG_OK)
		return error_set(err, KG_NOMEM, name, 0, "out of memory");
	struct json_reader reader = { .memory = &baseline->memory, .source = name, .err = err };
	json_t *root = json_reader_load(&reader, json, len, SCHEMA);
	if (root != NULL) {
		read_kept(&reader, root, baseline);
		read_totals(&reader, root, baseline);
		read_surroundings(&reader, root, baseline);
		read_paths(&reader, root, baseline);
	}
	json_decref(root);
	if (reader.status == KG_OK)
		*out = baseline;
	else
		kg_baseline_free(baseline);
	return reader.status;
}

enum kg_status kg_baseline_read(const char *path, struct kg_baseline **out, struct kg_error *err)
{
	char *bytes = NULL;
	size_t len = 0;
	enum kg_status status = json_need_file(path, BASELINE_MOST_MIB, &bytes, &len, err);
	if (status == KG_OK)
		status = kg_baseline_parse(bytes, len, path, out, err);
	memory_free(bytes);
	return status;
}

/* Our own writer puts the schema first; what another one wrote has it near. */
bool kg_baseline_is_file(const char *path)
{
	char head[256];
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	const ssize_t len = pread(fd, head, sizeof(head) - 1, 0); /* of a pipe nothing is taken */
	close(fd);
	if (len <= 0)
		return false;
	head[len] = '\0';
	return head[strspn(head, " \t\r\n")] == '{' && strstr(head, "\"" SCHEMA "\"") != NULL;
}
