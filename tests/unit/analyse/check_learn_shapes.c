/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>

#include "analyse/learn_shapes.h"

Suite *learn_shapes_suite(void);

static shape_id add(struct shapes *shapes, uint32_t name, const shape_id *children, size_t count)
{
	shape_id id;
	ck_assert(shapes_add(shapes, name, children, count, &id));
	return id;
}

START_TEST(shapes_that_are_equal_are_kept_once)
{
	struct shapes shapes = { 0 };
	const shape_id a = add(&shapes, 1, NULL, 0);
	const shape_id b = add(&shapes, 2, NULL, 0);
	const shape_id ab[] = { a, b };
	const shape_id ba[] = { b, a };
	const shape_id both = add(&shapes, 3, ab, 2);
	ck_assert_uint_eq(add(&shapes, 1, NULL, 0), a);
	ck_assert_uint_eq(add(&shapes, 3, ab, 2), both);
	ck_assert_uint_ne(add(&shapes, 3, ba, 2), both);
	ck_assert_uint_ne(add(&shapes, 4, ab, 2), both);
	ck_assert_uint_ne(add(&shapes, 3, ab, 1), both);
	ck_assert_uint_eq(shapes.rows.count, 6);
	ck_assert_uint_eq(shapes_get(&shapes, both)->below, shape_class(1) | shape_class(2));
	shapes_release(&shapes);
}
END_TEST

START_TEST(shapes_stay_known_while_many_are_added)
{
	struct shapes shapes = { 0 };
	for (uint32_t round = 0; round < 2; round++) {
		shape_id last = add(&shapes, 0, NULL, 0);
		for (uint32_t i = 1; i < 20000; i++) {
			const shape_id children[] = { last, last };
			last = add(&shapes, i, children, 2);
			ck_assert_uint_eq(last, i);
		}
	}
	ck_assert_uint_eq(shapes.rows.count, 20000);
	shapes_release(&shapes);
}
END_TEST

START_TEST(shapes_beyond_the_limit_are_told_and_spoil_their_callers)
{
	struct shapes shapes = { .row_limit = 2 };
	const shape_id a = add(&shapes, 1, NULL, 0);
	add(&shapes, 2, NULL, 0);
	ck_assert_uint_eq(add(&shapes, 3, NULL, 0), NO_SHAPE);
	ck_assert_uint_eq(add(&shapes, 1, NULL, 0), a);
	const shape_id children[] = { a, NO_SHAPE };
	ck_assert_uint_eq(add(&shapes, 1, children, 2), NO_SHAPE);
	shapes_release(&shapes);
}
END_TEST

Suite *learn_shapes_suite(void)
{
	Suite *suite = suite_create("learn_shapes");
	TCase *tcase = tcase_create("shapes");
	tcase_add_test(tcase, shapes_that_are_equal_are_kept_once);
	tcase_add_test(tcase, shapes_stay_known_while_many_are_added);
	tcase_add_test(tcase, shapes_beyond_the_limit_are_told_and_spoil_their_callers);
	suite_add_tcase(suite, tcase);
	return suite;
}
