/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/builds.h"
#include "base/memory.h"
#include "event/func.h"
#include "random.h"

Suite *builds_suite(void);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the table that comes with the library --------------------------------------------------- */

START_TEST(builds_table_is_in_order_and_whole)
{
	const struct build_table *table = &build_table_kvm;
	ck_assert_uint_gt(table->build_count, 1);
	ck_assert_uint_gt(table->row_count, 1);
	for (size_t i = 0; i < table->row_count; i++) {
		const struct build_row *row = &table->rows[i];
		if (i > 0)
			ck_assert_msg(strcmp(table->rows[i - 1].name, row->name) < 0, "%s",
				      row->name);
		ck_assert_msg(strlen(row->marks) == table->build_count, "%s", row->name);
		ck_assert_msg(strspn(row->marks, "#~n.") == table->build_count, "%s", row->name);
		const struct span name = { (const unsigned char *)row->name, strlen(row->name) };
		ck_assert_msg(span_equal(func_base(name), name), "%s has a suffix", row->name);
		ck_assert_ptr_eq(build_table_find(table, name), row);
	}
}
END_TEST

START_TEST(builds_are_oldest_first)
{
	int before[2] = { 0, 0 };
	for (size_t i = 0; i < kg_build_count(); i++) {
		const struct kg_build *build = kg_build_get(i);
		int now[2];
		char series[32];
		ck_assert_int_eq(sscanf(build->release, "%d.%d", &now[0], &now[1]), 2);
		ck_assert(now[0] > before[0] || (now[0] == before[0] && now[1] >= before[1]));
		snprintf(series, sizeof(series), "%d.%d", now[0], now[1]);
		ck_assert_str_eq(build->series, series);
		memcpy(before, now, sizeof(before));
	}
}
END_TEST

START_TEST(builds_are_found_by_their_release_only)
{
	for (size_t i = 0; i < kg_build_count(); i++)
		ck_assert_ptr_eq(kg_build_find(kg_build_get(i)->release), kg_build_get(i));
	ck_assert_str_eq(kg_build_find("6.1.0-56-amd64")->distribution, "Debian");
	ck_assert_ptr_null(kg_build_find("6.1.0-56"));
	ck_assert_ptr_null(kg_build_find("6.1.0-56-amd64 "));
	ck_assert_ptr_null(kg_build_find("6.1.0-56-cloud-amd64"));
	ck_assert_ptr_null(kg_build_find(""));
}
END_TEST

static const struct {
	const char *release;
	const char *name;
	enum kg_traceable expected;
} traceables[] = {
	{ "6.1.0-56-amd64", "kvm_vcpu_ioctl", KG_TRACEABLE_YES },
	{ "6.1.0-56-amd64", "__vmx_handle_exit", KG_TRACEABLE_ABSENT },
	{ "6.1.0-1012-oem", "__vmx_handle_exit", KG_TRACEABLE_YES },
	{ "6.1.0-56-amd64", "__set_sregs_common", KG_TRACEABLE_SUFFIXED },
	{ "6.1.0-56-amd64", "__set_sregs_common.constprop.0", KG_TRACEABLE_SUFFIXED },
	{ "5.17.0-1003-oem", "__tdp_mmu_set_spte", KG_TRACEABLE_NOTRACE },
	{ "5.19.0-41-generic", "kvm_calc_mmu_role_common", KG_TRACEABLE_ABSENT },
	{ "5.17.0-1003-oem", "kvm_calc_mmu_role_common", KG_TRACEABLE_SUFFIXED },
	{ "6.12.117+deb12-amd64", "hardware_enable_nolock", KG_TRACEABLE_ABSENT },
	{ "6.11.0-17-generic", "hardware_enable_nolock", KG_TRACEABLE_YES },
	{ "6.1.0-56-amd64", "vfs_read", KG_TRACEABLE_UNKNOWN },
	{ "6.1.0-56-amd64", "kvm_vcpu_ioct", KG_TRACEABLE_UNKNOWN },
	{ "6.1.0-56-amd64", "kvm_vcpu_ioctl_", KG_TRACEABLE_UNKNOWN },
	{ "6.1.0-56-amd64", "", KG_TRACEABLE_UNKNOWN },
	{ "6.1.0-56-amd64", "~", KG_TRACEABLE_UNKNOWN },
};

