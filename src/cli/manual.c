/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the tables of commands and options read as manual pages. */
#include <string.h>

#include "cli/commands.h"
#include "cli/documents.h"
#include "base/banned.h"

/* Text in roff: a dot at the start of a line and a backslash mean something there. */
static void print_roff(const char *text, FILE *to)
{
	bool at_start = true;
	for (; *text != '\0'; text++) {
		if (at_start && (*text == '.' || *text == '\''))
			fputs("\\&", to);
		if (*text == '\\')
			fputs("\\e", to);
		else if (*text == '-')
			fputs("\\-", to);
		else
			fputc(*text, to);
		at_start = *text == '\n';
	}
}

static void print_man_options(const struct command *command, FILE *to)
{
	for (size_t g = 0; g < command->group_count; g++) {
		const struct option_group *group = &command->groups[g];
		fprintf(to, ".SS %s\n", group->title);
		for (size_t i = 0; i < group->row_count; i++) {
			const struct option_row *row = &group->rows[i];
			if (option_is_replaced(command, row))
				continue;
			fputs(".TP\n", to);
			if (row->letter != 0)
				fprintf(to, "\\fB\\-%c\\fR, ", row->letter);
			fputs("\\fB\\-\\-", to);
			print_roff(row->name, to);
			fputs("\\fR", to);
			if (row->value != NULL)
				fprintf(to, " \\fI%s\\fR", row->value);
			fputc('\n', to);
			print_roff(row->help, to);
			fputc('\n', to);
		}
	}
}

/* What every page ends with. */
static void print_ending(FILE *to)
{
	fputs(".SH EXIT STATUS\n.nf\n", to);
	print_roff(PROGRAM_EXIT_CODES, to);
	fputs(".fi\n.SH SEE ALSO\n.BR kvmgraph (1)", to);
	for (size_t i = 0; i < command_count; i++)
		fprintf(to, ",\n.BR kvmgraph\\-%s (1)", commands[i]->name);
	fputs(",\n.BR kvmgraph\\-spec (5)\n", to);
}

static void print_command(const struct command *command, FILE *to)
{
	fprintf(to, ".TH KVMGRAPH\\-%s 1 \"\" \"kvmgraph " KG_VERSION "\"\n", command->name);
	fprintf(to, ".SH NAME\nkvmgraph\\-%s \\- ", command->name);
	print_roff(command->summary, to);
	fprintf(to, "\n.SH SYNOPSIS\n.B kvmgraph %s\n[\\fIOPTIONS\\fR] %s\n.SH DESCRIPTION\n",
		command->name, command->arguments);
	print_roff(command->about, to);
	fputs("\n.SH OPTIONS\n", to);
	print_man_options(command, to);
	fputs(".SH EXAMPLES\n.nf\n", to);
	print_roff(command->examples, to);
	fputs(".fi\n", to);
	print_ending(to);
}

static void print_program(FILE *to)
{
	fputs(".TH KVMGRAPH 1 \"\" \"kvmgraph " KG_VERSION "\"\n.SH NAME\nkvmgraph \\- ", to);
	print_roff(PROGRAM_SUMMARY, to);
	fputs("\n.SH SYNOPSIS\n.B kvmgraph\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR] \\fIFILE\\fR\n"
	      ".SH DESCRIPTION\n",
	      to);
	print_roff(PROGRAM_ABOUT, to);
	fputs(".SH COMMANDS\n", to);
	for (size_t i = 0; i < command_count; i++) {
		fprintf(to, ".TP\n.BR kvmgraph\\-%s (1)\n", commands[i]->name);
		print_roff(commands[i]->summary, to);
		fputc('\n', to);
	}
	fputs(".SH EXAMPLES\n.nf\n", to);
	print_roff(PROGRAM_EXAMPLES, to);
	fputs(".fi\n", to);
	print_ending(to);
}

void manual_print(const struct command *command, FILE *to)
{
	if (command != NULL)
		print_command(command, to);
	else
		print_program(to);
}
