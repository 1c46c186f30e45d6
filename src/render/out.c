/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows how bytes leave: gathered, written, and complete or not there. */
#include "render/out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/column.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/partial.h"
#include "render/utf8.h"
#include "base/banned.h"

#define BUFFER_BYTES 65536

struct kg_out {
	COLUMN(char) bytes; /* not yet written; of a memory output all of them */
	bool is_memory;
	bool has_bytes;
	int fd;
	char *name; /* as the caller calls it, for messages; NULL: standard output */
	struct partial partial;
	enum kg_status status; /* of the first write that failed */
	int os_errno;
};

static void fail(struct kg_out *out, enum kg_status status, int os_errno)
{
	if (out->status != KG_OK)
		return;
	out->status = status;
	out->os_errno = os_errno;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_all(struct kg_out *out, const char *bytes, size_t len)
{
	while (len > 0 && out->status == KG_OK) {
		ssize_t written = write(out->fd, bytes, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			fail(out, KG_IO, errno);
			return;
		}
		bytes += written;
		len -= (size_t)written;
	}
}

static void flush(struct kg_out *out)
{
	if (out->is_memory)
		return;
	write_all(out, out->bytes.at, out->bytes.count);
	out->bytes.count = 0;
}

/* Room for len bytes and a NUL behind them. */
static bool make_room(struct kg_out *out, size_t len)
{
	if (out->is_memory) {
		if (!column_reserve(&out->bytes, out->bytes.count + len + 1))
			fail(out, KG_NOMEM, 0);
	} else if (out->bytes.cap - out->bytes.count < len) {
		flush(out);
	}
	return out->status == KG_OK;
}

void out_bytes(struct kg_out *out, const void *bytes, size_t len)
{
	if (len == 0 || out->status != KG_OK || !make_room(out, len))
		return;
	out->has_bytes = true;
	if (len > out->bytes.cap) {
		write_all(out, bytes, len);
		return;
	}
	memcpy(out->bytes.at + out->bytes.count, bytes, len);
	out->bytes.count += len;
}

void kg_out_write(struct kg_out *out, const void *bytes, size_t len)
{
	out_bytes(out, bytes, len);
}

void out_string(struct kg_out *out, const char *string)
{
	out_bytes(out, string, strlen(string));
}

void out_repeat(struct kg_out *out, char c, size_t count)
{
	char some[64];
	memset(some, c, sizeof(some));
	for (; count > sizeof(some); count -= sizeof(some))
		out_bytes(out, some, sizeof(some));
	out_bytes(out, some, count);
}

bool out_is_empty(const struct kg_out *out)
{
	return !out->has_bytes;
}

enum kg_status out_status(const struct kg_out *out)
{
	return out->status;
}

/* ---- strings of strangers -------------------------------------------------------------------- */

/*
 * Bytes at the start of string that show as they are, and their width; 0 if the first does not. At
 * the end is a NUL or another character of ASCII.
 */
static size_t plain_len(const char *string, const char *end, size_t *width)
{
	size_t len = 0;
	uint32_t code;
	while (string + len < end) {
		const size_t more = utf8_char(string + len, &code);
		if (more == 0 || code == '\\' || !utf8_is_printable(code))
			break;
		*width += utf8_width(code);
		len += more;
	}
	return len;
}

static void escape_byte(struct kg_out *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	const char escape[] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };
	out_bytes(out, escape, sizeof(escape));
}

static void escape_until(struct kg_out *out, const char *string, const char *end)
{
	while (string < end) {
		size_t width = 0;
		size_t plain = plain_len(string, end, &width);
		out_bytes(out, string, plain);
		string += plain;
		if (string < end)
			escape_byte(out, (unsigned char)*string++);
	}
}

void out_escaped(struct kg_out *out, const char *string)
{
	escape_until(out, string, string + strlen(string));
}

void out_escaped_as(struct kg_out *out, const char *string, const char *special,
		    const char *(*as)(char c))
{
	while (*string != '\0') {
		const char *end = string + strcspn(string, special);
		escape_until(out, string, end);
		string = end;
		if (*string != '\0')
			out_string(out, as(*string++));
	}
}

