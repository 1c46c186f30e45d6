/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target over files and folders of them, without a fuzzer: so a corpus is an ordinary
 * test with any compiler.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "target.h"

static size_t run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		return 0;
	const size_t size = (size_t)ftell(file);
	rewind(file);
	/* exactly as large as it is, for the memory checker */
	uint8_t *data = malloc(size);
	MUST(data != NULL || size == 0);
	MUST(fread(data, 1, size, file) == size);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static size_t run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	size_t done = 0;
	for (int i = 0; i < count; i++) {
		char file[4096];
		int len = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && len < (int)sizeof(file))
			done += run_file(file);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return done;
}

int main(int argc, char **argv)
{
	size_t done = 0;
	for (int i = 1; i < argc; i++) {
		struct stat facts;
		if (stat(argv[i], &facts) != 0) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
		done += S_ISDIR(facts.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
	}
	printf("%zu inputs\n", done);
	/* a run over nothing must not look like success */
	return done > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
