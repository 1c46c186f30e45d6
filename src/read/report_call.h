/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `trace-cmd report` prints of a call. */
#ifndef READ_REPORT_CALL_H
#define READ_REPORT_CALL_H

#include "read/report_line.h"

/*
 * Takes apart what stands behind the name of an event of function_graph, of which the columns in
 * front have been read. The kind stays UNKNOWN if it is not what such an event prints.
 */
void report_call_scan(const unsigned char *at, const unsigned char *end, bool is_exit,
		      struct report_line *out);

#endif
