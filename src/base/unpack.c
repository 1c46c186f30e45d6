/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the library that decompresses. */
#include "base/unpack.h"

#include <unistd.h>

#include "base/error.h"

#ifdef HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "base/banned.h"

#define FROM_BYTES 65536

bool unpack_is_packed(struct span start)
{
	static const struct span magics[] = {
		{ (const unsigned char *)"\x1f\x8b", 2 },
		{ (const unsigned char *)"\xfd"
					 "7zXZ",
		  5 },
		{ (const unsigned char *)"\x28\xb5\x2f\xfd", 4 },
		{ (const unsigned char *)"BZh", 3 },
		{ (const unsigned char *)"\x04\x22\x4d\x18", 4 },
	};
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (span_starts(start, magics[i]))
			return true;
	}
	return false;
}

#ifdef HAVE_ARCHIVE
/* "raw" is the library's name for one compressed stream with no archive in it. */
static int open_stream(struct archive *archive, int from)
{
	struct archive_entry *entry;
	if (archive_read_support_filter_all(archive) < ARCHIVE_WARN ||
	    archive_read_support_format_raw(archive) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	int result = archive_read_open_fd(archive, from, FROM_BYTES);
	return result == ARCHIVE_OK ? archive_read_next_header(archive, &entry) : result;
}

static enum kg_status tell(struct archive *archive, const char *name, struct kg_error *err)
{
	const char *why = archive_error_string(archive);
	return error_set(err, KG_IO, name, 0,
			 "cannot be decompressed: %s (is the file whole, and has the folder of "
			 "TMPDIR room?)",
			 why != NULL ? why : "damaged data");
}

enum kg_status unpack(int from, int to, const char *name, uint64_t *size, struct kg_error *err)
{
	struct archive *archive = archive_read_new();
	if (archive == NULL)
		return error_set(err, KG_NOMEM, name, 0, "out of memory");
	enum kg_status status = KG_OK;
	if (open_stream(archive, from) != ARCHIVE_OK ||
	    archive_read_data_into_fd(archive, to) != ARCHIVE_OK)
		status = tell(archive, name, err);
	else
		*size = (uint64_t)lseek(to, 0, SEEK_END);
	archive_read_free(archive);
	return status;
}
#else
enum kg_status unpack(int from, int to, const char *name, uint64_t *size, struct kg_error *err)
{
	(void)from;
	(void)to;
	(void)size;
	return error_set(err, KG_UNSUPPORTED, name, 0,
			 "is compressed, and this build cannot decompress (unpack it first: zcat, "
			 "xzcat or zstdcat FILE | kvmgraph ... -)");
}
#endif
