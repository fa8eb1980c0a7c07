#include "io/journal.h"

#include "io/fields.h"
#include "io/liveend.h"
#include "io/matches.h"
#include "io/openfiles.h"
#include "io/sigbus.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <stdio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

/* A field can be as large as its sender likes; no rule needs more, and a longer one is cut, never
 * refused. */
#define MAX_FIELD_SIZE (1024 * 1024) /* bytes */

struct journal {
	sd_journal *handle;
	struct entry entry;
	struct fields fields;
	struct match_values values; /* what select_rules() and journal_select_past_of() select */
	struct liveend end;
	const char *file;   /* borrowed; of single files no other comes */
	bool lenient;       /* of these some may be damaged, or gone */
	bool reads_engines; /* some jail of those that were selected */
	bool growing;       /* entries that are not there yet are read, too */
	bool watched;       /* journal_fd() was asked for */
	bool is_deaf;       /* ... and there is none */
	struct openfiles files;
	size_t n_refused;
	unsigned n_lost_pages; /* sigbus.h, when it was opened */
};

struct journal *journal_free(struct journal *journal)
{
	if (!journal)
		return NULL;
	sd_journal_close(journal->handle);
	fields_done(&journal->fields);
	liveend_done(&journal->end);
	openfiles_done(&journal->files);
	free(journal);
	return NULL;
}

/* The journal is about to go elsewhere. */
static void leave(struct journal *journal)
{
	fields_forget(&journal->fields);
	journal->end.reached = journal->end.empty;
}

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

size_t journal_n_machines(struct journal *journal)
{
	const void *data;
	size_t size, n = 0;

	if (sd_journal_query_unique(journal->handle, "_MACHINE_ID") < 0)
		return 0;
	SD_JOURNAL_FOREACH_UNIQUE(journal->handle, data, size)
	n++;
	return n;
}

