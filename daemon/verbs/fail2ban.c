#include "verbs/fail2ban.h"

#include "cli/nft-verb.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "io/program.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MAX_LINES  20000 /* of a jail; fail2ban-regex takes some seconds for them */
#define MAX_BYTES  ((size_t)16 << 20)
#define MAX_ANSWER ((size_t)64 << 20)
#define MAX_SHOWN  5
#define SHOWN      200 /* bytes of a message */

/* The time that fail2ban reads from the first of the lines; each is a second later: it answers with
 * times, and so tells which line it means. */
#define FIRST_TIME 1000000000

struct judged_line {
	usec_t time;
	struct address ours, theirs; /* of the failure; zero: there is none */
	size_t at, size;             /* of the message in the input */
};

struct comparison {
	FILE *stream; /* owned; writes the input */
	char *input;  /* owned; for fail2ban-regex */
	size_t input_size;
	struct judged_line *lines; /* owned */
	size_t n_lines;
};

static void comparison_done(struct comparison *comparison)
{
	if (comparison->stream)
		(void)fclose(comparison->stream);
	free(comparison->input);
	free(comparison->lines);
}

/* The first of two fields that is there. */
static int put_field(FILE *stream, const struct entry *entry, const char *name, const char *other)
{
	struct span value;
	int r = entry_field(entry, name, &value);

	if (r == 0 && other)
		r = entry_field(entry, other, &value);
	if (r > 0)
		(void)fprintf(stream, "%.*s", (int)MIN(value.size, 256), value.data);
	return r;
}

/* As fail2ban's journal reader makes a line of an entry (formatJournalEntry of its
 * server/filtersystemd.py): "host sshd[12]: Failed password ...". */
static int put_line(struct comparison *comparison, const struct entry *entry, struct span message,
		    struct judged_line *line)
{
	FILE *stream = comparison->stream;
	int r;

	(void)fprintf(stream, "%zu ", FIRST_TIME + comparison->n_lines);
	r = put_field(stream, entry, "_HOSTNAME", NULL);
	(void)fputc(' ', stream);
	if (r >= 0)
		r = put_field(stream, entry, "SYSLOG_IDENTIFIER", "_COMM");
	(void)fputc('[', stream);
	if (r >= 0)
		r = put_field(stream, entry, "SYSLOG_PID", "_PID");
	(void)fputs("]: ", stream);
	line->at = (size_t)ftell(stream);
	for (size_t i = 0; i < message.size; i++)
		if (message.data[i] == '\n')
			(void)fputs("\\n", stream);
		else
			(void)fputc(message.data[i], stream);
	line->size = (size_t)ftell(stream) - line->at;
	(void)fputc('\n', stream);
	return r;
}

/* What the rule makes of the entry, and the line for fail2ban. */
static int judge_entry(struct comparison *comparison, const struct entry *entry, usec_t since,
		       struct proof *proof)
{
	struct judged_line *line = &comparison->lines[comparison->n_lines];
	struct span message;
	int r;

	*line = (struct judged_line){ 0 };
	r = entry_time(entry, &line->time);
	if (r < 0 || line->time < since)
		return r;
	r = entry_field(entry, "MESSAGE", &message);
	if (r <= 0)
		return r;
	r = put_line(comparison, entry, message, line);
	if (r >= 0)
		r = proof_judge(proof, message, &line->ours);
	comparison->n_lines += r >= 0;
	return r;
}

static int judge_entries(struct comparison *comparison, struct journal *journal, usec_t since,
			 struct proof *proof)
{
	const struct rule *rule = proof_rule(proof);
	const struct jail jail = { .selectors = rule->selectors, .n_selectors = rule->n_selectors };
	int r;

	comparison->lines = calloc(MAX_LINES, sizeof(*comparison->lines));
	comparison->stream = open_memstream(&comparison->input, &comparison->input_size);
	if (!comparison->lines || !comparison->stream)
		return -ENOMEM;
	r = journal_select_jail(journal, &jail);
	if (r >= 0)
		r = journal_seek_last_of(journal, MAX_LINES);
	while (r > 0 && comparison->n_lines < MAX_LINES &&
	       ftell(comparison->stream) < (long)MAX_BYTES) {
		r = judge_entry(comparison, journal_entry(journal), since, proof);
		if (r >= 0 || r == -EBADMSG)
			r = journal_next(journal);
	}
	if (fflush(comparison->stream) != 0)
		return -ENOMEM;
	return MIN(r, 0);
}

/* "1000000017.0 192.0.2.1": a failure of the 18th line. What is no address, such as the name of a
 * host, is nobody. */
