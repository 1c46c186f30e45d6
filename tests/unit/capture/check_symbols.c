/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/symbols.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *symbols_suite(void);

static void check_reduced(const char *text, const char *wanted)
{
	char *copy = strdup(text);
	size_t len = symbols_reduce(copy, strlen(copy));
	ck_assert_uint_eq(len, strlen(wanted));
	ck_assert(memcmp(copy, wanted, len) == 0);
	free(copy);
}

START_TEST(symbols_of_functions_are_kept)
{
	check_reduced("0000000000000000 A fixed_percpu_data\n"
		      "ffffffff81000000 T _stext\n"
		      "ffffffff81000040 t local\n"
		      "ffffffff82000000 D some_data\n"
		      "ffffffff81000080 W weak\n"
		      "ffffffffc0401000 t kvm_init\t[kvm]\n",
		      "ffffffff81000000 T _stext\n"
		      "ffffffff81000040 t local\n"
		      "ffffffff81000080 W weak\n"
		      "ffffffffc0401000 t kvm_init\t[kvm]\n");
}
END_TEST

START_TEST(symbols_without_addresses_are_none)
{
	check_reduced("0000000000000000 T _stext\n0000000000000000 t local\n", "");
	check_reduced("", "");
}
END_TEST

START_TEST(symbols_that_are_none_are_left_out)
{
	check_reduced("no line\nffffffff81000000 T\nffffffff81000000 T a\nffffffff81000000\n"
		      "ffffffff81000004 t b",
		      "ffffffff81000000 T a\nffffffff81000004 t b\n");
}
END_TEST

Suite *symbols_suite(void)
{
	Suite *suite = suite_create("symbols");
	TCase *tcase = tcase_create("reduce");
	tcase_add_test(tcase, symbols_of_functions_are_kept);
	tcase_add_test(tcase, symbols_without_addresses_are_none);
	tcase_add_test(tcase, symbols_that_are_none_are_left_out);
	suite_add_tcase(suite, tcase);
	return suite;
}
