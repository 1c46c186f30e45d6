/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/buffers.h"

#include "capture/fake_tracefs.h"

Suite *buffers_suite(void);

static const char *const stats = "entries: 100\noverrun: 300\ncommit overrun: 1\nbytes: 4000\n"
				 "oldest event ts:     3.121934\nnow ts:     3.146055\n"
				 "dropped events: 2\nread events: 5\n";

START_TEST(buffers_stats_are_read_by_name)
{
	struct kg_env_buffer row = { .cpu = 3 };
	buffers_parse_stats(stats, &row);
	ck_assert_uint_eq(row.cpu, 3);
	ck_assert_uint_eq(row.entries, 100);
	ck_assert_uint_eq(row.overrun, 300);
	ck_assert_uint_eq(row.commit_overrun, 1);
	ck_assert_uint_eq(row.bytes, 4000);
	ck_assert_uint_eq(row.dropped, 2);
}
END_TEST

START_TEST(buffers_of_all_cpus_are_added_up)
{
	struct fake fake;
	struct buffers buffers = { 0 };
	fake_make(&fake);
	fake_write(&fake, "per_cpu/cpu2/stats", stats);
	ck_assert_uint_eq(buffers_count_cpus(fake.folder), 3);
	ck_assert_int_eq(buffers_read(&buffers, fake.folder, NULL), KG_OK);
	/* there is no CPU 1 */
	ck_assert_uint_eq(buffers.rows.count, 2);
	ck_assert_uint_eq(buffers.rows.at[1].cpu, 2);
	ck_assert_uint_eq(buffers_lost(&buffers), 303);
	ck_assert(buffers_hold_events(fake.folder));
	buffers_release(&buffers);
	fake_remove(&fake);
}
END_TEST

START_TEST(buffers_that_lost_nothing_need_nothing)
{
	struct kg_env_buffer row = { .entries = 5, .bytes = 200 };
	struct buffers buffers = { { &row, 1, 1 } };
	ck_assert_uint_eq(buffers_lost(&buffers), 0);
	ck_assert_uint_eq(buffers_needed_kib(&buffers, 4096), 0);
}
END_TEST

START_TEST(buffers_need_room_for_what_was_lost_at_the_fullest_cpu)
{
	struct kg_env_buffer rows[] = {
		{ .entries = 100, .bytes = 4000 },
		{ .entries = 100, .overrun = 900, .bytes = 4000 },
	};
	struct buffers buffers = { { rows, 2, 2 } };
	/* 1000 events of 40 bytes; 4016 bytes of a page can be counted on: 10 pages, and 2 */
	ck_assert_uint_eq(buffers_needed_kib(&buffers, 4096), 48);
	/* the same in larger pages: one, and 2 */
	ck_assert_uint_eq(buffers_needed_kib(&buffers, 65536), 192);
}
END_TEST

START_TEST(buffers_size_is_never_too_small_and_never_too_large)
{
	ck_assert_uint_ge(buffers_choose_size(1), 1408);
	ck_assert_uint_le(buffers_choose_size(1), 8192);
	ck_assert_uint_eq(buffers_choose_size(UINT32_MAX), 1408);
}
END_TEST

Suite *buffers_suite(void)
{
	Suite *suite = suite_create("buffers");
	TCase *tcase = tcase_create("buffers");
	tcase_add_test(tcase, buffers_stats_are_read_by_name);
	tcase_add_test(tcase, buffers_of_all_cpus_are_added_up);
	tcase_add_test(tcase, buffers_that_lost_nothing_need_nothing);
	tcase_add_test(tcase, buffers_need_room_for_what_was_lost_at_the_fullest_cpu);
	tcase_add_test(tcase, buffers_size_is_never_too_small_and_never_too_large);
	suite_add_tcase(suite, tcase);
	return suite;
}