START_TEST(builds_say_what_they_can_trace)
{
	const struct kg_build *build = kg_build_find(traceables[_i].release);
	ck_assert_ptr_nonnull(build);
	ck_assert_int_eq(kg_build_traceable(build, traceables[_i].name), traceables[_i].expected);
}
END_TEST

/* ---- traces against a table made for them ---------------------------------------------------- */

static const struct kg_build builds[] = {
	{ "1.0-a", "A", "1.0" },
	{ "2.0-a", "A", "2.0" },
	{ "3.0-b", "B", "3.0" },
	{ "4.0-a", "A", "4.0" },
};

/* f0 to f7 are everywhere, the rest comes and goes. */
static const struct build_row rows[] = {
	{ "came_2", ".###" },  { "came_3", "..~#" }, { "came_4", "...#" }, { "dead_2", "#..." },
	{ "dead_3", "##.." },  { "dead_4", "~##." }, { "f0", "####" },	   { "f1", "####" },
	{ "f2", "####" },      { "f3", "####" },     { "f4", "####" },	   { "f5", "####" },
	{ "f6", "####" },      { "f7", "####" },     { "hidden", "#nn#" }, { "inlined", "##.#" },
	{ "nowhere", "...." },
};

static const struct build_table small = { builds, COUNT_OF(builds), rows, COUNT_OF(rows) };

#define EVERYWHERE "f0 f1 f2 f3 f4 f5 f6 f7 "

/* The fit of functions, written with blanks between; "-f" is never called. */
static struct kg_fit *fit_of(const struct build_table *table, const char *names)
{
	struct kg_funcs funcs = { 0 };
	uint64_t calls[256] = { 0 };
	char copy[4096];
	char *rest = copy;
	char *name;
	struct kg_fit *fit = NULL;
	ck_assert_uint_lt(strlen(names), sizeof(copy));
	snprintf(copy, sizeof(copy), "%s", names);
	while ((name = strsep(&rest, " ")) != NULL) {
		if (name[0] == '\0')
			continue;
		const bool is_called = name[0] != '-';
		char symbol[256];
		char *at = strchr(name, '@');
		/* "f@kvm" is f of a module */
		if (at != NULL)
			*at = '\0';
		snprintf(symbol, sizeof(symbol), "%s%s%s%s", name + !is_called,
			 at != NULL ? " [" : "", at != NULL ? at + 1 : "", at != NULL ? "]" : "");
		kg_func_id id = funcs_add(
			&funcs, (struct span){ (const unsigned char *)symbol, strlen(symbol) });
		ck_assert_uint_lt(id, COUNT_OF(calls));
		calls[id] += is_called;
	}
	ck_assert_int_eq(build_table_fit(table, &funcs, calls, &fit), KG_OK);
	funcs_release(&funcs);
	return fit;
}

