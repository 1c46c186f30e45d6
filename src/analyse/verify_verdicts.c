/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a rule comes to when the trace has been read, and how that is said. */
#include <inttypes.h>

#include "analyse/verify.h"
#include "base/memory.h"
#include "base/banned.h"

enum outcome {
	OUTCOME_HOLDS,
	OUTCOME_BROKEN, /* something is there that must not be */
	OUTCOME_LACKS,	/* something is not there; an incomplete trace may be why */
};

/* A rule at its end. */
struct ruling {
	struct kg_verify *verify;
	const struct rule *rule;
	struct rule_state *state;
	enum outcome outcome;
	bool needs_whole; /* more calls could still change that it holds */
	struct words expected;
	struct words found;
};

/* ---- pieces ---------------------------------------------------------------------------------- */

static void add_names_of(struct words *words, const struct ruling *ruling, uint32_t role)
{
	words_add_names(words, ruling->rule->names[role]);
}

/* "; the first one on line 7" */
static void add_first(struct words *words, const struct ruling *ruling)
{
	if (ruling->state->broken_count > 0)
		words_add(words, "; the first one is ");
	if (ruling->state->broken_count > 0)
		words_add_call(words, ruling->state->places[0].func_id,
			       ruling->state->places[0].line_no);
}

static bool is_repeated(const struct rule *rule, uint32_t role)
{
	for (uint32_t i = 0; i < role; i++) {
		if (rule->names[i] == rule->names[role])
			return true;
	}
	return false;
}

static void add_place(struct ruling *ruling, const struct kg_place *place)
{
	struct rule_state *state = ruling->state;
	if (!ruling->verify->is_quiet && state->place_count < KG_CHECK_PLACES)
		state->places[state->place_count++] = *place;
}

/* Where the calls that were counted are: the last one of each set of names. */
static void add_last_places(struct ruling *ruling)
{
	for (uint32_t i = 0; i < ruling->rule->names_count; i++) {
		if (ruling->state->roles[i].count > 0 && !is_repeated(ruling->rule, i))
			add_place(ruling, &ruling->state->roles[i].last);
	}
}

static void judge_broken(struct ruling *ruling)
{
	ruling->outcome = ruling->state->broken_count > 0 ? OUTCOME_BROKEN : OUTCOME_HOLDS;
}

/* ---- numbers of calls ------------------------------------------------------------------------ */

static void judge_count(struct ruling *ruling)
{
	const struct rule_state *state = ruling->state;
	const struct bound *want = &ruling->rule->want;
	judge_broken(ruling);
	if (ruling->outcome == OUTCOME_HOLDS &&
	    !spec_bound_holds(ruling->verify->spec, want, state->roles[0].count)) {
		ruling->outcome = OUTCOME_LACKS;
		add_last_places(ruling);
	}
	ruling->needs_whole = want->compare != COMPARE_GE && want->compare != COMPARE_GT;
	words_add_bound(&ruling->expected, want);
	words_add(&ruling->expected, " of ");
	add_names_of(&ruling->expected, ruling, 0);
	words_add_count(&ruling->found, state->roles[0].count, "call");
	if (state->broken_count > 0) {
		words_add(&ruling->found, "; the first too many is ");
		words_add_call(&ruling->found, state->places[0].func_id, state->places[0].line_no);
	} else if (state->roles[0].count > 0) {
		words_add(&ruling->found, ", the first on line %" PRIu64,
			  state->roles[0].first.line_no);
	}
}

/* The value of a sum of numbers of calls. */
static __int128 value_of_side(const struct ruling *ruling, const struct expr_side *side)
{
	__int128 stack[EXPR_MAX_STEPS];
	size_t depth = 0;
	uint64_t number;
	for (uint32_t i = 0; i < side->step_count; i++) {
		const struct expr_step *step = &ruling->rule->expr.steps[side->first_step + i];
		switch (step->code) {
		case EXPR_NUMBER:
			(void)spec_amount(ruling->verify->spec, &step->number, &number);
			stack[depth++] = number;
			break;
		case EXPR_CALLS:
			stack[depth++] = ruling->state->roles[step->role].count;
			break;
		case EXPR_ADD:
			depth--;
			stack[depth - 1] += stack[depth];
			break;
		case EXPR_SUBTRACT:
			depth--;
			stack[depth - 1] -= stack[depth];
			break;
		case EXPR_MULTIPLY:
			depth--;
			if (__builtin_mul_overflow(stack[depth - 1], stack[depth],
						   &stack[depth - 1]))
				stack[depth - 1] = INT64_MAX;
			break;
		}
	}
	return depth > 0 ? stack[0] : 0;
}

