/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader of the text of `trace-cmd report`, normal and raw. */
#ifndef READ_REPORT_READER_H
#define READ_REPORT_READER_H

#include "read/reader.h"

KG_MUST_USE enum kg_status report_reader_open(const struct source *source,
					      const struct reader_opts *opts,
					      struct read_facts *facts, struct kg_reader **out,
					      struct kg_error *err);

#endif
