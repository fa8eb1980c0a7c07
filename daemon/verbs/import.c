/*
 * banish import fail2ban - reads fail2ban's configuration, writes banish's, and says what of it is
 * not taken, jail by jail. Nothing is written over a file that is there. Or, once banish runs,
 * takes fail2ban's bans over.
 */
#include "import/import.h"

#include "cli/input.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "import/proof.h"
#include "import/write.h"
#include "io/config.h"
#include "io/file.h"
#include "verbs/fail2ban.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_MAX_SIZE ((size_t)1 << 20) /* bytes; the largest that fail2ban ships has 30,000 */
#define MAX_FILES     2000
#define MAX_ENTRIES   500000 /* of the journal, that examples are looked for in */

struct importing {
	struct common common;
	const char *output;
	bool takes_bans;
	struct import_file *files; /* owned, and what is in them */
	struct import_files source;
	struct import *import;
	struct journal *journal; /* NULL: none can be read */
	bool lacks_fail2ban;     /* fail2ban-regex, it turned out */
};

static void importing_done(struct importing *importing)
{
	for (size_t i = 0; i < importing->source.n; i++) {
		free((void *)(uintptr_t)importing->files[i].path);
		free((void *)(uintptr_t)importing->files[i].text.data);
	}
	free(importing->files);
	import_free(importing->import);
	journal_free(importing->journal);
}

static int import_fail(const char *what, const char *path, int error)
{
	fprintf(stderr, "banish import: cannot %s %s: %s\n", what, path, strerror(-error));
	return -EINVAL;
}

static int import_add_file(struct importing *importing, const char *folder, const char *name)
{
	cleanup(freep) char *path = NULL, *whole = NULL, *text = NULL;
	size_t size;
	int r;

	if (importing->source.n == MAX_FILES)
		return -E2BIG;
	if (asprintf(&path, "%s%s%s", folder, *folder ? "/" : "", name) < 0 ||
	    asprintf(&whole, "%s/%s", importing->source.folder, path) < 0)
		return -ENOMEM;
	r = file_read(whole, FILE_MAX_SIZE, &text, &size);
	if (r < 0)
		return r == -ENOMEM ? r : import_fail("read", whole, r);
	importing->files[importing->source.n++] =
		(struct import_file){ TAKE_PTR(path), { TAKE_PTR(text), size } };
	return 0;
}

static bool is_configuration(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot > name && (strcmp(dot, ".conf") == 0 || strcmp(dot, ".local") == 0);
}

static int read_folder(struct importing *importing, const char *folder)
{
	cleanup(freep) char *path = NULL;
	struct dirent *item;
	DIR *stream;
	int r = 0;

	if (asprintf(&path, "%s/%s", importing->source.folder, folder) < 0)
		return -ENOMEM;
	stream = opendir(path);
	if (!stream)
		return *folder && errno == ENOENT ? 0 : import_fail("read", path, -errno);
	while (r >= 0 && (item = readdir(stream)))
		if (is_configuration(item->d_name))
			r = import_add_file(importing, folder, item->d_name);
	closedir(stream);
	return r;
}

static int compare_files(const void *a, const void *b)
{
	const struct import_file *one = a, *other = b;

	return strcmp(one->path, other->path);
}

static int import_read_source(struct importing *importing)
{
	static const char *const folders[] = { "", "jail.d", "filter.d", "action.d", "fail2ban.d" };
	int r = 0;

	importing->files = calloc(MAX_FILES, sizeof(*importing->files));
	if (!importing->files)
		return -ENOMEM;
	importing->source.list = importing->files;
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(folders); i++)
		r = read_folder(importing, folders[i]);
	if (r < 0)
		return r;
	qsort(importing->files, importing->source.n, sizeof(*importing->files), compare_files);
	r = import_fail2ban(&importing->source, &importing->import);
	return r == -ENOENT ? import_fail("read", "jail.conf", r) : r;
}

/* Lines of the service, as examples. */
static int offer_lines(struct importing *importing, struct proof *proof)
{
	const struct rule *rule = proof_rule(proof);
	const struct jail jail = { .selectors = rule->selectors, .n_selectors = rule->n_selectors };
	int r;

	r = journal_select_jail(importing->journal, &jail);
	if (r >= 0)
		r = journal_seek_time(importing->journal, importing->common.since);
	for (size_t i = 0; r >= 0 && i < MAX_ENTRIES && !proof_is_satisfied(proof); i++) {
		const struct entry *entry;
		struct span message;

		r = journal_next(importing->journal);
		if (r <= 0)
			break;
		entry = journal_entry(importing->journal);
		r = entry_field(entry, "MESSAGE", &message);
		if (r > 0)
			r = proof_offer(proof, message);
		if (r == -EBADMSG)
			r = 0;
	}
	return r;
}

