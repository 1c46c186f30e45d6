/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which calls of a trace count, and hands them to matches, path and rules. */
#include "analyse/verify.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

/* ---- owners and lanes ------------------------------------------------------------------------ */

/* The place in which the number of a call's owner is kept; NULL when memory is out. */
static uint32_t *reach_owner_slot(struct kg_verify *verify, const struct kg_call *call)
{
	/* KG_NO_TASK + 1 is 0 */
	const kg_task_id key = call->task_id + 1;
	if (key != 0 && kg_tasks_get(verify->tasks, call->task_id)->is_idle) {
		const uint16_t cpu = place_of_start(call).cpu;
		return column_reach(&verify->owner_of_idle, cpu) ? &verify->owner_of_idle.at[cpu]
								 : NULL;
	}
	return column_reach(&verify->owner_of_task, key) ? &verify->owner_of_task.at[key] : NULL;
}

static enum kg_status find_owner(struct kg_verify *verify, const struct kg_call *call,
				 uint32_t *out)
{
	uint32_t *slot = reach_owner_slot(verify, call);
	if (slot == NULL)
		return KG_NOMEM;
	if (*slot == 0) {
		struct owner owner = { .task_id = call->task_id };
		if (!column_push(&verify->owners, owner))
			return KG_NOMEM;
		*slot = (uint32_t)verify->owners.count;
	}
	*out = *slot - 1;
	return KG_OK;
}

static enum kg_status reach_lane(struct kg_verify *verify, const struct kg_call *call,
				 struct verify_lane **out)
{
	enum kg_status status = KG_OK;
	if (call->func_id != KG_NO_FUNC && call->func_id >= verify->functions.count)
		status = verify_look_up_functions(verify);
	if (status != KG_OK)
		return status;
	if (!column_reach(&verify->lanes, call->lane_id))
		return KG_NOMEM;
	struct verify_lane *lane = &verify->lanes.at[call->lane_id];
	if (!lane->is_known) {
		/* so that there is a place in it even where there is no match */
		if (!column_reserve(&lane->matches, 1))
			return KG_NOMEM;
		lane->is_known = true;
		lane->ignored_id = KG_NO_CALL;
		lane->root_id = KG_NO_CALL;
		lane->number = call->lane_id;
	}
	/* a lane that was empty may be another's now */
	if (call->level == 0)
		status = find_owner(verify, call, &lane->owner);
	*out = lane;
	return status;
}

static struct owner *owner_of(struct kg_verify *verify, const struct verify_lane *lane)
{
	return &verify->owners.at[lane->owner];
}

bool verify_is_part(const struct kg_verify *verify, kg_func_id caller, kg_func_id func_id)
{
	const struct kg_func *outer = kg_funcs_get(verify->funcs, caller);
	const struct kg_func *inner = kg_funcs_get(verify->funcs, func_id);
	return strcmp(outer->base, inner->base) == 0 && strcmp(outer->module, inner->module) == 0;
}

static bool is_part_of_caller(const struct kg_verify *verify, const struct verify_lane *lane,
			      const struct kg_call *call)
{
	if (call->level == 0 || call->func_id == KG_NO_FUNC ||
	    !verify->functions.at[call->func_id].is_split)
		return false;
	const struct open_call *caller = &lane->opened.at[call->level - 1];
	if (caller->id != call->parent_id || caller->func_id == KG_NO_FUNC ||
	    caller->func_id == call->func_id)
		return false;
	return verify_is_part(verify, caller->func_id, call->func_id);
}

/* Whether a call is there for the specification; starts to ignore what is to be ignored. */
static bool takes_part(struct kg_verify *verify, struct verify_lane *lane,
		       const struct kg_call *call, bool is_part)
{
	if (lane->ignored_id != KG_NO_CALL)
		return false;
	if (call->func_id != KG_NO_FUNC && verify->functions.at[call->func_id].is_ignored) {
		if ((call->flags & KG_CALL_ATOMIC) == 0)
			lane->ignored_id = call->id;
		return false;
	}
	return (call->flags & KG_CALL_HIDDEN) == 0 && !is_part;
}

/* ---- what goes on below open calls ----------------------------------------------------------- */

