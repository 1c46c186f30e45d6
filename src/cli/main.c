/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvmgraph: finds the command and ends with its exit code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/report.h"
#include "base/banned.h"

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < command_count; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	int first = 0;
	int code = EXIT_WRONG;
	void *opts = calloc(1, command->opts_size);
	if (opts == NULL) {
		report_error(command->name, "out of memory");
		return EXIT_INTERNAL;
	}
	switch (options_parse(command, opts, argc, argv, &first)) {
	case PARSE_OK:
		code = command->run(command, opts, (size_t)(argc - first), argv + first);
		break;
	case PARSE_HELP:
		command_print_help(command, stdout);
		code = EXIT_DONE;
		break;
	case PARSE_WRONG:
		break;
	}
	options_release(command, opts);
	free(opts);
	return code;
}

/* For the build: manual pages and completion come from the tables of the options. */
static int print_document(int argc, char **argv)
{
	const struct command *command = argc > 2 ? find_command(argv[2]) : NULL;
	if (strcmp(argv[1], "--print-completion") == 0)
		completion_print(stdout);
	else
		manual_print(command, stdout);
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		program_print_help(stderr);
		return EXIT_WRONG;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		const struct command *command = argc > 2 ? find_command(argv[2]) : NULL;
		if (command != NULL)
			command_print_help(command, stdout);
		else
			program_print_help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(name, "--version") == 0) {
		puts("kvmgraph " KG_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(name, "--print-completion") == 0 || strcmp(name, "--print-man") == 0)
		return print_document(argc, argv);
	const struct command *command = find_command(name);
	if (command == NULL) {
		report_error(NULL, "%s is no command (see kvmgraph --help)", name);
		return EXIT_WRONG;
	}
	return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int code = run(argc, argv);
	/* what was printed with stdio may not have arrived */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		report_error(NULL, "cannot write to standard output");
		return EXIT_WRONG;
	}
	return code;
}
