#include "count/window-user.h"

#include "count/window-slots.h"

void windows_remember_users(struct windows *windows, unsigned list)
{
	windows->lists[list].users = true;
}

uint64_t windows_forgive(struct windows *windows, struct window *window, uint64_t user, usec_t now)
{
	usec_t lifetime = windows->lists[window->list].lifetime;
	uint64_t sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < window->n; i++) {
		const struct stored_failure *failure = window_slot(windows, window, i);

		if (window_user(failure) != user)
			window_copy(windows, window, n++, i);
		else if (window_weighs(failure->time, now, lifetime))
			sum += failure->weight;
	}
	window->n = (uint16_t)n;
	return sum;
}

bool windows_knows(struct windows *windows, struct window *window, usec_t now, uint64_t user,
		   uint64_t secret)
{
	usec_t lifetime = windows->lists[window->list].lifetime;

	for (size_t i = window->n; i-- > 0;) {
		const struct stored_failure *failure = window_slot(windows, window, i);

		if (window_user(failure) == user &&
		    (secret == SECRET_NONE || failure->secret == secret) &&
		    window_weighs(failure->time, now, lifetime))
			return true;
	}
	return false;
}

/* A set of users; 0 is a free place. */
static bool is_new(uint64_t set[static 2 * WINDOW_MAX_USERS], uint64_t user)
{
	size_t i = user % (2 * WINDOW_MAX_USERS);

	while (set[i] && set[i] != user)
		i = (i + 1) % (2 * WINDOW_MAX_USERS);
	if (set[i])
		return false;
	set[i] = user;
	return true;
}

unsigned windows_n_users(struct windows *windows, struct window *window, usec_t now, uint64_t user,
			 unsigned max)
{
	usec_t lifetime = windows->lists[window->list].lifetime;
	uint64_t set[2 * WINDOW_MAX_USERS] = { 0 };
	unsigned n = 0;

	if (user != USER_NONE)
		n += is_new(set, user);
	max = MIN(max, WINDOW_MAX_USERS);
	for (size_t i = window->n; i-- > 0 && n < max;) {
		const struct stored_failure *failure = window_slot(windows, window, i);
		uint64_t other = window_user(failure);

		if (other != USER_NONE && window_weighs(failure->time, now, lifetime))
			n += is_new(set, other);
	}
	return n;
}
