/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which patterns are said more than once, and how they are made smaller. */
#include "analyse/learn_share.h"

#include <string.h>

#include "base/banned.h"

/* A pattern of fewer calls is as short as its name. */
#define SHARED_MIN_CALLS 3

/* ---- comparing ------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_form(const struct kg_form *a, const struct kg_form *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || a->kind != b->kind || a->min != b->min || a->max != b->max ||
	    a->part_count != b->part_count || a->banned_count != b->banned_count ||
	    !same_text(a->name, b->name) || !same_form(a->in, b->in))
		return false;
	for (size_t i = 0; i < a->banned_count; i++) {
		if (!same_text(a->banned[i], b->banned[i]))
			return false;
	}
	for (size_t i = 0; i < a->part_count; i++) {
		if (!same_form(a->parts[i], b->parts[i]))
			return false;
	}
	return true;
}

static size_t count_calls(const struct kg_form *form)
{
	size_t count = form->kind == KG_FORM_CALL;
	if (form->in != NULL)
		count += count_calls(form->in);
	for (size_t i = 0; i < form->part_count; i++)
		count += count_calls(form->parts[i]);
	return count;
}

/* ---- what is said how often ------------------------------------------------------------------ */

struct shared {
	const struct kg_form *form;
	const char *call; /* below which it is */
	uint32_t count;
	const char *name; /* once it is defined */
};

struct sharing {
	struct arena *memory;
	COLUMN(struct shared) rows;
	define_list *defines;
};

static struct shared *find_shared(const struct sharing *sharing, const struct kg_form *form)
{
	for (size_t i = 0; i < sharing->rows.count; i++) {
		if (same_form(sharing->rows.at[i].form, form))
			return &sharing->rows.at[i];
	}
	return NULL;
}

static bool note_forms(struct sharing *sharing, const struct kg_form *form)
{
	if (form->in != NULL && count_calls(form->in) >= SHARED_MIN_CALLS) {
		struct shared *known = find_shared(sharing, form->in);
		const struct shared added = { .form = form->in, .call = form->name, .count = 1 };
		if (known != NULL)
			known->count++;
		else if (!column_push(&sharing->rows, added))
			return false;
	}
	if (form->in != NULL && !note_forms(sharing, form->in))
		return false;
	for (size_t i = 0; i < form->part_count; i++) {
		if (!note_forms(sharing, form->parts[i]))
			return false;
	}
	return true;
}

/* ---- replacing ------------------------------------------------------------------------------- */

/* The name of the call, and a number where that is taken. */
static const char *new_name(const struct sharing *sharing, const char *call)
{
	const char *name = call;
	for (uint32_t number = 2; name != NULL; number++) {
		size_t i = 0;
		while (i < sharing->defines->count &&
		       strcmp(sharing->defines->at[i].name, name) != 0)
			i++;
		if (i == sharing->defines->count)
			break;
		name = arena_format(sharing->memory, "%s_%u", call, number);
	}
	return name;
}

static const struct kg_form *replace(struct sharing *sharing, const struct kg_form *form);

/* What stands in for what is below a call: a reference where it is shared. */
static const struct kg_form *replace_in(struct sharing *sharing, const struct kg_form *in)
{
	struct shared *shared =
		count_calls(in) >= SHARED_MIN_CALLS ? find_shared(sharing, in) : NULL;
	if (shared == NULL || shared->count < 2)
		return replace(sharing, in);
	const size_t index = (size_t)(shared - sharing->rows.at);
	if (shared->name == NULL) {
		const struct kg_form *form = replace(sharing, in);
		const char *name = new_name(sharing, shared->call);
		if (form == NULL || name == NULL ||
		    !column_push(sharing->defines, (struct kg_learned_define){ name, form }))
			return NULL;
		sharing->rows.at[index].name = name;
	}
	struct kg_form *reference = arena_alloc(sharing->memory, sizeof(*reference));
	if (reference != NULL)
		*reference = (struct kg_form){ .kind = KG_FORM_REFERENCE,
					       .name = sharing->rows.at[index].name,
					       .min = 1,
					       .max = 1 };
	return reference;
}

static const struct kg_form *replace(struct sharing *sharing, const struct kg_form *form)
{
	struct kg_form *copy = arena_alloc(sharing->memory, sizeof(*copy));
	const struct kg_form **parts =
		arena_alloc(sharing->memory, (form->part_count + 1) * sizeof(*parts));
	if (copy == NULL || parts == NULL)
		return NULL;
	*copy = *form;
	copy->parts = parts;
	for (size_t i = 0; i < form->part_count; i++) {
		parts[i] = replace(sharing, form->parts[i]);
		if (parts[i] == NULL)
			return NULL;
	}
	if (form->in == NULL)
		return copy;
	copy->in = replace_in(sharing, form->in);
	return copy->in != NULL ? copy : NULL;
}

bool share_forms(const struct kg_form **forms, size_t count, struct arena *memory,
		 define_list *defines)
{
	struct sharing sharing = { .memory = memory, .defines = defines };
	bool is_done = true;
	for (size_t i = 0; i < count && is_done; i++)
		is_done = note_forms(&sharing, forms[i]);
	for (size_t i = 0; i < count && is_done; i++) {
		const struct kg_form *form = replace(&sharing, forms[i]);
		is_done = form != NULL;
		if (is_done)
			forms[i] = form;
	}
	column_release(&sharing.rows);
	return is_done;
}

/* ---- cutting --------------------------------------------------------------------------------- */

const struct kg_form *form_cut(const struct kg_form *form, uint32_t levels, struct arena *memory)
{
	struct kg_form *copy = arena_alloc(memory, sizeof(*copy));
	const struct kg_form **parts = arena_alloc(memory, (form->part_count + 1) * sizeof(*parts));
	if (copy == NULL || parts == NULL)
		return NULL;
	*copy = *form;
	copy->parts = parts;
	if (levels == 0) {
		copy->in = NULL;
		copy->banned_count = 0;
	} else if (form->in != NULL) {
		copy->in = form_cut(form->in, levels - 1, memory);
		if (copy->in == NULL)
			return NULL;
	}
	for (size_t i = 0; i < form->part_count; i++) {
		parts[i] = form_cut(form->parts[i], levels, memory);
		if (parts[i] == NULL)
			return NULL;
	}
	return copy;
}

uint32_t form_levels(const struct kg_form *form)
{
	uint32_t levels = form->banned_count > 0;
	if (form->in != NULL) {
		const uint32_t inner = 1 + form_levels(form->in);
		levels = inner > levels ? inner : levels;
	}
	for (size_t i = 0; i < form->part_count; i++) {
		const uint32_t inner = form_levels(form->parts[i]);
		levels = inner > levels ? inner : levels;
	}
	return levels;
}
