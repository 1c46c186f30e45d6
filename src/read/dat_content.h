/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pieces that versions 6 and 7 of trace.dat have in common. Each takes its piece from the front
 * of a stretch; what fails stands in the stretch's status.
 */
#ifndef READ_DAT_CONTENT_H
#define READ_DAT_CONTENT_H

#include "read/dat_file.h"
#include "read/dat_stream.h"

/* The layout of pages. */
void dat_take_page_header(struct dat_file *file, struct dat_stream *stream);
/* Descriptions of the tracers' own events, graph records among them. */
void dat_take_formats(struct dat_file *file, struct dat_stream *stream);
void dat_take_symbols(struct dat_file *file, struct dat_stream *stream);
void dat_take_comms(struct dat_file *file, struct dat_stream *stream);

/* What options say of the whole trace; those that nothing here depends on are left alone. */
enum dat_option {
	DAT_OPTION_DONE = 0,
	DAT_OPTION_BUFFER = 3,
	DAT_OPTION_CLOCK = 4,
	DAT_OPTION_UNAME = 5,
	DAT_OPTION_CPU_COUNT = 8,
	DAT_OPTION_TSC_TO_NS = 14,
	/* offsets of sections, version 7 only */
	DAT_OPTION_PAGE_HEADER = 16,
	DAT_OPTION_FORMATS = 17,
	DAT_OPTION_EVENTS = 18,
	DAT_OPTION_SYMBOLS = 19,
	DAT_OPTION_MESSAGES = 20,
	DAT_OPTION_COMMS = 21,
	DAT_OPTION_BUFFER_TEXT = 22,
};

void dat_take_option(struct dat_file *file, uint16_t id, struct dat_stream *value);

/* Adds a buffer without CPUs; the top one goes in front of all others. NULL when memory is out. */
struct dat_buffer *dat_add_buffer(struct dat_file *file, const char *name, const char *clock);
/* Adds a CPU to the last buffer that was added. */
void dat_add_cpu(struct dat_file *file, struct dat_buffer *buffer, struct dat_stream *stream,
		 uint64_t cpu, uint64_t pos_bytes, uint64_t size_bytes);

#endif
