/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which formats there are and what their content looks like. */
#include "read/reader.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "read/dat_reader.h"
#include "read/report_reader.h"
#include "read/report_sample.h"
#include "read/text_reader.h"
#include "base/banned.h"

/* Formats are told apart by this much of the content. */
#define SAMPLE_BYTES 4096

/* Content that is surely something else, and what to do about it. */
static const struct {
	struct span start;
	const char *advice;
} strangers[] = {
	{ { (const unsigned char *)"\x1f\x8b", 2 },
	  "gzip data (unpack it first: zcat FILE | ... -)" },
	{ { (const unsigned char *)"\xfd\x37zXZ", 6 },
	  "xz data (unpack it first: xzcat FILE | ... -)" },
	{ { (const unsigned char *)"\x28\xb5\x2f\xfd", 4 },
	  "zstd data (unpack it first: zstdcat FILE | ... -)" },
	{ { (const unsigned char *)"\x7f"
				   "ELF",
	    4 },
	  "a program (give the trace that it made)" },
};

static enum kg_status refuse_strangers(const struct source *source, struct span sample,
				       struct kg_error *err)
{
	if (sample.len == 0)
		return error_set(err, KG_BAD_FORMAT, source_name(source), 0,
				 "is empty (was tracing_on 0 while it was recorded?)");
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		if (span_starts(sample, strangers[i].start))
			return error_set(err, KG_BAD_FORMAT, source_name(source), 0, "is %s",
					 strangers[i].advice);
	}
	return KG_OK;
}

enum kg_status reader_open(const struct source *source, const struct reader_opts *opts,
			   struct read_facts *facts, struct kg_reader **out, struct kg_error *err)
{
	unsigned char bytes[SAMPLE_BYTES];
	size_t len;
	enum kg_status status = source_read(source, 0, bytes, sizeof(bytes), &len, err);
	if (status != KG_OK)
		return status;
	if (span_starts((struct span){ bytes, len }, SPAN("\x17\x08\x44tracing")))
		return dat_reader_open(source, opts, facts, out, err);
	status = refuse_strangers(source, (struct span){ bytes, len }, err);
	if (status != KG_OK)
		return status;
	if (report_sample_is_likely((struct span){ bytes, len }))
		return report_reader_open(source, opts, facts, out, err);
	return text_reader_open(source, opts, facts, out, err);
}

void read_facts_release(struct read_facts *facts)
{
	funcs_release(&facts->funcs);
	tasks_release(&facts->tasks);
	column_release(&facts->cpus);
	arena_release(&facts->memory);
}
