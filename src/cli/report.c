/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how failures are told. */
#include "cli/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

/*
 * Control bytes would reach the terminal, also those above 0x7f that stand alone (0x9b is one).
 * What does not fit is left out.
 */
static size_t escape(char *to, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char before = 0;
	size_t len = 0;
	for (; *text != '\0' && len + 4 <= size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0 && before < 0xc3)) {
			const char escaped[] = { '\\', 'x', hex[c >> 4], hex[c & 15] };
			memcpy(to + len, escaped, sizeof(escaped));
			len += sizeof(escaped);
		} else {
			to[len++] = (char)c;
		}
		before = c >= 0x80 ? c : 0;
	}
	return len;
}

static size_t put_line(struct report_line *line, const char *command, const char *format,
		       va_list args)
{
	char text[1024];
	vsnprintf(text, sizeof(text), format, args);
	const int start = snprintf(line->text, sizeof(line->text),
				   "kvmgraph%s%s: ", command != NULL ? " " : "",
				   command != NULL ? command : "");
	size_t len = (size_t)start;
	len += escape(line->text + len, sizeof(line->text) - len - 2, text);
	memcpy(line->text + len, "\n", 2);
	return len + 1;
}

void report_prepare(struct report_line *line, const char *command, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	put_line(line, command, format, args);
	va_end(args);
}

void report_error(const char *command, const char *format, ...)
{
	struct report_line line;
	va_list args;
	va_start(args, format);
	size_t len = put_line(&line, command, format, args);
	va_end(args);
	fflush(stdout);
	fwrite(line.text, 1, len, stderr);
}

int report_failure(const char *command, enum kg_status status, const struct kg_error *err)
{
	const char *text = err->text[0] != '\0' ? err->text : kg_status_text(status);
	char place[64] = "";
	if (err->line_no != 0 && err->column_no != 0)
		snprintf(place, sizeof(place), ":%" PRIu64 ":%" PRIu64, err->line_no,
			 err->column_no);
	else if (err->line_no != 0)
		snprintf(place, sizeof(place), ":%" PRIu64, err->line_no);
	if (err->file[0] != '\0')
		report_error(command, "%s%s: %s", err->file, place, text);
	else
		report_error(command, "%s", text);
	switch (status) {
	case KG_IO:
	case KG_BAD_FORMAT:
	case KG_BAD_ARG:
	case KG_BAD_SPEC:
	case KG_UNSUPPORTED:
		return EXIT_WRONG;
	case KG_LACKING:
		return EXIT_LACKING;
	case KG_OK:
	case KG_END:
	case KG_AGAIN:
	case KG_NOMEM:
		break;
	}
	return EXIT_INTERNAL;
}
