/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options as tables: one table drives parsing, --help, the manual pages and shell completion.
 */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_STRING, /* const char * */
	OPTION_CHOICE, /* const char *, one of the words in `choices` */
	OPTION_NUMBER, /* uint64_t */
	OPTION_COUNT,  /* uint64_t, from 1 on, so that 0 is: not given */
	OPTION_INDEX,  /* uint64_t, the number plus 1, so that 0 is: not given */
	OPTION_SIZE,   /* uint64_t, bytes: "4096", "64K", "2M", "1G" */
	OPTION_TIME,   /* uint64_t, ns: "5us", "1ms", "1.5s", "300" (ns) */
	OPTION_LIST,   /* struct string_list: may be given several times */
};

struct string_list {
	const char **at;
	size_t count;
};

struct option_row {
	const char *name; /* without the dashes */
	char letter;	  /* or 0 */
	enum option_kind kind;
	size_t offset;	     /* of the value in the command's struct */
	const char *value;   /* "FILE" in --help; NULL for flags */
	const char *choices; /* "auto|always|never" */
	const char *help;    /* one line */
};

struct option_group {
	const char *title;
	const struct option_row *rows;
	size_t row_count;
	size_t base; /* offset of the group's struct in the command's one */
};

/* Everything there is to say about a command. */
struct command {
	const char *name;
	const char *summary;   /* one line, in lower case */
	const char *arguments; /* "FILE" */
	const char *about;     /* paragraphs for --help and the manual */
	const char *examples;  /* lines */
	const struct option_group *groups;
	size_t group_count;
	bool runs_again;	/* it can start anew with an input: see INPUT_AGAIN */
	bool stops_at_argument; /* options behind the first argument are not ours */
	size_t opts_size;	/* of the struct that run() is given, zeroed before parsing */
	int (*run)(const struct command *command, const void *opts, size_t count, char **arguments);
};

enum parse_result { PARSE_OK, PARSE_HELP, PARSE_WRONG };

/*
 * Reads the options of a command. argv[0] is the command's name. What is left over are arguments,
 * moved to the end of argv from *first on. On PARSE_WRONG one line has been printed on stderr.
 */
enum parse_result options_parse(const struct command *command, void *opts, int argc, char **argv,
				int *first);

/* Whether an earlier row of the command has the name of this one: then that counts, and not this.
 */
bool option_is_replaced(const struct command *command, const struct option_row *row);

/* "5us", "1.5ms", "300" as ns; false if it is no time. */
bool option_time(const char *text, uint64_t *ns);

/* Releases the lists among the options. */
void options_release(const struct command *command, void *opts);

#endif
