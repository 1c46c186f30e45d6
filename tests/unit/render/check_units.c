/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include <kvmgraph/event.h>

#include "render/units.h"
#include "base/banned.h"

Suite *units_suite(void);

static const struct {
	uint64_t ns;
	const char *text;
	const char *in_column;
	const char *in_us;
} times[] = {
	{ 0, "0.000 us", "0.000 us", "0.000 us" },
	{ 1, "0.001 us", "0.001 us", "0.001 us" },
	{ 219, "0.219 us", "0.219 us", "0.219 us" },
	{ 546845, "546.845 us", "546.845 us", "546.845 us" },
	{ 999999, "999.999 us", "999.999 us", "999.999 us" },
	{ 1000000, "1.000 ms", "1.000 ms", "1000.000 us" },
	{ 29378230, "29.378 ms", "29.378 ms", "29378.230 us" },
	{ 999999999, "999.999 ms", "999.999 ms", "999999.999 us" },
	{ 1000000000, "1.000 s", "1.000  s", "1000000.000 us" },
	{ 1234999999, "1.234 s", "1.234  s", "1234999.999 us" },
	{ UINT64_MAX - 1, "18446744073.709 s", "18446744073.709  s", "18446744073709551.614 us" },
};

START_TEST(units_ns_any_size_is_cut_to_three_decimals)
{
	char text[UNITS_LEN];
	units_ns(text, times[_i].ns);
	ck_assert_str_eq(text, times[_i].text);
	units_ns_in_column(text, times[_i].ns);
	ck_assert_str_eq(text, times[_i].in_column);
	units_us(text, times[_i].ns);
	ck_assert_str_eq(text, times[_i].in_us);
}
END_TEST

START_TEST(units_ns_unknown_is_a_dash)
{
	char text[UNITS_LEN];
	units_ns(text, KG_NO_NS);
	ck_assert_str_eq(text, "-");
	units_ns_in_column(text, KG_NO_NS);
	ck_assert_str_eq(text, "-");
}
END_TEST

START_TEST(units_percent_is_cut_to_two_decimals)
{
	char text[UNITS_LEN];
	units_percent(text, 0);
	ck_assert_str_eq(text, "0.00%");
	units_percent(text, 99);
	ck_assert_str_eq(text, "0.00%");
	units_percent(text, 468799);
	ck_assert_str_eq(text, "46.87%");
	/* all but one of a million is not all */
	units_percent(text, 999999);
	ck_assert_str_eq(text, "99.99%");
	units_percent(text, 1000000);
	ck_assert_str_eq(text, "100.00%");
}
END_TEST

START_TEST(units_ppm_does_not_overflow)
{
	ck_assert_uint_eq(units_ppm(0, 0), 0);
	ck_assert_uint_eq(units_ppm(1, 3), 333333);
	ck_assert_uint_eq(units_ppm(UINT64_MAX, UINT64_MAX), 1000000);
	ck_assert_uint_eq(units_ppm(UINT64_MAX / 2, UINT64_MAX), 499999);
}
END_TEST

Suite *units_suite(void)
{
	Suite *suite = suite_create("units");
	TCase *tcase = tcase_create("numbers");
	tcase_add_loop_test(tcase, units_ns_any_size_is_cut_to_three_decimals, 0,
			    sizeof(times) / sizeof(times[0]));
	tcase_add_test(tcase, units_ns_unknown_is_a_dash);
	tcase_add_test(tcase, units_percent_is_cut_to_two_decimals);
	tcase_add_test(tcase, units_ppm_does_not_overflow);
	suite_add_tcase(suite, tcase);
	return suite;
}
