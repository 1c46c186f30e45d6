/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it takes to use the library: prints the roots of a trace. */
#include <kvmgraph/trace.h>
#include <inttypes.h>
#include <stdio.h>

static enum kg_status print_root(void *self, const struct kg_call *call)
{
	struct kg_trace *trace = *(struct kg_trace **)self;
	if (call->flags & KG_CALL_ROOT && call->func_id != KG_NO_FUNC)
		printf("%" PRIu64 " %s %" PRIu64 "\n", call->line_no,
		       kg_funcs_get(kg_trace_funcs(trace), call->func_id)->name, call->dur_ns);
	return KG_OK;
}

int main(int argc, char **argv)
{
	struct kg_error err = { 0 };
	struct kg_trace *trace = NULL;
	struct kg_call_sink sink = { .self = &trace,
				     .opened = kg_sink_ignore_call,
				     .closed = print_root,
				     .vanished = kg_sink_ignore_vanished,
				     .gap = kg_sink_ignore_gap,
				     .done = kg_sink_ignore_done };
	if (argc != 2 || kg_trace_open(argv[1], NULL, &trace, &err) != KG_OK ||
	    kg_trace_run(trace, &sink, &err) != KG_OK)
		fprintf(stderr, "%s: %s\n", err.file, err.text);
	kg_trace_close(trace);
	return err.status == KG_OK ? 0 : 1;
}
