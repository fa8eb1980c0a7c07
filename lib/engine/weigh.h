#ifndef BANISH_ENGINE_WEIGH_H
#define BANISH_ENGINE_WEIGH_H

#include "engine/state.h"

/* One hit, on its way through judge.c and weigh.c. */
struct judgement {
	struct engine *engine;
	const struct entry *entry;
	const struct hit *hit;
	const struct event *event;
	struct jail_state *jail;
	usec_t time;
	bool is_named;            /* the line names a session, */
	struct session_name name; /* this, */
	struct session *session;  /* NULL: it is not known */
	struct judged *judged;
	struct verdict_of_hit *verdict; /* its */
	struct prefix offender;         /* of a failure, once its address is known */
};

/* The hit tells of `attempts` new ones, of an event that weighs something, by somebody who counts.
 * -ENOMEM, or what the entry says. */
int weigh_failure(struct judgement *judgement, uint32_t attempts) must_check;
/* USER_NONE: no name. */
uint64_t weigh_identify_user(struct span user);

/* Of judge.c. One hit of an entry: its verdict, and the decisions that follow. -ENOMEM, or what the
 * entry says.
 */
int judge_hit(struct engine *engine, const struct entry *entry, const struct hit *hit,
	      usec_t time) must_check;

#endif
