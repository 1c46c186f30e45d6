/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/spool.h"
#include "random.h"

Suite *spool_suite(void);

struct row {
	uint64_t value;
	uint32_t copy;
	char tag[5];
};

static struct row make_row(uint64_t value)
{
	struct row row;
	/* padding and all, so that rows can be compared as bytes */
	memset(&row, 0, sizeof(row));
	row.value = value;
	row.copy = (uint32_t)(value * 7);
	memcpy(row.tag, "abcd", 5);
	return row;
}

static void append_rows(struct spool *spool, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct row row = make_row(spool->count);
		uint64_t index = 0;
		if (spool_append(spool, &row, &index) != KG_OK || index != row.value)
			ck_abort_msg("cannot append row %u", (unsigned int)row.value);
	}
}

static void expect_row(struct spool *spool, uint64_t index, uint64_t value)
{
	struct row row;
	struct row wanted = make_row(value);
	if (spool_get(spool, index, &row) != KG_OK || memcmp(&row, &wanted, sizeof(row)) != 0)
		ck_abort_msg("row %u is not %u", (unsigned int)index, (unsigned int)value);
}

START_TEST(spool_few_rows_need_no_file)
{
	struct spool spool;
	spool_init(&spool, sizeof(struct row), "/nonexistent");
	append_rows(&spool, 100);
	for (uint64_t i = 0; i < 100; i++)
		expect_row(&spool, i, i);
	ck_assert(!spool.has_file);
	spool_release(&spool);
}
END_TEST

START_TEST(spool_many_rows_come_back_in_any_order)
{
	const uint64_t count = 100000;
	struct spool spool;
	struct random random = { 42 };
	spool_init(&spool, sizeof(struct row), NULL);
	append_rows(&spool, count);
	ck_assert(spool.has_file);
	for (uint64_t i = 0; i < count; i++)
		expect_row(&spool, i, i);
	for (int i = 0; i < 1000; i++) {
		uint64_t index = random_below(&random, count);
		expect_row(&spool, index, index);
	}
	spool_release(&spool);
}
END_TEST

START_TEST(spool_put_replaces_rows_wherever_they_are)
{
	const uint64_t count = 50000;
	struct spool spool;
	spool_init(&spool, sizeof(struct row), NULL);
	append_rows(&spool, count);
	expect_row(&spool, 10, 10);
	/* in the block just read back, elsewhere in the file, in memory */
	const uint64_t places[] = { 11, count / 2, count - 1 };
	for (size_t i = 0; i < 3; i++) {
		struct row row = make_row(places[i] + 1000000);
		ck_assert_int_eq(spool_put(&spool, places[i], &row), KG_OK);
	}
	append_rows(&spool, count);
	for (size_t i = 0; i < 3; i++) {
		expect_row(&spool, places[i], places[i] + 1000000);
		expect_row(&spool, places[i] - 1, places[i] - 1);
	}
	spool_release(&spool);
}
END_TEST

START_TEST(spool_rows_may_fill_a_block_or_be_one_byte)
{
	static unsigned char block[SPOOL_BLOCK_BYTES];
	struct spool spool;
	uint64_t index;
	spool_init(&spool, sizeof(block), NULL);
	for (unsigned int i = 0; i < 3; i++) {
		memset(block, (int)i, sizeof(block));
		ck_assert_int_eq(spool_append(&spool, block, &index), KG_OK);
	}
	ck_assert_int_eq(spool_get(&spool, 1, block), KG_OK);
	ck_assert_uint_eq(block[SPOOL_BLOCK_BYTES - 1], 1);
	spool_release(&spool);

	spool_init(&spool, 1, NULL);
	for (unsigned int i = 0; i < 3 * SPOOL_BLOCK_BYTES; i++) {
		unsigned char row = (unsigned char)(i % 251);
		if (spool_append(&spool, &row, &index) != KG_OK)
			ck_abort_msg("cannot append row %u", i);
	}
	ck_assert_int_eq(spool_get(&spool, 70000, block), KG_OK);
	ck_assert_uint_eq(block[0], 70000 % 251);
	spool_release(&spool);
}
END_TEST

START_TEST(spool_folder_that_cannot_be_written_is_io)
{
	struct spool spool;
	struct row row = make_row(0);
	uint64_t index;
	enum kg_status status = KG_OK;
	spool_init(&spool, sizeof(struct row), "/nonexistent");
	while (status == KG_OK && spool.count < 100000)
		status = spool_append(&spool, &row, &index);
	ck_assert_int_eq(status, KG_IO);
	spool_release(&spool);
}
END_TEST

START_TEST(spool_file_cut_off_is_io)
{
	struct spool spool;
	struct row row;
	spool_init(&spool, sizeof(struct row), NULL);
	append_rows(&spool, 100000);
	ck_assert_int_eq(ftruncate(spool.fd, SPOOL_BLOCK_BYTES / 2), 0);
	ck_assert_int_eq(spool_get(&spool, 50000, &row), KG_IO);
	ck_assert_int_eq(spool_get(&spool, 0, &row), KG_IO);
	/* what is in memory is still there */
	expect_row(&spool, 99999, 99999);
	spool_release(&spool);
}
END_TEST

START_TEST(spool_out_of_memory_is_clean)
{
	struct spool spool;
	struct row row = make_row(5);
	uint64_t index = 77;
	spool_init(&spool, sizeof(struct row), NULL);
	memory_fail_after(0);
	ck_assert_int_eq(spool_append(&spool, &row, &index), KG_NOMEM);
	memory_fail_after(UINT64_MAX);
	ck_assert_uint_eq(index, 77);
	ck_assert_uint_eq(spool.count, 0);
	append_rows(&spool, 20000);
	memory_fail_after(0);
	ck_assert_int_eq(spool_get(&spool, 0, &row), KG_NOMEM);
	memory_fail_after(UINT64_MAX);
	expect_row(&spool, 0, 0);
	spool_release(&spool);
}
END_TEST

START_TEST(spool_zeroed_is_safe_to_release)
{
	struct spool spool = { 0 };
	spool_release(&spool);
	spool_init(&spool, sizeof(struct row), NULL);
	spool_release(&spool);
	spool_release(&spool);
}
END_TEST

Suite *spool_suite(void)
{
	Suite *suite = suite_create("spool");
	TCase *rows = tcase_create("rows");
	tcase_add_test(rows, spool_few_rows_need_no_file);
	tcase_add_test(rows, spool_many_rows_come_back_in_any_order);
	tcase_add_test(rows, spool_put_replaces_rows_wherever_they_are);
	tcase_add_test(rows, spool_rows_may_fill_a_block_or_be_one_byte);
	suite_add_tcase(suite, rows);
	TCase *failures = tcase_create("failures");
	tcase_add_test(failures, spool_folder_that_cannot_be_written_is_io);
	tcase_add_test(failures, spool_file_cut_off_is_io);
	tcase_add_test(failures, spool_out_of_memory_is_clean);
	tcase_add_test(failures, spool_zeroed_is_safe_to_release);
	suite_add_tcase(suite, failures);
	return suite;
}
