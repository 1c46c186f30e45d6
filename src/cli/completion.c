/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how the tables of commands and options complete what is typed in a shell. */
#include "cli/commands.h"
#include "cli/documents.h"
#include "base/banned.h"

static void print_option_words(const struct command *command, FILE *to)
{
	for (size_t g = 0; g < command->group_count; g++) {
		for (size_t i = 0; i < command->groups[g].row_count; i++) {
			const struct option_row *row = &command->groups[g].rows[i];
			if (!option_is_replaced(command, row))
				fprintf(to, "--%s ", row->name);
		}
	}
	fputs("--help", to);
}

/* The words that one option takes, as a case of the shell; none for free values. */
static void print_choices(const struct command *command, FILE *to)
{
	for (size_t g = 0; g < command->group_count; g++) {
		for (size_t i = 0; i < command->groups[g].row_count; i++) {
			const struct option_row *row = &command->groups[g].rows[i];
			if (row->kind != OPTION_CHOICE || option_is_replaced(command, row))
				continue;
			fprintf(to, "\t%s:--%s) words=\"", command->name, row->name);
			for (const char *at = row->choices; *at != '\0'; at++)
				fputc(*at == '|' ? ' ' : *at, to);
			fputs("\" ;;\n", to);
		}
	}
}

void completion_print(FILE *to)
{
	fputs("# bash completion for kvmgraph, made from its tables of options\n"
	      "_kvmgraph()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal command=${COMP_WORDS[1]} words=\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords=\"",
	      to);
	for (size_t i = 0; i < command_count; i++)
		fprintf(to, "%s ", commands[i]->name);
	fputs("--help --version\"\n\telse case $command:$prev in\n", to);
	for (size_t i = 0; i < command_count; i++)
		print_choices(commands[i], to);
	fputs("\t*) case $command:$cur in\n", to);
	for (size_t i = 0; i < command_count; i++) {
		fprintf(to, "\t\t%s:-*) words=\"", commands[i]->name);
		print_option_words(commands[i], to);
		fputs("\" ;;\n", to);
	}
	fputs("\t\tesac ;;\n\tesac; fi\n"
	      "\tif [ -n \"$words\" ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "\telse\n"
	      "\t\tcompopt -o filenames\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	      "\tfi\n}\ncomplete -F _kvmgraph kvmgraph\n",
	      to);
}
