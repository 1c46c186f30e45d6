/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose path is learned, of which classes its steps are, and in which order these come. */
#ifndef ANALYSE_LEARN_PATH_H
#define ANALYSE_LEARN_PATH_H

#include "analyse/learn_inner.h"
#include "analyse/learn_merge.h"

/* Steps of one function that call the same kinds of functions. */
struct learn_class {
	uint32_t name;
	uint32_t label; /* the call that tells them from others of their function, or NO_NAME */
	uint64_t calls; /* in all of its steps, as far as they were looked into */
	const struct kg_form *in;
	const char *const *banned; /* what makes others of the function another class */
	size_t banned_count;
};

struct learn_path {
	COLUMN(uint32_t) subjects; /* by trace: task plus 1; 0: none, or not seen whole */
	uint32_t trace_count;	   /* traces that have one */
	const char *worker;	   /* comm of the task that goes on for them, or NULL */
	COLUMN(struct learn_class) classes;
	COLUMN(uint32_t) class_of_shape; /* plus 1 */
	COLUMN(uint32_t) class_of_name;	 /* plus 1: of steps that were not looked into */
	COLUMN(run_list) runs;		 /* by trace: its classes in order, noise and all */
	COLUMN(bool) is_noise;		 /* by name */
	uint32_t first;			 /* name; NO_NAME: there is no path */
	item_list items;
};

/* Fills a path whose subjects are known. It has no items if the traces show none. */
KG_MUST_USE enum kg_status path_find(const struct former *former, struct learn_path *out);
/* The items of all traces without the noise that is known. False when memory is out. */
bool path_find_items(const struct kg_learn *learn, const struct learn_path *path, item_list *out);
/*
 * The pattern of an item, exact only if that takes no more states than there is room for; NULL when
 * memory is out.
 */
const struct kg_form *path_item_form(const struct former *former, const struct learn_path *path,
				     const struct item *item, uint64_t room);
void path_release_learned(struct learn_path *path);

#endif
