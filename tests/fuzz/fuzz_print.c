/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the description of an event, and behind the first NUL as a record of it.
 *
 * What is printed is no longer than a line may be, and the same once more.
 */
#include <string.h>

#include "read/print_run.h"
#include "target.h"

struct printer {
	struct print_program program;
	struct print_run run;
	struct arena memory;
	size_t next_argument;
};

static bool next_argument(void *self, const struct print_conversion *how, struct print_value *out)
{
	struct printer *printer = self;
	(void)how;
	return print_run_argument(&printer->run, &printer->program, printer->next_argument++, out);
}

static struct span name_address(void *self, const struct print_conversion *how, uint64_t address)
{
	(void)self;
	(void)how;
	return address % 2 == 0 ? SPAN("name") : (struct span){ NULL, 0 };
}

static enum print_outcome print(struct printer *printer, struct print_text *text)
{
	const struct print_source source = { printer, 8, next_argument, name_address };
	printer->next_argument = 0;
	printer->run.made.len = text->len = 0;
	printer->run.made.is_full = text->is_full = false;
	const enum print_outcome outcome = print_format(text, printer->program.format, &source);
	MUST(outcome != PRINT_NO_MEMORY);
	MUST(text->len <= sizeof(text->bytes));
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct printer printer;
	static struct print_text first;
	static struct print_text second;
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	const struct span text = { data, end != NULL ? (size_t)(end - data) : size };
	printer = (struct printer){ .run = { .long_bytes = 8 } };
	if (end != NULL)
		printer.run.record = span_of(end + 1, data + size);
	enum kg_status status = print_program_make(&printer.program, text, 8, &printer.memory);
	MUST(status == KG_OK || status == KG_UNSUPPORTED);
	if (status == KG_OK) {
		const enum print_outcome outcome = print(&printer, &first);
		MUST(print(&printer, &second) == outcome);
		MUST(first.len == second.len && memcmp(first.bytes, second.bytes, first.len) == 0);
	}
	print_program_release(&printer.program);
	print_run_release(&printer.run);
	arena_release(&printer.memory);
	return 0;
}