static void read_judgement(struct comparison *comparison, char *answer)
{
	char *line;

	while ((line = strsep(&answer, "\n"))) {
		char *end;
		unsigned long long time = strtoull(line, &end, 10);

		end += strcspn(end, " ");
		if (*end != ' ' || time < FIRST_TIME || time - FIRST_TIME >= comparison->n_lines)
			continue;
		if (address_parse(span_of(end + 1), &comparison->lines[time - FIRST_TIME].theirs) <
		    0)
			comparison->lines[time - FIRST_TIME].theirs = (struct address){ 0 };
	}
}

/* "door[mode=strict]" -> "door.conf[logtype=journal][mode=strict]": with a bare name fail2ban-regex
 * 1.1 would take the jail of that name. Behind "[]" it takes nothing more. */
static int name_filter(const char *given, char **ret)
{
	int name = (int)strcspn(given, "[ \t\n");
	int n = asprintf(ret, "%.*s.conf%s%s", name, given,
			 strstr(given, "logtype") ? "" : "[logtype=journal]", given + name);

	if (n < 0)
		*ret = NULL;
	return n < 0 ? -ENOMEM : 0;
}

/* -EIO: it does not take the filter. */
static int ask_fail2ban(struct comparison *comparison, const char *folder, const char *given)
{
	cleanup(freep) char *filter = NULL, *answer = NULL;
	const char *words[] = { "fail2ban-regex",
				"--config",
				folder,
				"--raw",
				"--encoding",
				"utf-8",
				"--out",
				"<time> <ip>",
				"--datepattern",
				"^{EPOCH}\\s", /* with the blank, which is none of the line's */
				"--",
				PROGRAM_INPUT,
				NULL,
				NULL };
	size_t size;
	int r;

	r = name_filter(given, &filter);
	if (r < 0)
		return r;
	words[ARRAY_SIZE(words) - 2] = filter;
	r = program_run(words, (struct span){ comparison->input, comparison->input_size },
			MAX_ANSWER, &answer, &size);
	if (r >= 0)
		read_judgement(comparison, answer);
	return r;
}

static int print_judged_line(const struct comparison *comparison, const struct judged_line *line)
{
	char time[TIMESTAMP_TEXT_MAX], ours[ADDRESS_TEXT_MAX], theirs[ADDRESS_TEXT_MAX];
	const struct span message = { comparison->input + line->at, line->size };
	const struct row rows[] = {
		ROW_TEXT("time", timestamp_format(line->time, time)),
		ROW_TEXT("theirs", line->theirs.family ? address_format(&line->theirs, theirs)
						       : "no failure"),
		ROW_TEXT("ours",
			 line->ours.family ? address_format(&line->ours, ours) : "no failure"),
		ROW_BYTES("message", message, SHOWN),
		ROW_END,
	};

	return output_print(false, "      {time}: fail2ban: {theirs}, banish: {ours}: {message}",
			    rows);
}

static int print_comparison(const struct comparison *comparison)
{
	size_t n_failures = 0, n_different = 0;
	int r = 0;

	for (size_t i = 0; i < comparison->n_lines; i++) {
		const struct judged_line *line = &comparison->lines[i];

		n_failures += line->theirs.family != 0;
		n_different += !address_equal(&line->ours, &line->theirs);
	}
	printf("    fail2ban-regex agrees on %zu of %zu line%s of the journal; %zu failure%s\n",
	       comparison->n_lines - n_different, comparison->n_lines, PLURAL(comparison->n_lines),
	       n_failures, PLURAL(n_failures));
	n_different = 0;
	for (size_t i = 0; r >= 0 && i < comparison->n_lines; i++) {
		const struct judged_line *line = &comparison->lines[i];

		if (!address_equal(&line->ours, &line->theirs) && n_different++ < MAX_SHOWN)
			r = print_judged_line(comparison, line);
	}
	if (r >= 0 && n_different > MAX_SHOWN)
		printf("      and %zu more\n", n_different - MAX_SHOWN);
	return r;
}

int fail2ban_compare(struct journal *journal, usec_t since, const char *folder,
		     const struct import_jail *jail, struct proof *proof)
{
	cleanup(comparison_done) struct comparison comparison = { 0 };
	int r;

	if (!jail->given) {
		printf("    not compared with fail2ban-regex: the jail overrules its filter\n");
		return 0;
	}
	r = judge_entries(&comparison, journal, since, proof);
	if (r < 0 || comparison.n_lines == 0)
		return r;
	r = ask_fail2ban(&comparison, folder, jail->given);
	if (r == -EIO || r == -EFBIG) {
		printf("    not compared: fail2ban-regex does not take its filter\n");
		return 0;
	}
	return r < 0 ? r : print_comparison(&comparison);
}