static bool expr_holds(const struct ruling *ruling)
{
	const struct expr *expr = &ruling->rule->expr;
	__int128 left = value_of_side(ruling, &expr->sides[0]);
	for (uint32_t i = 1; i < expr->side_count; i++) {
		__int128 right = value_of_side(ruling, &expr->sides[i]);
		if (!compare_holds(expr->sides[i - 1].compare, left, right))
			return false;
		left = right;
	}
	return true;
}

static void judge_expr(struct ruling *ruling)
{
	ruling->outcome = expr_holds(ruling) ? OUTCOME_HOLDS : OUTCOME_LACKS;
	ruling->needs_whole = true;
	if (ruling->outcome == OUTCOME_LACKS)
		add_last_places(ruling);
	words_add(&ruling->expected, "%s", ruling->rule->text);
	for (uint32_t i = 0; i < ruling->rule->names_count; i++) {
		if (is_repeated(ruling->rule, i))
			continue;
		words_add(&ruling->found, "%s", i > 0 ? ", " : "");
		words_add_count(&ruling->found, ruling->state->roles[i].count, "call");
		words_add(&ruling->found, " of ");
		add_names_of(&ruling->found, ruling, i);
	}
}

static void judge_cpus(struct ruling *ruling)
{
	const struct rule *rule = ruling->rule;
	uint64_t cpu_count = 0;
	for (size_t i = 0; i < ruling->state->by_cpu.count; i++)
		cpu_count += ruling->state->by_cpu.at[i] > 0;
	judge_broken(ruling);
	if (ruling->outcome == OUTCOME_HOLDS && rule->has_want &&
	    !spec_bound_holds(ruling->verify->spec, &rule->want, cpu_count))
		ruling->outcome = OUTCOME_LACKS;
	ruling->needs_whole = rule->has_want;
	add_names_of(&ruling->expected, ruling, 0);
	words_add(&ruling->expected, " once on each CPU");
	if (rule->has_want) {
		uint64_t want = 0;
		(void)spec_amount(ruling->verify->spec, &rule->want.amount, &want);
		words_add(&ruling->expected, ", %" PRIu64 " CPUs", want);
	}
	words_add_count(&ruling->found, ruling->state->roles[0].count, "call");
	words_add(&ruling->found, " on ");
	words_add_count(&ruling->found, cpu_count, "CPU");
	if (ruling->state->broken_count > 0)
		words_add(&ruling->found, "; line %" PRIu64 " repeats it on CPU %u",
			  ruling->state->places[0].line_no, ruling->state->places[0].cpu);
}

/* ---- calls that belong together -------------------------------------------------------------- */

/* The first of a pair whose second did not come; earliest first. */
static const struct kg_place *first_waiting(const struct rule_state *state, uint64_t *count)
{
	const struct kg_place *first = NULL;
	*count = 0;
	for (size_t i = 0; i < state->waiting.count; i++) {
		const struct kg_place *place = &state->waiting.at[i];
		if (place->line_no == 0)
			continue;
		(*count)++;
		if (first == NULL || place->line_no < first->line_no)
			first = place;
	}
	return first;
}

static void add_broken_pair(const struct ruling *ruling, struct words *words)
{
	const struct rule_state *state = ruling->state;
	const struct kg_place *place = &state->places[0];
	words_add_call(words, place->func_id, place->line_no);
	if (state->broken_role == 0) {
		words_add(words, " while the one of line %" PRIu64 " has no ",
			  state->related.line_no);
		add_names_of(words, ruling, 1);
	} else {
		words_add(words, " without ");
		add_names_of(words, ruling, 0);
		words_add(words, " before it");
	}
}

