/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Version 7 of trace.dat: sections anywhere in the file, found through options. */
#ifndef READ_DAT_SECTION_H
#define READ_DAT_SECTION_H

#include "read/dat_content.h"
#include "read/dat_file.h"
#include "read/dat_stream.h"

/* What is in a section. The stretch reads from the file, or from where it was unpacked to. */
struct dat_section {
	struct dat_stream content;
	uint64_t size_bytes; /* in the file */
	bool is_packed;
	unsigned char *bytes;
	struct source *unpacked;
};

/* Opens the section at a place of the file, which has to have that id. What fails stands in the
 * status of its content; it has to be closed even then. */
void dat_section_open(const struct dat_file *file, const struct dat_stream *stream,
		      uint64_t pos_bytes, uint16_t id, const char *what, struct dat_section *out);
void dat_section_close(struct dat_section *section);

/* Reads what the sections say; stream is the whole file, behind what both versions start with. */
void dat_read_sections(struct dat_file *file, struct dat_stream *stream);

#endif
