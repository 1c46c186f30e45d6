/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

Suite *arena_suite(void);

START_TEST(arena_zeroed_can_be_released)
{
	struct arena arena = { 0 };
	arena_release(&arena);
	arena_release(&arena);
	ck_assert_ptr_null(arena.newest);
}
END_TEST

START_TEST(arena_piece_is_zeroed_and_aligned)
{
	struct arena arena = { 0 };
	for (size_t size = 0; size < 200; size++) {
		unsigned char *piece = arena_alloc(&arena, size);
		ck_assert_ptr_nonnull(piece);
		ck_assert_uint_eq((uintptr_t)piece % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(piece[i], 0);
		memset(piece, 0xa5, size);
	}
	arena_release(&arena);
}
END_TEST

START_TEST(arena_pieces_do_not_overlap)
{
	enum { COUNT = 5000 };
	struct arena arena = { 0 };
	unsigned char *pieces[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		pieces[i] = arena_alloc(&arena, i % 67);
		ck_assert_ptr_nonnull(pieces[i]);
		memset(pieces[i], (int)(i & 0xff), i % 67);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t k = 0; k < i % 67; k++)
			ck_assert_uint_eq(pieces[i][k], i & 0xff);
	}
	arena_release(&arena);
}
END_TEST

START_TEST(arena_piece_larger_than_a_block_is_given)
{
	struct arena arena = { 0 };
	char *before = arena_copy_string(&arena, "before");
	unsigned char *large = arena_alloc(&arena, 1 << 20);
	ck_assert_ptr_nonnull(large);
	memset(large, 1, 1 << 20);
	char *after = arena_copy_string(&arena, "after");
	ck_assert_str_eq(before, "before");
	ck_assert_str_eq(after, "after");
	ck_assert_uint_eq(large[(1 << 20) - 1], 1);
	arena_release(&arena);
}
END_TEST

START_TEST(arena_impossible_size_is_out_of_memory)
{
	struct arena arena = { 0 };
	ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX / 2 + 1));
	ck_assert_ptr_nonnull(arena_alloc(&arena, 1));
	arena_release(&arena);
}
END_TEST

START_TEST(arena_copy_is_terminated)
{
	struct arena arena = { 0 };
	const unsigned char bytes[] = { 'a', 0, 'b' };
	char *copy = arena_copy(&arena, (struct span){ bytes, sizeof(bytes) });
	ck_assert_mem_eq(copy, "a\0b\0", 4);
	ck_assert_str_eq(arena_copy(&arena, (struct span){ 0 }), "");
	ck_assert_str_eq(arena_copy(&arena, SPAN("")), "");
	arena_release(&arena);
}
END_TEST

START_TEST(arena_format_writes_whole_text)
{
	struct arena arena = { 0 };
	ck_assert_str_eq(arena_format(&arena, "%s-%d", "cat", 245), "cat-245");
	ck_assert_str_eq(arena_format(&arena, "%s", ""), "");
	char *wide = arena_format(&arena, "%40000d", 7);
	ck_assert_uint_eq(strlen(wide), 40000);
	ck_assert_int_eq(wide[39999], '7');
	arena_release(&arena);
}
END_TEST

START_TEST(arena_without_memory_gives_null_and_stays_usable)
{
	struct arena arena = { 0 };
	memory_fail_after(0);
	void *piece = arena_alloc(&arena, 10);
	char *copy = arena_copy_string(&arena, "name");
	char *text = arena_format(&arena, "%d", 1);
	memory_fail_after(UINT64_MAX);
	ck_assert_ptr_null(piece);
	ck_assert_ptr_null(copy);
	ck_assert_ptr_null(text);
	ck_assert_str_eq(arena_copy_string(&arena, "name"), "name");
	arena_release(&arena);
}
END_TEST

Suite *arena_suite(void)
{
	Suite *suite = suite_create("arena");
	TCase *pieces = tcase_create("pieces");
	tcase_add_test(pieces, arena_zeroed_can_be_released);
	tcase_add_test(pieces, arena_piece_is_zeroed_and_aligned);
	tcase_add_test(pieces, arena_pieces_do_not_overlap);
	tcase_add_test(pieces, arena_piece_larger_than_a_block_is_given);
	tcase_add_test(pieces, arena_impossible_size_is_out_of_memory);
	tcase_add_test(pieces, arena_without_memory_gives_null_and_stays_usable);
	suite_add_tcase(suite, pieces);
	TCase *strings = tcase_create("strings");
	tcase_add_test(strings, arena_copy_is_terminated);
	tcase_add_test(strings, arena_format_writes_whole_text);
	suite_add_tcase(suite, strings);
	return suite;
}
