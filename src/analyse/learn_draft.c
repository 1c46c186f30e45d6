/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how what was learned becomes a draft, and how parts of it are dropped. */
#include "analyse/learn_draft.h"

#include <inttypes.h>
#include <string.h>

#include "analyse/learn_subject.h"
#include "base/banned.h"

#define DEFAULT_DEPTH 4
/* As deep as the language goes, a level less for what is below the step itself. */
#define NESTING_MAX 11
/* What exact numbers of steps may take; the automaton of the path has twice as many. */
#define PATH_STATES_MAX 2048

/* ---- names of checks ------------------------------------------------------------------------- */

/* "__vmx_handle_exit" as "vmx-handle-exit", behind what stands before it. */
static const char *id_of(struct arena *memory, const char *before, const char *text)
{
	while (*text == '_' || *text == '.')
		text++;
	char *id = arena_format(memory, "%s%s", before, *text != '\0' ? text : "call");
	for (char *at = id; at != NULL && *at != '\0'; at++) {
		if (*at == '_' || *at == '.')
			*at = '-';
	}
	return id;
}

static bool is_taken(const struct learn_draft *draft, const char *id)
{
	for (size_t i = 0; i < draft->phases.count; i++) {
		if (strcmp(draft->phases.at[i].id, id) == 0)
			return true;
	}
	for (size_t i = 0; i < draft->rules.count; i++) {
		if (draft->rules.at[i].id != NULL && strcmp(draft->rules.at[i].id, id) == 0)
			return true;
	}
	return false;
}

/* An id that no other check has; NULL when memory is out. */
static const char *new_id(struct learn_draft *draft, const char *before, const char *text)
{
	const char *wanted = id_of(&draft->memory, before, text);
	const char *id = wanted;
	for (unsigned int number = 2; id != NULL && is_taken(draft, id); number++)
		id = arena_format(&draft->memory, "%s-%u", wanted, number);
	return id;
}

/* ---- phases ---------------------------------------------------------------------------------- */

static const struct learn_class *class_of_item(const struct learn_path *path,
					       const struct item *item)
{
	const uint32_t class =
		item->any != 0 ? (uint32_t)__builtin_ctzll(item->any) : item->body[0].class;
	return &path->classes.at[class];
}

/* "kvm_vcpu_ioctl: kvm_arch_vcpu_ioctl_run", "open_it and others, in turns" */
static const char *title_of(struct learn_draft *draft, const struct former *former,
			    const struct learn_path *path, const struct item *item)
{
	const struct learn_name *infos = former->learn->name_infos.at;
	const struct learn_class *class = class_of_item(path, item);
	const char *name = infos[class->name].text;
	if (item->any != 0)
		return arena_format(&draft->memory, "%s and others, in any order", name);
	if (item->len > 1)
		return arena_format(&draft->memory, "%s and %" PRIu32 " more, in turns", name,
				    item->len - 1);
	if (class->label != NO_NAME)
		return arena_format(&draft->memory, "%s with %s", name, infos[class->label].text);
	return name;
}

/* "in each of 3 traces" */
static const char *where_of(struct learn_draft *draft, const struct learn_path *path,
			    const struct item *item)
{
	if (path->trace_count == 1)
		return "in the only trace";
	if (item->trace_count < path->trace_count)
		return arena_format(&draft->memory, "in %" PRIu32 " of %" PRIu32 " traces",
				    item->trace_count, path->trace_count);
	return arena_format(&draft->memory, "in each of %" PRIu32 " traces", path->trace_count);
}

static const char *why_of(struct learn_draft *draft, const struct learn_path *path,
			  const struct item *item)
{
	const bool is_run = item->any == 0 && item->len == 1;
	const uint64_t min = is_run ? item->body[0].min : item->min;
	const uint64_t max = is_run ? item->body[0].max : item->max;
	const char *where = where_of(draft, path, item);
	if (where == NULL)
		return NULL;
	if (item->any != 0)
		return arena_format(&draft->memory, "Seen %s.", where);
	if (max == 1)
		return arena_format(&draft->memory, "Once %s.", where);
	if (min == max)
		return arena_format(&draft->memory, "%" PRIu64 " times %s.", max, where);
	return arena_format(&draft->memory, "%" PRIu64 " to %" PRIu64 " times %s.", min, max,
			    where);
}

