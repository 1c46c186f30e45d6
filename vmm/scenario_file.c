/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how kvmgraph.scenario/1 begins, and how all of it becomes a scenario. */
#include "scenario_file.h"

#include <stdlib.h>
#include <string.h>

#include "guest/layout.h"
#include "scenario_reader.h"

#define SCHEMA "kvmgraph.scenario/1"
#define PAGE UINT64_C(4096)
#define NAME_MOST 64
#define SUMMARY_MOST 400
#define VMS_MOST 100000
#define PARALLEL_MOST 64

struct scenario_file {
	struct scenario scenario;
	struct scenario_param params[3];
	char name[NAME_MOST + 1];
	char summary[SUMMARY_MOST + 1];
	struct scenario_step *rows;
	size_t row_count;
	unsigned char *guest;
};

/* ---- the head -------------------------------------------------------------------------------- */

/* A name goes into names of files, and into other documents. */
static bool read_name(struct document *document, char name[NAME_MOST + 1])
{
	const struct spot here = { NULL, "name", 0 };
	const char *word = document_word(document, NULL, document->root, "name");
	if (word == NULL)
		return false;
	const size_t len = strlen(word);
	if (len < 1 || len > NAME_MOST || word[0] == '.' ||
	    word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-_.")] != '\0')
		return document_fail(document, &here,
				     "\"name\" is made of up to %d letters, digits, \"-\", \"_\" "
				     "and \".\", and does not begin with \".\"",
				     NAME_MOST);
	if (scenario_find(word) != NULL)
		return document_fail(document, &here,
				     "\"%s\" is the name of a built-in scenario (choose another)",
				     word);
	memcpy(name, word, len + 1);
	return true;
}

static bool read_summary(struct document *document, char summary[SUMMARY_MOST + 1])
{
	const struct spot here = { NULL, "summary", 0 };
	const char *word = document_word(document, NULL, document->root, "summary");
	if (word == NULL)
		return false;
	const size_t len = strlen(word);
	bool is_plain = len <= SUMMARY_MOST;
	for (size_t i = 0; i < len; i++) {
		const unsigned char byte = (unsigned char)word[i];
		/* nor what a terminal takes for more than text */
		if (byte < 0x20 || byte == 0x7f ||
		    (byte == 0xc2 && (unsigned char)word[i + 1] < 0xa0))
			is_plain = false;
	}
	if (!is_plain)
		return document_fail(document, &here,
				     "\"summary\" is a line of text of up to %d bytes",
				     SUMMARY_MOST);
	memcpy(summary, word, len + 1);
	return true;
}

/* What is there for people, and for other programs. */
static bool read_remarks(struct document *document)
{
	const struct spot vendor = { NULL, "vendor", 0 };
	const struct spot like = { NULL, "like", 0 };
	const struct spot chosen = { NULL, "chosen", 0 };
	json_t *root = document->root;
	const json_t *value = json_object_get(root, "vendor");
	bool is_right = true;
	const char *word = json_string_value(value);
	if (value != NULL && !json_is_null(value) &&
	    (word == NULL || (strcmp(word, "vmx") != 0 && strcmp(word, "svm") != 0)))
		is_right = document_fail(document, &vendor, "\"vendor\" is vmx, svm or null");
	value = json_object_get(root, "like");
	if (value != NULL && !json_is_null(value) &&
	    !json_is_string(json_object_get(value, "scenario")))
		is_right =
			document_fail(document, &like, "\"like\" names a \"scenario\", or is null");
	value = json_object_get(root, "chosen");
	if (value != NULL && !json_is_array(value))
		is_right = document_fail(document, &chosen, "\"chosen\" is a list of sentences");
	return is_right;
}

static bool read_memory(struct scenario_reader *reader)
{
	const struct spot here = { NULL, "memory", 0 };
	uint64_t bytes = 0;
	if (!document_number(&reader->document, NULL, reader->document.root, "memory", GUEST_SLOTS,
			     &bytes))
		return false;
	if (bytes % PAGE != 0)
		return document_fail(&reader->document, &here, "\"memory\" is whole pages");
	reader->main_pages = bytes / PAGE;
	return true;
}

static bool read_lives(struct scenario_reader *reader, uint64_t *vms, uint64_t *parallel)
{
	struct document *document = &reader->document;
	*vms = *parallel = 1;
	if (!document_number(document, NULL, document->root, "vms", VMS_MOST, vms) ||
	    !document_number(document, NULL, document->root, "parallel", PARALLEL_MOST, parallel))
		return false;
	const struct spot here = { NULL, *vms < 1 ? "vms" : "parallel", 0 };
	if (*vms < 1 || *parallel < 1)
		return document_fail(document, &here, "\"%s\" is 1 at least", here.key);
	return true;
}

/* Whether it is such a document at all. */
static bool read_schema(struct document *document)
{
	const struct spot schema = { NULL, "schema", 0 };
	if (!json_is_object(document->root))
		return document_fail(document, NULL, "is no object (%s is)", SCHEMA);
	const char *word = document_word(document, NULL, document->root, "schema");
	return word != NULL &&
	       (strcmp(word, SCHEMA) == 0 ||
		document_fail(document, &schema, "\"%.40s\" is not %s", word, SCHEMA));
}

static bool check_keys(struct document *document)
{
	static const char *const known[] = { "schema", "name",	 "summary", "like",	"vendor",
					     "chosen", "memory", "vms",	    "parallel", "steps" };
	return document_keys(document, NULL, document->root, known,
			     sizeof(known) / sizeof(known[0]));
}

/* ---- the scenario ---------------------------------------------------------------------------- */

/* Of vCPUs there are as many as the steps say; of lives as many as one likes. */
static void fill_params(struct scenario_file *file, const struct scenario_reader *reader,
			uint64_t vms, uint64_t parallel)
{
	size_t count = 0;
	if (reader->vcpu_count > 1)
		file->params[count++] =
			(struct scenario_param){ PARAM_VCPUS, reader->vcpu_count,
						 reader->vcpu_count, reader->vcpu_count };
	/* a process has one end */
	if (!reader->has_exit) {
		file->params[count++] = (struct scenario_param){ PARAM_VMS, vms, 1, VMS_MOST };
		file->params[count++] =
			(struct scenario_param){ PARAM_PARALLEL, parallel, 1, PARALLEL_MOST };
	}
	file->scenario.params = file->params;
	file->scenario.param_count = count;
}

/* Where the guest starts is known now. */
static void fill_rows(struct scenario_reader *reader)
{
	for (size_t i = 0; i < reader->program.run_count; i++) {
		if (reader->regs_rows[i] == NO_ROW)
			continue;
		/* it is added to where the code is; after a reset that is 4 GiB too far */
		reader->rows[reader->regs_rows[i]].entry =
			program_rip(&reader->program, &reader->program.runs[i]) -
			reader->program.code;
	}
	for (size_t i = 0; i < reader->row_count && reader->vcpu_count < 2; i++)
		reader->rows[i].times = TIMES_ONCE;
}

static bool check_memory(struct scenario_reader *reader)
{
	const uint64_t least = reader->program.memory_least;
	if (reader->main_pages == 0 || reader->main_pages * PAGE >= least)
		return true;
	return document_fail(
		&reader->document, NULL, "the guest needs %llu pages of memory, and has %llu",
		(unsigned long long)(least / PAGE), (unsigned long long)reader->main_pages);
}

static void fill_scenario(struct scenario_file *file, struct scenario_reader *reader)
{
	struct program *program = &reader->program;
	const uint64_t memory =
		reader->main_pages != 0 ? reader->main_pages * PAGE : program->memory_least;
	fill_rows(reader);
	file->rows = reader->rows;
	file->row_count = reader->row_count;
	file->guest = program->bytes;
	reader->rows = NULL;
	program->bytes = NULL;
	file->scenario.name = file->name;
	file->scenario.summary = file->summary;
	file->scenario.guest = file->guest;
	file->scenario.guest_end = file->guest + program->len;
	file->scenario.code = program->code;
	file->scenario.memory_end = program->memory_end;
	file->scenario.memory = (struct amount)FIXED(memory);
	file->scenario.needs_hardware = reader->needs_hardware;
	file->scenario.output = "";
	file->scenario.steps = file->rows;
	file->scenario.step_count = file->row_count;
}

static bool read_document(struct scenario_file *file, struct scenario_reader *reader)
{
	uint64_t vms, parallel;
	struct document *document = &reader->document;
	if (!read_schema(document))
		return false;
	/* all of them, whatever the others have come to */
	const bool is_known = check_keys(document);
	const bool has_name = read_name(document, file->name);
	const bool has_summary = read_summary(document, file->summary);
	const bool has_remarks = read_remarks(document);
	const bool has_memory = read_memory(reader);
	const bool has_lives = read_lives(reader, &vms, &parallel);
	const bool has_steps = read_steps(reader, json_object_get(document->root, "steps"));
	if (!is_known || !has_name || !has_summary || !has_remarks || !has_memory || !has_lives ||
	    !has_steps)
		return false;
	if (reader->has_exit && vms != 1)
		return document_fail(document, NULL,
				     "a life that ends with exit is led once (\"vms\": 1)");
	if (!program_make(&reader->program, document) || !check_memory(reader))
		return false;
	fill_scenario(file, reader);
	fill_params(file, reader, vms, parallel);
	return true;
}

static void free_rows(struct scenario_step *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)rows[i].serves_each);
	free(rows);
}

