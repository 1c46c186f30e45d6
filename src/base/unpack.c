/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the library that decompresses, and that it is loaded when it is needed. */
#include "base/unpack.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"

#ifdef HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
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
#define ARCHIVE_FUNCTIONS(X)                                                                       \
	X(archive_read_new)                                                                        \
	X(archive_read_support_filter_all)                                                         \
	X(archive_read_support_format_raw)                                                         \
	X(archive_read_open_fd)                                                                    \
	X(archive_read_next_header)                                                                \
	X(archive_read_data_into_fd)                                                               \
	X(archive_read_free)                                                                       \
	X(archive_error_string)

/* The functions of the library that are used, by their names. */
struct library {
#define X(name) __typeof__(&name) name;
	ARCHIVE_FUNCTIONS(X)
#undef X
};

/*
 * The library brings 40 MiB of others with it, which every start of every program would have to
 * load and nearly none needs: so it is loaded when the first compressed file comes, and stays.
 */
static bool load(struct library *library)
{
	void *symbol;
	void *handle = dlopen(ARCHIVE_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return false;
#define X(name)                                                                                    \
	symbol = dlsym(handle, #name);                                                             \
	if (symbol == NULL)                                                                        \
		return false;                                                                      \
	memcpy(&library->name, &symbol, sizeof(symbol));
	ARCHIVE_FUNCTIONS(X)
#undef X
	return true;
}

/* "raw" is the library's name for one compressed stream with no archive in it. */
static int open_stream(const struct library *library, struct archive *archive, int from)
{
	struct archive_entry *entry;
	if (library->archive_read_support_filter_all(archive) < ARCHIVE_WARN ||
	    library->archive_read_support_format_raw(archive) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	int result = library->archive_read_open_fd(archive, from, FROM_BYTES);
	return result == ARCHIVE_OK ? library->archive_read_next_header(archive, &entry) : result;
}

static enum kg_status tell(const char *why, const char *name, struct kg_error *err)
{
	return error_set(err, KG_IO, name, 0,
			 "cannot be decompressed: %s (is the file whole, and has the folder of "
			 "TMPDIR room?)",
			 why != NULL ? why : "damaged data");
}

enum kg_status unpack(int from, int to, const char *name, uint64_t *size, struct kg_error *err)
{
	struct library library;
	if (!load(&library))
		return error_set(err, KG_UNSUPPORTED, name, 0,
				 "is compressed, and %s, which decompresses, cannot be loaded "
				 "(install libarchive, or unpack it first: zcat, xzcat or zstdcat "
				 "FILE | kvmgraph ... -)",
				 ARCHIVE_SONAME);
	struct archive *archive = library.archive_read_new();
	if (archive == NULL)
		return error_set(err, KG_NOMEM, name, 0, "out of memory");
	enum kg_status status = KG_OK;
	if (open_stream(&library, archive, from) != ARCHIVE_OK ||
	    library.archive_read_data_into_fd(archive, to) != ARCHIVE_OK)
		status = tell(library.archive_error_string(archive), name, err);
	else
		*size = (uint64_t)lseek(to, 0, SEEK_END);
	library.archive_read_free(archive);
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
