/*
 * What banish said of an address. Its own entries have fields for it, so the journal's index finds
 * them.
 */
#include "verbs/why.h"

#include "base/array.h"
#include "base/printable.h"
#include "cli/output.h"

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
	free(said->member);
	free(said->prefix);
	free(said->until);
}

static char *why_copy_field(const struct entry *entry, const char *name)
{
	struct span value;

	return entry_field(entry, name, &value) > 0 ? bytes_to_text(value) : NULL;
}

/* Owned by the caller, also where the time is missing. */
static int why_take_said(const struct entry *entry, struct why_said *ret)
{
	*ret = (struct why_said){ .message = why_copy_field(entry, "MESSAGE"),
				  .action = why_copy_field(entry, "BANISH_ACTION"),
				  .jail = why_copy_field(entry, "BANISH_JAIL"),
				  .cursor = why_copy_field(entry, "BANISH_TRIGGER_CURSOR"),
				  .member = why_copy_field(entry, "BANISH_MEMBER"),
				  .prefix = why_copy_field(entry, "BANISH_PREFIX"),
				  .until = why_copy_field(entry, "BANISH_UNTIL_USEC") };
	return entry_time(entry, &ret->time);
}

static bool why_same(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "") == 0;
}

/* Kept, unless it is what a crash may have lost and is written again, in the same words and fields.
 */
static int why_keep(struct why *why, const struct entry *entry)
{
	struct why_said *said = why->said;
	bool again, repeated = false;
	struct span value;
	int r;

	if (why->n_said == MAX_SAID) {
		why_said_done(&said[0]);
		memmove(said, said + 1, --why->n_said * sizeof(*said));
	}
	if (!array_grow(why->said, why->n_said))
		return -ENOMEM;
	said = &why->said[why->n_said];
	r = why_take_said(entry, said);
	again = entry_field(entry, "BANISH_AGAIN", &value) > 0;
	for (size_t i = 0; again && !repeated && i < why->n_said; i++) {
		const struct why_said *other = &why->said[i];

		repeated = why_same(other->action, said->action) &&
			   why_same(other->jail, said->jail) &&
			   why_same(other->prefix, said->prefix) &&
			   why_same(other->cursor, said->cursor) &&
			   why_same(other->until, said->until);
	}
	if (r >= 0 && !repeated)
		why->n_said++;
	else
		why_said_done(said);
	return r;
}

/* The lines lie on another host, and in its journal alone. */
static int why_show_evidence(const struct why *why, const struct why_said *said)
{
	const struct row rows[] = {
		ROW_TEXT("what", "evidence"),
		ROW_TEXT("jail", said->jail),
		ROW_TEXT("member", said->member),
		ROW_TEXT("cursor", said->cursor),
		ROW_END,
	};

	return output_print(why->common.json,
			    "    {member} said so; there: journalctl --cursor=\"{cursor}\"", rows);
}

static int why_show(struct why *why, const struct why_said *said)
{
	int r;

	r = why_print_event(why, "said", said->time, span_of(said->message ?: ""), said->jail, 0);
	if (r < 0 || !said->cursor || !said->jail ||
	    (!why_same(said->action, "ban") && !why_same(said->action, "bans")))
		return r;
	return said->member ? why_show_evidence(why, said) : why_show_lines(why, said);
}

/* Under a flood one entry tells of many bans, and of whom it does not say. It is written right
 * before the element comes into the set. */
static int why_find_crowd(struct why *why, const struct nft_element *element, usec_t now,
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
		r = journal_settle(why->input.journal);
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

static bool why_was_said(const struct why *why, const struct nft_element *element)
{
	char prefix[PREFIX_TEXT_MAX], jail[NFT_JAIL_SIZE];

	prefix_format(&element->prefix, prefix);
	nft_jail_bare(element->jail, jail);
	for (size_t i = 0; i < why->n_said; i++) {
		const struct why_said *said = &why->said[i];

		if (why_same(said->prefix, prefix) && why_same(said->jail, jail) &&
		    (why_same(said->action, "ban") || why_same(said->action, "adopt")))
			return true;
	}
	return false;
}

/* Bans that are in force and were not told one by one. */
static int why_show_crowds(struct why *why, usec_t now)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < why->elements.n_items; i++) {
		const struct nft_element *element = &why->elements.items[i];
		struct why_said said = { 0 };

		if (element->timeout == USEC_INFINITY ||
		    !prefix_covers(&element->prefix, &why->target) || why_was_said(why, element))
			continue;
		r = why_find_crowd(why, element, now, &said);
		if (r > 0)
			r = why_show(why, &said);
		why_said_done(&said);
	}
	return r;
}

int why_show_said(struct why *why, usec_t now)
{
	struct journal *journal = why->input.journal;
	struct prefix prefixes[128];
	size_t n = 0;
	int r;

	/* Whatever the target can have been banned as: journal matches are exact texts. */
	for (unsigned length = 8; length <= why->target.length; length++)
		prefixes[n++] = address_widen(&why->target.address, length);
	r = journal_select_said(journal, prefixes, n);
	if (r >= 0)
		r = journal_settle(journal);
	if (r >= 0)
		r = journal_seek_time(journal, why->common.since);
	while (r >= 0 && (r = input_next(journal, &why->common)) > 0) {
		r = why_keep(why, journal_entry(journal));
		if (r == -EBADMSG)
			r = 0;
	}
	for (size_t i = 0; r >= 0 && i < why->n_said; i++)
		r = why_show(why, &why->said[i]);
	return r < 0 ? r : why_show_crowds(why, now);
}
