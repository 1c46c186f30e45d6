/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdint.h>

#include "base/column.h"

Suite *column_suite(void);

struct row {
	uint64_t a;
	uint16_t b;
};

START_TEST(column_push_keeps_all_rows)
{
	COLUMN(uint32_t) column = { 0 };
	for (uint32_t i = 0; i < 100000; i++)
		ck_assert(column_push(&column, i * 3));
	ck_assert_uint_eq(column.count, 100000);
	for (uint32_t i = 0; i < 100000; i++)
		ck_assert_uint_eq(column.at[i], i * 3);
	column_release(&column);
	ck_assert_ptr_null(column.at);
	ck_assert_uint_eq(column.count, 0);
	ck_assert_uint_eq(column.cap, 0);
}
END_TEST

START_TEST(column_push_of_struct_copies_it)
{
	COLUMN(struct row) column = { 0 };
	ck_assert(column_push(&column, (struct row){ .a = 1, .b = 2 }));
	ck_assert(column_push(&column, (struct row){ .b = 4 }));
	ck_assert_uint_eq(column.at[0].a, 1);
	ck_assert_uint_eq(column.at[0].b, 2);
	ck_assert_uint_eq(column.at[1].a, 0);
	ck_assert_uint_eq(column.at[1].b, 4);
	column_release(&column);
}
END_TEST

START_TEST(column_reserve_makes_room_only)
{
	COLUMN(uint16_t) column = { 0 };
	ck_assert(column_reserve(&column, 1000));
	ck_assert_uint_ge(column.cap, 1000);
	ck_assert_uint_eq(column.count, 0);
	uint16_t *before = column.at;
	for (uint16_t i = 0; i < 1000; i++)
		ck_assert(column_push(&column, i));
	ck_assert_ptr_eq(column.at, before);
	column_release(&column);
}
END_TEST

START_TEST(column_reach_zeroes_new_rows)
{
	COLUMN(uint32_t) column = { 0 };
	ck_assert(column_push(&column, 7));
	ck_assert(column_reach(&column, 500));
	ck_assert_uint_eq(column.count, 501);
	ck_assert_uint_eq(column.at[0], 7);
	for (size_t i = 1; i <= 500; i++)
		ck_assert_uint_eq(column.at[i], 0);
	ck_assert(column_reach(&column, 3));
	ck_assert_uint_eq(column.count, 501);
	column_release(&column);
}
END_TEST

START_TEST(column_reach_after_shrinking_zeroes_old_rows)
{
	COLUMN(uint32_t) column = { 0 };
	for (uint32_t i = 0; i < 20; i++)
		ck_assert(column_push(&column, 9));
	column.count = 2;
	ck_assert(column_reach(&column, 10));
	ck_assert_uint_eq(column.at[1], 9);
	for (size_t i = 2; i <= 10; i++)
		ck_assert_uint_eq(column.at[i], 0);
	column_release(&column);
}
END_TEST

START_TEST(column_impossible_size_is_out_of_memory)
{
	COLUMN(struct row) column = { 0 };
	ck_assert(column_push(&column, (struct row){ .a = 5 }));
	ck_assert(!column_reserve(&column, SIZE_MAX));
	ck_assert(!column_reserve(&column, SIZE_MAX / sizeof(struct row) + 1));
	ck_assert(!column_reach(&column, SIZE_MAX - 1));
	ck_assert_uint_eq(column.count, 1);
	ck_assert_uint_eq(column.at[0].a, 5);
	column_release(&column);
}
END_TEST

START_TEST(column_without_memory_stays_as_it_was)
{
	COLUMN(uint32_t) column = { 0 };
	while (column.count == 0 || column.count < column.cap)
		ck_assert(column_push(&column, 1));
	const size_t count = column.count;
	const size_t cap = column.cap;
	memory_fail_after(0);
	bool was_pushed = column_push(&column, 2);
	bool was_reached = column_reach(&column, cap + 7);
	memory_fail_after(UINT64_MAX);
	ck_assert(!was_pushed);
	ck_assert(!was_reached);
	ck_assert_uint_eq(column.count, count);
	ck_assert_uint_eq(column.cap, cap);
	ck_assert(column_push(&column, 2));
	ck_assert_uint_eq(column.at[count], 2);
	column_release(&column);
}
END_TEST

Suite *column_suite(void)
{
	Suite *suite = suite_create("column");
	TCase *rows = tcase_create("rows");
	tcase_add_test(rows, column_push_keeps_all_rows);
	tcase_add_test(rows, column_push_of_struct_copies_it);
	tcase_add_test(rows, column_reserve_makes_room_only);
	tcase_add_test(rows, column_reach_zeroes_new_rows);
	tcase_add_test(rows, column_reach_after_shrinking_zeroes_old_rows);
	suite_add_tcase(suite, rows);
	TCase *limits = tcase_create("limits");
	tcase_add_test(limits, column_impossible_size_is_out_of_memory);
	tcase_add_test(limits, column_without_memory_stays_as_it_was);
	suite_add_tcase(suite, limits);
	return suite;
}
