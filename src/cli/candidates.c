/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which specification a trace is held against. */
#include "cli/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "base/banned.h"

static const enum kg_vendor vendors[CANDIDATES_MAX] = { KG_VENDOR_VMX, KG_VENDOR_SVM };

/* Sets "name=number". */
static int set_param(const struct command *command, struct kg_spec *spec, const char *text)
{
	const char *equals = strchr(text, '=');
	char *end = NULL;
	if (equals != NULL && equals > text && equals[1] >= '0' && equals[1] <= '9') {
		unsigned long long value = strtoull(equals + 1, &end, 10);
		char *name = strndup(text, (size_t)(equals - text));
		if (name == NULL)
			return fail_plain(command, KG_NOMEM);
		enum kg_status status =
			*end == '\0' ? kg_spec_set_param(spec, name, value) : KG_BAD_ARG;
		free(name);
		if (status == KG_OK)
			return EXIT_DONE;
	}
	report_error(command->name, "--param %s: %s has no such number (it takes NAME=NUMBER)",
		     text, kg_spec_name(spec));
	return EXIT_WRONG;
}

/* Who tells mistakes, and whether there were any. */
struct teller {
	const struct command *command;
	bool has_told;
};

static void tell_mistake(void *self, const struct kg_error *mistake)
{
	struct teller *teller = self;
	(void)report_failure(teller->command->name, KG_BAD_SPEC, mistake);
	teller->has_told = true;
}

static int set_params(const struct candidates *candidates, struct kg_spec *spec)
{
	int code = EXIT_DONE;
	if (candidates->set_known != NULL)
		code = candidates->set_known(candidates->known, spec);
	for (size_t i = 0; i < candidates->params->count && code == EXIT_DONE; i++)
		code = set_param(candidates->command, spec, candidates->params->at[i]);
	return code;
}

static int open_candidate(struct candidates *candidates, const char *name, enum kg_vendor vendor)
{
	struct candidate *candidate = &candidates->at[candidates->count++];
	struct teller teller = { .command = candidates->command };
	const struct kg_spec_opts opts = { .vendor = vendor,
					   .mistake = tell_mistake,
					   .self = &teller };
	struct kg_error err = { 0 };
	enum kg_status status = kg_spec_load(name, &opts, &candidate->spec, &err);
	if (status == KG_OK)
		return set_params(candidates, candidate->spec);
	return teller.has_told ? EXIT_WRONG
			       : report_failure(candidates->command->name, status, &err);
}

int candidates_open(struct candidates *candidates, const char *name)
{
	int code = EXIT_DONE;
	while (candidates->count < CANDIDATES_MAX && code == EXIT_DONE) {
		const size_t i = candidates->count;
		code = open_candidate(candidates, name, vendors[i]);
		if (code == EXIT_DONE && !kg_spec_depends_on_vendor(candidates->at[i].spec))
			break;
	}
	return code;
}

void candidates_close(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++) {
		kg_verify_free(candidates->at[i].verify);
		kg_ways_free(candidates->at[i].ways);
		kg_spec_free(candidates->at[i].spec);
		candidates->at[i] = (struct candidate){ 0 };
	}
	candidates->count = 0;
	kg_life_free(candidates->life);
	candidates->life = NULL;
}

/* The number of the candidate that a vendor chooses; count if no specification suggests itself. */
static size_t choose(const struct candidates *candidates, enum kg_vendor vendor)
{
	size_t i = 0;
	if (candidates->count == 1)
		return 0;
	while (i < candidates->count && vendors[i] != vendor)
		i++;
	return i;
}

/* ---- the candidates as a sink ---------------------------------------------------------------- */

static void keep_only(struct candidates *candidates, size_t chosen)
{
	candidates->choice.first = chosen;
	candidates->choice.end = chosen + 1;
}

/* Looks up to which beginning again costs next to nothing: some ten thousand calls. */
#define EARLY_LOOKS 16

/* Leaves out all but one candidate as soon as the functions seen speak for it. */
static void look_for_vendor(struct candidates *candidates)
{
	size_t chosen = choose(candidates, kg_vendor_of(candidates->funcs));
	candidates->looks++;
	if (chosen == candidates->count)
		return;
	keep_only(candidates, chosen);
	candidates->is_early = candidates->looks <= EARLY_LOOKS;
}

/* From time to time: whether it is known by now what the trace is to be held against. */
static enum kg_status look_ahead(void *self)
{
	struct candidates *candidates = self;
	if (candidates->choice.end - candidates->choice.first > 1)
		look_for_vendor(candidates);
	if (candidates->is_early)
		return KG_AGAIN;
	if (!candidates->may_switch || candidates->choice.end - candidates->choice.first > 1)
		return KG_OK;
	candidates->better = kg_verify_better(candidates->at[candidates->choice.first].verify);
	return candidates->better != NULL ? KG_AGAIN : KG_OK;
}

/* With one candidate its own sink, so that a named specification costs nothing more. */
static struct kg_call_sink verify_sink(struct candidates *candidates)
{
	if (candidates->choice.end - candidates->choice.first == 1 && !candidates->may_switch)
		return candidates->choice.sinks[candidates->choice.first];
	candidates->choice.look = look_ahead;
	candidates->choice.self = candidates;
	return kg_choice_sink(&candidates->choice);
}

