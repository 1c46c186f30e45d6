/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how this program is told to record a scenario. */
#include "cli/replay_run.h"

#include <errno.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/report.h"
#include "base/banned.h"

extern char **environ;

#define FOLDERS_OPEN 16

/* ---- options --------------------------------------------------------------------------------- */

static bool is_vendor(const char *text)
{
	return strcmp(text, "vmx") == 0 || strcmp(text, "svm") == 0;
}

/* "lab:6.12:svm"; a kernel may have a colon of its own. */
static bool read_lab(struct recording *recording, const char *text)
{
	const char *colon = strrchr(text, ':');
	const bool has_vendor = colon != NULL && is_vendor(colon + 1);
	const size_t len = has_vendor ? (size_t)(colon - text) : strlen(text);
	if (len == 0 || text[0] == '-' || (colon != NULL && colon[1] == '\0'))
		return false;
	recording->lab = strndup(text, len);
	recording->vendor = strdup(has_vendor ? colon + 1 : "svm");
	return true;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int read_on(struct recording *recording, const char *on)
{
	if (on == NULL || strcmp(on, "host") == 0)
		return EXIT_DONE;
	if (has_prefix(on, "trace:") && on[strlen("trace:")] != '\0') {
		recording->trace = strdup(on + strlen("trace:"));
	} else if (!has_prefix(on, "lab:") || !read_lab(recording, on + strlen("lab:"))) {
		report_error(recording->command->name,
			     "--on %s is not understood (it takes host, lab:KERNEL:VENDOR as in "
			     "lab:6.12:svm, or trace:FILE)",
			     on);
		return EXIT_WRONG;
	}
	if (recording->trace != NULL || (recording->lab != NULL && recording->vendor != NULL))
		return EXIT_DONE;
	return fail_plain(recording->command, KG_NOMEM);
}

/* ---- the folder ------------------------------------------------------------------------------ */

static int make_folder(struct recording *recording, const char *keep)
{
	const char *tmp = tmp_folder() != NULL ? tmp_folder() : "/tmp";
	bool is_made = false;
	recording->is_kept = keep != NULL;
	if (keep != NULL)
		recording->folder = strdup(keep);
	else if (asprintf(&recording->folder, "%s/kvmgraph-replay-XXXXXX", tmp) < 0)
		recording->folder = NULL;
	if (recording->folder == NULL)
		return fail_plain(recording->command, KG_NOMEM);
	if (keep != NULL)
		is_made = mkdir(recording->folder, 0777) == 0;
	else
		is_made = mkdtemp(recording->folder) != NULL;
	if (is_made)
		return EXIT_DONE;
	report_error(recording->command->name, "%s: cannot be made: %s", recording->folder,
		     strerror(errno));
	free(recording->folder);
	recording->folder = NULL;
	return EXIT_WRONG;
}

int recording_open(struct recording *recording, const struct command *command, const char *on,
		   const char *keep, bool is_wanted)
{
	*recording = (struct recording){ .command = command };
	int code = read_on(recording, on);
	const bool needs_folder = is_wanted && recording->trace == NULL;
	return code == EXIT_DONE && needs_folder ? make_folder(recording, keep) : code;
}

static int remove_entry(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
	(void)stat;
	(void)kind;
	(void)ftw;
	(void)remove(path);
	return 0;
}

void recording_close(struct recording *recording)
{
	if (recording->folder != NULL && !recording->is_kept)
		(void)nftw(recording->folder, remove_entry, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
	free(recording->folder);
	free(recording->lab);
	free(recording->vendor);
	free(recording->trace);
	*recording = (struct recording){ 0 };
}

char *recording_path(const struct recording *recording, const char *name, const char *ending)
{
	char *path = NULL;
	return asprintf(&path, "%s/%s%s", recording->folder, name, ending) < 0 ? NULL : path;
}

/* ---- recording ------------------------------------------------------------------------------- */

/* Waits for a child; the exit code that it ended with. */
static int wait_for(const struct recording *recording, pid_t pid, const char *what)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_INTERNAL;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	report_error(recording->command->name, "kvmgraph %s was ended by signal %d", what,
		     WTERMSIG(status));
	return EXIT_INTERNAL;
}

static int run(const struct recording *recording, const char *const *words)
{
	pid_t pid;
	const int error = posix_spawn(&pid, "/proc/self/exe", NULL, NULL,
				      (char *const *)(void *)words, environ);
	if (error == 0)
		return wait_for(recording, pid, words[1]);
	report_error(recording->command->name, "cannot run itself: %s", strerror(error));
	return EXIT_INTERNAL;
}

int recording_make(const struct recording *recording, const char *scenario)
{
	char *trace = recording_path(recording, "replay", ".dat");
	if (trace == NULL)
		return fail_plain(recording->command, KG_NOMEM);
	const char *const on_host[] = { "kvmgraph", "record",	  "--quiet", "--output",
					trace,	    "--scenario", scenario,  NULL };
	const char *const in_lab[] = { "kvmgraph",
				       "lab",
				       recording->lab,
				       "--vendor",
				       recording->vendor,
				       "--quiet",
				       "--progress",
				       "never",
				       "--output",
				       recording->folder,
				       "--scenario",
				       scenario,
				       NULL };
	const int code = run(recording, recording->lab != NULL ? in_lab : on_host);
	free(trace);
	/* whether the VMM saw what it expected is for the comparison to say */
	if (code == EXIT_DONE || code == EXIT_NO)
		return EXIT_DONE;
	/* the request was understood, so it is the scenario that was not */
	if (code == EXIT_WRONG)
		return EXIT_INCONCLUSIVE;
	if (code == EXIT_LACKING && recording->lab == NULL)
		report_error(recording->command->name,
			     "this host cannot do it again (--on lab:6.12:svm does so in an "
			     "emulator, --scenario-out FILE only writes the steps)");
	return code;
}