/* bips: one row a jail and address, its newest ban; what ended stays for a while (dbpurgeage). */
static const char read_database[] =
	"import sqlite3, sys, urllib.parse\n"
	"path = 'file:' + urllib.parse.quote(sys.argv[1]) + '?mode=ro'\n"
	"for row in sqlite3.connect(path, uri=True).execute(\n"
	"        'SELECT jail, ip, bantime, timeofban + bantime FROM bips ORDER BY jail, timeofban'):\n"
	"    print(*row, sep='\\t')\n";

struct taken_bans {
	const struct common *common;
	const struct import *import;
	const char *jail; /* of the last row */
	const char *as;   /* NULL: banish has no such jail */
	usec_t now;
	size_t n, n_failed, n_left_out;
};

/* Which jail of banish has taken it over; it has to stand in the table. */
static const char *find_jail_for(const struct taken_bans *bans, const char *name)
{
	for (const struct import_jail *jail = bans->import->jails; jail; jail = jail->next) {
		cleanup(nft_verb_done) struct nft_verb verb = { .name = "import" };

		if (strcmp(jail->name, name) == 0)
			return jail->fate != IMPORT_LISTED &&
					       nft_verb_open_table(&verb, bans->common, jail->as) ==
						       0
				       ? jail->as
				       : NULL;
	}
	return NULL;
}

/* The verb, and what it says. */
static void take_over(struct taken_bans *bans, char *address, usec_t rest)
{
	char time[32] = "infinity";
	char *words[] = { (char[]){ "ban" },
			  (char[]){ "--config" },
			  (char *)(uintptr_t)bans->common->confdir,
			  (char[]){ "--rules" },
			  (char *)(uintptr_t)bans->common->rulesdir,
			  (char[]){ "--jail" },
			  (char *)(uintptr_t)bans->as,
			  (char[]){ "--time" },
			  time,
			  (char[]){ "--reason" },
			  (char[]){ "from fail2ban" },
			  (char[]){ "--" },
			  address,
			  NULL };

	if (rest != USEC_INFINITY)
		(void)snprintf(time, sizeof(time), "%" PRIu64 "s", rest / USEC_PER_SEC);
	if (verb_ban(ARRAY_SIZE(words) - 1, words) == EXIT_YES)
		bans->n++;
	else
		bans->n_failed++;
}

/* "sshd<tab>192.0.2.1<tab>600<tab>1767225600"; a time of -1 is for good. */
static void take_row(struct taken_bans *bans, char *row)
{
	char *jail = strsep(&row, "\t"), *address = strsep(&row, "\t"), *time = strsep(&row, "\t");
	long long end = row ? strtoll(row, NULL, 10) : 0;
	long long now = (long long)(bans->now / USEC_PER_SEC);
	usec_t rest = USEC_INFINITY;

	if (!row)
		return;
	if (strcmp(time, "-1") != 0) {
		if (end <= now)
			return;
		rest = (usec_t)(end - now) * USEC_PER_SEC;
	}
	if (!bans->jail || strcmp(bans->jail, jail) != 0)
		bans->as = find_jail_for(bans, jail);
	bans->jail = jail;
	if (bans->as)
		take_over(bans, address, rest);
	else
		bans->n_left_out++;
}

int fail2ban_take_bans(const struct common *common, const struct import *import,
		       const char *database)
{
	const char *words[] = { "python3", "-I", "-c", read_database, database, NULL };
	struct taken_bans bans = { .common = common, .import = import, .now = timestamp_now() };
	cleanup(freep) char *answer = NULL;
	char *row, *rest;
	size_t size;
	int r;

	r = program_run(words, (struct span){ 0 }, MAX_ANSWER, &answer, &size);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		fprintf(stderr, "banish import: cannot read %s: %s\n", database,
			r == -ENOENT ? "this needs python3, as fail2ban does"
			: r == -EIO ? "python3 cannot open it as fail2ban's database; are you root?"
				    : strerror(-r));
		return -EINVAL;
	}
	for (rest = answer; (row = strsep(&rest, "\n"));)
		take_row(&bans, row);
	printf("%zu ban%s taken over from %s", bans.n, PLURAL(bans.n), database);
	if (bans.n_failed > 0)
		printf(", %zu not", bans.n_failed);
	if (bans.n_left_out > 0)
		printf(", %zu of jails that banish does not have", bans.n_left_out);
	printf("\n");
	return bans.n_failed > 0 || bans.n_left_out > 0 ? -EINVAL : 0;
}
