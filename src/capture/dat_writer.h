/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A trace.dat, version 6, made of what the tracer tells of itself and of its pages.
 *
 * It is written here and not by trace-cmd, so that a machine with nothing but this program can
 * record, an initial ramdisk for instance; and version 6 because every trace-cmd and KernelShark
 * reads it.
 */
#ifndef CAPTURE_DAT_WRITER_H
#define CAPTURE_DAT_WRITER_H

#include <kvmgraph/error.h>

#include "capture/buffers.h"
#include "capture/tracer.h"

/*
 * Writes the whole file, consuming the tracer's buffers; fd is an empty file. Fails with KG_IO,
 * KG_NOMEM, and with KG_LACKING where the kernel hides its addresses.
 */
KG_MUST_USE enum kg_status dat_write(const struct tracer *tracer, const struct buffers *buffers,
				     int fd, struct kg_error *err);

/* The size of the tracer's pages, from the text of events/header_page; 4096 if it does not say. */
uint32_t dat_page_bytes(const char *header_page);

#endif
