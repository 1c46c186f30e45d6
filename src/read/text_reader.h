/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader of the kernel's own text. */
#ifndef READ_TEXT_READER_H
#define READ_TEXT_READER_H

#include "read/reader.h"

KG_MUST_USE enum kg_status text_reader_open(const struct source *source,
					    const struct reader_opts *opts,
					    struct read_facts *facts, struct kg_reader **out,
					    struct kg_error *err);

#endif