static const struct {
	const char *names;
	enum kg_fit_kind kind;
	size_t name_count;
	const char *missing; /* of each build, a digit each */
	const char *closest; /* a letter for each that is */
	const char *newer_than;
	const char *older_than;
} fits[] = {
	/* too few to say anything, whatever they are */
	{ "", KG_FIT_UNKNOWN, 0, "0000", "....", NULL, NULL },
	{ "f0 f1 f2 f3 f4 f5 came_4", KG_FIT_UNKNOWN, 7, "1110", "....", NULL, NULL },
	{ "f0 f1 f2 f3 f4 f5 f6 vfs_read vfs_write", KG_FIT_UNKNOWN, 7, "0000", "....", NULL,
	  NULL },
	/* just enough, and no difference */
	{ EVERYWHERE, KG_FIT_ALL, 8, "0000", "xxxx", NULL, NULL },
	/* one build, a range, a range with a hole */
	{ EVERYWHERE "came_3 dead_4", KG_FIT_ALL, 10, "1101", "..x.", "2.0", "4.0" },
	{ EVERYWHERE "came_2 dead_4", KG_FIT_ALL, 10, "1001", ".xx.", "1.0", "4.0" },
	{ EVERYWHERE "inlined", KG_FIT_ALL, 9, "0010", "xx.x", NULL, NULL },
	{ EVERYWHERE "came_4", KG_FIT_ALL, 9, "1110", "...x", "3.0", NULL },
	{ EVERYWHERE "dead_2", KG_FIT_ALL, 9, "0111", "x...", NULL, "2.0" },
	/* between two builds side by side */
	{ EVERYWHERE "came_3 dead_3", KG_FIT_BETWEEN, 10, "1111", "xxxx", "2.0", "3.0" },
	/* around a build that inlined what it has */
	{ EVERYWHERE "came_3 dead_4 inlined", KG_FIT_BETWEEN, 11, "1111", "xxxx", "2.0", "4.0" },
	{ EVERYWHERE "hidden came_2 dead_4", KG_FIT_BETWEEN, 11, "1111", "xxxx", "1.0", "4.0" },
	/* what no build shows says nothing about their order */
	{ EVERYWHERE "nowhere", KG_FIT_BETWEEN, 9, "1111", "xxxx", NULL, NULL },
	/* of times that never met */
	{ EVERYWHERE "came_4 dead_2", KG_FIT_MIXED, 10, "1221", "x..x", NULL, NULL },
	{ EVERYWHERE "came_4 dead_3 came_3", KG_FIT_MIXED, 11, "2221", "...x", NULL, NULL },
	/* suffixes, and the same function twice */
	{ "f0.part.0 f0 f1.isra.0.cold f2 f3 f4 f5 f6 f7.constprop.3 dead_2.part.1", KG_FIT_ALL, 9,
	  "0111", "x...", NULL, "2.0" },
	/* never called, and of another module */
	{ EVERYWHERE "-came_4 dead_2", KG_FIT_ALL, 9, "0111", "x...", NULL, "2.0" },
	{ EVERYWHERE "came_4@vhost dead_2@kvm", KG_FIT_ALL, 9, "0111", "x...", NULL, "2.0" },
	{ EVERYWHERE "came_4@kvm_intel", KG_FIT_ALL, 9, "1110", "...x", "3.0", NULL },
};

static const char *series_of(const struct kg_build *build)
{
	return build != NULL ? build->series : "none";
}

START_TEST(builds_fit_is_what_the_names_say)
{
	struct kg_fit *fit = fit_of(&small, fits[_i].names);
	const struct kg_fit_report *report = kg_fit_report(fit);
	size_t closest_count = 0;
	ck_assert_str_eq(kg_fit_kind_name(report->kind), kg_fit_kind_name(fits[_i].kind));
	ck_assert_uint_eq(report->name_count, fits[_i].name_count);
	ck_assert_uint_eq(report->build_count, COUNT_OF(builds));
	for (size_t i = 0; i < COUNT_OF(builds); i++) {
		ck_assert_ptr_eq(report->builds[i].build, &builds[i]);
		ck_assert_int_eq((int)report->builds[i].missing_count + '0', fits[_i].missing[i]);
		ck_assert_int_eq(report->builds[i].is_closest, fits[_i].closest[i] == 'x');
		closest_count += report->builds[i].is_closest;
	}
	ck_assert_uint_eq(report->closest_count, closest_count);
	if (closest_count > 0) {
		ck_assert_uint_eq(report->first_closest,
				  (size_t)(strchr(fits[_i].closest, 'x') - fits[_i].closest));
		ck_assert_uint_eq(report->last_closest,
				  (size_t)(strrchr(fits[_i].closest, 'x') - fits[_i].closest));
	}
	const char *newer = fits[_i].newer_than != NULL ? fits[_i].newer_than : "none";
	const char *older = fits[_i].older_than != NULL ? fits[_i].older_than : "none";
	ck_assert_str_eq(series_of(report->newer_than), newer);
	ck_assert_str_eq(series_of(report->older_than), older);
	/* builds of the table are of a series each, and none lies between two of them */
	if (report->kind == KG_FIT_ALL && closest_count == 1)
		ck_assert_str_eq(report->series,
				 report->builds[report->first_closest].build->series);
	else
		ck_assert_ptr_null(report->series);
	kg_fit_free(fit);
}
END_TEST

