#ifndef BANISH_TEST_MAIL_H
#define BANISH_TEST_MAIL_H

/* A stream with one jail, "mail", whose rule has an event of each kind. */

#include "unit.h"

#include "stream.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define START  (1700000000 * SECOND)

/* from=, session=, attempts=, user= in this order, each may be missing. */
#define TAIL                                                                                            \
	"(?: from=(?<address>[^ ]+))?(?: session=(?<session>[^ ]+))?(?: attempts=(?<attempts>[0-9]+))?" \
	"(?: user=(?<user>[^ ]+))?(?: secret=(?<secret>[^ ]+))?$"
#define EVENT(name, more) "{\"name\":\"" name "\"," more "\"pattern\":\"^" name TAIL "\"}"

static const char rule[] =
	"{\"name\":\"mail\",\"description\":\"of the test\",\"journal\":[{\"_SYSTEMD_UNIT\":\"mail.service\"}],"
	"\"ports\":\"all\",\"examples\":[],\"events\":[" EVENT("wrong", "") "," EVENT("line", "") "," EVENT("half", "\"weight\":0.5,") "," EVENT("free", "\"weight\":0,") "," EVENT("probe", "\"mode\":\"aggressive\",") "," EVENT(
		"agreed",
		"\"agree\":\"session\",") "," EVENT("connect",
						    "\"outcome\":\"note\",") "," EVENT("login",
										       "\"outcome\":\"success\",") "," EVENT("fault",
															     "\"weight\":0,\"told_by\":\"server\",") "," EVENT("guess",
																					       "\"told_by\":\"server\",") "," EVENT("relay",
																										    "\"counts\":\"tests\",") "]}";

static inline void init(struct stream *stream, const char *ignored, const char *settings)
{
	const char *rules[] = { rule };
	char policy[1024];

	*stream = (struct stream){ 0 };
	snprintf(policy, sizeof(policy), "{\"ignoreip\":[%s],\"jails\":{\"mail\":{%s}}}", ignored,
		 settings);
	stream_init(stream, policy, rules, 1);
}

static inline const struct verdict_of_hit *tell(struct stream *stream, usec_t time,
						const char *message)
{
	stream_feed(stream, time, "mail.service", message);
	assert_int_equal(engine_n_verdicts(stream->engine), 1);
	return engine_verdict(stream->engine, 0);
}

static inline usec_t take_ban(struct stream *stream)
{
	struct decision decision;

	if (!engine_take(stream->engine, &decision))
		return 0;
	assert_int_equal(decision.type, DECISION_BAN);
	return decision.ban.until - decision.ban.since;
}

static inline usec_t last_ban(struct stream *stream)
{
	usec_t span, last = 0;

	while ((span = take_ban(stream)) > 0)
		last = span;
	return last;
}

/* Lines a second apart; the last one, and no other, bans (or none does), whole and cut in between.
 */
static inline void check_lines(const char *settings, const char *const *messages, bool bans)
{
	for (size_t cut = 0; messages[cut]; cut++) {
		struct stream stream;

		init(&stream, "", settings);
		for (size_t i = 0; messages[i]; i++) {
			bool banned;

			if (cut > 0 && i == cut)
				stream_restart(&stream);
			stream_feed(&stream, START + i * SECOND, "mail.service", messages[i]);
			banned = last_ban(&stream) > 0;
			if (banned != (bans && !messages[i + 1]))
				fail_msg("%s: cut at %zu: line %zu, %s: %s", settings, cut, i,
					 messages[i], banned ? "bans" : "does not ban");
		}
		stream_done(&stream);
	}
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
