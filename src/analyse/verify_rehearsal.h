/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rehearsals: what is remembered of bundles, held against what comes of them.
 *
 * In builds without NDEBUG every other bundle that could be taken by what is remembered
 * (verify_repeat.h) is first taken so on trial, then gone through, and both have to leave the
 * matches of its lane alike.
 */
#ifndef ANALYSE_VERIFY_REHEARSAL_H
#define ANALYSE_VERIFY_REHEARSAL_H

#include "analyse/verify_repeat.h"

#ifdef NDEBUG
static inline bool rehearsal_start(const struct bundle_visit *visit, const struct repeat *repeat)
{
	(void)visit;
	(void)repeat;
	return false;
}

static inline void rehearsal_end(const struct bundle_visit *visit, bool is_whole)
{
	(void)visit;
	(void)is_whole;
}
#else
/* True: there was one, so that the bundle is to be gone through now. */
bool rehearsal_start(const struct bundle_visit *visit, const struct repeat *repeat);
/* It has been gone through, or not all of it. */
void rehearsal_end(const struct bundle_visit *visit, bool is_whole);
#endif

#endif
