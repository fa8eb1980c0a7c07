#ifndef BANISH_DAEMON_IO_OPENFILES_H
#define BANISH_DAEMON_IO_OPENFILES_H

/*
 * Whether all files of a journal are open. libsystemd leaves a file out that it cannot open, for as
 * long as the handle lives, also where nothing but a descriptor was missing, and tells nobody; so
 * the files of the folders are compared with what this process has open.
 */

#include "base/util.h"

#include <sys/types.h>

struct openfiles_inode {
	dev_t device;
	ino_t number;
};

struct openfiles {
	const char *directory;           /* NULL: the machine's own journal; borrowed */
	struct openfiles_inode *refused; /* owned: libsystemd opened them not, though it could */
	size_t n_refused;
	uint64_t print;  /* of the folders, when all was right */
	usec_t print_at; /* CLOCK_REALTIME */
};

/* What the header of a journal's file says. */
struct openfiles_header {
	int fd;
	uint8_t numbering[16]; /* whose numbers the entries have */
	uint64_t first, last;  /* of them the lowest and the highest */
	usec_t begin, end;     /* when the first and the last were written */
};

void openfiles_done(struct openfiles *files);
/* After the handle was opened: what it has not opened now, for another reason than want of
 * resources, it refuses. `ret_refused`: how many hold entries. -EMFILE, -ENFILE, -ENOMEM. */
int openfiles_begin(struct openfiles *files, size_t *ret_refused) must_check;
/* 1: all files that are not refused are open; 0: not so, a new handle helps; negative errno: nor
 * does that now. Costs a look at the folders' times, mostly. `now`: CLOCK_REALTIME. */
int openfiles_check(struct openfiles *files, usec_t now) must_check;
/* All files with entries that are not refused, as they are now; the list and its descriptors are
 * the caller's. */
int openfiles_list(const struct openfiles *files, struct openfiles_header **ret,
		   size_t *ret_n) must_check;
/* Of the file that was missing last; valid until the next check. */
const char *openfiles_missing(void);

/* As many descriptors as may be had: each file of the journal needs one. */
void openfiles_raise_limit(void);

#endif