/* text NULL: it is in the file. */
struct origin {
	const char *path;
	const char *text;
	size_t len;
};

static bool load(struct document *document, const struct origin *origin,
		 const struct listener *listener)
{
	return origin->text != NULL
		       ? document_parse(document, origin->path, origin->text, origin->len, listener)
		       : document_load(document, origin->path, listener);
}

static enum outcome read_into(struct scenario_file *file, const struct origin *origin,
			      const struct listener *listener)
{
	struct scenario_reader *reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		return OUTCOME_INTERNAL;
	for (size_t i = 0; i < MACHINE_VCPUS; i++)
		reader->vcpus[i] = (struct vcpu_state){ .sregs_row = NO_ROW,
							.regs_row = NO_ROW,
							.pat = PAT_RESET };
	enum outcome outcome = OUTCOME_PASS;
	if (!load(&reader->document, origin, listener) || !read_document(file, reader))
		outcome = reader->document.is_short ? OUTCOME_INTERNAL : OUTCOME_USAGE;
	free_rows(reader->rows, reader->rows != NULL ? reader->row_count : 0);
	free(reader->regs_rows);
	program_release(&reader->program);
	document_release(&reader->document);
	free(reader);
	return outcome;
}

static enum outcome read_origin(const struct origin *origin, const struct listener *listener,
				struct scenario_file **file)
{
	enum outcome outcome = OUTCOME_INTERNAL;
	*file = calloc(1, sizeof(**file));
	if (*file != NULL)
		outcome = read_into(*file, origin, listener);
	if (outcome == OUTCOME_INTERNAL)
		listener->tell(listener->self, "out of memory");
	if (outcome != OUTCOME_PASS) {
		scenario_file_free(*file);
		*file = NULL;
	}
	return outcome;
}

enum outcome scenario_file_read(const char *path, const struct listener *listener,
				struct scenario_file **file)
{
	return read_origin(&(struct origin){ path, NULL, 0 }, listener, file);
}

enum outcome scenario_file_parse(const char *path, const char *text, size_t len,
				 const struct listener *listener, struct scenario_file **file)
{
	return read_origin(&(struct origin){ path, text, len }, listener, file);
}

void scenario_file_free(struct scenario_file *file)
{
	if (file == NULL)
		return;
	free_rows(file->rows, file->row_count);
	free(file->guest);
	free(file);
}

const struct scenario *scenario_file_scenario(const struct scenario_file *file)
{
	return &file->scenario;
}