static int prove_jail(struct importing *importing, struct import_jail *jail)
{
	cleanup(proof_freep) struct proof *proof = NULL;
	int r = proof_new(&importing->import->arena, jail, &proof);

	if (r < 0)
		return r == -EINVAL ? 0 : r;
	if (importing->journal)
		r = offer_lines(importing, proof);
	return r < 0 ? r : proof_finish(proof);
}

static int prove(struct importing *importing)
{
	int r = journal_open(importing->common.file, importing->common.directory, false,
			     &importing->journal);

	if (r < 0)
		fprintf(stderr,
			"banish import: cannot read the journal, so no example is of it: %s\n",
			journal_explain(r));
	r = 0;
	for (struct import_jail *jail = importing->import->jails; r >= 0 && jail; jail = jail->next)
		if (jail->fate == IMPORT_TRANSLATED)
			r = prove_jail(importing, jail);
	return r;
}

static char *output_path(const struct importing *importing, const struct import_jail *jail)
{
	char *path = NULL;
	int n = jail ? asprintf(&path, "%s/rules.d/%s.json", importing->output, jail->rule)
		     : asprintf(&path, "%s/banish.json", importing->output);

	return n < 0 ? NULL : path;
}

/* The policy (NULL) and each rule that is written. False: that was all. */
static bool next_output(const struct importing *importing, const struct import_jail **jail)
{
	do
		*jail = *jail ? (*jail)->next : importing->import->jails;
	while (*jail && (*jail)->fate != IMPORT_TRANSLATED);
	return *jail;
}

static int refuse_existing(const struct importing *importing)
{
	const struct import_jail *jail = NULL;

	do {
		cleanup(freep) char *path = output_path(importing, jail);

		if (!path)
			return -ENOMEM;
		if (!file_absent(path))
			return import_fail("write", path, -EEXIST);
	} while (next_output(importing, &jail));
	return 0;
}

static int write_file(const struct importing *importing, const struct import_jail *jail)
{
	cleanup(freep) char *path = output_path(importing, jail);
	struct text text = { .arena = &importing->import->arena };
	int r;

	if (jail)
		write_rule(&text, jail, true);
	else
		write_policy(&text, importing->import);
	(void)text_end(&text);
	if (!path || text.arena->failed)
		return -ENOMEM;
	r = file_create(path, text.data, text.n);
	return r < 0 && r != -ENOMEM ? import_fail("write", path, r) : r;
}

static int import_make_folder(const char *path)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST ? import_fail("make", path, -errno) : 0;
}

static int write_output(const struct importing *importing)
{
	cleanup(freep) char *rules = NULL;
	const struct import_jail *jail = NULL;
	int r = refuse_existing(importing);

	if (asprintf(&rules, "%s/rules.d", importing->output) < 0)
		return -ENOMEM;
	if (r >= 0)
		r = import_make_folder(importing->output);
	if (r >= 0)
		r = import_make_folder(rules);
	if (r < 0)
		return r;
	do
		r = write_file(importing, jail);
	while (r >= 0 && next_output(importing, &jail));
	return r;
}

static void print_notes(const struct import_note *note)
{
	for (; note; note = note->next)
		printf("    note: %s\n", note->text);
}

static void print_translated(const struct importing *importing, const struct import_jail *jail)
{
	size_t n = 0, n_taken = 0, n_observed = 0;

	for (const struct import_event *event = jail->events; event; event = event->next) {
		n++;
		n_taken += !event->dropped;
		n_observed += !event->dropped && event->observed;
	}
	printf("%s: translated to %s/rules.d/%s.json: %zu of %zu pattern%s", jail->name,
	       importing->output, jail->rule, n_taken, n, PLURAL(n));
	if (n_observed > 0)
		printf(", %zu seen in the journal", n_observed);
	printf("\n");
}

static void print_dropped(const struct import_jail *jail)
{
	for (const struct import_event *event = jail->events; event; event = event->next)
		if (event->dropped)
			printf("    not taken: %s: %s\n", event->name, event->dropped);
}

static void print_fate(const struct importing *importing, const struct import_jail *jail)
{
	switch (jail->fate) {
	case IMPORT_MAPPED:
		printf("%s: the shipped rule %s%s%s\n", jail->name, jail->rule,
		       strcmp(jail->as, jail->rule) == 0 ? "" : ", as jail ",
		       strcmp(jail->as, jail->rule) == 0 ? "" : jail->as);
		break;
	case IMPORT_JOINED:
		printf("%s: the shipped rule %s, in one jail with another\n", jail->name,
		       jail->rule);
		break;
	case IMPORT_TRANSLATED:
		print_translated(importing, jail);
		break;
	case IMPORT_LISTED:
		printf("%s: not taken: %s\n", jail->name, jail->reason);
		print_dropped(jail);
		return;
	}
	print_dropped(jail);
	print_notes(jail->notes);
}

