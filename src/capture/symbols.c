/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where the kernel tells addresses, and what of that a trace needs. */
#include "capture/symbols.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "capture/control.h"
#include "base/banned.h"

/* The tracer's own list of functions, with addresses on newer kernels. */
#define TRACERS_LIST "available_filter_functions_addrs"

/* "ffffffff81000000 T _stext": in the text, and weak symbols there. */
static bool is_function(struct span line)
{
	const unsigned char *space = memchr(line.at, ' ', line.len);
	if (space == NULL || space + 2 >= line.at + line.len || space[2] != ' ')
		return false;
	return memchr("tTwW", space[1], 4) != NULL;
}

static bool has_address(struct span line)
{
	for (size_t i = 0; i < line.len && line.at[i] != ' '; i++) {
		if (line.at[i] != '0')
			return true;
	}
	return false;
}

size_t symbols_reduce(char *text, size_t len)
{
	struct span left = { (const unsigned char *)text, len };
	struct span line;
	size_t kept = 0;
	bool is_known = false;
	while (control_next_line(&left, &line)) {
		if (!is_function(line))
			continue;
		is_known |= has_address(line);
		memmove(text + kept, line.at, line.len);
		kept += line.len;
		text[kept++] = '\n';
	}
	return is_known ? kept : 0;
}

/* "ffffffffc0401000 kvm_init [kvm]" becomes "ffffffffc0401000 t kvm_init	[kvm]". */
static char *translate(const char *list, size_t list_len, size_t *len)
{
	struct span left = { (const unsigned char *)list, list_len };
	struct span line;
	size_t lines = 1;
	for (size_t i = 0; i < list_len; i++)
		lines += list[i] == '\n';
	char *text = memory_alloc(list_len + 3 * lines);
	*len = 0;
	while (text != NULL && control_next_line(&left, &line)) {
		const unsigned char *space = memchr(line.at, ' ', line.len);
		if (space == NULL)
			continue;
		const size_t address_len = (size_t)(space - line.at);
		const size_t rest_len = line.len - address_len;
		memcpy(text + *len, line.at, address_len);
		memcpy(text + *len + address_len, " t", 2);
		char *rest = text + *len + address_len + 2;
		memcpy(rest, space, rest_len);
		char *module = memchr(rest + 1, ' ', rest_len - 1);
		if (module != NULL)
			*module = '\t';
		rest[rest_len] = '\n';
		*len += line.len + 3;
	}
	return text;
}

static enum kg_status refuse(struct kg_error *err)
{
	return error_set(
		err, KG_LACKING, "/proc/kallsyms", 0,
		"hides the addresses that a trace.dat needs (sysctl kernel.kptr_restrict=0, "
		"or --text)");
}

enum kg_status symbols_check(const char *top, struct kg_error *err)
{
	char path[4096];
	char text[16384];
	struct span line;
	bool is_known = false;
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text)) : 0;
	struct span left = { (const unsigned char *)text, got > 0 ? (size_t)got : 0 };
	if (fd >= 0)
		close(fd);
	/* those of variables of CPUs, which come first, begin at 0 also where nothing is hidden */
	while (!is_known && control_next_line(&left, &line))
		is_known = has_address(line);
	snprintf(path, sizeof(path), "%s/" TRACERS_LIST, top);
	return is_known || access(path, R_OK) == 0 ? KG_OK : refuse(err);
}

static enum kg_status read_tracers_list(const char *top, char **text, size_t *len,
					struct kg_error *err)
{
	struct arena memory = { 0 };
	char *list;
	size_t list_len;
	const char *path = arena_format(&memory, "%s/" TRACERS_LIST, top);
	enum kg_status status = KG_NOMEM;
	if (path != NULL && control_read(path, &list, &list_len, NULL) == KG_OK) {
		*text = translate(list, list_len, len);
		memory_free(list);
		status = *text != NULL ? KG_OK : KG_NOMEM;
	} else if (path != NULL) {
		status = refuse(err);
	}
	arena_release(&memory);
	return status == KG_NOMEM ? error_set(err, KG_NOMEM, NULL, 0, "out of memory") : status;
}

enum kg_status symbols_read(const char *top, char **text, size_t *len, struct kg_error *err)
{
	char *list;
	size_t list_len;
	enum kg_status status = control_read("/proc/kallsyms", &list, &list_len, NULL);
	if (status == KG_NOMEM)
		return error_set(err, status, NULL, 0, "out of memory");
	if (status == KG_OK) {
		list_len = symbols_reduce(list, list_len);
		if (list_len > 0) {
			*text = list;
			*len = list_len;
			return KG_OK;
		}
		memory_free(list);
	}
	return read_tracers_list(top, text, len, err);
}