/* Shows an opening call to a match that looks for it. */
static enum kg_status open_in_match(struct kg_verify *verify, struct verify_lane *lane,
				    const struct kg_call *call, const struct token *token,
				    struct match *match)
{
	const uint64_t *row = row_of(verify, call->func_id);
	match_notice(&verify->matcher, match, row, &token->place);
	if (match->is_dead || match->automaton == NULL || match->token.id != KG_NO_CALL ||
	    !row_has(row, match->automaton->vocabulary))
		return KG_OK;
	const bool explains = explains_lane(&verify->explanation, call->lane_id);
	struct departure before;
	if (explains)
		match_expect(match, &before);
	enum kg_status status =
		match_open_token(&verify->matcher, match, row, token, &lane->matches);
	if (explains && status == KG_OK)
		explain_token(verify, match, &before, call);
	return status;
}

void lane_drop_dead(struct verify_lane *lane)
{
	size_t left = 0;
	for (size_t i = 0; i < lane->live.count; i++) {
		if (!lane->live.at[i].match->is_dead)
			lane->live.at[left++] = lane->live.at[i];
	}
	lane->live.count = left;
}

/* Shows it to those of its lane that do. */
static enum kg_status open_in_matches(struct kg_verify *verify, struct verify_lane *lane,
				      const struct kg_call *call, struct watched_call *watched)
{
	const uint64_t *watchers = &verify->watchers.at[call->func_id * watchers_len(verify->spec)];
	const struct token token = { .id = call->id, .place = place_of_start(call) };
	const size_t live_count = lane->live.count;
	bool has_died = false;
	for (size_t i = 0; i < live_count; i++) {
		const struct live_match *live = &lane->live.at[i];
		if (!states_has(watchers, live->call))
			continue;
		enum kg_status status = open_in_match(verify, lane, call, &token, live->match);
		if (status != KG_OK)
			return status;
		if (live->match->is_dead)
			has_died = true;
		else if (live->match->token.id == call->id)
			watched->token_count++;
	}
	if (has_died)
		lane_drop_dead(lane);
	return KG_OK;
}

/* From now on calls are shown to the matches from here on, too. */
static bool enliven(struct verify_lane *lane, size_t first)
{
	for (size_t i = first; i < lane->matches.count; i++) {
		struct match *match = lane->matches.at[i];
		const struct live_match live = { match, match->call, (uint32_t)i };
		if (!column_push(&lane->live, live))
			return false;
	}
	return true;
}

static void note_first_inner(struct verify_lane *lane, const struct kg_call *call)
{
	if (lane->watched.count == 0)
		return;
	struct watched_call *around = &lane->watched.at[lane->watched.count - 1];
	if (around->first_inner == KG_NO_FUNC)
		around->first_inner = call->func_id;
}

/* What goes for every call that counts. */
static enum kg_status count_call(struct kg_verify *verify, struct verify_lane *lane,
				 const struct kg_call *call)
{
	if (call->func_id == KG_NO_FUNC)
		return KG_OK;
	const struct function_entry *entry = &verify->functions.at[call->func_id];
	if ((entry->module_bit & ~modules_settled(verify, lane)) != 0)
		modules_open(verify, lane, entry, call);
	return entry->hook_count > 0 ? rules_open(verify, lane, call) : KG_OK;
}

/* A call that takes part opens. */
static enum kg_status open_part(struct kg_verify *verify, struct verify_lane *lane,
				const struct kg_call *call)
{
	struct watched_call watched = { .id = call->id,
					.first_match = lane->matches.count,
					.first_inner = KG_NO_FUNC };
	note_first_inner(lane, call);
	if (call->flags & KG_CALL_ROOT) {
		const subject_id subject = owner_of(verify, lane)->subject;
		lane->root_id = call->id;
		lane->root_has_step = false;
		lane->is_asked = false;
		lane->subject = subject != NO_SUBJECT ? subject : verify->others;
	}
	/* nothing is known of what was below a call without a start, so it is not followed */
	if (call->func_id == KG_NO_FUNC || (call->flags & KG_CALL_LATE) != 0)
		return count_call(verify, lane, call);
	const struct function_entry *entry = &verify->functions.at[call->func_id];
	if (!entry->is_mentioned)
		return count_call(verify, lane, call);
	const uint64_t *row = row_of(verify, call->func_id);
	enum kg_status status = subject_note_open(verify, lane, call, entry->tells_life, row);
	if (status == KG_OK && entry->is_watched)
		status = open_in_matches(verify, lane, call, &watched);
	struct path *path = owner_of(verify, lane)->path;
	if (status == KG_OK && path != NULL)
		status = path_open(verify, path, lane, row, &watched);
	if (status == KG_OK)
		status = count_call(verify, lane, call);
	if (status != KG_OK)
		return status;
	if (watched.token_count == 0 && !watched.is_step && !watched.is_noise &&
	    lane->matches.count == watched.first_match)
		return KG_OK;
	return enliven(lane, watched.first_match) && column_push(&lane->watched, watched)
		       ? KG_OK
		       : KG_NOMEM;
}

