/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Version 7 of trace.dat: sections anywhere in the file, found through options. */
#ifndef READ_DAT_SECTION_H
#define READ_DAT_SECTION_H

#include "read/dat_file.h"
#include "read/dat_stream.h"

/* Reads what the sections say; stream is the whole file, behind what both versions start with. */
void dat_read_sections(struct dat_file *file, struct dat_stream *stream);

#endif