static void judge_pair(struct ruling *ruling)
{
	static const char *const scopes[] = {
		[PAIR_IN_TRACE] = "",
		[PAIR_PER_TASK] = ", task by task",
		[PAIR_PER_CPU] = ", CPU by CPU",
	};
	struct rule_state *state = ruling->state;
	uint64_t waiting_count;
	const struct kg_place *waiting = first_waiting(state, &waiting_count);
	words_add(&ruling->expected, "one ");
	add_names_of(&ruling->expected, ruling, 1);
	words_add(&ruling->expected, " after each ");
	add_names_of(&ruling->expected, ruling, 0);
	words_add(&ruling->expected, "%s", scopes[ruling->rule->scope]);
	judge_broken(ruling);
	if (ruling->outcome == OUTCOME_BROKEN) {
		add_broken_pair(ruling, &ruling->found);
		return;
	}
	if (waiting == NULL) {
		words_add_count(&ruling->found, state->roles[0].count, "pair");
		return;
	}
	ruling->outcome = OUTCOME_LACKS;
	words_add_call(&ruling->found, waiting->func_id, waiting->line_no);
	words_add(&ruling->found, " has none to the end of the trace");
	if (waiting_count > 1)
		words_add(&ruling->found, ", nor have %" PRIu64 " more", waiting_count - 1);
	add_place(ruling, waiting);
}

static void judge_order(struct ruling *ruling)
{
	const struct rule_state *state = ruling->state;
	judge_broken(ruling);
	for (uint32_t i = 0; i < ruling->rule->names_count; i++) {
		words_add(&ruling->expected, "%s", i > 0 ? ", then " : "");
		add_names_of(&ruling->expected, ruling, i);
	}
	if (ruling->outcome == OUTCOME_HOLDS)
		return;
	words_add_call(&ruling->found, state->places[0].func_id, state->places[0].line_no);
	words_add(&ruling->found, state->related.line_no < state->places[0].line_no
					  ? " after "
					  : " before the end of ");
	words_add_call(&ruling->found, state->related.func_id, state->related.line_no);
}

static void judge_inside(struct ruling *ruling)
{
	const struct rule_state *state = ruling->state;
	judge_broken(ruling);
	add_names_of(&ruling->expected, ruling, 0);
	words_add(&ruling->expected, " only while ");
	add_names_of(&ruling->expected, ruling, 1);
	words_add(&ruling->expected, " runs");
	words_add_count(&ruling->found, state->roles[0].count, "call");
	if (ruling->outcome == OUTCOME_HOLDS)
		return;
	words_add(&ruling->found, "; outside %s ", state->broken_role == 0 ? "is" : "ends");
	words_add_call(&ruling->found, state->places[0].func_id, state->places[0].line_no);
}

static void judge_closed(struct ruling *ruling)
{
	const struct rule_state *state = ruling->state;
	judge_broken(ruling);
	words_add(&ruling->expected, "no ");
	add_names_of(&ruling->expected, ruling, 0);
	words_add(&ruling->expected, " open when ");
	add_names_of(&ruling->expected, ruling, 1);
	words_add(&ruling->expected, " ends");
	if (ruling->outcome == OUTCOME_HOLDS) {
		words_add_count(&ruling->found, state->roles[0].count, "call");
		return;
	}
	words_add_call(&ruling->found, state->related.func_id, state->related.line_no);
	words_add(&ruling->found, " is open on line %" PRIu64, state->places[0].line_no);
}

static void judge_last(struct ruling *ruling)
{
	const struct rule_state *state = ruling->state;
	judge_broken(ruling);
	add_names_of(&ruling->expected, ruling, 0);
	words_add(&ruling->expected, " below the last call of ");
	add_names_of(&ruling->expected, ruling, 1);
	if (ruling->outcome == OUTCOME_HOLDS) {
		words_add_count(&ruling->found, state->roles[0].count, "call");
		return;
	}
	words_add_call(&ruling->found, state->places[0].func_id, state->places[0].line_no);
	if (state->broken_role == 0) {
		words_add(&ruling->found, " is below none of them");
	} else {
		words_add(&ruling->found, " comes after ");
		words_add_call(&ruling->found, state->related.func_id, state->related.line_no);
	}
}

