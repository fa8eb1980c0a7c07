#include "io/journal.h"

#include "io/journal-internal.h"
#include "io/sigbus.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

/* A field can be as large as its sender likes; no rule needs more, and a longer one is cut, never
 * refused. */
#define MAX_FIELD_SIZE (1024 * 1024) /* bytes */

/* The files that match, owned by `ret`; `lenient`: but those that libsystemd cannot open now. */
static int find_files(const char *pattern, bool lenient, glob_t *ret)
{
	sd_journal *handle;
	size_t n = 0;
	int r;

	r = glob(pattern, GLOB_BRACE, NULL, ret);
	if (r != 0)
		return r == GLOB_NOMATCH ? -ENOENT : -ENOMEM;
	for (size_t i = 0; lenient && i < ret->gl_pathc; i++) {
		const char *alone[] = { ret->gl_pathv[i], NULL };
		char *path = ret->gl_pathv[n];

		r = sd_journal_open_files(&handle, alone, 0);
		if (r < 0)
			continue;
		sd_journal_close(handle);
		ret->gl_pathv[n++] = ret->gl_pathv[i];
		ret->gl_pathv[i] = path; /* globfree() frees all */
	}
	return lenient ? (int)n : (int)ret->gl_pathc;
}

static int open_files(const char *pattern, bool lenient, size_t *ret_n_refused, sd_journal **ret)
{
	cleanup(freep) const char **paths = NULL;
	glob_t found;
	int r, n;

	n = find_files(pattern, lenient, &found);
	if (n < 0)
		return n;
	paths = calloc((size_t)n + 1, sizeof(*paths));
	for (int i = 0; paths && i < n; i++)
		paths[i] = found.gl_pathv[i];
	r = !paths ? -ENOMEM : n == 0 ? -ENODATA : sd_journal_open_files(ret, paths, 0);
	*ret_n_refused = found.gl_pathc - (size_t)n;
	globfree(&found);
	return r;
}

/*
 * The machine's are all local files: what runs as an ordinary user (uid 1000 and more) is filed in
 * user-UID.journal. Who may read only his own of these would believe that he sees everything, so
 * the system's journal is asked for first.
 */
