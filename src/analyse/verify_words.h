/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a verification found, in words.
 *
 *	struct words words = { .verify = verify };
 *	words_add_names(&words, names);
 *	words_add(&words, " on line %" PRIu64, line_no);
 *	if (!words_finish(&words, &text))
 *		return KG_NOMEM;
 */
#ifndef ANALYSE_VERIFY_WORDS_H
#define ANALYSE_VERIFY_WORDS_H

#include "analyse/verify_path.h"

struct kg_verify;

/* A text in the making. */
struct words {
	struct kg_verify *verify;
	COLUMN(char) text;
	bool has_text;	/* or would have, if anybody wanted it */
	bool is_failed; /* memory was out */
};

void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "1 call", "2 calls" */
void words_add_count(struct words *words, uint64_t count, const char *noun);
/* The names of a set, those that the trace has first. */
void words_add_names(struct words *words, names_id names);
void words_add_func(struct words *words, kg_func_id func_id);
/* "kvm_vm_ioctl (line 7)" */
void words_add_call(struct words *words, kg_func_id func_id, uint64_t line_no);
void words_add_bound(struct words *words, const struct bound *bound);
/* "in f (line 3): in g (line 5): h before its end" */
void words_add_expected(struct words *words, const struct departure *departure);
/* What came instead. */
void words_add_found(struct words *words, const struct departure *departure);
/* Top-level calls that could come next, with the phases that they are of. */
void words_add_next_steps(struct words *words, const struct path *path);
/* Ends the text and hands it over; false when memory was out. Nothing in it becomes NULL. */
bool words_finish(struct words *words, const char **out);

#endif