/* ---- single calls ---------------------------------------------------------------------------- */

static void judge_each(struct ruling *ruling)
{
	const struct rule_state *state = ruling->state;
	judge_broken(ruling);
	if (ruling->outcome == OUTCOME_HOLDS) {
		words_add_count(&ruling->found, state->roles[0].count, "call");
		/* what was not seen of a call cannot be judged */
		if (state->unknown_count > 0)
			ruling->outcome = OUTCOME_LACKS;
		if (state->unknown_count > 0)
			words_add(&ruling->found, ", %" PRIu64 " of them not seen in whole",
				  state->unknown_count);
		return;
	}
	words_add_expected(&ruling->expected, state->departure);
	words_add_found(&ruling->found, state->departure);
	if (state->broken_count > 1)
		words_add(&ruling->found, ", and %" PRIu64 " more", state->broken_count - 1);
}

/* That none was seen says nothing of functions that could not have been. */
static void add_unseen_texts(struct ruling *ruling)
{
	const struct vocabulary *vocabulary = &ruling->verify->spec->vocabulary;
	const struct names *names = &vocabulary->sets.at[ruling->rule->names[0]];
	const char *before = "no call, but the recording could not show ";
	for (uint32_t i = 0; i < names->count; i++) {
		if (verify_can_show(&ruling->verify->scope, names->texts[i]))
			continue;
		words_add(&ruling->found, "%s%s", before, names->texts[i]);
		before = ", ";
	}
}

static void judge_forbid(struct ruling *ruling)
{
	judge_broken(ruling);
	if (ruling->outcome == OUTCOME_HOLDS) {
		add_unseen_texts(ruling);
		return;
	}
	words_add(&ruling->expected, "no call of these");
	words_add_count(&ruling->found, ruling->state->broken_count, "call");
	add_first(&ruling->found, ruling);
}

static void judge_modules(struct ruling *ruling)
{
	const struct rule *rule = ruling->rule;
	judge_broken(ruling);
	words_add(&ruling->expected, "functions of ");
	for (uint32_t i = 0; i < rule->module_set_count; i++) {
		words_add(&ruling->expected, "%s", i > 0 ? "; or of " : "");
		for (uint32_t j = 0; j < rule->modules[i].count; j++)
			words_add(&ruling->expected, "%s%s", j > 0 ? ", " : "",
				  rule->modules[i].names[j]);
	}
	if (ruling->outcome == OUTCOME_HOLDS)
		return;
	words_add_count(&ruling->found, ruling->state->broken_count, "call");
	words_add(&ruling->found, " of others");
	add_first(&ruling->found, ruling);
}

static void add_us(struct words *words, uint64_t ns)
{
	words_add(words, "%" PRIu64 ".%03" PRIu64 " us", ns / 1000, ns % 1000);
}

static void judge_budget(struct ruling *ruling)
{
	const struct rule *rule = ruling->rule;
	struct rule_state *state = ruling->state;
	uint64_t total_us;
	uint64_t max_us;
	judge_broken(ruling);
	add_names_of(&ruling->expected, ruling, 0);
	if (rule->has_max && spec_amount(ruling->verify->spec, &rule->max_us, &max_us))
		words_add(&ruling->expected, " within %" PRIu64 " us each", max_us);
	if (rule->has_total && spec_amount(ruling->verify->spec, &rule->total_us, &total_us)) {
		words_add(&ruling->expected, " within %" PRIu64 " us in all", total_us);
		if ((unsigned __int128)state->total_ns > (unsigned __int128)total_us * 1000)
			ruling->outcome = OUTCOME_BROKEN;
	}
	words_add_count(&ruling->found, state->roles[0].count, "call");
	if (state->longest.line_no == 0)
		return;
	words_add(&ruling->found, ", in all ");
	add_us(&ruling->found, state->total_ns);
	words_add(&ruling->found, ", the longest on line %" PRIu64 ": ", state->longest.line_no);
	add_us(&ruling->found, state->max_ns);
	if (ruling->outcome == OUTCOME_BROKEN && state->place_count == 0)
		add_place(ruling, &state->longest);
}

