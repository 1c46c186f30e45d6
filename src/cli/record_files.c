/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what stands beside a trace, and when. */
#include "cli/record_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kvmgraph/render.h>

#include "cli/report.h"
#include "base/banned.h"

/* "a/b.dat" and ".env.json" give "a/b.env.json". */
static char *side_name(const char *trace, const char *suffix)
{
	static const char *const endings[] = { ".dat", ".txt" };
	size_t len = strlen(trace);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const size_t ending_len = strlen(endings[i]);
		if (len > ending_len && strcmp(trace + len - ending_len, endings[i]) == 0) {
			len -= ending_len;
			break;
		}
	}
	char *name = malloc(len + strlen(suffix) + 1);
	if (name != NULL) {
		memcpy(name, trace, len);
		memcpy(name + len, suffix, strlen(suffix) + 1);
	}
	return name;
}

bool record_files_name(struct record_files *files, const char *trace, bool has_run)
{
	*files = (struct record_files){ .trace = strdup(trace),
					.environment = side_name(trace, ".env.json"),
					.run = side_name(trace, ".run.json"),
					.has_run = has_run,
					.run_fd = -1 };
	return files->trace != NULL && files->environment != NULL && files->run != NULL;
}

void record_files_release(struct record_files *files)
{
	if (files->run_fd >= 0)
		close(files->run_fd);
	partial_release(&files->run_file);
	free(files->trace);
	free(files->environment);
	free(files->run);
}

enum kg_status record_files_open_run(struct record_files *files, struct kg_error *err)
{
	if (!files->has_run)
		return KG_OK;
	return partial_open(&files->run_file, files->run, &files->run_fd, err);
}

int record_files_keep_run(struct record_files *files, const struct command *command,
			  const struct kg_environment *environment)
{
	if (!files->has_run || environment->exit_code < 0 || environment->exit_code > EXIT_NO)
		return EXIT_DONE;
	if (partial_settle(&files->run_file, files->run_fd) == 0 &&
	    partial_keep(&files->run_file) == 0)
		return EXIT_DONE;
	report_error(command->name, "%s: cannot be written: %s", files->run, strerror(errno));
	return EXIT_WRONG;
}

int record_files_put_environment(const struct record_files *files, const struct command *command,
				 const struct kg_environment *environment)
{
	struct kg_out *out;
	struct kg_error err = { 0 };
	enum kg_status status = kg_out_open(files->environment, &out, &err);
	if (status != KG_OK)
		return report_failure(command->name, status, &err);
	enum kg_status rendered = kg_render_environment_json(out, environment);
	status = kg_out_close(out, rendered == KG_OK, &err);
	if (rendered != KG_OK)
		return report_failure(command->name, rendered, &err);
	return status == KG_OK ? EXIT_DONE : report_failure(command->name, status, &err);
}
