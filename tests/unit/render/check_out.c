/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "render/out.h"
#include "render/utf8.h"
#include "render/sample.h"
#include "base/banned.h"

Suite *out_suite(void);

/* ---- a folder of its own for each test ------------------------------------------------------- */

static char folder[64];
static char path[128];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/check_out-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/report", folder);
}

static size_t count_files(void)
{
	DIR *dir = opendir(folder);
	ck_assert_ptr_nonnull(dir);
	size_t count = 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

static void remove_folder(void)
{
	char inner[192];
	snprintf(inner, sizeof(inner), "%s/link", folder);
	unlink(inner);
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void write_file(const char *bytes)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(bytes, file);
	fclose(file);
}

static void assert_file(const char *expected)
{
	char bytes[64] = "";
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	size_t len = fread(bytes, 1, sizeof(bytes) - 1, file);
	fclose(file);
	bytes[len] = '\0';
	ck_assert_str_eq(bytes, expected);
}

static struct kg_out *open_file(const char *name)
{
	struct kg_out *out;
	struct kg_error err = { 0 };
	ck_assert_int_eq(kg_out_open(name, &out, &err), KG_OK);
	return out;
}

/* ---- files ----------------------------------------------------------------------------------- */

START_TEST(out_file_appears_when_it_is_kept)
{
	struct kg_out *out = open_file(path);
	ck_assert(out_is_empty(out));
	out_string(out, "whole\n");
	ck_assert(!out_is_empty(out));
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	assert_file("whole\n");
	ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(out_file_not_kept_leaves_nothing)
{
	struct kg_out *out = open_file(path);
	out_string(out, "part");
	ck_assert_int_eq(kg_out_close(out, false, NULL), KG_OK);
	ck_assert_uint_eq(count_files(), 0);
}
END_TEST

START_TEST(out_file_that_is_there_keeps_its_permissions)
{
	write_file("old");
	ck_assert_int_eq(chmod(path, 0640), 0);
	struct kg_out *out = open_file(path);
	out_string(out, "new");
	assert_file("old");
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	assert_file("new");
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
}
END_TEST

START_TEST(out_file_new_has_the_permissions_of_the_umask)
{
	umask(027);
	ck_assert_int_eq(kg_out_close(open_file(path), true, NULL), KG_OK);
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
}
END_TEST

START_TEST(out_file_behind_a_link_is_replaced_and_the_link_stays)
{
	char name[128];
	snprintf(name, sizeof(name), "%s/link", folder);
	write_file("old");
	ck_assert_int_eq(symlink("report", name), 0);
	struct kg_out *out = open_file(name);
	out_string(out, "new");
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	assert_file("new");
	struct stat st;
	ck_assert_int_eq(lstat(name, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(out_file_in_no_folder_fails_to_open)
{
	static const char *const wrong[] = { "/nowhere/at/all", "", "/" };
	for (size_t i = 0; i < 3; i++) {
		struct kg_out *out = NULL;
		struct kg_error err = { 0 };
		ck_assert_int_eq(kg_out_open(wrong[i], &out, &err), KG_IO);
		ck_assert_ptr_null(out);
		ck_assert_int_eq(err.status, KG_IO);
		ck_assert_str_eq(err.file, wrong[i]);
		ck_assert_str_ne(err.text, "");
	}
}
END_TEST

START_TEST(out_device_is_written_in_place_and_its_failure_told)
{
	char many[4096];
	memset(many, 'x', sizeof(many));
	for (size_t count = 1; count <= 100; count += 99) {
		struct kg_out *out = open_file("/dev/full");
		struct kg_error err = { 0 };
		for (size_t i = 0; i < count; i++)
			out_bytes(out, many, sizeof(many));
		ck_assert_int_eq(kg_out_close(out, true, &err), KG_IO);
		ck_assert_int_eq(err.os_errno, ENOSPC);
		ck_assert_str_eq(err.file, "/dev/full");
	}
	struct stat st;
	ck_assert_int_eq(stat("/dev/full", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(out_file_long_is_whole)
{
	struct kg_out *out = open_file(path);
	static char large[200000];
	memset(large, 'y', sizeof(large));
	out_bytes(out, "a", 1);
	out_bytes(out, large, sizeof(large));
	out_repeat(out, 'z', 1000);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 201001);
}
END_TEST

START_TEST(out_stdout_closed_fails_to_open)
{
	struct kg_out *out;
	struct kg_error err = { 0 };
	close(STDOUT_FILENO);
	ck_assert_int_eq(kg_out_open("-", &out, &err), KG_IO);
	ck_assert_str_eq(err.file, "standard output");
}
END_TEST

START_TEST(out_stdout_stays_open_behind)
{
	struct kg_out *out = open_file(NULL);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
	ck_assert_int_ne(fcntl(STDOUT_FILENO, F_GETFD), -1);
}
END_TEST

START_TEST(out_open_without_memory_fails_clean)
{
	enum kg_status status = KG_NOMEM;
	struct kg_out *out = NULL;
	for (uint64_t passes = 0; status != KG_OK; passes++) {
		struct kg_error err = { 0 };
		memory_fail_after(passes);
		status = kg_out_open(path, &out, &err);
		memory_fail_after(UINT64_MAX);
		ck_assert(status == KG_OK || status == KG_NOMEM);
		ck_assert_int_eq(err.status, status);
	}
	ck_assert_int_eq(kg_out_close(out, false, NULL), KG_OK);
	ck_assert_uint_eq(count_files(), 0);
}
END_TEST

/* ---- memory ---------------------------------------------------------------------------------- */

START_TEST(out_memory_keeps_everything)
{
	struct kg_out *out = sample_out();
	ck_assert(!kg_out_is_terminal(out));
	out_repeat(out, 'a', 130);
	out_bytes(out, "b\0c", 3);
	size_t len;
	const char *bytes = out_memory(out, &len);
	ck_assert_uint_eq(len, 133);
	ck_assert_int_eq(bytes[130], 'b');
	ck_assert_int_eq(bytes[133], '\0');
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
}
END_TEST

START_TEST(out_memory_exhausted_is_told_when_closed)
{
	struct kg_out *out = sample_out();
	memory_fail_after(0);
	out_repeat(out, 'a', 100000);
	memory_fail_after(UINT64_MAX);
	out_string(out, "dropped");
	ck_assert_int_eq(out_status(out), KG_NOMEM);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_NOMEM);
}
END_TEST

/* ---- escapes --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *shown;
	size_t width;
} names[] = {
	{ "", "", 0 },
	{ "kvm-hel", "kvm-hel", 7 },
	{ "a\x1b[31mb", "a\\x1b[31mb", 10 },
	{ "tab\there\n\x7f", "tab\\x09here\\x0a\\x7f", 19 },
	{ "back\\slash", "back\\x5cslash", 13 },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", 4 },
	{ "\xe8\x99\x9a", "\xe8\x99\x9a", 2 },
	{ "e\xcc\x81", "e\xcc\x81", 1 },
	{ "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7", 2 },
	{ "cut\xe8\x99", "cut\\xe8\\x99", 11 },
	{ "\xff\xfe", "\\xff\\xfe", 8 },
	{ "\xc0\xaf", "\\xc0\\xaf", 8 },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16 },
	{ "\xc2\x9b"
	  "31m",
	  "\\xc2\\x9b31m", 11 },
	{ "\xe2\x80\xae"
	  "x",
	  "\\xe2\\x80\\xaex", 13 },
};

START_TEST(out_escaped_shows_only_what_is_printable)
{
	struct kg_out *out = sample_out();
	out_escaped(out, names[_i].name);
	ck_assert_str_eq(out_memory(out, NULL), names[_i].shown);
	ck_assert_uint_eq(out_escaped_width(names[_i].name), names[_i].width);
	ck_assert_int_eq(kg_out_close(out, true, NULL), KG_OK);
}
END_TEST

START_TEST(utf8_char_takes_every_code_point_that_is_one)
{
	for (uint32_t code = 1; code <= 0x10ffff; code++) {
		char text[5] = { 0 };
		size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
		static const unsigned char starts[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
		for (size_t i = 0; i < len; i++)
			text[len - 1 - i] = (char)(0x80 | (code >> (6 * i) & 0x3f));
		text[0] = (char)(len == 1 ? code : starts[len] | code >> (6 * (len - 1)));
		uint32_t got = 0;
		size_t got_len = utf8_char(text, &got);
		if (code >= 0xd800 && code <= 0xdfff) {
			ck_assert_uint_eq(got_len, 0);
			continue;
		}
		ck_assert_uint_eq(got_len, len);
		ck_assert_uint_eq(got, code);
	}
}
END_TEST

Suite *out_suite(void)
{
	Suite *suite = suite_create("out");
	TCase *files = tcase_create("files");
	tcase_add_checked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, out_file_appears_when_it_is_kept);
	tcase_add_test(files, out_file_not_kept_leaves_nothing);
	tcase_add_test(files, out_file_that_is_there_keeps_its_permissions);
	tcase_add_test(files, out_file_new_has_the_permissions_of_the_umask);
	tcase_add_test(files, out_file_behind_a_link_is_replaced_and_the_link_stays);
	tcase_add_test(files, out_file_in_no_folder_fails_to_open);
	tcase_add_test(files, out_device_is_written_in_place_and_its_failure_told);
	tcase_add_test(files, out_file_long_is_whole);
	tcase_add_test(files, out_open_without_memory_fails_clean);
	suite_add_tcase(suite, files);
	TCase *standard = tcase_create("stdout");
	tcase_add_test(standard, out_stdout_stays_open_behind);
	tcase_add_test(standard, out_stdout_closed_fails_to_open);
	suite_add_tcase(suite, standard);
	TCase *memory = tcase_create("memory");
	tcase_add_test(memory, out_memory_keeps_everything);
	tcase_add_test(memory, out_memory_exhausted_is_told_when_closed);
	suite_add_tcase(suite, memory);
	TCase *escapes = tcase_create("escapes");
	tcase_add_loop_test(escapes, out_escaped_shows_only_what_is_printable, 0,
			    sizeof(names) / sizeof(names[0]));
	tcase_add_test(escapes, utf8_char_takes_every_code_point_that_is_one);
	suite_add_tcase(suite, escapes);
	return suite;
}
