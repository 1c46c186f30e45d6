/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/source.h"

Suite *source_suite(void);

/* A file with these bytes that has a name until it is unlinked. */
static void make_file(char (*path)[64], const void *bytes, size_t len)
{
	snprintf(*path, sizeof(*path), "/tmp/check_source_XXXXXX");
	int fd = mkstemp(*path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* Opens what a child writes into a pipe: len times the letters a to z. */
static enum kg_status open_pipe(size_t len, const char *tmp_folder, struct source **out,
				struct kg_error *err)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ends[0]);
		for (size_t i = 0; i < len; i++) {
			char letter = (char)('a' + i % 26);
			if (write(ends[1], &letter, 1) != 1)
				break;
		}
		_exit(0);
	}
	close(ends[1]);
	char path[64];
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	enum kg_status status = source_open(path, tmp_folder, out, err);
	close(ends[0]);
	waitpid(child, NULL, 0);
	return status;
}

START_TEST(source_memory_is_read_in_place)
{
	struct source *source;
	ck_assert_int_eq(source_open_memory("hello", 5, &source), KG_OK);
	ck_assert_uint_eq(source_size(source), 5);
	ck_assert_str_eq(source_name(source), "<memory>");
	char to[8];
	size_t got;
	ck_assert_int_eq(source_read(source, 0, to, 3, &got, NULL), KG_OK);
	ck_assert_uint_eq(got, 3);
	ck_assert_mem_eq(to, "hel", 3);
	ck_assert_int_eq(source_read(source, 3, to, 8, &got, NULL), KG_OK);
	ck_assert_uint_eq(got, 2);
	ck_assert_mem_eq(to, "lo", 2);
	ck_assert_int_eq(source_read(source, 5, to, 8, &got, NULL), KG_OK);
	ck_assert_uint_eq(got, 0);
	ck_assert_int_eq(source_read(source, UINT64_MAX, to, 8, &got, NULL), KG_OK);
	ck_assert_uint_eq(got, 0);
	source_close(source);
}
END_TEST

START_TEST(source_of_no_memory_is_empty)
{
	struct source *source;
	char to[1];
	size_t got = 1;
	ck_assert_int_eq(source_open_memory(NULL, 0, &source), KG_OK);
	ck_assert_uint_eq(source_size(source), 0);
	ck_assert_int_eq(source_read(source, 0, to, 1, &got, NULL), KG_OK);
	ck_assert_uint_eq(got, 0);
	source_close(source);
	source_close(NULL);
}
END_TEST

START_TEST(source_file_is_read_at_any_position)
{
	char path[64];
	struct source *source;
	struct kg_error err = { 0 };
	make_file(&path, "0123456789", 10);
	ck_assert_int_eq(source_open(path, NULL, &source, &err), KG_OK);
	unlink(path);
	ck_assert_str_eq(source_name(source), path);
	ck_assert_uint_eq(source_size(source), 10);
	for (uint64_t pos = 12; pos-- > 0;) {
		char to[16];
		size_t got;
		ck_assert_int_eq(source_read(source, pos, to, 4, &got, &err), KG_OK);
		ck_assert_uint_eq(got, pos >= 10 ? 0 : pos > 6 ? 10 - pos : 4);
		for (size_t i = 0; i < got; i++)
			ck_assert_uint_eq((unsigned char)to[i], '0' + pos + i);
	}
	source_close(source);
}
END_TEST

START_TEST(source_empty_file_has_no_bytes)
{
	char path[64];
	struct source *source;
	struct kg_error err = { 0 };
	make_file(&path, "", 0);
	ck_assert_int_eq(source_open(path, NULL, &source, &err), KG_OK);
	unlink(path);
	ck_assert_uint_eq(source_size(source), 0);
	source_close(source);
}
END_TEST

START_TEST(source_file_that_claims_to_be_empty_is_read)
{
	struct source *source;
	struct kg_error err = { 0 };
	char to[16];
	size_t got;
	if (source_open("/proc/self/status", NULL, &source, &err) != KG_OK)
		return; /* no /proc here */
	ck_assert_uint_gt(source_size(source), 5);
	ck_assert_int_eq(source_read(source, 0, to, 5, &got, &err), KG_OK);
	ck_assert_mem_eq(to, "Name:", 5);
	source_close(source);
}
END_TEST