/* Has the matches go on that waited for a call. */
static void close_tokens(struct kg_verify *verify, struct verify_lane *lane,
			 const struct kg_call *call, const struct watched_call *watched)
{
	const uint64_t *row = row_of(verify, call->func_id);
	struct match **own = lane->matches.at + watched->first_match;
	const size_t own_count = lane->matches.count - watched->first_match;
	uint32_t left = watched->token_count;
	bool has_died = false;
	for (size_t i = lane->live.count; i > 0 && left > 0; i--) {
		struct match *match = lane->live.at[i - 1].match;
		if (match->token.id != call->id)
			continue;
		left--;
		if (!match->token.is_stepped)
			match_close_token(&verify->matcher, match, row, &match->token, own,
					  own_count);
		match->token.id = KG_NO_CALL;
		has_died |= match->is_dead;
	}
	if (has_died)
		lane_drop_dead(lane);
}

/* Ends the matches that went with a call. */
static enum kg_status close_watched(struct kg_verify *verify, struct verify_lane *lane,
				    const struct kg_call *call)
{
	const struct watched_call watched = lane->watched.at[--lane->watched.count];
	enum kg_status status = KG_OK;
	struct match **own = lane->matches.at + watched.first_match;
	const size_t own_count = lane->matches.count - watched.first_match;
	for (size_t i = 0; i < own_count; i++)
		match_end(&verify->matcher, own[i], call, watched.first_inner);
	while (lane->live.count > 0 &&
	       lane->live.at[lane->live.count - 1].at >= watched.first_match)
		lane->live.count--;
	close_tokens(verify, lane, call, &watched);
	if (watched.is_step || watched.is_noise)
		path_close(verify, lane, call, &watched);
	for (size_t i = 0; i < own_count; i++) {
		if (own[i]->parent == NULL && status == KG_OK)
			status = rules_judge_each(verify, lane, own[i], call);
		match_retire(&verify->matcher, own[i]);
	}
	lane->matches.count = watched.first_match;
	return status;
}

/* ---- the sink -------------------------------------------------------------------------------- */

/* Whether a call is nothing but one of those that others call: most are. */
static bool is_plain(const struct kg_verify *verify, const struct kg_call *call)
{
	if (call->func_id == KG_NO_FUNC || (call->flags & (KG_CALL_ROOT | KG_CALL_HIDDEN)) != 0)
		return false;
	const struct function_entry *entry = &verify->functions.at[call->func_id];
	return !entry->matters && !entry->is_split;
}

enum kg_status verify_open_call(struct kg_verify *verify, struct verify_lane *lane,
				const struct kg_call *call, bool is_part)
{
	if (!column_reach(&lane->opened, call->level))
		return KG_NOMEM;
	struct open_call *open = &lane->opened.at[call->level];
	*open = (struct open_call){ .id = call->id, .func_id = call->func_id };
	if (lane->ignored_id == KG_NO_CALL && is_plain(verify, call)) {
		open->counts = true;
		note_first_inner(lane, call);
		return count_call(verify, lane, call);
	}
	open->counts = takes_part(verify, lane, call, is_part);
	return open->counts ? open_part(verify, lane, call) : KG_OK;
}

