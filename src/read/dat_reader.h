/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader of trace.dat, the file of trace-cmd.
 *
 * Each record becomes one event, numbered in the order of their times: an entry KG_EV_ENTER, an
 * exit KG_EV_LEAVE, all else KG_EV_COMMENT; places where the tracer lost events, and those where
 * the file is damaged, are numbered with them and become KG_EV_LOST.
 *
 * A file may have several buffers, those of the tracer's instances. The calls are those of one of
 * them: of the top buffer or, where that has none, of the first instance that has. Graph records of
 * other instances are another tracer's view of the same calls, and putting both together would
 * double them: they are counted as noise. All other records of other instances are comments.
 *
 * Times are those of the trace clock; a clock that does not count ns gives none.
 */
#ifndef READ_DAT_READER_H
#define READ_DAT_READER_H

#include "read/reader.h"

/* Fails with KG_BAD_FORMAT, KG_IO or KG_NOMEM. */
KG_MUST_USE enum kg_status dat_reader_open(const struct source *source,
					   const struct reader_opts *opts, struct read_facts *facts,
					   struct kg_reader **out, struct kg_error *err);

#endif
