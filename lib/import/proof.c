#include "import/proof.h"

#include "base/utf8.h"
#include "import/example.h"
#include "import/write.h"
#include "lint/lint.h"
#include "match/match.h"

#include <errno.h>

#define MESSAGE_MAX 1000 /* bytes of a line that becomes an example */

struct proof {
	struct arena *arena;
	struct import_jail *jail;
	struct rule *rule; /* owned */
	struct matcher *matcher;
	struct match **matches; /* owned; of the rule's events */
};

const struct rule *proof_rule(const struct proof *proof)
{
	return proof->rule;
}

static struct import_event *event_named(const struct import_jail *jail, struct span name)
{
	for (struct import_event *event = jail->events; event; event = event->next)
		if (!event->dropped && span_equal(span_of(event->name), name))
			return event;
	return NULL;
}

/* Without its place, and without what a terminal should not see: "f.json:7:5: pattern of ...". */
static const char *sentence(struct arena *arena, const char *fault)
{
	const char *start = strstr(fault, ": ");

	return arena_copy(arena, span_of(start ? start + 2 : fault));
}

/* Each fault that names an event drops it. 0: none did. */
static size_t drop_faulty(struct proof *proof, const struct faults *faults)
{
	size_t n = 0;

	for (size_t i = 0; i < faults->n_lines; i++) {
		const char *at = strstr(faults->lines[i], "event \"");
		struct import_event *event;

		if (!at)
			continue;
		at += strlen("event \"");
		event = event_named(proof->jail, (struct span){ at, strcspn(at, "\"") });
		if (!event)
			continue;
		event->dropped = sentence(proof->arena, faults->lines[i]);
		n++;
	}
	return n;
}

/* NULL: what is left of the rule is of use, and harms nobody whom fail2ban would spare. */
static const char *why_useless(const struct import_jail *jail)
{
	const char *why = "none of its patterns can be taken";

	for (const struct import_event *event = jail->events; event; event = event->next) {
		if (event->dropped && event->outcome == OUTCOME_SUCCESS)
			return "a pattern by which it spares lines cannot be taken";
		if (!event->dropped && event->outcome == OUTCOME_FAILURE)
			why = NULL;
	}
	return why;
}

static void proof_forget(struct proof *proof)
{
	for (size_t i = 0; proof->matches && proof->rule && i < proof->rule->n_events; i++)
		match_free(proof->matches[i]);
	free(proof->matches);
	proof->matches = NULL;
	proof->rule = rule_free(proof->rule);
}

/* The rule of the events that are left. -EINVAL with faults. */
static int proof_parse(struct proof *proof, struct faults *faults)
{
	struct text text = { .arena = proof->arena };
	int r;

	proof_forget(proof);
	write_rule(&text, proof->jail, true);
	r = rule_parse("", (struct span){ text_end(&text), text.n }, faults, &proof->rule);
	if (proof->arena->failed)
		return -ENOMEM;
	if (r < 0)
		return r;
	proof->matches = calloc(proof->rule->n_events, sizeof(struct match *));
	if (!proof->matches)
		return -ENOMEM;
	for (size_t i = 0; i < proof->rule->n_events; i++) {
		int one = match_new("", &proof->rule->events[i], 0, faults, &proof->matches[i]);

		if (one < 0 && one != -EINVAL)
			return one;
		r = one < 0 ? one : r;
	}
	return r;
}

/* `demand`: of the whole rule; again and again, until nothing is objected to. */
static int proof_demand(struct proof *proof,
			int (*demand)(const struct rule *rule, struct faults *faults))
{
	struct import_jail *jail = proof->jail;
	int r = -EINVAL;

	while (r == -EINVAL) {
		struct faults faults = { 0 };

		jail->reason = why_useless(jail);
		if (jail->reason) {
			jail->fate = IMPORT_LISTED;
			return -EINVAL;
		}
		r = proof_parse(proof, &faults);
		if (r >= 0 && demand)
			r = demand(proof->rule, &faults);
		if (r == -EINVAL && drop_faulty(proof, &faults) == 0) {
			jail->fate = IMPORT_LISTED;
			jail->reason =
				sentence(proof->arena, faults.n_lines > 0 ? faults.lines[0] : "");
			faults_done(&faults);
			return r;
		}
		faults_done(&faults);
	}
	return r;
}