static int open_handle(struct journal *journal, sd_journal **ret)
{
	sd_journal *system;
	int r, readable;

	if (journal->file)
		return open_files(journal->file, journal->lenient, &journal->n_refused, ret);
	if (journal->files.directory)
		return sd_journal_open_directory(ret, journal->files.directory, 0);
	r = sd_journal_open(&system, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
	if (r < 0)
		return r;
	/* libsystemd answers these by path, /run or /var: no to the files of any other folder */
	readable = sd_journal_has_runtime_files(system) > 0 ||
		   sd_journal_has_persistent_files(system) > 0;
	sd_journal_close(system);
	return readable ? sd_journal_open(ret, SD_JOURNAL_LOCAL_ONLY) : -ENODATA;
}

/*
 * A static journal without any _LINE_BREAK=line-max need not be asked for it entry by entry. The
 * index of unique values answers at once; a live journal may get one at any time.
 */
static bool has_value(sd_journal *handle, const char *field, const char *text)
{
	const void *data;
	size_t size;

	if (sd_journal_query_unique(handle, field) < 0)
		return true;
	SD_JOURNAL_FOREACH_UNIQUE(handle, data, size)
	if (size == strlen(text) && memcmp(data, text, size) == 0)
		return true;
	return false;
}

/* Engines mark pieces too; in a journal that grows they are asked of where a jail reads a
 * container, or there are some already. */
static void ask_for_pieces(struct journal *journal)
{
	journal->entry.may_be_split = journal->growing || has_value(journal->handle, "_LINE_BREAK",
								    "_LINE_BREAK=line-max");
	journal->entry.may_be_partial = (journal->growing && journal->reads_engines) ||
					has_value(journal->handle, "CONTAINER_PARTIAL_MESSAGE",
						  "CONTAINER_PARTIAL_MESSAGE=true");
}

int journal_renew(struct journal *journal)
{
	sd_journal *handle;
	int r;

	r = open_handle(journal, &handle);
	if (r < 0)
		return r;
	sd_journal_close(journal->handle);
	journal->handle = journal->fields.handle = handle;
	journal->n_lost_pages = sigbus_count();
	journal_leave(journal);
	liveend_done(&journal->end);
	r = sd_journal_set_data_threshold(handle, MAX_FIELD_SIZE);
	if (r >= 0 && journal->watched)
		r = journal_fd(journal);
	if (r >= 0 && !journal->file)
		r = openfiles_begin(&journal->files, &journal->n_refused);
	return MIN(r, 0);
}

int journal_open(const char *file, const char *directory, bool live, struct journal **ret)
{
	cleanup(journal_freep) struct journal *journal = NULL;
	int r;

	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return -ENOMEM;
	journal->file = file;
	journal->lenient = live;
	journal->files.directory = directory;
	openfiles_raise_limit();
	r = sigbus_pass_over();
	if (r >= 0)
		r = journal_renew(journal);
	if (r >= 0)
		r = fields_add(&journal->fields, "MESSAGE");
	if (r < 0)
		return r;
	journal->entry = (struct entry){ .field = fields_get,
					 .time = fields_time,
					 .cursor = fields_cursor,
					 .source = &journal->fields };
	/* into a folder that is followed another's may come */
	journal->entry.many_machines =
		(file || directory) && (live || journal_n_machines(journal) > 1);
	journal->growing = live;
	ask_for_pieces(journal);
	*ret = TAKE_PTR(journal);
	return 0;
}

bool journal_may_read(void)
{
	const struct group *group = getgrnam("systemd-journal");
	bool may_read = geteuid() == 0 || (group && getegid() == group->gr_gid);
	gid_t groups[256];
	int n = getgroups(ARRAY_SIZE(groups), groups);

	for (int i = 0; group && i < n; i++)
		may_read = may_read || groups[i] == group->gr_gid;
	return may_read;
}

const char *journal_explain(int error)
{
	switch (-error) {
	case ENODATA:
	case ENOENT:
		if (error == -ENODATA && !journal_may_read())
			return "there is none that this user may read, who is neither root nor in "
			       "the group systemd-journal; else look at the path";
		return "none found: check the path, or run as root or in group systemd-journal";
	case EACCES:
		return "permission denied: run as root or in group systemd-journal";
	case EBADMSG:
	case EBADFD:
		return "not a journal file, or a damaged one";
	case EISDIR:
		return "a directory: name it with --directory";
	case ENOTDIR:
		return "not a directory: check the path";
	}
	return strerror(-error);
}

void journal_ask_for_pieces(struct journal *journal, bool growing)
{
	journal->growing = growing;
	ask_for_pieces(journal);
}

int journal_open_part(const struct journal *whole, const struct parts *parts, const char *first,
		      const char *last, struct journal **ret)
{
	cleanup(journal_freep) struct journal *journal = calloc(1, sizeof(*journal));
	int r;

	if (!journal)
		return -ENOMEM;
	journal->entry = whole->entry;
	journal->entry.source = &journal->fields;
	journal->file = whole->file;
	journal->lenient = whole->lenient;
	journal->files.directory = whole->files.directory;
	journal->values = whole->values;
	journal->end = whole->end;
	journal->end.reached = journal->end.empty;
	journal->end.cursor = NULL;
	if (whole->end.cursor && !(journal->end.cursor = strdup(whole->end.cursor)))
		return -ENOMEM;
	r = parts ? parts_open_journal(parts, first, last, &journal->handle)
		  : open_handle(journal, &journal->handle);
	if (r >= 0)
		r = sd_journal_set_data_threshold(journal->handle, MAX_FIELD_SIZE);
	if (r >= 0)
		r = matches_add_values(journal->handle, &journal->values);
	journal->fields.handle = journal->handle;
	for (size_t i = 0; r >= 0 && i < whole->fields.n; i++)
		r = fields_add(&journal->fields, whole->fields.list[i].name);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(journal);
	return 0;
}

int journal_list_parts(const struct journal *journal, struct parts **ret)
{
	return journal->file ? -ENODATA : parts_open(&journal->files, ret);
}
