/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "analyse/series.h"

Suite *series_suite(void);

static const struct {
	const char *older;
	const char *newer;
	const char *between; /* or NULL */
} pairs[] = {
	{ "5.17", "5.19", "5.18" },
	{ "5.18", "6.0", "5.19" },
	{ "5.19", "6.1", "6.0" },
	{ "6.18", "7.0", "6.19" },
	{ "4.19", "5.0", "4.20" },
	{ "6.9", "6.11", "6.10" },
	/* the same, side by side, too far, the wrong way */
	{ "5.17", "5.17", NULL },
	{ "5.17", "5.18", NULL },
	{ "5.19", "6.0", NULL },
	{ "5.16", "5.19", NULL },
	{ "5.17", "6.19", NULL },
	{ "5.19", "5.17", NULL },
	{ "6.1", "5.19", NULL },
	/* no series */
	{ "", "5.19", NULL },
	{ "5.17", "", NULL },
	{ "5.17", "5.19-rc1", NULL },
	{ "5", "5.2", NULL },
	{ "next", "5.2", NULL },
};

START_TEST(series_between_is_the_only_one)
{
	char found[SERIES_TEXT_MAX] = "untouched";
	const bool is_one = series_between(pairs[_i].older, pairs[_i].newer, found);
	ck_assert_int_eq(is_one, pairs[_i].between != NULL);
	ck_assert_str_eq(found, is_one ? pairs[_i].between : "untouched");
}
END_TEST

Suite *series_suite(void)
{
	Suite *suite = suite_create("series");
	TCase *tcase = tcase_create("series");
	tcase_add_loop_test(tcase, series_between_is_the_only_one, 0,
			    sizeof(pairs) / sizeof(pairs[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