int proof_new(struct arena *arena, struct import_jail *jail, struct proof **ret)
{
	cleanup(proof_freep) struct proof *proof = calloc(1, sizeof(*proof));
	int r;

	if (!proof)
		return -ENOMEM;
	proof->arena = arena;
	proof->jail = jail;
	r = matcher_new(&proof->matcher);
	if (r >= 0)
		r = proof_demand(proof, NULL);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(proof);
	return 0;
}

struct proof *proof_free(struct proof *proof)
{
	if (!proof)
		return NULL;
	proof_forget(proof);
	matcher_free(proof->matcher);
	free(proof);
	return NULL;
}

static bool is_text(struct span text)
{
	while (text.size > 0) {
		size_t n = utf8_length(text.data, text.size);

		if (n == 0 || (n == 1 && (unsigned char)*text.data < ' '))
			return false;
		text = (struct span){ text.data + n, text.size - n };
	}
	return true;
}

/* The first event that matches, and what the line told. 1; 0: none does. */
static int proof_match(struct proof *proof, struct span message, const struct event **ret,
		       struct captures *ret_captures)
{
	struct subject subject = { .text = message };

	for (size_t i = 0; i < proof->rule->n_events; i++) {
		int r = match_run(proof->matches[i], proof->matcher, &subject, ret_captures);

		if (r != 0 && r != -E2BIG) {
			*ret = &proof->rule->events[i];
			return r;
		}
	}
	return 0;
}

/* Takes the line as an example of the first event that matches it. `wanted`: of this one only, and
 * even if it names no user where others would. 1: it did; 0. */
static int try_message(struct proof *proof, struct span message, const struct import_event *wanted,
		       bool nameless)
{
	char buffer[ADDRESS_TEXT_MAX];
	const struct event *matched;
	struct import_event *event;
	struct captures captures;
	struct address address;
	int r = proof_match(proof, message, &matched, &captures);

	if (r <= 0)
		return r;
	event = event_named(proof->jail, span_of(matched->name));
	if (!event || event->message || (wanted && event != wanted) ||
	    (event->user && captures.user.size == 0 && !nameless))
		return 0;
	if (captures.address.data) {
		if (address_parse(captures.address, &address) < 0)
			return 0;
		event->message_address =
			arena_copy(proof->arena, span_of(address_format(&address, buffer)));
	} else if (event->address) {
		return 0;
	}
	if (captures.user.data)
		event->message_user = arena_copy(proof->arena, captures.user);
	event->message = arena_copy(proof->arena, message);
	event->observed = !wanted;
	return 1;
}

int proof_offer(struct proof *proof, struct span message)
{
	int r;

	if (message.size == 0 || message.size > MESSAGE_MAX || !is_text(message))
		return 0;
	r = try_message(proof, message, NULL, false);
	return MIN(r, 0);
}

bool proof_is_satisfied(const struct proof *proof)
{
	for (const struct import_event *event = proof->jail->events; event; event = event->next)
		if (!event->dropped && !event->message)
			return false;
	return true;
}

int proof_judge(struct proof *proof, struct span message, struct address *ret)
{
	const struct event *event;
	struct captures captures;
	int r = proof_match(proof, message, &event, &captures);

	if (r <= 0)
		return r;
	return event->outcome == OUTCOME_FAILURE && captures.address.data &&
	       address_parse(captures.address, ret) == 0;
}

/* Lines made off the pattern, first those that tell a user, if any can. */
static int make_example(struct proof *proof, struct import_event *event)
{
	int r = 0;

	for (unsigned i = 0; i < 2 * EXAMPLE_VARIANTS && r == 0; i++) {
		char line[EXAMPLE_MAX];
		size_t n = example_write(event->pattern, i % EXAMPLE_VARIANTS, line);

		if (n > 0)
			r = try_message(proof, (struct span){ line, n }, event,
					i >= EXAMPLE_VARIANTS);
	}
	if (r == 0)
		event->dropped = "no example of it could be made: write its rule by hand";
	return MIN(r, 0);
}

static int write_missing(struct proof *proof)
{
	int r = 0;

	for (struct import_event *event = proof->jail->events; event && r >= 0; event = event->next)
		if (!event->dropped && !event->message)
			r = make_example(proof, event);
	return r;
}

int proof_finish(struct proof *proof)
{
	int r = write_missing(proof);

	if (r >= 0)
		r = proof_demand(proof, lint_hostile);
	if (r >= 0)
		r = proof_demand(proof, lint_cost);
	return r == -EINVAL ? 0 : r;
}