static void judge(struct ruling *ruling)
{
	static void (*const judges[RULE_KIND_COUNT])(struct ruling * ruling) = {
		[RULE_COUNT] = judge_count,	[RULE_PAIR] = judge_pair,
		[RULE_EXPR] = judge_expr,	[RULE_EACH] = judge_each,
		[RULE_ORDER] = judge_order,	[RULE_INSIDE] = judge_inside,
		[RULE_CPUS] = judge_cpus,	[RULE_FORBID] = judge_forbid,
		[RULE_MODULES] = judge_modules, [RULE_BUDGET] = judge_budget,
		[RULE_CLOSED] = judge_closed,	[RULE_LAST] = judge_last,
		[RULE_CHOICE] = judge_expr,
	};
	judges[ruling->rule->kind](ruling);
}

/* ---- what can be said with the evidence there is --------------------------------------------- */

/* Whether what was seen contradicts the rule, whatever else was lost. */
static bool is_proof(enum rule_kind kind)
{
	return kind == RULE_FORBID || kind == RULE_MODULES || kind == RULE_BUDGET;
}

/* Whether the other half of what was seen may have been before the start of the trace. */
static bool depends_on_start(enum rule_kind kind)
{
	return kind == RULE_PAIR || kind == RULE_INSIDE || kind == RULE_LAST || kind == RULE_CLOSED;
}

static const char *doubt_about(const struct ruling *ruling, const struct evidence *evidence)
{
	const enum rule_kind kind = ruling->rule->kind;
	const bool is_broken = ruling->outcome == OUTCOME_BROKEN;
	if (is_broken && is_proof(kind))
		return NULL;
	if (evidence->has_gaps)
		return evidence->why_gaps;
	if (evidence->is_partial && (ruling->outcome != OUTCOME_HOLDS || ruling->needs_whole))
		return evidence->why_partial;
	if (is_broken)
		return evidence->starts_late && depends_on_start(kind) ? evidence->why_late : NULL;
	if (ruling->outcome == OUTCOME_HOLDS && !ruling->needs_whole)
		return NULL;
	if (evidence->starts_late)
		return evidence->why_late;
	if (evidence->ends_early)
		return evidence->why_early;
	/* not even a whole trace shows the whole of a call that was not seen */
	return kind == RULE_EACH && ruling->outcome == OUTCOME_LACKS
		       ? "some of the calls were not seen from their start to their end"
		       : NULL;
}

static void write_verdict(const struct ruling *ruling, const struct evidence *evidence,
			  struct kg_check *out)
{
	const char *doubt = doubt_about(ruling, evidence);
	out->why = doubt != NULL ? doubt : ruling->rule->why;
	if (doubt != NULL)
		out->verdict = KG_VERDICT_INCONCLUSIVE;
	else
		out->verdict = ruling->outcome == OUTCOME_HOLDS ? KG_VERDICT_PASS : KG_VERDICT_FAIL;
	if (ruling->outcome == OUTCOME_HOLDS)
		return;
	out->place_count = ruling->state->place_count;
	for (uint32_t i = 0; i < out->place_count; i++)
		out->places[i] = ruling->state->places[i];
}

/* ---- rules that do not apply ----------------------------------------------------------------- */

/* The name of a parameter that the rule needs and nobody has set, or NULL. */
static const char *missing_amount(const struct kg_spec *spec, const struct amount *amount)
{
	uint64_t unused;
	return spec_amount(spec, amount, &unused) ? NULL : spec->params.at[amount->param].name;
}

static const char *missing_in_expr(const struct kg_spec *spec, const struct expr *expr)
{
	const char *missing = NULL;
	for (uint32_t i = 0; i < expr->side_count; i++) {
		const struct expr_side *side = &expr->sides[i];
		for (uint32_t j = 0; j < side->step_count && missing == NULL; j++) {
			const struct expr_step *step = &expr->steps[side->first_step + j];
			if (step->code == EXPR_NUMBER)
				missing = missing_amount(spec, &step->number);
		}
	}
	return missing;
}