START_TEST(source_file_that_shrinks_is_only_shorter)
{
	char path[64];
	struct source *source;
	struct kg_error err = { 0 };
	char to[16];
	size_t got;
	make_file(&path, "0123456789", 10);
	ck_assert_int_eq(source_open(path, NULL, &source, &err), KG_OK);
	ck_assert_int_eq(truncate(path, 3), 0);
	unlink(path);
	ck_assert_int_eq(source_read(source, 0, to, 10, &got, &err), KG_OK);
	ck_assert_uint_eq(got, 3);
	source_close(source);
}
END_TEST

START_TEST(source_large_file_is_shown_in_place)
{
	const size_t len = 3 << 20;
	char path[64];
	struct source *source;
	unsigned char *bytes = malloc(len);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(i * 7 / 5);
	make_file(&path, bytes, len);
	ck_assert_int_eq(source_open(path, NULL, &source, NULL), KG_OK);
	unlink(path);
	ck_assert_ptr_null(source_view(source, 0).at);
	source_map(source);
	source_map(source);
	ck_assert_uint_eq(source_view(source, 5).len, len - 5);
	ck_assert_mem_eq(source_view(source, 0).at, bytes, len);
	/* whatever is forgotten comes back */
	source_forget(source, 1000, 2000);
	source_forget(source, 1, len);
	source_forget(source, len, 2 * len);
	ck_assert_mem_eq(source_view(source, len / 2).at, bytes + len / 2, len - len / 2);
	ck_assert_ptr_null(source_view(source, len).at);
	source_close(source);
	free(bytes);
}
END_TEST

START_TEST(source_small_file_is_not_mapped)
{
	char path[64];
	struct source *source;
	make_file(&path, "0123456789", 10);
	ck_assert_int_eq(source_open(path, NULL, &source, NULL), KG_OK);
	unlink(path);
	source_map(source);
	ck_assert_ptr_null(source_view(source, 0).at);
	source_close(source);
}
END_TEST

START_TEST(source_missing_file_fails)
{
	struct source *source = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(source_open("/no/such/file", NULL, &source, &err), KG_IO);
	ck_assert_ptr_null(source);
	ck_assert_int_eq(err.status, KG_IO);
	ck_assert_int_eq(err.os_errno, ENOENT);
	ck_assert_str_eq(err.file, "/no/such/file");
	ck_assert_str_ne(err.text, "");
	ck_assert_int_eq(source_open("/no/such/file", NULL, &source, NULL), KG_IO);
}
END_TEST

START_TEST(source_missing_file_with_long_path_keeps_its_end)
{
	struct source *source = NULL;
	struct kg_error err = { 0 };
	char path[1000];
	memset(path, 'p', sizeof(path) - 1);
	for (size_t i = 0; i < sizeof(path) - 1; i += 50)
		path[i] = '/';
	snprintf(path + sizeof(path) - 10, 10, "/end.txt");
	ck_assert_int_eq(source_open(path, NULL, &source, &err), KG_IO);
	ck_assert_uint_eq(strlen(err.file), sizeof(err.file) - 1);
	ck_assert_int_eq(strncmp(err.file, "...", 3), 0);
	ck_assert_str_eq(err.file + strlen(err.file) - 8, "/end.txt");
}
END_TEST

START_TEST(source_folder_fails)
{
	struct source *source = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(source_open("/", NULL, &source, &err), KG_IO);
	ck_assert_int_eq(err.os_errno, EISDIR);
	ck_assert_ptr_null(source);
}
END_TEST

