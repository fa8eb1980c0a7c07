/*
 * One event over one text, and where it asks for them, other fields of the entry.
 */

#include "match/match.h"

#include "base/address.h"
#include "entry/json-line.h"
#include "entry/logfmt.h"

#include <errno.h>

#define MAX_ATTEMPTS 1000000

struct match {
	const struct event *event; /* borrowed */
	struct regex *pattern;     /* or, of what has keys, its prefix; NULL: none */
	struct regex **likes;      /* by condition; NULL where it has values */
	size_t n_likes;
};

static int compile_likes(struct match *match, const char *file, enum match_flags flags,
			 struct faults *faults)
{
	const struct event *event = match->event;
	int r = 0;

	match->likes = calloc(event->n_where + 1, sizeof(*match->likes));
	if (!match->likes)
		return -ENOMEM;
	match->n_likes = event->n_where;
	for (size_t i = 0; r == 0 && i < event->n_where; i++)
		if (event->where[i].like)
			r = regex_new(file, event, event->where[i].like, flags, faults,
				      &match->likes[i]);
	return r;
}

static bool captures(const struct match *match, enum regex_group group)
{
	bool has = regex_has(match->pattern, group);

	for (size_t i = 0; !has && i < match->n_likes; i++)
		has = regex_has(match->likes[i], group);
	return has;
}

int match_new(const char *file, const struct event *event, enum match_flags flags,
	      struct faults *faults, struct match **ret)
{
	cleanup(match_freep) struct match *match = calloc(1, sizeof(*match));
	const char *pattern = event->format == FORMAT_PATTERN ? event->pattern : event->prefix;
	const char *what = NULL;
	bool address, session;
	int r;

	if (!match)
		return -ENOMEM;
	match->event = event;
	r = compile_likes(match, file, flags, faults);
	if (r == 0 && pattern)
		r = regex_new(file, event, pattern, flags, faults, &match->pattern);
	if (r < 0)
		return r;
	address = event->n_address_keys > 0 || captures(match, GROUP_ADDRESS);
	session = event->session_key || (event->session_is_address && address) ||
		  captures(match, GROUP_SESSION);
	/* What an event must tell to be of any use. */
	if (event->outcome == OUTCOME_NOTE && !session)
		what = "a note without a session is never recalled: name its session";
	else if (event->agree && !session)
		what = "\"agree\" needs a session to agree with: name its session";
	else if (event->agree && !address)
		what = "\"agree\" needs an address of its own: name its address";
	else if (event->outcome == OUTCOME_FAILURE && !address && !session)
		what = "it tells neither who nor in which session: name its address or its session";
	if (what) {
		r = faults_add(faults, "%s:%u:%u: event \"%s\": %s", file, event->line,
			       event->column, event->name, what);
		return r < 0 ? r : -EINVAL;
	}
	*ret = TAKE_PTR(match);
	return 0;
}

struct match *match_free(struct match *match)
{
	if (!match)
		return NULL;
	for (size_t i = 0; i < match->n_likes; i++)
		regex_free(match->likes[i]);
	free(match->likes);
	regex_free(match->pattern);
	free(match);
	return NULL;
}

/* "3" -> 3. Anything else is no number, and the line counts as one. */
static void read_attempts(struct span text, struct captures *captures)
{
	uint64_t attempts = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return;
		attempts = MIN(attempts * 10 + (uint64_t)(text.data[i] - '0'), MAX_ATTEMPTS);
	}
	captures->attempts = attempts;
	captures->has_attempts = text.size > 0;
}

/* The spans found become what the engine reads: nothing between two delimiters is no address and no
 * session. */
static void match_tell(const struct event *event, const struct span found[static N_GROUPS],
		       struct captures *ret)
{
	*ret = (struct captures){ .user = found[GROUP_USER] };
	if (found[GROUP_ADDRESS].size > 0)
		ret->address = found[GROUP_ADDRESS];
	if (found[GROUP_SESSION].size > 0)
		ret->session = found[GROUP_SESSION];
	if (found[GROUP_SECRET].size > 0)
		ret->secret = found[GROUP_SECRET];
	if (event->session_is_address)
		ret->session = address_of_endpoint(ret->address);
	read_attempts(found[GROUP_ATTEMPTS], ret);
	/* Without a number such a line tells of that one alone. */
	if (event->last_is_no_guess) {
		ret->attempts -= ret->attempts > 0;
		ret->has_attempts = true;
	}
}

