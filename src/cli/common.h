/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options that commands share, and what they do. */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <kvmgraph/analyse.h>
#include <kvmgraph/render.h>
#include <kvmgraph/trace.h>

#include "cli/opt.h"
#include "cli/progress.h"

/* First member of every command's options. */
struct common_opts {
	const char *output;
	bool json;
	const char *format;
	const char *color;
	const char *progress;
	bool quiet;
	bool verbose;
	bool strict;
	uint64_t threads;
};

struct filter_opts {
	struct string_list only;
	struct string_list without;
	uint64_t depth;
	uint64_t min_ns;
	struct string_list tasks;
	const char *cpus;
};

/* Rows for the tables of commands. */
#define COMMON_ROW_COUNT 9
#define FILTER_ROW_COUNT 6
extern const struct option_row common_rows[COMMON_ROW_COUNT];
extern const struct option_row filter_rows[FILTER_ROW_COUNT];

/* Whether any filter was asked for; NULL: none. */
bool filter_is_set(const struct filter_opts *opts);

/* A trace that is being read, with what the options put between it and an analysis. */
struct input {
	const struct command *command;
	const struct common_opts *common;
	const char *path;
	struct kg_trace *trace;
	struct kg_filter *filter;
	struct kg_info info; /* complete after input_run(), the vendor too */
	struct progress progress;
};

/* All return EXIT_DONE, or have reported what is wrong and return the exit code that it means. */
int input_open(struct input *input, const struct command *command, const struct common_opts *common,
	       const char *path);
/*
 * filter may be NULL. INPUT_AGAIN, only of a command that says it runs again: this has to be called
 * again, with a sink that has seen nothing.
 */
#define INPUT_AGAIN (-1)
int input_run(struct input *input, const struct filter_opts *filter, struct kg_call_sink sink);
/* The same for events instead of calls. */
int input_run_events(struct input *input, struct kg_event_sink sink);
/* Makes it possible to run the input again, if it was run; what was read is forgotten. */
int input_rewind(struct input *input);
/* Under --strict: EXIT_NO, and a line that says why, if the trace is not perfect. */
int input_judge(const struct input *input);
void input_close(struct input *input);

/* Whether the output is to be JSON. */
bool wants_json(const struct common_opts *common);
/* Opens what -o names. */
int output_open(const struct command *command, const struct common_opts *common,
		struct kg_out **out);
/* Ends it: kept if status is KG_OK, else reported and gone. */
int output_close(const struct command *command, struct kg_out *out, enum kg_status status);
struct kg_text_opts text_opts(const struct common_opts *common, const struct kg_out *out);

/* Reports KG_NOMEM and the like where no struct kg_error was filled. */
int fail_plain(const struct command *command, enum kg_status status);

/* Whether the name of a scenario is that of a file: it holds a "/", or ends with ".json". */
bool names_file(const char *scenario);

/* Where large intermediate data goes: TMPDIR, or NULL. */
const char *tmp_folder(void);

#endif