bool journal_is_volatile(struct journal *journal)
{
	return !journal->file && !journal->files.directory &&
	       sd_journal_has_persistent_files(journal->handle) == 0;
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

int journal_fd(struct journal *journal)
{
	int fd = sd_journal_get_fd(journal->handle);

	journal->watched = true;
	journal->is_deaf = fd < 0;
	return fd;
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
	leave(journal);
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

/* Of a journal without matches nobody knows what is in its entries; a walk would decompress it. */
static int take_along_common(struct journal *journal, bool selective)
{
	static const char *const partial[] = { "CONTAINER_PARTIAL_ID",
					       "CONTAINER_PARTIAL_MESSAGE" };
	int r;

	r = fields_add(&journal->fields, "MESSAGE");
	if (selective && r >= 0 && journal->entry.may_be_split)
		r = fields_add(&journal->fields, "_LINE_BREAK");
	for (size_t i = 0; selective && journal->entry.may_be_partial && i < ARRAY_SIZE(partial);
	     i++)
		if (r >= 0)
			r = fields_add(&journal->fields, partial[i]);
	return r;
}

static int take_along_selector(struct journal *journal, const struct selector *selector)
{
	int r = 0;

	for (size_t k = 0; r >= 0 && k < selector->n_conditions; k++)
		r = fields_add(&journal->fields, selector->conditions[k].field);
	return r;
}

static int take_along(struct journal *journal, const struct ruleset *ruleset, bool selective)
{
	const struct selector *selector;
	int r;

	r = take_along_common(journal, selective);
	for (size_t i = 0; selective && (selector = ruleset_selector(ruleset, i)); i++)
		if (r >= 0)
			r = take_along_selector(journal, selector);
	return r;
}

/* 1; 0: all is read. */
static int select_rules(struct journal *journal, const struct ruleset *const *rulesets, size_t n,
			bool past)
{
	int r, selective;

	journal->reads_engines = false;
	for (size_t i = 0; i < n; i++)
		journal->reads_engines |= ruleset_reads_engines(rulesets[i]);
	journal->entry.may_be_partial |= journal->growing && journal->reads_engines;
	sd_journal_flush_matches(journal->handle);
	fields_clear(&journal->fields);
	r = matches_of_rules(journal->handle, rulesets, n, past, &journal->values);
	if (r >= 0)
		r = matches_add_values(journal->handle, &journal->values);
	selective = r;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = take_along(journal, rulesets[i], selective > 0);
	return r < 0 ? r : selective;
}

int journal_select(struct journal *journal, const struct ruleset *ruleset, bool with_suppressed)
{
	int r;

	r = select_rules(journal, &ruleset, 1, false);
	return r <= 0 || !with_suppressed ? MIN(r, 0) : matches_add_suppressed(journal->handle);
}

int journal_select_past(struct journal *journal, const struct ruleset *a, const struct ruleset *b)
{
	const struct ruleset *const all[] = { a, b };

	leave(journal);
	return select_rules(journal, all, a == b ? 1 : 2, true);
}

int journal_select_past_of(struct journal *journal, const struct ruleset *ruleset, unsigned jail)
{
	const struct jail *one = ruleset_jail(ruleset, jail);
	int r, selective;

	leave(journal);
	sd_journal_flush_matches(journal->handle);
	fields_clear(&journal->fields);
	r = matches_of_jail(journal->handle, ruleset, jail, &journal->values);
	if (r >= 0)
		r = matches_add_values(journal->handle, &journal->values);
	selective = r;
	if (r >= 0)
		r = take_along_common(journal, selective > 0);
	for (size_t i = 0; selective > 0 && i < one->n_selectors; i++)
		if (r >= 0)
			r = take_along_selector(journal, &one->selectors[i]);
	return r < 0 ? r : selective;
}

int journal_select_notes(struct journal *journal, const struct ruleset *ruleset)
{
	int r;

	sd_journal_flush_matches(journal->handle);
	fields_clear(&journal->fields);
	r = matches_add_notes(journal->handle, ruleset);
	return r < 0 ? r : take_along(journal, ruleset, r > 0);
}

int journal_select_said(struct journal *journal, const struct prefix *prefixes, size_t n_prefixes)
{
	char text[PREFIX_TEXT_MAX];
	int r;

	sd_journal_flush_matches(journal->handle);
	r = matches_add(journal->handle, "_SYSTEMD_UNIT", OWN_UNIT);
	for (size_t i = 0; r >= 0 && i < n_prefixes; i++)
		r = matches_add(journal->handle, "BANISH_PREFIX",
				prefix_format(&prefixes[i], text));
	return r;
}

int journal_select_own(struct journal *journal, const char *const *fields, size_t n_fields,
		       bool with_suppressed)
{
	int r;

	sd_journal_flush_matches(journal->handle);
	r = matches_add(journal->handle, "_SYSTEMD_UNIT", OWN_UNIT);
	for (size_t i = 0; r >= 0 && i < n_fields; i++)
		r = sd_journal_add_match(journal->handle, fields[i], 0);
	if (r < 0 || !with_suppressed)
		return r;
	r = sd_journal_add_disjunction(journal->handle);
	if (r >= 0)
		r = matches_add_suppressed(journal->handle);
	return r < 0 ? r : matches_add(journal->handle, "OBJECT_SYSTEMD_UNIT", OWN_UNIT);
}

int journal_select_jail(struct journal *journal, const struct jail *jail)
{
	bool strips = jail->strip.n > 0;
	int r = 0;

	sd_journal_flush_matches(journal->handle);
	for (size_t i = 0; i < jail->n_selectors; i++)
		if (matches_nothing(&jail->selectors[i], strips))
			return 0;
	for (size_t i = 0; r >= 0 && i < jail->n_selectors; i++)
		r = matches_add_selector(journal->handle, &jail->selectors[i], strips);
	return r < 0 ? r : 1;
}

int journal_query_values(struct journal *journal, const char *field)
{
	return sd_journal_query_unique(journal->handle, field);
}

int journal_next_value(struct journal *journal, struct span *ret)
{
	const char *data, *value;
	size_t size;
	int r;

	r = sd_journal_enumerate_available_unique(journal->handle, (const void **)&data, &size);
	if (r <= 0)
		return r;
	value = memchr(data, '=', size);
	if (!value)
		return -EBADMSG;
	*ret = (struct span){ value + 1, size - (size_t)(value + 1 - data) };
	return 1;
}

int journal_select_value(struct journal *journal, const char *field, const char *value)
{
	sd_journal_flush_matches(journal->handle);
	return matches_add(journal->handle, field, value);
}

int journal_go_to(struct journal *journal, const char *cursor)
{
	int r;

	leave(journal);
	r = sd_journal_seek_cursor(journal->handle, cursor);
	if (r >= 0)
		r = sd_journal_next(journal->handle);
	return r <= 0 ? r : sd_journal_test_cursor(journal->handle, cursor);
}

void journal_set_unordered(struct journal *journal, bool unordered)
{
	journal->entry.unordered = unordered;
}

int journal_seek_time(struct journal *journal, usec_t time)
{
	leave(journal);
	return sd_journal_seek_realtime_usec(journal->handle, time);
}

int journal_seek_after(struct journal *journal, const char *cursor)
{
	int r;

	leave(journal);
	r = liveend_seek_after(journal->handle, cursor, journal->end.cursor);
	if (r > 0)
		liveend_note_move(&journal->end, journal->handle);
	return r;
}

int journal_seek_last(struct journal *journal)
{
	leave(journal);
	return liveend_go_to_last(journal->handle);
}

int journal_seek_last_of(struct journal *journal, size_t n)
{
	int r;

	leave(journal);
	r = sd_journal_seek_tail(journal->handle);
	if (r >= 0)
		r = sd_journal_previous_skip(journal->handle, n);
	return MIN(r, 1);
}

int journal_find_end(struct journal *journal)
{
	leave(journal);
	return liveend_find(&journal->end, journal->handle);
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

int journal_settle(struct journal *journal)
{
	int r;

	r = journal->file || journal->files.directory ? 0 : journal_find_end(journal);
	return MIN(r, 0);
}

int journal_look_ahead(struct journal *journal)
{
	fields_forget(&journal->fields);
	return liveend_look_ahead(&journal->end, journal->handle);
}

int journal_next(struct journal *journal)
{
	int r;

	if (journal->end.reached)
		return 0;
	fields_forget(&journal->fields);
	r = sd_journal_next(journal->handle);
	if (r > 0)
		liveend_note_move(&journal->end, journal->handle);
	return r;
}

const struct entry *journal_entry(struct journal *journal)
{
	return &journal->entry;
}

int journal_cursor(struct journal *journal, char **ret)
{
	return sd_journal_get_cursor(journal->handle, ret);
}

bool journal_stands_at(struct journal *journal, const char *cursor)
{
	return sd_journal_test_cursor(journal->handle, cursor) > 0;
}

int journal_oldest(struct journal *journal, usec_t *ret)
{
	int r;

	r = sd_journal_get_cutoff_realtime_usec(journal->handle, ret, NULL);
	return r == 0 ? -ENODATA : MIN(r, 0);
}

int journal_newest(struct journal *journal, usec_t *ret)
{
	int r;

	r = sd_journal_get_cutoff_realtime_usec(journal->handle, NULL, ret);
	return r == 0 ? -ENODATA : MIN(r, 0);
}

int journal_begins_late(struct journal *journal)
{
	cleanup(freep) char *cursor = NULL;
	const char *number;
	int r;

	leave(journal);
	sd_journal_flush_matches(journal->handle);
	r = sd_journal_seek_head(journal->handle);
	if (r >= 0)
		r = sd_journal_next(journal->handle);
	if (r > 0)
		r = sd_journal_get_cursor(journal->handle, &cursor);
	if (r < 0 || !cursor)
		return r;
	number = strstr(cursor, ";i=");
	return number && strtoull(number + strlen(";i="), NULL, 16) > 1;
}

int journal_is_whole(struct journal *journal, usec_t now)
{
	if (journal->is_deaf || journal->n_lost_pages != sigbus_count())
		return 0;
	return journal->file ? 1 : openfiles_check(&journal->files, now);
}

size_t journal_n_refused(const struct journal *journal)
{
	return journal->n_refused;
}

int journal_poll_events(struct journal *journal)
{
	return sd_journal_get_events(journal->handle);
}

int journal_timeout(struct journal *journal, usec_t *ret)
{
	return sd_journal_get_timeout(journal->handle, ret);
}

int journal_process(struct journal *journal)
{
	int r;

	r = sd_journal_process(journal->handle);
	return r < 0 ? r : r != SD_JOURNAL_NOP;
}
