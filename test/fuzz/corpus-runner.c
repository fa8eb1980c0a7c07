/* Stands in for libFuzzer where there is none: runs a target over the files of the folders that are
 * its arguments. */

#include "base/util.h"
#include "fuzz.h"

#include <dirent.h>

/* In a block of its own size, as libFuzzer does it, so that a sanitizer sees a read past its end.
 */
static void run_file(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data;
	long size;

	FUZZ_CHECK(file);
	FUZZ_CHECK(fseek(file, 0, SEEK_END) == 0);
	size = ftell(file);
	FUZZ_CHECK(size >= 0);
	rewind(file);
	data = malloc(MAX((size_t)size, 1));
	FUZZ_CHECK(data);
	FUZZ_CHECK(fread(data, 1, (size_t)size, file) == (size_t)size);
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

static unsigned run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned n_files = 0;

	FUZZ_CHECK(dir);
	while ((entry = readdir(dir))) {
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		FUZZ_CHECK(asprintf(&path, "%s/%s", folder, entry->d_name) > 0);
		printf("%s\n", path);
		(void)fflush(stdout); /* the name of the input that breaks it is the last line */
		run_file(path);
		free(path);
		n_files++;
	}
	(void)closedir(dir);
	return n_files;
}

int main(int argc, char *argv[])
{
	unsigned n_files = 0;

	for (int i = 1; i < argc; i++)
		n_files += run_folder(argv[i]);
	printf("%u files\n", n_files);
	return n_files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
