/* What the daemon said of the target, and, under a flood, of many at once. */
#include "base/array.h"
#include "base/printable.h"
#include "verbs/why.h"

#include <errno.h>
#include <stdio.h>

#define MAX_SAID    1000               /* entries about one target; the latest are kept */
#define CROWD_SLACK (5 * USEC_PER_SEC) /* between an entry and its elements */

void why_said_done(struct why_said *said)
{
	free(said->message);
	free(said->action);
	free(said->jail);
	free(said->cursor);
	free(said->prefix);
	free(said->until);
}

static char *copy_field(const struct entry *entry, const char *name)
{
	struct span value;

	return entry_field(entry, name, &value) > 0 ? bytes_to_text(value) : NULL;
}

/* Owned by the caller, also where the time is missing. */
static int why_take_said(const struct entry *entry, struct why_said *ret)
{
	*ret = (struct why_said){ .message = copy_field(entry, "MESSAGE"),
				  .action = copy_field(entry, "BANISH_ACTION"),
				  .jail = copy_field(entry, "BANISH_JAIL"),
				  .cursor = copy_field(entry, "BANISH_TRIGGER_CURSOR"),
				  .prefix = copy_field(entry, "BANISH_PREFIX"),
				  .until = copy_field(entry, "BANISH_UNTIL_USEC") };
	return entry_time(entry, &ret->time);
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "") == 0;
}

/* What a crash may have lost is written again, in the same words and fields. */
static bool is_repetition(const struct why *why, const struct entry *entry,
			  const struct why_said *said)
{
	struct span again;

	if (entry_field(entry, "BANISH_AGAIN", &again) <= 0)
		return false;
	for (size_t i = 0; i < why->n_said; i++) {
		const struct why_said *other = &why->said[i];

		if (same(other->action, said->action) && same(other->jail, said->jail) &&
		    same(other->prefix, said->prefix) && same(other->cursor, said->cursor) &&
		    same(other->until, said->until))
			return true;
	}
	return false;
}

static int why_keep(struct why *why, const struct entry *entry)
{
	struct why_said *said = why->said;
	int r;

	if (why->n_said == MAX_SAID) {
		why_said_done(&said[0]);
		memmove(said, said + 1, --why->n_said * sizeof(*said));
	}
	if (!array_grow(why->said, why->n_said))
		return -ENOMEM;
	said = &why->said[why->n_said];
	r = why_take_said(entry, said);
	if (r >= 0 && !is_repetition(why, entry, said))
		why->n_said++;
	else
		why_said_done(said);
	return r;
}

/* Whatever the target can have been banned as: journal matches are exact texts. */
static int read_said(struct why *why)
{
	struct prefix prefixes[128];
	size_t n = 0;
	int r;

	for (unsigned length = 8; length <= why->target.length; length++)
		prefixes[n++] = address_widen(&why->target.address, length);
	r = journal_select_said(why->input.journal, prefixes, n);
	if (r >= 0)
		r = journal_seek_time(why->input.journal, why->common.since);
	while (r >= 0 && (r = input_next(&why->input, &why->common)) > 0) {
		r = why_keep(why, journal_entry(why->input.journal));
		if (r == -EBADMSG)
			r = 0;
	}
	return r;
}

static int show_said(struct why *why)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < why->n_said; i++) {
		const struct why_said *said = &why->said[i];

		r = why_print_event(why, "said", said->time, span_of(said->message ?: ""),
				    said->jail, 0);
		if (r >= 0 && said->cursor && said->jail && said->action &&
		    strcmp(said->action, "ban") == 0)
			r = why_show_lines(why, said);
	}
	return r;
}

/* Under a flood one entry tells of many bans, and of whom it does not say. It is written right
 * before the element comes into the set. */
static int find_crowd(struct why *why, const struct nft_element *element, usec_t now,
		      struct why_said *ret)
{
	usec_t placed = now - (element->timeout - MIN(element->timeout, element->remaining));
	char bare[NFT_JAIL_SIZE], jail[sizeof("BANISH_JAIL=") + NFT_JAIL_SIZE];
	const char *const fields[] = { "BANISH_ACTION=bans", jail };
	usec_t time, begin = placed - MIN(placed, CROWD_SLACK), end = placed + USEC_PER_SEC;
	int r, found = 0;

	snprintf(jail, sizeof(jail), "BANISH_JAIL=%s", nft_jail_bare(element->jail, bare));
	r = journal_select_own(why->input.journal, fields, ARRAY_SIZE(fields), false);
	if (r >= 0)
		r = journal_seek_time(why->input.journal, begin);
	while (r >= 0 && (r = journal_next(why->input.journal)) > 0) {
		r = entry_time(journal_entry(why->input.journal), &time);
		if (r >= 0 && time > end)
			break;
		why_said_done(ret);
		r = why_take_said(journal_entry(why->input.journal), ret);
		found = 1;
		if (r == -EBADMSG)
			r = 0;
	}
	return r < 0 ? r : found;
}

static bool was_said(const struct why *why, const struct nft_element *element)
{
	char prefix[PREFIX_TEXT_MAX], jail[NFT_JAIL_SIZE];

	prefix_format(&element->prefix, prefix);
	nft_jail_bare(element->jail, jail);
	for (size_t i = 0; i < why->n_said; i++) {
		const char *action = why->said[i].action ?: "";

		if (same(why->said[i].prefix, prefix) && same(why->said[i].jail, jail) &&
		    (strcmp(action, "ban") == 0 || strcmp(action, "adopt") == 0))
			return true;
	}
	return false;
}

/* Bans that are in force and were not told one by one. */
static int show_crowds(struct why *why, usec_t now)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < why->elements.n_items; i++) {
		const struct nft_element *element = &why->elements.items[i];
		struct why_said said = { 0 };

		if (element->timeout == USEC_INFINITY ||
		    !prefix_covers(&element->prefix, &why->target) || was_said(why, element))
			continue;
		r = find_crowd(why, element, now, &said);
		if (r > 0)
			r = why_print_event(why, "said", said.time, span_of(said.message ?: ""),
					    said.jail, 0);
		if (r >= 0 && said.cursor && said.jail)
			r = why_show_lines(why, &said);
		why_said_done(&said);
	}
	return r;
}

int why_show_said(struct why *why, usec_t now)
{
	int r;

	r = read_said(why);
	if (r >= 0)
		r = show_said(why);
	return r < 0 ? r : show_crowds(why, now);
}
