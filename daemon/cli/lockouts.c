#include "cli/lockouts.h"

#include "cli/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define USER_SHOWN 32 /* bytes of an account's name in a column */

/* An object, or a line of the table. */
static int lockouts_add(struct columns *columns, const struct lockout_item *item, bool json)
{
	static const char *const keys[] = { "prefix",     "jail", "bans", "ban_usec",
					    "login_usec", "user", NULL };
	struct span user = { item->login.user, item->login.size };
	const struct row rows[] = {
		ROW_TEXT("action", "login"),
		ROW_TEXT("jail", item->who.jail),
		ROW_PREFIX("prefix", &item->who.prefix),
		ROW_NUMBER("bans", item->n_bans),
		ROW_TIME("ban_usec", item->ban),
		ROW_TIME("login_usec", item->login.time),
		ROW_BYTES("user", user.size > 0 ? user : (struct span){ 0 }, USER_SHOWN),
		ROW_END,
	};

	return json ? output_print(true, NULL, rows) : output_add_cells(columns, keys, rows);
}

static int lockouts_print_rate(const struct lockout *lockout, const char *jail, bool json)
{
	uint64_t logged_in, n = lockout_count(lockout, jail, NULL, &logged_in);
	char percent[24];
	const struct row rows[] = {
		ROW_TEXT("action", "logins"),
		ROW_TEXT("jail", jail),
		ROW_NUMBER("offenders", n),
		ROW_NUMBER("logged_in", logged_in),
		ROW_SAID("percent", percent),
		ROW_SAID("plural", PLURAL(n)),
		ROW_END,
	};

	if (logged_in == 0)
		return 0;
	snprintf(percent, sizeof(percent), "%" PRIu64, (logged_in * 100 + n / 2) / n);
	return output_print(
		json, "{jail}: {logged_in} of {offenders} offender{plural} logged in ({percent}%)",
		rows);
}

int lockouts_print(const struct lockout *lockout, const struct ruleset *ruleset, bool json)
{
	static const char *const head[] = { "PREFIX", "JAIL", "BANS", "BAN", "LOGIN", "ACCOUNT" };
	cleanup(columns_done) struct columns columns = { .alignment = "<<><<<" };
	const struct lockout_item *item = lockout_next(lockout, NULL);
	cleanup(freep) char *text = NULL;
	int r;

	if (!item)
		return 0;
	r = columns_add(&columns, head);
	for (; r >= 0 && item; item = lockout_next(lockout, item))
		r = lockouts_add(&columns, item, json);
	if (r >= 0 && !json)
		r = columns_format(&columns, 0, &text);
	if (r >= 0 && !json)
		printf("\nBanned, but logged in within a week of a ban (a user of yours, or a "
		       "guessed password):\n%s",
		       text);
	for (unsigned i = 0; r >= 0 && i < ruleset_n_jails(ruleset); i++)
		r = lockouts_print_rate(lockout, ruleset_jail(ruleset, i)->name, json);
	if (!json && lockout->n_folded > 0)
		printf("More than %d offenders: of some is not known whether they logged in.\n",
		       LOCKOUT_MAX);
	if (!json)
		putchar('\n');
	return r;
}
