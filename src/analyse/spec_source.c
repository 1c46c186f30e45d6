/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows where the text of a specification comes from. */
#include "analyse/spec_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <kvmgraph/verify.h>

#include "analyse/spec_builtin.h"
#include "base/column.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/banned.h"

/* A specification larger than this is a mistake. */
#define MAX_FILE_BYTES ((size_t)1 << 20)

bool spec_source_builtin(const char *name, struct spec_source *out)
{
	for (size_t i = 0; i < spec_builtin_count; i++) {
		const struct spec_builtin *builtin = &spec_builtins[i];
		if (strcmp(builtin->name, name) != 0)
			continue;
		*out = (struct spec_source){ .bytes = (const char *)builtin->json,
					     .len = builtin->len };
		return true;
	}
	return false;
}

const char *kg_spec_builtin_name(size_t index)
{
	return index < spec_builtin_count ? spec_builtins[index].name : NULL;
}

/* Reads what is left of a file. */
static enum kg_status read_bytes(int fd, const char *path, struct spec_source *out,
				 struct kg_error *err)
{
	COLUMN(char) bytes = { 0 };
	enum kg_status status = KG_NOMEM;
	for (;;) {
		if (!column_reserve(&bytes, bytes.count + 4096))
			goto out;
		ssize_t len = read(fd, bytes.at + bytes.count, bytes.cap - bytes.count);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0) {
			status = error_set(err, KG_IO, path, errno, "%s", strerror(errno));
			goto out;
		}
		if (len == 0)
			break;
		bytes.count += (size_t)len;
		if (bytes.count > MAX_FILE_BYTES) {
			status = error_set(err, KG_BAD_SPEC, path, 0,
					   "is too large for a specification");
			goto out;
		}
	}
	*out = (struct spec_source){ .bytes = bytes.at, .len = bytes.count, .owned = bytes.at };
	return KG_OK;
out:
	column_release(&bytes);
	return status == KG_NOMEM ? error_set(err, KG_NOMEM, path, 0, "out of memory") : status;
}

enum kg_status spec_source_read(const char *path, struct spec_source *out, struct kg_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, KG_IO, path, errno, "%s", strerror(errno));
	enum kg_status status = read_bytes(fd, path, out, err);
	close(fd);
	return status;
}

void spec_source_release(struct spec_source *source)
{
	memory_free(source->owned);
}