static bool add_phases(struct learn_draft *draft, const struct former *former,
		       const struct learn_path *path)
{
	const struct learn_name *infos = former->learn->name_infos.at;
	uint64_t room = PATH_STATES_MAX;
	for (size_t i = 0; i < path->items.count; i++) {
		const struct item *item = &path->items.at[i];
		const struct learn_class *class = class_of_item(path, item);
		const uint32_t named = class->label != NO_NAME ? class->label : class->name;
		const struct kg_learned_phase phase = {
			.id = new_id(draft, "", infos[named].text),
			.title = title_of(draft, former, path, item),
			.why = why_of(draft, path, item),
			.form = path_item_form(former, path, item, room),
		};
		if (phase.id == NULL || phase.title == NULL || phase.why == NULL ||
		    phase.form == NULL || !column_push(&draft->phases, phase))
			return false;
		const uint64_t states = form_states(phase.form);
		room -= states < room ? states : room;
	}
	return true;
}

/* ---- the subject ----------------------------------------------------------------------------- */

static bool is_step_name(const struct learn_path *path, uint32_t name)
{
	for (size_t i = 0; i < path->items.count; i++) {
		const struct item *item = &path->items.at[i];
		for (uint32_t j = 0; j < item->len; j++) {
			if (path->classes.at[item->body[j].class].name == name)
				return true;
		}
		for (uint64_t rest = item->any; rest != 0; rest &= rest - 1) {
			if (path->classes.at[__builtin_ctzll(rest)].name == name)
				return true;
		}
	}
	return false;
}

/* Whether a subject has it at its top level. */
static bool is_root(const struct kg_learn *learn, const struct learn_path *path, uint32_t name)
{
	for (size_t t = 0; t < learn->traces.count; t++) {
		if (path->subjects.at[t] == 0)
			continue;
		const struct learn_task *task =
			&learn->traces.at[t].tasks.at[path->subjects.at[t] - 1];
		for (size_t i = 0; i < task->steps.count; i++) {
			if (task->steps.at[i].name == name)
				return true;
		}
	}
	return false;
}

/*
 * Only roots that are steps are a surprise where they do not fit: what else a task may have at its
 * top level, from interrupts on, a few traces do not tell.
 */
static bool add_roots(struct learn_draft *draft, const struct kg_learn *learn,
		      const struct learn_path *path)
{
	for (uint32_t name = 0; name < learn->name_infos.count; name++) {
		const char *text = learn->name_infos.at[name].text;
		const bool is_step = is_step_name(path, name);
		const bool is_noise = !is_step && learn->name_infos.at[name].is_plain &&
				      is_root(learn, path, name);
		if ((is_step && !column_push(&draft->roots, text)) ||
		    (is_noise && !column_push(&draft->noise, text)))
			return false;
	}
	return true;
}