static struct kg_call_sink sink_of(struct candidates *candidates)
{
	if (!candidates->wants_life)
		return verify_sink(candidates);
	candidates->tee.first = verify_sink(candidates);
	candidates->tee.second = kg_life_sink(candidates->life);
	return kg_tee_sink(&candidates->tee);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int start_candidate(const struct candidates *candidates, struct candidate *candidate,
			   const struct kg_trace *trace)
{
	struct kg_error err = { 0 };
	kg_verify_free(candidate->verify);
	candidate->verify = NULL;
	enum kg_status status = kg_verify_new(candidate->spec, kg_trace_funcs(trace),
					      kg_trace_tasks(trace), &candidate->verify, &err);
	if (status == KG_OK)
		status = kg_verify_set_scope(candidate->verify, &candidates->scope);
	/* the other vendor's specification may not have that check; who is asked will know */
	if (status == KG_OK && candidates->explain != NULL)
		candidate->is_explained =
			kg_verify_explain(candidate->verify, candidates->explain) == KG_OK;
	if (status != KG_OK)
		return report_failure(candidates->command->name, status, &err);
	return EXIT_DONE;
}

/* Makes the candidates that are to be fed ready for a trace from its start. */
static int start_candidates(struct candidates *candidates, const struct kg_trace *trace)
{
	int code = EXIT_DONE;
	enum kg_status status = KG_OK;
	candidates->funcs = kg_trace_funcs(trace);
	kg_life_free(candidates->life);
	candidates->life = NULL;
	if (candidates->wants_life)
		status = kg_life_new(candidates->funcs, tmp_folder(), &candidates->life);
	if (status != KG_OK)
		return fail_plain(candidates->command, status);
	for (size_t i = candidates->choice.first; i < candidates->choice.end && code == EXIT_DONE;
	     i++) {
		code = start_candidate(candidates, &candidates->at[i], trace);
		if (code == EXIT_DONE)
			candidates->choice.sinks[i] = kg_verify_sink(candidates->at[i].verify);
	}
	return code;
}

int candidates_run(struct candidates *candidates, struct input *input,
		   const struct filter_opts *filter, struct candidate **out)
{
	candidates->choice.first = 0;
	candidates->choice.end = candidates->count;
	candidates->better = NULL;
	candidates->looks = 0;
	*out = NULL;
	for (;;) {
		int code = start_candidates(candidates, input->trace);
		if (code == EXIT_DONE)
			code = input_run(input, filter, sink_of(candidates));
		if (code == INPUT_AGAIN && candidates->better != NULL) {
			*out = &candidates->at[candidates->choice.first];
			return EXIT_DONE;
		}
		const bool is_early = candidates->is_early;
		candidates->is_early = false;
		if (code == INPUT_AGAIN && is_early)
			continue;
		if (code == INPUT_AGAIN) {
			candidates->choice.first = 0;
			candidates->choice.end = candidates->count;
			continue;
		}
		if (code != EXIT_DONE)
			return code;
		const size_t chosen = choose(candidates, input->info.vendor);
		if (chosen >= candidates->choice.first && chosen < candidates->choice.end)
			*out = &candidates->at[chosen];
		if (chosen == candidates->count || *out != NULL)
			return EXIT_DONE;
		keep_only(candidates, chosen);
		code = input_rewind(input);
		if (code != EXIT_DONE)
			return code;
	}
}

/* ---- ways ------------------------------------------------------------------------------------ */

/* Reads the input for one way. */
static int run_way(const struct candidates *candidates, struct input *input,
		   const struct filter_opts *filter, struct candidate *candidate, bool *has_next)
{
	struct kg_verify *verify = NULL;
	struct kg_error err = { 0 };
	int code = input_rewind(input);
	if (code != EXIT_DONE)
		return code;
	enum kg_status status = kg_verify_new(candidate->spec, kg_trace_funcs(input->trace),
					      kg_trace_tasks(input->trace), &verify, &err);
	if (status == KG_OK)
		status = kg_verify_set_scope(verify, &candidates->scope);
	if (status == KG_OK) {
		kg_verify_go(verify, candidate->ways);
		code = input_run(input, filter, kg_verify_sink(verify));
	}
	if (status == KG_OK && code == EXIT_DONE)
		status = kg_ways_take(candidate->ways, verify, &input->info, has_next);
	kg_verify_free(verify);
	return status == KG_OK ? code : fail_plain(candidates->command, status);
}

int candidates_run_ways(const struct candidates *candidates, struct input *input,
			const struct filter_opts *filter, struct candidate *candidate)
{
	bool has_next = true;
	int code = EXIT_DONE;
	enum kg_status status = kg_ways_new(&candidate->ways, NULL);
	while (status == KG_OK && code == EXIT_DONE && has_next)
		code = run_way(candidates, input, filter, candidate, &has_next);
	if (status == KG_OK && code == EXIT_DONE)
		status = kg_verify_settle(candidate->verify, &input->info, candidate->ways);
	return status == KG_OK ? code : fail_plain(candidates->command, status);
}
