/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules about modules: which of them may appear together.
 *
 * What a call tells such a rule is its module and nothing else, so one call of each says it all, as
 * long as the modules go together. A module that has nothing to tell any more is *settled*.
 */
#ifndef ANALYSE_VERIFY_MODULES_H
#define ANALYSE_VERIFY_MODULES_H

#include <kvmgraph/verify.h>

struct kg_verify;
struct function_entry;
struct verify_lane;

/* Modules from this number on share a bit, and are never settled. */
#define MODULE_BITS 64

/* A module that rules look for. */
struct module_entry {
	const char *name;
	const uint64_t *sets; /* by rule: bits of those of its sets that have the module */
	uint64_t funcs;	      /* bundle_bit() of its functions */
};

/* Finds the module of a function that is new: sets module and module_bit of its entry. */
KG_MUST_USE enum kg_status modules_look_up(struct kg_verify *verify, kg_func_id func_id,
					   struct function_entry *entry);
/* Bits of the modules that have told everything to the rules that calls of a lane count for. */
uint64_t modules_settled(const struct kg_verify *verify, const struct verify_lane *lane);
/* bundle_bit() of the functions of all modules but these. */
uint64_t modules_funcs_but(const struct kg_verify *verify, uint64_t settled);
/* A call that counts opens, and its module is not settled. */
void modules_open(struct kg_verify *verify, const struct verify_lane *lane,
		  const struct function_entry *entry, const struct kg_call *call);

#endif
