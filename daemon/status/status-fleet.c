/* The other hosts of the fleet, and the servers that a central log host follows: when each was
 * heard, how late that was, and what was taken of it. The daemon saves that twice a minute, beside
 * its place in their journals. */
#include "status/status-facts.h"

#include "cli/output.h"
#include "io/state.h"
#include "ledger/encode.h"
#include "ledger/followed.h"
#include "report/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Of a host that listens to nobody only what it follows. */
static int status_take_line(void *userdata, struct span line)
{
	static const char followed[] = "\"followed\":";
	const struct status *status = userdata;
	int r;

	if (!policy_find_jail(status->policy, FLEET_NAME) &&
	    !memmem(line.data, line.size, followed, strlen(followed)))
		return 0;
	r = ledger_decode(status->members, line);
	/* the daemon says what is wrong with it */
	return r == -ENOMEM ? r : 0;
}

int status_look_at_fleet(struct status *status)
{
	static const uint8_t seed[16] = "one line a time";
	int r;

	if (!status->facts.sees_state)
		return 0;
	r = ledger_new(seed, &status->members);
	if (r >= 0)
		r = state_walk(status->statedir, status_take_line, status);
	return r == -ENOMEM ? r : 0;
}

static size_t status_n_heard(const struct status *status)
{
	size_t n =
		policy_find_jail(status->policy, FLEET_NAME) ? heard_n_members(status->members) : 0;

	return n > HEARD_SELF ? n - (HEARD_SELF + 1) : 0;
}

const struct member *status_member(const struct status *status, size_t i, bool *ret_followed)
{
	size_t n = status->members ? status_n_heard(status) : 0;

	*ret_followed = i >= n;
	if (i < n)
		return heard_member_at(status->members, HEARD_SELF + 1 + (unsigned)i);
	return status->members && i - n < followed_n(status->members)
		       ? followed_at(status->members, i - n)
		       : NULL;
}

uint64_t status_n_refused(const struct member *member)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < N_REFUSALS; i++)
		n += member->refused[i];
	return n;
}

/* How old its last entry was when it was read. */
usec_t status_member_lag(const struct member *member)
{
	return member->heard - MIN(member->heard, member->time);
}

static int print_member_json(const struct member *member, bool followed)
{
	const char *what = followed ? "server" : "member";
	struct row rows[8 + N_REFUSALS] = {
		ROW_TEXT("what", what),
		ROW_TEXT(what, member->name),
		ROW("heard_usec", IF_KNOWN(member->heard > 0, KIND_TIME), number, member->heard),
		ROW("lag_usec", IF_KNOWN(member->heard > 0, KIND_NUMBER), number,
		    status_member_lag(member)),
		ROW_NUMBER("taken", member->taken),
		ROW_NUMBER("refused", status_n_refused(member)),
	};
	struct row *row = rows;

	while (row->kind != KIND_END)
		row++;
	for (unsigned i = 0; i < N_REFUSALS; i++)
		if (member->refused[i] > 0)
			*row++ = (struct row)ROW_NUMBER(refusal_names[i], member->refused[i]);
	return output_print(true, NULL, rows);
}

/* "mx2: heard 3 s ago, 5 min late, 12 taken, 3 refused (2 old, 1 again)" */
static int print_member_text(const struct status *status, const struct member *member,
			     const char *label)
{
	char age[FIGURE_TEXT_MAX], lag[FIGURE_TEXT_MAX], why[256] = "", text[512];
	size_t size = 0;

	for (unsigned i = 0; i < N_REFUSALS && size < sizeof(why); i++)
		if (member->refused[i] > 0)
			size += (size_t)snprintf(why + size, sizeof(why) - size, "%s%" PRIu64 " %s",
						 size > 0 ? ", " : " (", member->refused[i],
						 refusal_names[i]);
	snprintf(text, sizeof(text), "%s: %s%s%s%s, %" PRIu64 " taken, %" PRIu64 " refused%s%s",
		 member->name, member->heard > 0 ? "heard " : "not heard yet",
		 member->heard > 0 ? human_age(status->now - MIN(status->now, member->heard), age)
				   : "",
		 member->heard > 0 ? " ago, lag " : "",
		 member->heard > 0 ? human_age(status_member_lag(member), lag) : "", member->taken,
		 status_n_refused(member), why, size > 0 ? ")" : "");
	return output_folded(label, STATUS_LABEL, text);
}

int status_print_fleet(const struct status *status)
{
	const struct member *member;
	const char *label = NULL;
	bool followed;
	int r = 0;

	for (size_t i = 0; r >= 0 && (member = status_member(status, i, &followed)); i++) {
		const char *mine = followed ? "servers" : "fleet";

		r = status->common.json
			    ? print_member_json(member, followed)
			    : print_member_text(status, member, mine == label ? "" : mine);
		label = mine;
	}
	return r;
}