size_t out_escaped_width(const char *string)
{
	size_t width = 0;
	const char *end = string + strlen(string);
	while (string < end) {
		string += plain_len(string, end, &width);
		if (string < end) {
			width += 4;
			string++;
		}
	}
	return width;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void release(struct kg_out *out)
{
	if (out == NULL)
		return;
	if (out->fd >= 0)
		close(out->fd);
	partial_release(&out->partial);
	memory_free(out->name);
	column_release(&out->bytes);
	memory_free(out);
}

static struct kg_out *new_out(size_t cap)
{
	struct kg_out *out = memory_zalloc(sizeof(*out));
	if (out == NULL)
		return NULL;
	out->fd = -1;
	if (!column_reserve(&out->bytes, cap)) {
		memory_free(out);
		return NULL;
	}
	return out;
}

static bool keep_name(struct kg_out *out, const char *path)
{
	out->name = memory_alloc(strlen(path) + 1);
	if (out->name == NULL)
		return false;
	memcpy(out->name, path, strlen(path) + 1);
	return true;
}

enum kg_status kg_out_open(const char *path, struct kg_out **out, struct kg_error *err)
{
	bool is_stdout = path == NULL || strcmp(path, "-") == 0;
	enum kg_status status = KG_OK;
	struct kg_out *opened = new_out(BUFFER_BYTES);
	if (opened == NULL || (!is_stdout && !keep_name(opened, path))) {
		status = error_set(err, KG_NOMEM, path, 0, "out of memory");
		goto out;
	}
	if (!is_stdout) {
		status = partial_open(&opened->partial, path, &opened->fd, err);
		if (status != KG_OK)
			goto out;
	} else {
		/* a copy, so that closing it can report failure without closing the caller's */
		opened->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (opened->fd < 0) {
			status = error_set(err, KG_IO, "standard output", errno, "%s",
					   strerror(errno));
			goto out;
		}
	}
	*out = opened;
	opened = NULL;
out:
	release(opened);
	return status;
}

enum kg_status out_open_memory(struct kg_out **out)
{
	struct kg_out *opened = new_out(1);
	if (opened == NULL)
		return KG_NOMEM;
	opened->is_memory = true;
	*out = opened;
	return KG_OK;
}

const char *out_memory(const struct kg_out *out, size_t *len)
{
	out->bytes.at[out->bytes.count] = '\0';
	if (len != NULL)
		*len = out->bytes.count;
	return out->bytes.at;
}

enum kg_status kg_out_open_memory(struct kg_out **out)
{
	return out_open_memory(out);
}

const char *kg_out_bytes(const struct kg_out *out, size_t *len)
{
	return out_memory(out, len);
}

bool kg_out_is_terminal(const struct kg_out *out)
{
	return out->fd >= 0 && isatty(out->fd);
}

/* Everything on disk under its final name, or the failure remembered. */
static void finish_file(struct kg_out *out, bool keep)
{
	if (keep)
		flush(out);
	if (keep && out->status == KG_OK && partial_settle(&out->partial, out->fd) != 0)
		fail(out, KG_IO, errno);
	if (close(out->fd) != 0 && errno != EINTR)
		fail(out, KG_IO, errno);
	out->fd = -1;
	if (keep && out->status == KG_OK && partial_keep(&out->partial) != 0)
		fail(out, KG_IO, errno);
}

enum kg_status kg_out_close(struct kg_out *out, bool keep, struct kg_error *err)
{
	if (!out->is_memory)
		finish_file(out, keep);
	enum kg_status status = out->status;
	const char *name = out->name != NULL ? out->name : "standard output";
	if (status == KG_NOMEM)
		error_set(err, status, name, 0, "out of memory");
	else if (status != KG_OK)
		error_set(err, status, name, out->os_errno, "%s", strerror(out->os_errno));
	release(out);
	return status;
}
