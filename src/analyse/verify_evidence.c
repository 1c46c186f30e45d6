/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what a trace may be lacking, and how that is said. */
#include <inttypes.h>

#include "analyse/verify.h"
#include "base/banned.h"

/* ---- in words -------------------------------------------------------------------------------- */

static bool say_gaps(struct kg_verify *verify, const struct kg_info *info, uint64_t gap_count,
		     const char **out)
{
	struct words words = { .verify = verify };
	words_add(&words, "the tracer lost events (");
	words_add_count(&words, gap_count, "gap");
	if (verify->first_gap_line != 0)
		words_add(&words, ", the first before line %" PRIu64, verify->first_gap_line);
	if (info->lost_events_known)
		words_add(&words, ", %" PRIu64 " events", info->lost_events);
	words_add(&words, "): what is missing may have been there");
	return words_finish(&words, out);
}

static bool say_late(struct kg_verify *verify, const char **out)
{
	struct words words = { .verify = verify };
	words_add(&words, "the trace begins in the middle: ");
	if (verify->orphans.early_relevant > 0) {
		words_add_count(&words, verify->orphans.early_relevant, "relevant call");
		words_add(&words, " had already started");
	} else {
		words_add(&words, "it does not show how its subject came to be");
	}
	return words_finish(&words, out);
}

static bool say_early(struct kg_verify *verify, const char **out)
{
	struct words words = { .verify = verify };
	if (verify->orphans.late_relevant > 0) {
		words_add(&words, "the trace ends with ");
		words_add_count(&words, verify->orphans.late_relevant, "relevant call");
		words_add(&words, " still open");
	} else if (verify->spec->main.automaton != NULL && verify->subjects.count == 0) {
		words_add(&words, "there is no call of ");
		words_add_names(&words, verify->spec->first);
	} else {
		words_add(&words, "the trace ends before the path does");
	}
	return words_finish(&words, out);
}

/* ---- what there is --------------------------------------------------------------------------- */

/* Whether the trace stops before all is done that a path speaks of. */
static bool stops_early(const struct kg_verify *verify, const struct kg_info *info,
			const struct path *path)
{
	/* whatever may come behind the end of the path is not of it */
	if (path != NULL && path_is_complete(path))
		return false;
	if (verify->orphans.late_relevant > 0 ||
	    info->diags.entries[KG_DIAG_TRUNCATED_LINE].count > 0)
		return true;
	/* a path that was left is no path that was cut off */
	return path != NULL && !path->match->is_dead;
}

/* The same for all paths together. */
static bool any_stops_early(const struct kg_verify *verify, const struct kg_info *info)
{
	bool stops = verify->subjects.count == 0 &&
		     (verify->spec->main.automaton != NULL || stops_early(verify, info, NULL));
	for (size_t i = 0; i < verify->kept.count && !stops; i++) {
		const struct subject *subject = verify->kept.at[i];
		stops = subject_counts(verify, subject) && stops_early(verify, info, subject->path);
	}
	return stops;
}

bool evidence_has_one_task(const struct kg_verify *verify)
{
	if (verify->scope.has_one_command)
		return true;
	if (verify->subjects.count == 0)
		return verify->owners.count <= 1;
	for (size_t i = 0; i < verify->owners.count; i++) {
		if (verify->owners.at[i].task_id != verify->subjects.at[0]->task_id)
			return false;
	}
	return true;
}

enum kg_status evidence_weigh(struct kg_verify *verify, const struct kg_info *info,
			      struct evidence *out)
{
	const uint64_t gap_count =
		info->lost_gaps > verify->gap_count ? info->lost_gaps : verify->gap_count;
	*out = (struct evidence){
		.has_gaps = gap_count > 0,
		.starts_late = verify->orphans.early_relevant > 0 ||
			       (verify->starts_late && verify->born_count == 0),
		.ends_early = any_stops_early(verify, info),
		.is_partial = verify->scope.partial != NULL,
		.has_one_task = evidence_has_one_task(verify),
		.why_partial = verify->scope.partial,
	};
	bool is_said = say_gaps(verify, info, gap_count, &out->why_gaps);
	is_said &= say_late(verify, &out->why_late);
	is_said &= say_early(verify, &out->why_early);
	return is_said ? KG_OK : KG_NOMEM;
}

enum kg_status evidence_for(struct kg_verify *verify, const struct kg_info *info,
			    const struct subject *subject, const struct path *path,
			    const struct evidence *all, struct evidence *out)
{
	*out = *all;
	out->ends_early = stops_early(verify, info, path);
	if (all->is_partial || (!subject->is_mixed && !subject->is_missing))
		return KG_OK;
	out->is_partial = true;
	out->why_partial = subject->is_mixed
				   ? "one task has two of them alive at a time, and nothing tells "
				     "their calls apart"
				   : "several of them are alive at a time, and nothing tells whose "
				     "some of the tasks are";
	return KG_OK;
}