enum kg_status verify_close_call(struct kg_verify *verify, struct verify_lane *lane,
				 const struct kg_call *call)
{
	const struct open_call *open = &lane->opened.at[call->level];
	enum kg_status status = KG_OK;
	if (lane->ignored_id == call->id)
		lane->ignored_id = KG_NO_CALL;
	if (!open->counts)
		return KG_OK;
	if (lane->watched.count > 0 && lane->watched.at[lane->watched.count - 1].id == call->id)
		status = close_watched(verify, lane, call);
	if (call->func_id != KG_NO_FUNC) {
		const struct function_entry *entry = &verify->functions.at[call->func_id];
		if (entry->has_end_rules)
			rules_close(verify, lane, call);
		if (entry->tells_life)
			subject_note_close(verify, lane, call);
	}
	if (lane->root_id == call->id) {
		struct path *path = owner_of(verify, lane)->path;
		lane->root_id = KG_NO_CALL;
		if (path != NULL)
			path_close_root(verify, path, lane, call);
	}
	return status;
}

static enum kg_status open_below(struct kg_verify *verify, struct verify_lane *lane,
				 const struct kg_call *call)
{
	return verify_open_call(verify, lane, call, is_part_of_caller(verify, lane, call));
}

static enum kg_status take_opened(void *self, const struct kg_call *call)
{
	struct kg_verify *verify = self;
	struct verify_lane *lane;
	enum kg_status status = reach_lane(verify, call, &lane);
	orphans_go_on(verify);
	return status == KG_OK ? open_below(verify, lane, call) : status;
}

/*
 * An interrupt may come between the end of a call and the record of it: then it seems to be called
 * by what had ended before, and to take longer. Counts the calls that are explained by that.
 */
static void add_up_callees(struct kg_verify *verify, const struct verify_lane *lane,
			   const struct kg_call *call)
{
	const struct open_call *open = &lane->opened.at[call->level];
	if ((call->flags & KG_CALL_EXCEEDED) != 0 &&
	    open->child_ns - open->ignored_ns <= call->dur_ns)
		verify->explained_count++;
	if (call->level == 0 || call->dur_ns == KG_NO_NS)
		return;
	struct open_call *caller = &lane->opened.at[call->level - 1];
	if (caller->id != call->parent_id)
		return;
	caller->child_ns += call->dur_ns;
	if (call->func_id != KG_NO_FUNC && verify->functions.at[call->func_id].is_aside)
		caller->ignored_ns += call->dur_ns;
}

static bool was_opened(const struct verify_lane *lane, const struct kg_call *call)
{
	return call->level < lane->opened.count && lane->opened.at[call->level].id == call->id;
}

static enum kg_status take_closed(void *self, const struct kg_call *call)
{
	struct kg_verify *verify = self;
	struct verify_lane *lane;
	enum kg_status status = reach_lane(verify, call, &lane);
	if (status != KG_OK)
		return status;
	if ((call->flags & KG_CALL_NO_END) == 0)
		orphans_go_on(verify);
	if ((call->flags & (KG_CALL_LATE | KG_CALL_NO_END)) == 0)
		owner_note_complete(owner_of(verify, lane), call->depth);
	else if (orphans_note(verify, owner_of(verify, lane), call))
		return KG_OK;
	/* a call without a start was not opened: it counts where it ends */
	if (call->flags & (KG_CALL_ATOMIC | KG_CALL_LATE))
		status = open_below(verify, lane, call);
	if (status != KG_OK || !was_opened(lane, call))
		return status;
	add_up_callees(verify, lane, call);
	return is_plain(verify, call) ? KG_OK : verify_close_call(verify, lane, call);
}

static enum kg_status take_gap(void *self, const struct kg_gap *gap)
{
	struct kg_verify *verify = self;
	if (verify->gap_count++ == 0)
		verify->first_gap_line = gap->line_no;
	return KG_OK;
}

struct kg_call_sink kg_verify_sink(struct kg_verify *verify)
{
	return (struct kg_call_sink){
		.self = verify,
		.opened = take_opened,
		.closed = take_closed,
		.vanished = kg_sink_ignore_vanished,
		.gap = take_gap,
		.done = kg_sink_ignore_done,
		/* words for people may name what has been called by then, call by call */
		.bundler = verify->explanation.is_on ? NULL : &verify_bundler,
	};
}

/* ---- what a recording can show --------------------------------------------------------------- */

