/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how a filter of functions is made what it was. */
#include "capture/functions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/intern.h"
#include "base/memory.h"
#include "capture/control.h"
#include "base/banned.h"

#define AVAILABLE "available_filter_functions"

/* Lines of a filter that are still to be written, each with how often it stands there. */
struct pending {
	struct intern names;
	COLUMN(uint32_t) left;
};

static void release_pending(struct pending *pending)
{
	intern_release(&pending->names);
	column_release(&pending->left);
}

static bool collect(struct pending *pending, const char *text)
{
	struct span left = { (const unsigned char *)text, strlen(text) };
	struct span line;
	while (control_next_line(&left, &line)) {
		if (!functions_is_name(line))
			continue;
		uint32_t id = intern_add_copy(&pending->names, line);
		if (id == INTERN_NONE || !column_reach(&pending->left, id))
			return false;
		pending->left.at[id]++;
	}
	return true;
}

static bool write_word(int fd, const char *word)
{
	const size_t len = strlen(word);
	return write(fd, word, len) == (ssize_t)len;
}

/* Writes the numbers of pending functions, which are their lines in the list of all, from 1. */
static void write_numbers(int fd, const char *list, size_t list_len, struct pending *pending)
{
	struct span left = { (const unsigned char *)list, list_len };
	struct span line;
	char word[32];
	for (size_t number = 1; control_next_line(&left, &line); number++) {
		uint32_t id = intern_find(&pending->names, line, intern_hash(line));
		if (id == INTERN_NONE || pending->left.at[id] == 0)
			continue;
		snprintf(word, sizeof(word), "%zu\n", number);
		if (write_word(fd, word))
			pending->left.at[id]--;
	}
}

/* What has no number is written by its name. False if the kernel does not take one. */
static bool write_names(int fd, const struct pending *pending)
{
	bool result = true;
	for (uint32_t id = 0; id < pending->left.count; id++) {
		const struct span name = intern_get(&pending->names, id);
		const unsigned char *module = span_find(name, SPAN(" ["));
		char word[512];
		if (pending->left.at[id] == 0)
			continue;
		if (module == NULL)
			snprintf(word, sizeof(word), "%.*s\n", (int)name.len, name.at);
		else
			snprintf(word, sizeof(word), "%.*s:mod:%.*s\n", (int)(module - name.at),
				 name.at, (int)(name.at + name.len - module) - 3, module + 2);
		result &= write_word(fd, word);
	}
	return result;
}

/* folder/name beside the file at path; NULL when memory is out. */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	const size_t folder_len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
	char *other = memory_alloc(folder_len + strlen(name) + 1);
	if (other != NULL) {
		memcpy(other, path, folder_len);
		memcpy(other + folder_len, name, strlen(name) + 1);
	}
	return other;
}

/* Writes what is pending to an emptied filter. */
static int write_pending(int fd, const char *available, struct pending *pending)
{
	char *list;
	size_t list_len;
	if (pending->names.strings.count > 0 &&
	    control_read(available, &list, &list_len, NULL) == KG_OK) {
		write_numbers(fd, list, list_len, pending);
		memory_free(list);
	}
	return write_names(fd, pending) ? 0 : -1;
}

int functions_put(const char *path, const char *text)
{
	struct pending pending = { 0 };
	int result = -1;
	char *available = beside(path, AVAILABLE);
	errno = ENOMEM;
	if (available != NULL && collect(&pending, text)) {
		int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
		if (fd >= 0)
			result = write_pending(fd, available, &pending);
		/* the kernel takes a filter over when it is closed */
		if (fd >= 0 && close(fd) != 0)
			result = -1;
	}
	memory_free(available);
	release_pending(&pending);
	return result;
}
