/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the names of the statuses and how a failure is recorded. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

const char *kg_status_name(enum kg_status status)
{
	switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
	case name:                                                                                 \
		return #name;
		KG_STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
	}
	return "KG_?";
}

const char *kg_status_text(enum kg_status status)
{
	switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
	case name:                                                                                 \
		return text;
		KG_STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
	}
	return "unknown status";
}

static void keep_end(char *to, size_t size, const char *path)
{
	size_t len = strlen(path);
	if (len < size) {
		memcpy(to, path, len + 1);
		return;
	}
	memcpy(to, "...", 3);
	memcpy(to + 3, path + len - (size - 4), size - 3);
}

enum kg_status error_set(struct kg_error *err, enum kg_status status, const char *file,
			 int os_errno, const char *format, ...)
{
	if (err == NULL || err->status != KG_OK)
		return status;
	err->status = status;
	err->os_errno = os_errno;
	if (file != NULL)
		keep_end(err->file, sizeof(err->file), file);
	va_list args;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return status;
}
