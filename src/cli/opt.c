/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how options are read from their tables. */
#include "cli/opt.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "base/banned.h"

#define OPTIONS_MAX 64

static void *place_of(const struct option_group *group, const struct option_row *row, void *opts)
{
	return (char *)opts + group->base + row->offset;
}

/* Calls for a command's rows with their groups, in order; row numbers are what getopt returns. */
static const struct option_row *row_by_number(const struct command *command, int number,
					      const struct option_group **group)
{
	for (size_t g = 0; g < command->group_count; g++) {
		const struct option_group *candidate = &command->groups[g];
		if (number < (int)candidate->row_count) {
			*group = candidate;
			return &candidate->rows[number];
		}
		number -= (int)candidate->row_count;
	}
	return NULL;
}

/* "12", at most UINT64_MAX; false for anything else. */
static bool read_number(const char *text, uint64_t *number, const char **end)
{
	uint64_t value = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return false;
	}
	*number = value;
	*end = at;
	return at != text;
}

/* "1.5ms" as ns; at most as many decimals as the unit has room for. */
bool option_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "", 1 }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }
	};
	uint64_t whole;
	uint64_t fraction = 0;
	uint64_t scale = 1;
	const char *at;
	if (!read_number(text, &whole, &at))
		return false;
	if (*at == '.') {
		const char *first = at + 1;
		if (!read_number(first, &fraction, &at) || at - first > 9)
			return false;
		for (; first < at; first++)
			scale *= 10;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(at, units[i].name) != 0)
			continue;
		uint64_t part = fraction * units[i].ns / scale;
		return !__builtin_mul_overflow(whole, units[i].ns, ns) &&
		       !__builtin_add_overflow(*ns, part, ns) &&
		       fraction * units[i].ns % scale == 0;
	}
	return false;
}

/* "64K" as bytes */
static bool read_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMG";
	const char *at;
	if (!read_number(text, bytes, &at))
		return false;
	const char *unit = *at != '\0' ? strchr(units, *at) : NULL;
	if (unit == NULL)
		return *at == '\0';
	const uint64_t factor = UINT64_C(1) << (10 * (unit - units + 1));
	return at[1] == '\0' && !__builtin_mul_overflow(*bytes, factor, bytes);
}

static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = choices; *at != '\0' && len > 0;) {
		size_t choice_len = strcspn(at, "|");
		if (choice_len == len && strncmp(at, word, len) == 0)
			return true;
		at += choice_len + (at[choice_len] == '|');
	}
	return false;
}

static bool append(struct string_list *list, const char *value)
{
	const char **moved = realloc(list->at, (list->count + 1) * sizeof(*moved));
	if (moved == NULL)
		return false;
	moved[list->count++] = value;
	list->at = moved;
	return true;
}

/* Stores one option's value; a text says what is wrong with it, or NULL. */
static const char *store(const struct option_row *row, void *place, const char *value)
{
	const char *end;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)place = true;
		return NULL;
	case OPTION_STRING:
		*(const char **)place = value;
		return NULL;
	case OPTION_CHOICE:
		*(const char **)place = value;
		return is_choice(row->choices, value) ? NULL : row->choices;
	case OPTION_NUMBER:
		return read_number(value, place, &end) && *end == '\0' ? NULL : "a whole number";
	case OPTION_COUNT:
		return read_number(value, place, &end) && *end == '\0' && *(uint64_t *)place > 0
			       ? NULL
			       : "a whole number from 1 on";
	case OPTION_INDEX:
		return read_number(value, place, &end) && *end == '\0' && ++*(uint64_t *)place > 0
			       ? NULL
			       : "a whole number";
	case OPTION_SIZE:
		return read_size(value, place) ? NULL : "a size such as 4096, 64K or 2M";
	case OPTION_TIME:
		return option_time(value, place) ? NULL : "a time such as 300, 5us or 1.5ms";
	case OPTION_LIST:
		return append(place, value) ? NULL : "less: memory is out";
	}
	return NULL;
}

bool option_is_replaced(const struct command *command, const struct option_row *row)
{
	const struct option_group *group;
	const struct option_row *earlier = row_by_number(command, 0, &group);
	for (int number = 1; earlier != NULL && earlier != row; number++) {
		if (strcmp(earlier->name, row->name) == 0)
			return true;
		earlier = row_by_number(command, number, &group);
	}
	return false;
}

static void fill_getopt(const struct command *command, struct option *longs, char *letters)
{
	size_t count = 0;
	if (command->stops_at_argument)
		*letters++ = '+';
	*letters++ = ':';
	const struct option_group *group;
	for (int number = 0; number < OPTIONS_MAX; number++) {
		const struct option_row *row = row_by_number(command, number, &group);
		if (row == NULL)
			break;
		const bool has_value = row->kind != OPTION_FLAG;
		if (option_is_replaced(command, row))
			continue;
		/* numbers from 256 on are rows, so that they are no letters */
		longs[count++] = (struct option){ row->name, has_value, NULL, 256 + number };
		if (row->letter != 0) {
			*letters++ = row->letter;
			if (has_value)
				*letters++ = ':';
		}
	}
	longs[count++] = (struct option){ "help", 0, NULL, 'h' };
	longs[count] = (struct option){ 0 };
	*letters++ = 'h';
	*letters = '\0';
}

static int row_of_letter(const struct command *command, int letter)
{
	const struct option_group *group;
	for (int number = 0;; number++) {
		const struct option_row *row = row_by_number(command, number, &group);
		if (row == NULL)
			return -1;
		if (row->letter == letter)
			return number;
	}
}

static enum parse_result wrong_option(const struct command *command, int result, char **argv)
{
	const char *what = result == ':' ? "needs a value" : "is no option of this command";
	if (optopt != 0 && optopt < 256)
		report_error(command->name, "-%c %s (see kvmgraph %s --help)", optopt, what,
			     command->name);
	else
		report_error(command->name, "%s %s (see kvmgraph %s --help)", argv[optind - 1],
			     what, command->name);
	return PARSE_WRONG;
}

enum parse_result options_parse(const struct command *command, void *opts, int argc, char **argv,
				int *first)
{
	struct option longs[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 5];
	fill_getopt(command, longs, letters);
	optind = 0;
	opterr = 0;
	for (;;) {
		int result = getopt_long(argc, argv, letters, longs, NULL);
		if (result == -1)
			break;
		if (result == 'h')
			return PARSE_HELP;
		if (result == '?' || result == ':')
			return wrong_option(command, result, argv);
		const struct option_group *group;
		int number = result >= 256 ? result - 256 : row_of_letter(command, result);
		const struct option_row *row = row_by_number(command, number, &group);
		if (row == NULL) /* getopt returns only what fill_getopt() gave it */
			break;
		const char *wanted = store(row, place_of(group, row, opts), optarg);
		if (wanted != NULL) {
			report_error(command->name, "--%s %s is not understood (it takes %s)",
				     row->name, optarg, wanted);
			return PARSE_WRONG;
		}
	}
	*first = optind;
	return PARSE_OK;
}

void options_release(const struct command *command, void *opts)
{
	const struct option_group *group;
	for (int number = 0;; number++) {
		const struct option_row *row = row_by_number(command, number, &group);
		if (row == NULL)
			break;
		if (row->kind == OPTION_LIST)
			free(((struct string_list *)place_of(group, row, opts))->at);
	}
}