static const char *missing_param(const struct kg_spec *spec, const struct rule *rule)
{
	const char *missing = NULL;
	if (rule->has_want)
		missing = missing_amount(spec, &rule->want.amount);
	if (missing == NULL && rule->has_max)
		missing = missing_amount(spec, &rule->max_us);
	if (missing == NULL && rule->has_total)
		missing = missing_amount(spec, &rule->total_us);
	if (missing == NULL)
		missing = missing_in_expr(spec, &rule->expr);
	return missing;
}

/* Says why a rule does not apply; leaves the words empty if it does. */
static void add_why_skipped(struct words *words, const struct rule *rule,
			    const struct rule_state *state, const struct evidence *evidence)
{
	const char *missing = missing_param(words->verify->spec, rule);
	if (rule->when != NO_NAMES && state->when_count == 0) {
		words_add(words, "no call of ");
		words_add_names(words, rule->when);
		words_add(words, " in this trace");
	} else if (state->unless_count > 0) {
		words_add(words, "there are calls of ");
		words_add_names(words, rule->unless);
	} else if (missing != NULL) {
		words_add(words, "the parameter \"%s\" is not set", missing);
	} else if (rule->needs_all_tasks && evidence->has_one_task) {
		words_add(words, "the trace has one task only, and what others do counts here");
	} else if (rule->kind == RULE_BUDGET && words->verify->scope.is_emulated) {
		words_add(words, "the processor was emulated: no duration is that of hardware");
	}
}

/* ---- what cannot be seen --------------------------------------------------------------------- */

/* A set of names without which nothing can be said, and of which nothing can be seen. */
static names_id find_unseen(const struct kg_verify *verify, const struct rule *rule)
{
	uint32_t seen_count = 0;
	if (is_unseen(verify, rule->when))
		return rule->when;
	for (uint32_t i = 0; i < rule->names_count; i++) {
		if (!is_unseen(verify, rule->names[i]))
			seen_count++;
		else if (rule->kind != RULE_ORDER)
			return rule->names[i];
	}
	/* an order is one among those that can be seen */
	return rule->kind == RULE_ORDER && seen_count < 2 ? rule->names[0] : NO_NAMES;
}

static void add_why_unseen(struct words *words, const struct rule *rule)
{
	const names_id unseen = find_unseen(words->verify, rule);
	if (unseen == NO_NAMES)
		return;
	words_add(words, "the recording could not show ");
	words_add_names(words, unseen);
}

static bool is_set_aside(struct words *words, enum kg_verdict verdict, struct kg_check *out)
{
	if (!words_finish(words, &out->why))
		return false;
	if (out->why != NULL)
		out->verdict = verdict;
	return true;
}

enum kg_status rule_check(struct kg_verify *verify, uint32_t index, struct rule_state *state,
			  const struct evidence *evidence, struct kg_check *out)
{
	const struct rule *rule = &verify->spec->rules.at[index];
	struct ruling ruling = { .verify = verify,
				 .rule = rule,
				 .state = state,
				 .expected = { .verify = verify },
				 .found = { .verify = verify } };
	struct words unseen = { .verify = verify };
	struct words skipped = { .verify = verify };
	*out = (struct kg_check){ .id = rule->id,
				  .title = rule->title,
				  .meaning = rule->why,
				  .is_warning = rule->is_warning };
	add_why_unseen(&unseen, rule);
	if (!is_set_aside(&unseen, KG_VERDICT_NOT_TRACEABLE, out))
		return KG_NOMEM;
	if (out->why != NULL)
		return KG_OK;
	add_why_skipped(&skipped, rule, ruling.state, evidence);
	if (!is_set_aside(&skipped, KG_VERDICT_SKIPPED, out))
		return KG_NOMEM;
	if (out->why != NULL)
		return KG_OK;
	judge(&ruling);
	write_verdict(&ruling, evidence, out);
	bool is_said = words_finish(&ruling.expected, &out->expected);
	is_said &= words_finish(&ruling.found, &out->found);
	return is_said ? KG_OK : KG_NOMEM;
}

bool rule_holds(struct kg_verify *verify, uint32_t index)
{
	const struct rule *rule = &verify->spec->rules.at[index];
	const struct ruling ruling = { .verify = verify,
				       .rule = rule,
				       .state = &verify->rules[index] };
	return missing_param(verify->spec, rule) == NULL && expr_holds(&ruling);
}
