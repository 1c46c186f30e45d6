/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the tables of commands and options read as help. */
#include "cli/commands.h"
#include "cli/documents.h"
#include "base/banned.h"

/* Column at which the explanations of options start. */
#define HELP_COLUMN 26

static void print_option_names(const struct option_row *row, FILE *to, int *width)
{
	*width = fprintf(to, "  ");
	if (row->letter != 0)
		*width += fprintf(to, "-%c, ", row->letter);
	else
		*width += fprintf(to, "    ");
	*width += fprintf(to, "--%s", row->name);
	if (row->value != NULL)
		*width += fprintf(to, " %s", row->value);
}

static void print_option(const struct option_row *row, FILE *to)
{
	int width;
	print_option_names(row, to, &width);
	if (width >= HELP_COLUMN - 1)
		fprintf(to, "\n%*s%s\n", HELP_COLUMN, "", row->help);
	else
		fprintf(to, "%*s%s\n", HELP_COLUMN - width, "", row->help);
}

void command_print_help(const struct command *command, FILE *to)
{
	fprintf(to, "Usage: kvmgraph %s [OPTIONS]%s%s\n\n%s\n", command->name,
		command->arguments[0] != '\0' ? " " : "", command->arguments, command->about);
	for (size_t g = 0; g < command->group_count; g++) {
		fprintf(to, "\n%s:\n", command->groups[g].title);
		for (size_t i = 0; i < command->groups[g].row_count; i++) {
			const struct option_row *row = &command->groups[g].rows[i];
			if (!option_is_replaced(command, row))
				print_option(row, to);
		}
	}
	fprintf(to, "  -h, --help%*sthis text\n", HELP_COLUMN - 12, "");
	fprintf(to, "\nExamples:\n%s", command->examples);
}

void program_print_help(FILE *to)
{
	fputs("Usage: kvmgraph COMMAND [OPTIONS] FILE\n\n" PROGRAM_ABOUT "\nCommands:\n", to);
	for (size_t i = 0; i < command_count; i++)
		fprintf(to, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
	fputs("\nOptions:\n"
	      "  -h, --help  this text; kvmgraph COMMAND --help tells about a command\n"
	      "  --version   the version of the program\n\n"
	      "Exit codes:\n" PROGRAM_EXIT_CODES "\nExamples:\n" PROGRAM_EXAMPLES,
	      to);
}