/* What fail2ban's own program makes of the lines of the last days. */
static int print_proof(struct importing *importing, struct import_jail *jail)
{
	cleanup(proof_freep) struct proof *proof = NULL;
	int r;

	if (jail->fate != IMPORT_TRANSLATED || !importing->journal || importing->lacks_fail2ban)
		return 0;
	r = proof_new(&importing->import->arena, jail, &proof);
	if (r >= 0)
		r = fail2ban_compare(importing->journal, importing->common.since,
				     importing->source.folder, jail, proof);
	importing->lacks_fail2ban = r == -ENOENT;
	return importing->lacks_fail2ban ? 0 : r;
}

static int print_all(struct importing *importing, struct faults *faults)
{
	cleanup(config_freep) struct config *config = NULL;
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	int r = 0;

	for (struct import_jail *jail = importing->import->jails; r >= 0 && jail;
	     jail = jail->next) {
		print_fate(importing, jail);
		r = print_proof(importing, jail);
	}
	if (r < 0)
		return r;
	if (!importing->import->jails)
		printf("no jail is enabled\n");
	if (importing->import->notes)
		printf("all jails:\n");
	print_notes(importing->import->notes);
	if (importing->lacks_fail2ban)
		printf("fail2ban-regex is not installed, so the patterns are proved by banish's own "
		       "reading of them only\n");
	printf("\nWritten to %s. Next: banish check --config %s\n"
	       "Once banish runs with it: banish import fail2ban --bans\n",
	       importing->output, importing->output);
	r = config_load(importing->output, importing->common.rulesdir, CONFIG_POLICY_REQUIRED,
			faults, &config);
	return r < 0 ? r : config_compile(config, false, faults, &ruleset);
}

static int import_bans(const struct importing *importing)
{
	const char *database = import_database(importing->import);

	if (!database) {
		fprintf(stderr, "banish import: fail2ban keeps no database (dbfile)\n");
		return -EINVAL;
	}
	return fail2ban_take_bans(&importing->common, importing->import, database);
}

static int import_all(struct importing *importing, struct faults *faults)
{
	int r = import_read_source(importing);

	if (r >= 0 && importing->takes_bans)
		return import_bans(importing);
	if (r >= 0)
		r = prove(importing);
	if (r >= 0)
		r = write_output(importing);
	return r < 0 ? r : print_all(importing, faults);
}

int verb_import(int argc, char **argv)
{
	cleanup(importing_done) struct importing importing = { .common = COMMON_DEFAULTS };
	const struct option_row rows[] = {
		{ "output", "DIR", "directory that banish.json and rules.d are written to",
		  &importing.output, NULL },
		{ "bans", NULL, "ban whom fail2ban has banned, in the jails that run here",
		  &importing.takes_bans, NULL },
		OPTION_CONFIG(importing.common),
		OPTION_PLACE(importing.common),
		{ "since", "TIME", "look into the journal from here on (default: 7 days ago)",
		  &importing.common.since, parse_time },
	};
	const struct usage usage = USAGE(
		"import", "fail2ban [DIR]", 1, 2, rows,
		"Translates fail2ban's configuration (DIR, default /etc/fail2ban) to banish's: thresholds,\n"
		"times, ports and filters. Says of each enabled jail what became of it, and why what is\n"
		"left out is. Writes over no file. With --bans, later: takes the running bans over.");
	struct faults faults = { 0 };
	int first, exit_code, r;

	(void)parse_time("7 days ago", &importing.common.since);
	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	if (strcmp(argv[first], "fail2ban") != 0 || !importing.output == !importing.takes_bans) {
		fprintf(stderr, "banish import: %s; \"banish import --help\" lists the options\n",
			strcmp(argv[first], "fail2ban") != 0
				? "only fail2ban's configuration is understood: write banish import "
				  "fail2ban"
				: "say where to write to: --output DIR, or --bans");
		return EXIT_USAGE;
	}
	importing.source.folder = first + 1 < argc ? argv[first + 1] : "/etc/fail2ban";
	r = import_all(&importing, &faults);
	if (r == -E2BIG || r == -ENOMEM)
		fprintf(stderr, "banish import: %s is too large, or there is too little memory\n",
			importing.source.folder);
	r = faults_conclude(&faults, "import", r == -E2BIG || r == -ENOMEM ? -EINVAL : r);
	return r < 0 ? EXIT_NO : EXIT_YES;
}
