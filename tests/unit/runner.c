/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the suites of one layer: CK_RUN_SUITE and CK_RUN_CASE choose among them.
 *
 * A run that executed nothing fails: a misspelt name must not look like success.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* made by CMake: SUITES(X) is X(name) for each suite of the layer */
#include "suites.h"

#define DECLARE(name) Suite *name##_suite(void);
SUITES(DECLARE)

#define ADD(name) srunner_add_suite(runner, name##_suite());

int main(void)
{
	SRunner *runner = srunner_create(NULL);
	SUITES(ADD)
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	int run = srunner_ntests_run(runner);
	srunner_free(runner);
	if (run == 0) {
		fprintf(stderr, "no test ran: is CK_RUN_SUITE or CK_RUN_CASE misspelt?\n");
		return EXIT_FAILURE;
	}
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