/* Reads the keys of the text from `start` on, unless that was done for another event. 1; 0: it has
 * none; -ENOMEM. */
static int read_keys(struct subject *subject, enum event_format format, size_t start)
{
	struct span rest = { subject->text.data + start, subject->text.size - start };
	int r;

	if (subject->state == SUBJECT_UNREAD || subject->format != format ||
	    subject->start != start) {
		r = format == FORMAT_JSON ? json_line_parse(subject->pairs, rest)
					  : logfmt_parse(subject->pairs, rest);
		if (r < 0 && r != -EINVAL)
			return r;
		subject->state = r < 0 ? SUBJECT_NO_PAIRS : SUBJECT_READ;
		subject->format = format;
		subject->start = start;
	}
	return subject->state == SUBJECT_READ;
}

/* 1: the key's value, or the field's; 0: it is missing; 2: it is ambiguous; negative errno. */
static int match_look_up(const struct match *match, struct matcher *matcher,
		   const struct subject *subject, const char *key, struct span *ret)
{
	const struct event *event = match->event;

	if (event->format == FORMAT_LOGFMT || event->format == FORMAT_JSON)
		return pairs_get(subject->pairs, span_of(key), ret);
	if (strcmp(key, event->field) == 0) {
		*ret = subject->text;
		return 1;
	}
	return kept_get(matcher_kept(matcher), key, ret);
}

/* 1: all hold, and what their patterns captured is in `found`; else as match_run(). A missing key
 * is an empty one; an ambiguous one meets no condition, a negated one neither. */
static int conditions_hold(const struct match *match, struct matcher *matcher,
			   const struct subject *subject, struct span found[static N_GROUPS])
{
	for (size_t i = 0; i < match->event->n_where; i++) {
		const struct where *where = &match->event->where[i];
		struct span value = { 0 };
		size_t end;
		int r;

		r = match_look_up(match, matcher, subject, where->key, &value);
		if (r < 0 || r > 1)
			return MIN(r, 0);
		if (where->like)
			r = regex_run(match->likes[i], matcher, value, found, &end);
		else
			r = where_holds(where, value);
		if (r <= 0)
			return r;
	}
	return 1;
}

/* What no pattern captured: the first of the keys that is not empty. One that is missing or
 * ambiguous tells nothing, and behind an ambiguous one no other is asked. 0 or negative errno. */
static int read_key(const struct match *match, struct matcher *matcher,
		    const struct subject *subject, char *const *keys, size_t n_keys,
		    struct span *found)
{
	struct span value = { 0 };
	int r = 0;

	for (size_t i = 0; !found->data && i < n_keys && keys[i]; i++) {
		r = match_look_up(match, matcher, subject, keys[i], &value);
		if (r < 0 || r > 1)
			return MIN(r, 0);
		if (r > 0 && (value.size > 0 || i + 1 == n_keys))
			*found = value;
	}
	return 0;
}

static int read_all_keys(const struct match *match, struct matcher *matcher,
			 const struct subject *subject, struct span found[static N_GROUPS])
{
	const struct event *event = match->event;
	char *const *const keys[N_GROUPS] = { event->address_keys, &event->user_key,
					      &event->attempts_key, &event->session_key,
					      &event->secret_key };

	for (unsigned i = 0; i < N_GROUPS; i++) {
		int r = read_key(match, matcher, subject, keys[i],
				 i == GROUP_ADDRESS ? event->n_address_keys : 1, &found[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

int match_run(const struct match *match, struct matcher *matcher, struct subject *subject,
	      struct captures *ret)
{
	enum event_format format = match->event->format;
	struct span found[N_GROUPS] = { 0 };
	size_t end = 0;
	int r;

	if (match->pattern) {
		r = regex_run(match->pattern, matcher, subject->text, found, &end);
		if (r <= 0)
			return r;
	}
	if (format == FORMAT_LOGFMT || format == FORMAT_JSON) {
		r = read_keys(subject, format, end);
		if (r <= 0)
			return r;
	}
	r = conditions_hold(match, matcher, subject, found);
	if (r <= 0)
		return r;
	if (format != FORMAT_PATTERN) {
		r = read_all_keys(match, matcher, subject, found);
		if (r < 0)
			return r;
	}
	match_tell(match->event, found, ret);
	return 1;
}

int match_try(const struct match *match, struct matcher *matcher, struct span text, bool partial,
	      uint64_t limit)
{
	if (match->event->format != FORMAT_PATTERN)
		return 0;
	return regex_try(match->pattern, matcher, text, partial, limit);
}