START_TEST(source_pipe_is_spooled_whole)
{
	const size_t len = 200000;
	struct source *source;
	struct kg_error err = { 0 };
	ck_assert_int_eq(open_pipe(len, NULL, &source, &err), KG_OK);
	ck_assert_uint_eq(source_size(source), len);
	unsigned char *to = malloc(len + 1);
	size_t got;
	ck_assert_int_eq(source_read(source, 0, to, len + 1, &got, &err), KG_OK);
	ck_assert_uint_eq(got, len);
	for (size_t i = 0; i < len; i++)
		ck_assert_uint_eq(to[i], 'a' + i % 26);
	ck_assert_int_eq(source_read(source, 27, to, 3, &got, &err), KG_OK);
	ck_assert_mem_eq(to, "bcd", 3);
	free(to);
	source_close(source);
}
END_TEST

START_TEST(source_pipe_without_its_folder_fails)
{
	struct source *source = NULL;
	struct kg_error err = { 0 };
	ck_assert_int_eq(open_pipe(10, "/no/such/folder", &source, &err), KG_IO);
	ck_assert_ptr_null(source);
	ck_assert_int_eq(err.os_errno, ENOENT);
	ck_assert_str_eq(err.file, "/no/such/folder");
}
END_TEST

START_TEST(source_dash_is_standard_input)
{
	char path[64];
	struct source *source;
	struct kg_error err = { 0 };
	make_file(&path, "input", 5);
	int input = open(path, O_RDONLY);
	int before = dup(STDIN_FILENO);
	unlink(path);
	ck_assert_int_eq(dup2(input, STDIN_FILENO), STDIN_FILENO);
	enum kg_status status = source_open("-", NULL, &source, &err);
	ck_assert_int_eq(status, KG_OK);
	ck_assert_str_eq(source_name(source), "<stdin>");
	ck_assert_uint_eq(source_size(source), 5);
	source_close(source);
	/* it belongs to the program, not to the source */
	ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
	if (before >= 0)
		dup2(before, STDIN_FILENO);
	close(before);
	close(input);
}
END_TEST

static int next_fd(void)
{
	int fd = dup(STDOUT_FILENO);
	close(fd);
	return fd;
}

START_TEST(source_without_memory_leaves_nothing_behind)
{
	char path[64];
	make_file(&path, "", 0); /* looked at as a stream, so that the copying is covered */
	const int fd_before = next_fd();
	for (uint64_t passes = 0;; passes++) {
		struct source *source = NULL;
		struct kg_error err = { 0 };
		memory_fail_after(passes);
		enum kg_status status = source_open(path, NULL, &source, &err);
		memory_fail_after(UINT64_MAX);
		if (status == KG_OK) {
			ck_assert_uint_gt(passes, 0);
			source_close(source);
			break;
		}
		ck_assert_int_eq(status, KG_NOMEM);
		ck_assert_int_eq(err.status, KG_NOMEM);
		ck_assert_ptr_null(source);
		ck_assert_int_eq(next_fd(), fd_before);
	}
	ck_assert_int_eq(next_fd(), fd_before);
	unlink(path);
}
END_TEST

Suite *source_suite(void)
{
	Suite *suite = suite_create("source");
	TCase *memory = tcase_create("memory");
	tcase_add_test(memory, source_memory_is_read_in_place);
	tcase_add_test(memory, source_of_no_memory_is_empty);
	tcase_add_test(memory, source_without_memory_leaves_nothing_behind);
	suite_add_tcase(suite, memory);
	TCase *file = tcase_create("file");
	tcase_add_test(file, source_file_is_read_at_any_position);
	tcase_add_test(file, source_empty_file_has_no_bytes);
	tcase_add_test(file, source_file_that_claims_to_be_empty_is_read);
	tcase_add_test(file, source_file_that_shrinks_is_only_shorter);
	tcase_add_test(file, source_large_file_is_shown_in_place);
	tcase_add_test(file, source_small_file_is_not_mapped);
	tcase_add_test(file, source_missing_file_fails);
	tcase_add_test(file, source_missing_file_with_long_path_keeps_its_end);
	tcase_add_test(file, source_folder_fails);
	suite_add_tcase(suite, file);
	TCase *stream = tcase_create("stream");
	tcase_add_test(stream, source_pipe_is_spooled_whole);
	tcase_add_test(stream, source_pipe_without_its_folder_fails);
	tcase_add_test(stream, source_dash_is_standard_input);
	suite_add_tcase(suite, stream);
	return suite;
}
