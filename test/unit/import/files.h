#ifndef BANISH_UNIT_FILES_H
#define BANISH_UNIT_FILES_H

/* A folder of fail2ban in memory. */

#include "import/import.h"
#include "unit.h"

#define MAX_TEST_FILES 8

/* Pairs of path and text, in order of path; the last path is NULL. */
static inline struct import_files files_of(const char *const (*pairs)[2], struct import_file *room)
{
	struct import_files files = { .folder = "/etc/fail2ban", .list = room };

	for (; (*pairs)[0]; pairs++) {
		assert_true(files.n < MAX_TEST_FILES);
		room[files.n++] = (struct import_file){ (*pairs)[0], span_of((*pairs)[1]) };
	}
	return files;
}

#endif