static bool add_ignored(struct learn_draft *draft, const struct kg_learn *learn)
{
	for (size_t name = 0; name < learn->name_infos.count; name++) {
		const struct learn_name *info = &learn->name_infos.at[name];
		if (info->is_ignored && info->is_plain && !column_push(&draft->ignore, info->text))
			return false;
	}
	return true;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static bool name_rules(struct learn_draft *draft)
{
	static const char *const before[] = {
		[KG_LEARNED_COUNT] = "count-",	 [KG_LEARNED_PAIR] = "pair-",
		[KG_LEARNED_EXPR] = "equal-",	 [KG_LEARNED_EACH] = "each-",
		[KG_LEARNED_CPUS] = "cpus-",	 [KG_LEARNED_MODULES] = "",
		[KG_LEARNED_BUDGET] = "budget-",
	};
	for (size_t i = 0; i < draft->rules.count; i++) {
		struct kg_learned_rule *rule = &draft->rules.at[i];
		const char *text = rule->kind == KG_LEARNED_MODULES ? "modules" : rule->names[0];
		rule->id = new_id(draft, before[rule->kind], text);
		if (rule->id == NULL)
			return false;
	}
	return true;
}

/* ---- what is shown --------------------------------------------------------------------------- */

static bool share(struct learn_draft *draft)
{
	const size_t count = draft->phases.count + draft->rules.count;
	const struct kg_form **forms = memory_alloc((count + 1) * sizeof(*forms));
	size_t form_count = 0;
	bool is_done = forms != NULL;
	for (size_t i = 0; i < draft->phases.count && is_done; i++)
		forms[form_count++] = draft->phases.at[i].form;
	for (size_t i = 0; i < draft->rules.count && is_done; i++) {
		if (draft->rules.at[i].form != NULL)
			forms[form_count++] = draft->rules.at[i].form;
	}
	is_done = is_done && share_forms(forms, form_count, &draft->memory, &draft->defines);
	form_count = 0;
	for (size_t i = 0; i < draft->phases.count && is_done; i++) {
		struct kg_learned_phase phase = draft->phases.at[i];
		phase.form = forms[form_count++];
		is_done = column_push(&draft->shown_phases, phase);
	}
	for (size_t i = 0; i < draft->rules.count && is_done; i++) {
		struct kg_learned_rule rule = draft->rules.at[i];
		if (rule.form != NULL)
			rule.form = forms[form_count++];
		is_done = column_push(&draft->shown_rules, rule);
	}
	memory_free(forms);
	return is_done;
}

/* Makes what the owner of the draft sees of it. */
static bool show(struct learn_draft *draft)
{
	struct kg_learned *learned = &draft->learned;
	draft->shown_phases.count = 0;
	draft->shown_rules.count = 0;
	draft->defines.count = 0;
	if (!share(draft))
		return false;
	if (draft->phases.count == 0)
		learned->first = learned->also_task = NULL;
	learned->noise = learned->first != NULL ? draft->noise.at : NULL;
	learned->noise_count = learned->first != NULL ? draft->noise.count : 0;
	learned->roots = learned->first != NULL ? draft->roots.at : NULL;
	learned->root_count = learned->first != NULL ? draft->roots.count : 0;
	learned->ignore = draft->ignore.at;
	learned->ignore_count = draft->ignore.count;
	learned->defines = draft->defines.at;
	learned->define_count = draft->defines.count;
	learned->phases = draft->shown_phases.at;
	learned->phase_count = draft->shown_phases.count;
	learned->rules = draft->shown_rules.at;
	learned->rule_count = draft->shown_rules.count;
	return true;
}

/* ---- making it ------------------------------------------------------------------------------- */

static bool describe(struct learn_draft *draft, const struct former *former,
		     const struct learn_path *path)
{
	const uint32_t count = former->trace_count;
	struct kg_learned *learned = &draft->learned;
	learned->name = "learned";
	learned->first =
		path->items.count > 0 ? former->learn->name_infos.at[path->first].text : NULL;
	learned->title =
		learned->first != NULL
			? arena_format(&draft->memory, "what follows the first %s", learned->first)
			: "what good traces show";
	learned->applies =
		count == 1 ? "learned from one trace: whatever else is right is unknown"
			   : arena_format(&draft->memory, "learned from %" PRIu32 " traces", count);
	if (path->worker != NULL && learned->first != NULL) {
		learned->also_task = arena_format(&draft->memory, "^%s$", path->worker);
		if (learned->also_task == NULL)
			return false;
	}
	return learned->title != NULL && learned->applies != NULL;
}

static bool fill(struct learn_draft *draft, const struct former *former,
		 const struct learn_path *path)
{
	const struct kg_learn *learn = former->learn;
	return describe(draft, former, path) && add_phases(draft, former, path) &&
	       add_roots(draft, learn, path) && add_ignored(draft, learn) &&
	       rules_find(former, path, &draft->rules) && name_rules(draft) && show(draft);
}

enum kg_status kg_learn_draft(struct kg_learn *learn, const struct kg_learned **out)
{
	struct learn_callers callers = { 0 };
	struct learn_path path = { 0 };
	const uint32_t asked = learn->opts.depth;
	learn->draft = memory_zalloc(sizeof(*learn->draft));
	if (learn->draft == NULL)
		return KG_NOMEM;
	struct former former = { .learn = learn,
				 .callers = &callers,
				 .memory = &learn->draft->memory,
				 .depth = asked == 0 ? DEFAULT_DEPTH : asked,
				 .nesting = NESTING_MAX };
	former.is_alternative = memory_zalloc(learn->name_infos.count + 1);
	former.is_optional = memory_zalloc(learn->name_infos.count + 1);
	former.is_told = memory_zalloc(learn->name_infos.count + 1);
	former.is_bare = memory_zalloc(learn->name_infos.count + 1);
	for (size_t t = 0; t < learn->traces.count; t++)
		former.trace_count += learn->traces.at[t].lack.is_whole;
	enum kg_status status = KG_NOMEM;
	if (subjects_find(learn, &path) && subjects_join_worker(learn, &path, &path.worker) &&
	    former.is_alternative != NULL && former.is_optional != NULL && former.is_told != NULL &&
	    former.is_bare != NULL)
		status = callers_find(learn, &callers);
	if (status == KG_OK)
		status = path_find(&former, &path);
	if (status == KG_OK && !fill(learn->draft, &former, &path))
		status = KG_NOMEM;
	if (status == KG_OK)
		*out = &learn->draft->learned;
	memory_free(former.is_alternative);
	memory_free(former.is_optional);
	memory_free(former.is_told);
	memory_free(former.is_bare);
	path_release_learned(&path);
	callers_release(&callers);
	return status;
}

/* ---- dropping parts of it -------------------------------------------------------------------- */

static bool drop_phase(struct learn_draft *draft, const char *id)
{
	size_t i = 0;
	while (i < draft->phases.count && strcmp(draft->phases.at[i].id, id) != 0)
		i++;
	if (i == draft->phases.count)
		return false;
	const uint32_t levels = form_levels(draft->phases.at[i].form);
	if (levels == 0) {
		draft->phases.count = 0;
		return true;
	}
	const struct kg_form *less = form_cut(draft->phases.at[i].form, levels - 1, &draft->memory);
	if (less != NULL)
		draft->phases.at[i].form = less;
	return less != NULL;
}

static bool drop_rule(struct learn_draft *draft, const char *id)
{
	size_t i = 0;
	while (i < draft->rules.count && strcmp(draft->rules.at[i].id, id) != 0)
		i++;
	if (i == draft->rules.count)
		return false;
	draft->rules.count--;
	memmove(&draft->rules.at[i], &draft->rules.at[i + 1],
		(draft->rules.count - i) * sizeof(draft->rules.at[i]));
	return true;
}

bool kg_learn_drop(struct kg_learn *learn, const char *check_id)
{
	static const char phase[] = "phase:";
	const size_t len = sizeof(phase) - 1;
	struct learn_draft *draft = learn->draft;
	const bool is_dropped = strncmp(check_id, phase, len) == 0
					? drop_phase(draft, check_id + len)
					: drop_rule(draft, check_id);
	return is_dropped && show(draft);
}

void learn_draft_release(struct kg_learn *learn)
{
	struct learn_draft *draft = learn->draft;
	if (draft == NULL)
		return;
	column_release(&draft->phases);
	column_release(&draft->rules);
	column_release(&draft->shown_phases);
	column_release(&draft->shown_rules);
	column_release(&draft->defines);
	column_release(&draft->noise);
	column_release(&draft->roots);
	column_release(&draft->ignore);
	arena_release(&draft->memory);
	memory_free(draft);
	learn->draft = NULL;
}
