/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how failures are told. */
#include "cli/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

/* Control bytes would reach the terminal, also those above 0x7f that stand alone (0x9b is one). */
static void print_escaped(const char *text)
{
	unsigned char before = 0;
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0 && before < 0xc3))
			fprintf(stderr, "\\x%02x", c);
		else
			fputc(c, stderr);
		before = c >= 0x80 ? c : 0;
	}
}

void report_error(const char *command, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fflush(stdout);
	fprintf(stderr, "kvmgraph%s%s: ", command != NULL ? " " : "",
		command != NULL ? command : "");
	print_escaped(text);
	fputc('\n', stderr);
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
