/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is printed about the program itself: help, manual pages, shell completion. */
#ifndef CLI_DOCUMENTS_H
#define CLI_DOCUMENTS_H

#include <stdio.h>

#include "cli/opt.h"

#define PROGRAM_SUMMARY "function_graph traces of KVM: call trees, timing, verdicts"
#define PROGRAM_ABOUT                                                                              \
	"Reads function_graph traces of KVM, rebuilds their call trees, and says whether the\n"    \
	"kernel took the path that it should and how long each step took.\n"
#define PROGRAM_EXIT_CODES                                                                         \
	"  0  done, as expected\n"                                                                 \
	"  1  the check says no: path violated, difference found, --strict and imperfect\n"        \
	"  2  wrong usage, or an input that cannot be read or is no function_graph trace\n"        \
	"  3  inconclusive: the trace cannot tell\n"                                               \
	"  4  the machine lacks what the command needs\n"                                          \
	"  5  internal error or out of memory\n"
#define PROGRAM_EXAMPLES                                                                           \
	"  kvmgraph info trace.txt\n"                                                              \
	"  kvmgraph timing trace.txt\n"                                                            \
	"  kvmgraph verify trace.txt\n"

void program_print_help(FILE *to);
void command_print_help(const struct command *command, FILE *to);
/* The manual page of a command, or with NULL that of the program, as roff. */
void manual_print(const struct command *command, FILE *to);
/* A script for bash. */
void completion_print(FILE *to);

#endif
