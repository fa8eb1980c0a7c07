#ifndef BANISH_IMPORT_INI_H
#define BANISH_IMPORT_INI_H

/*
 * fail2ban's configuration files as sections of options, read as its own reader (Python's
 * configparser, fail2ban/client/configparserinc.py) does: a later file overrules an earlier one,
 * name by name. Values are raw: nothing is put in yet.
 */

#include "import/arena.h"

/* Of one folder (/etc/fail2ban), below which `path` lies: "filter.d/sshd.conf". Sorted by path. All
 * borrowed. */
struct import_file {
	const char *path;
	struct span text;
};
struct import_files {
	const char *folder; /* its name, for includes by absolute path */
	const struct import_file *list;
	size_t n;
};

struct ini_option {
	const char *name, *value; /* the name in lower case */
	const char *file;         /* where it stands; NULL: in no file */
	unsigned line;
	bool complete; /* nothing more is put into the value */
	struct ini_option *next;
};

struct ini_section {
	const char *name;
	struct ini_option *options;
	struct ini_section *next;
};

struct ini {
	struct arena *arena; /* everything lies in it */
	struct ini_section *sections;
	unsigned n_files, n_options;
};

/* Reads `base`.conf, `base`.d/?.conf, `base`.local and `base`.d/?.local, and what they include.
 * False: there is none of them. Too many files or options are left out, and `failed` of the arena
 * set. */
bool ini_read(struct ini *ini, const struct import_files *files, const char *base);

/* NULL: there is none. */
struct ini_section *ini_section(const struct ini *ini, const char *name);
const struct ini_option *ini_option(const struct ini_option *options, const char *name);
/* Over an option of that name, if there is one. */
void ini_set(struct ini *ini, const char *section, const struct ini_option *option);
/* A list of options one longer; the newest comes first. */
void ini_prepend(struct arena *arena, struct ini_option **options, const char *name,
		 const char *value);

#endif
