/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a trace, with calls summed up where they are read and without: timing and verify say
 * the same of both.
 */
#include <string.h>

#include <kvmgraph/analyse.h>
#include <kvmgraph/render.h>
#include <kvmgraph/trace.h>
#include <kvmgraph/verify.h>

#include "render/out.h"
#include "target.h"

/* Of KVM's own, for any vendor. */
static struct kg_spec *spec;

struct analyses {
	struct kg_functions *functions;
	struct kg_life *life;
	struct kg_verify *verify;
};

static void start(struct kg_trace *trace, struct analyses *analyses)
{
	const struct kg_funcs *funcs = kg_trace_funcs(trace);
	MUST(kg_functions_new(funcs, &analyses->functions) == KG_OK);
	MUST(kg_life_new(funcs, NULL, &analyses->life) == KG_OK);
	MUST(kg_verify_new(spec, funcs, kg_trace_tasks(trace), &analyses->verify, NULL) == KG_OK);
}

static void finish(struct analyses *analyses)
{
	kg_functions_free(analyses->functions);
	kg_life_free(analyses->life);
	kg_verify_free(analyses->verify);
}

static char *report(const struct kg_trace *trace, const struct analyses *analyses)
{
	struct kg_functions_report functions;
	struct kg_life_report life;
	struct kg_verify_report verdicts;
	struct kg_out *out;
	size_t len;
	const struct kg_info *info = kg_trace_info(trace);
	const struct kg_timing timing = {
		.info = info, .functions = &functions, .life = analyses->life, .life_report = &life
	};
	MUST(kg_functions_report(analyses->functions, &functions) == KG_OK);
	MUST(kg_life_report(analyses->life, &life) == KG_OK);
	MUST(kg_verify_report(analyses->verify, info, &verdicts) == KG_OK);
	MUST(out_open_memory(&out) == KG_OK);
	MUST(kg_render_timing_json(out, &timing) == KG_OK);
	MUST(kg_render_verify_json(out, info, spec, &verdicts) == KG_OK);
	char *text = strdup(out_memory(out, &len));
	MUST(text != NULL && kg_out_close(out, false, NULL) == KG_OK);
	return text;
}

/* The reports on some bytes; NULL if they are no trace. */
static char *run(const uint8_t *data, size_t size, const struct kg_trace_opts *opts,
		 bool may_bundle)
{
	struct kg_trace *trace = NULL;
	struct analyses analyses;
	char *text = NULL;
	if (kg_trace_open_memory(data, size, opts, &trace, NULL) != KG_OK)
		return NULL;
	start(trace, &analyses);
	struct kg_tee timing = { .first = kg_functions_sink(analyses.functions),
				 .second = kg_life_sink(analyses.life) };
	struct kg_tee all = { .first = kg_tee_sink(&timing),
			      .second = kg_verify_sink(analyses.verify) };
	struct kg_call_sink sink = kg_tee_sink(&all);
	if (!may_bundle)
		sink.bundler = NULL;
	if (kg_trace_run(trace, &sink, NULL) == KG_OK)
		text = report(trace, &analyses);
	finish(&analyses);
	kg_trace_close(trace);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kg_trace_opts ways[] = { { .window_bytes = 0 },
						     { .window_bytes = 500 } };
	if (spec == NULL)
		MUST(kg_spec_load("kvm-vmx", NULL, &spec, NULL) == KG_OK);
	char *expected = run(data, size, &ways[0], false);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char *found = run(data, size, &ways[i], true);
		MUST((found == NULL) == (expected == NULL));
		MUST(found == NULL || strcmp(found, expected) == 0);
		free(found);
	}
	free(expected);
	return 0;
}