START_TEST(builds_fit_names_what_is_missing_in_order)
{
	struct kg_fit *fit = fit_of(&small, "inlined dead_2 came_4 hidden " EVERYWHERE);
	const struct kg_build_fit *build = &kg_fit_report(fit)->builds[2];
	ck_assert_uint_eq(build->missing_count, 4);
	ck_assert_str_eq(build->missing[0], "came_4");
	ck_assert_str_eq(build->missing[1], "dead_2");
	ck_assert_str_eq(build->missing[2], "hidden");
	ck_assert_str_eq(build->missing[3], "inlined");
	kg_fit_free(fit);
}
END_TEST

START_TEST(builds_fit_without_counts_takes_all_functions)
{
	static const char *const names[] = { "f0", "f1", "f2", "f3",	"f4",
					     "f5", "f6", "f7", "came_4" };
	struct kg_funcs funcs = { 0 };
	struct kg_fit *fit;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		ck_assert_uint_eq(funcs_add(&funcs, (struct span){ (const unsigned char *)names[i],
								   strlen(names[i]) }),
				  i);
	ck_assert_int_eq(build_table_fit(&small, &funcs, NULL, &fit), KG_OK);
	ck_assert_uint_eq(kg_fit_report(fit)->first_closest, 3);
	kg_fit_free(fit);
	funcs_release(&funcs);
}
END_TEST

/* ---- any table, any trace -------------------------------------------------------------------- */

#define RANDOM_BUILDS 9
#define RANDOM_ROWS 60

struct random_table {
	struct kg_build builds[RANDOM_BUILDS];
	struct build_row rows[RANDOM_ROWS];
	char names[RANDOM_ROWS][8];
	char marks[RANDOM_ROWS][RANDOM_BUILDS + 1];
	struct build_table table;
	bool is_called[RANDOM_ROWS];
};

static void fill_random(struct random_table *out, struct random *random)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < RANDOM_BUILDS; i++)
		out->builds[i] = (struct kg_build){ "r", "d", "s" };
	/* mostly shown, so that some builds fit; some come late or go early */
	for (size_t i = 0; i < RANDOM_ROWS; i++) {
		const bool is_mortal = random_below(random, 4) == 0;
		const size_t born = is_mortal ? random_below(random, 6) : 0;
		const size_t dead = is_mortal ? 4 + random_below(random, 6) : RANDOM_BUILDS;
		snprintf(out->names[i], sizeof(out->names[i]), "n%02zu", i);
		for (size_t k = 0; k < RANDOM_BUILDS; k++)
			out->marks[i][k] = k < born || k >= dead
						   ? '.'
						   : "#########~~~~n."[random_below(random, 15)];
		out->rows[i] = (struct build_row){ out->names[i], out->marks[i] };
		out->is_called[i] = random_below(random, 4) == 0;
	}
	out->table = (struct build_table){ out->builds, RANDOM_BUILDS, out->rows, RANDOM_ROWS };
}

static struct kg_fit *fit_called(const struct random_table *from)
{
	char names[RANDOM_ROWS * 8] = "";
	size_t len = 0;
	for (size_t i = 0; i < RANDOM_ROWS; i++) {
		if (from->is_called[i])
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s ",
						from->names[i]);
	}
	return fit_of(&from->table, names);
}

