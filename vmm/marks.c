/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows trace_marker. */
#include "marks.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int marks_open(void)
{
	static const char *const places[] = { "/sys/kernel/tracing/trace_marker",
					      "/sys/kernel/debug/tracing/trace_marker" };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const int fd = open(places[i], O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

void mark(const struct machine *machine, const struct step *step, const struct log_row *row,
	  const char *edge)
{
	if (machine->setting->marker_fd < 0)
		return;
	char line[96];
	const int len = snprintf(line, sizeof(line), "kvmgraph: %s %td %s\n", edge,
				 row - machine->life->rows, step_words(step->row->kind)->name);
	/* a mark that is lost is seen in the trace, and changes nothing here */
	const ssize_t written = write(machine->setting->marker_fd, line, (size_t)len);
	(void)written;
}
