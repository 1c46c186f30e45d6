/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows that this build leaves trace.dat out. */
#include "read/dat_reader.h"

#include "base/error.h"
#include "base/banned.h"

enum kg_status dat_reader_open(const struct source *source, const struct reader_opts *opts,
			       struct read_facts *facts, struct kg_reader **out,
			       struct kg_error *err)
{
	(void)opts, (void)facts, (void)out;
	return error_set(err, KG_BAD_FORMAT, source_name(source), 0,
			 "is a trace.dat file, which this build cannot read (give what "
			 "`trace-cmd report -R` makes of it, or build with KG_WITH_DAT)");
}