/* Counted once more, build by build. */
static void compare_fit(const struct random_table *from, const struct kg_fit_report *report)
{
	size_t fewest = SIZE_MAX;
	for (size_t k = 0; k < RANDOM_BUILDS; k++) {
		size_t missing = 0;
		for (size_t i = 0; i < RANDOM_ROWS; i++)
			missing += from->is_called[i] && strchr("n.", from->marks[i][k]) != NULL;
		ck_assert_uint_eq(report->builds[k].missing_count, missing);
		fewest = missing < fewest ? missing : fewest;
	}
	if (report->kind == KG_FIT_UNKNOWN) {
		ck_assert_uint_lt(report->name_count, KG_FIT_NAMES_MIN);
		return;
	}
	ck_assert_int_eq(report->kind == KG_FIT_ALL, fewest == 0);
	for (size_t k = 0; k < RANDOM_BUILDS; k++) {
		const struct kg_build_fit *build = &report->builds[k];
		ck_assert_int_eq(build->is_closest, build->missing_count == fewest);
		/* what shows all cannot be outside of the bounds */
		if (build->missing_count == 0 && report->newer_than != NULL)
			ck_assert(build->build > report->newer_than);
		if (build->missing_count == 0 && report->older_than != NULL)
			ck_assert(build->build < report->older_than);
	}
}

START_TEST(builds_fit_of_any_table_is_as_counted_again)
{
	struct random random = { 4711 };
	int kinds[4] = { 0 };
	for (int round = 0; round < 3000; round++) {
		static struct random_table from;
		fill_random(&from, &random);
		struct kg_fit *before = fit_called(&from);
		compare_fit(&from, kg_fit_report(before));
		kinds[kg_fit_report(before)->kind]++;

		/* a function more is missing where it cannot be shown, and changes nothing else */
		const size_t changed = random_below(&random, RANDOM_ROWS);
		const int sign = from.is_called[changed] ? -1 : 1;
		from.is_called[changed] = !from.is_called[changed];
		struct kg_fit *after = fit_called(&from);
		compare_fit(&from, kg_fit_report(after));
		for (size_t k = 0; k < RANDOM_BUILDS; k++) {
			const int lacks = strchr("n.", from.marks[changed][k]) != NULL;
			ck_assert_int_eq((int)kg_fit_report(after)->builds[k].missing_count,
					 (int)kg_fit_report(before)->builds[k].missing_count +
						 sign * lacks);
		}
		kg_fit_free(before);
		kg_fit_free(after);
	}
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		ck_assert_int_gt(kinds[i], 0);
}
END_TEST

START_TEST(builds_fit_without_memory_fails_clean)
{
	struct kg_funcs funcs = { 0 };
	struct kg_fit *fit = NULL;
	ck_assert_uint_eq(funcs_add(&funcs, SPAN("f0")), 0);
	for (uint64_t passes = 0;; passes++) {
		memory_fail_after(passes);
		enum kg_status status = build_table_fit(&small, &funcs, NULL, &fit);
		memory_fail_after(UINT64_MAX);
		if (status == KG_OK)
			break;
		ck_assert_int_eq(status, KG_NOMEM);
		ck_assert_ptr_null(fit);
	}
	ck_assert_ptr_nonnull(fit);
	kg_fit_free(fit);
	kg_fit_free(NULL);
	funcs_release(&funcs);
}
END_TEST

Suite *builds_suite(void)
{
	Suite *suite = suite_create("builds");
	TCase *table = tcase_create("table");
	tcase_add_test(table, builds_table_is_in_order_and_whole);
	tcase_add_test(table, builds_are_oldest_first);
	tcase_add_test(table, builds_are_found_by_their_release_only);
	tcase_add_loop_test(table, builds_say_what_they_can_trace, 0, COUNT_OF(traceables));
	suite_add_tcase(suite, table);
	TCase *fit = tcase_create("fit");
	tcase_add_loop_test(fit, builds_fit_is_what_the_names_say, 0, COUNT_OF(fits));
	tcase_add_test(fit, builds_fit_names_what_is_missing_in_order);
	tcase_add_test(fit, builds_fit_without_counts_takes_all_functions);
	tcase_add_test(fit, builds_fit_of_any_table_is_as_counted_again);
	tcase_add_test(fit, builds_fit_without_memory_fails_clean);
	suite_add_tcase(suite, fit);
	return suite;
}