bool verify_can_show(const struct kg_verify_scope *scope, const char *text)
{
	/* which functions a glob means is not known before they are called */
	return scope->can_show == NULL || strpbrk(text, "*?[") != NULL ||
	       scope->can_show(scope->self, text);
}

static bool can_show(const struct kg_verify_scope *scope, const struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++) {
		if (verify_can_show(scope, names->texts[i]))
			return true;
	}
	return names->count == 0;
}

enum kg_status kg_verify_set_scope(struct kg_verify *verify, const struct kg_verify_scope *scope)
{
	const struct vocabulary *vocabulary = &verify->spec->vocabulary;
	const size_t call_count = verify->spec->calls.count;
	verify->scope = *scope;
	if (scope->can_show == NULL)
		return KG_OK;
	bool *unseen = arena_alloc(&verify->memory, vocabulary->sets.count * sizeof(*unseen));
	bool *unseen_calls = arena_alloc(&verify->memory, call_count * sizeof(*unseen_calls));
	if (unseen == NULL || unseen_calls == NULL)
		return KG_NOMEM;
	for (size_t i = 0; i < vocabulary->sets.count; i++)
		unseen[i] = !can_show(scope, &vocabulary->sets.at[i]);
	for (size_t i = 0; i < call_count; i++)
		unseen_calls[i] = unseen[verify->spec->calls.at[i].names];
	verify->unseen = unseen;
	verify->matcher.is_unseen = unseen_calls;
	return KG_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static enum kg_status init(struct kg_verify *verify)
{
	const struct vocabulary *vocabulary = &verify->spec->vocabulary;
	enum kg_status status = matcher_init(&verify->matcher, verify->spec);
	if (status != KG_OK)
		return status;
	verify->no_row =
		arena_alloc(&verify->memory, vocabulary->row_len * sizeof(*verify->no_row));
	verify->seen_texts = arena_alloc(&verify->memory, vocabulary_text_count(vocabulary) *
								  sizeof(*verify->seen_texts));
	if (verify->no_row == NULL || verify->seen_texts == NULL)
		return KG_NOMEM;
	return rules_init(verify);
}

enum kg_status kg_verify_new(const struct kg_spec *spec, const struct kg_funcs *funcs,
			     const struct kg_tasks *tasks, struct kg_verify **out,
			     struct kg_error *err)
{
	enum kg_status status = KG_NOMEM;
	struct kg_verify *verify = memory_zalloc(sizeof(*verify));
	if (verify != NULL) {
		verify->spec = spec;
		verify->funcs = funcs;
		verify->tasks = tasks;
		status = init(verify);
	}
	if (status != KG_OK) {
		kg_verify_free(verify);
		return error_set(err, status, NULL, 0, "out of memory");
	}
	*out = verify;
	return KG_OK;
}

static void release_lane(struct kg_verify *verify, struct verify_lane *lane)
{
	for (size_t i = 0; i < lane->matches.count; i++)
		match_retire(&verify->matcher, lane->matches.at[i]);
	column_release(&lane->opened);
	column_release(&lane->watched);
	column_release(&lane->matches);
	column_release(&lane->live);
}

void kg_verify_free(struct kg_verify *verify)
{
	if (verify == NULL)
		return;
	for (size_t i = 0; i < verify->lanes.count; i++)
		release_lane(verify, &verify->lanes.at[i]);
	column_release(&verify->lanes);
	column_release(&verify->owners);
	column_release(&verify->owner_of_task);
	column_release(&verify->owner_of_idle);
	matcher_release(&verify->matcher);
	repeats_release(&verify->repeats);
	for (size_t i = 0; i < verify->paths.count; i++)
		match_free(verify->paths.at[i]->match);
	column_release(&verify->paths);
	rules_release(verify);
	subjects_release(verify);
	column_release(&verify->functions);
	column_release(&verify->rows);
	column_release(&verify->watchers);
	column_release(&verify->hooks);
	column_release(&verify->modules);
	for (size_t i = 0; i < BUNDLE_WORKERS; i++)
		column_release(&verify->bundled[i].by_func);
	column_release(&verify->others_checks);
	column_release(&verify->explanation.lines);
	column_release(&verify->checks);
	arena_release(&verify->memory);
	memory_free(verify);
}
