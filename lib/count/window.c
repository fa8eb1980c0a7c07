/*
 * Where memory is no question (few sources, few long windows) failures that have run out are kept,
 * so that a clock that steps back finds them again.
 */

#include "count/window.h"

#include "count/window-slots.h"

#include <errno.h>

#define SPARE_SOURCES      4096 /* run-out sources kept while there are not more than these in all */
#define SPARE_LONG         (1U << 20) /* bytes in long blocks, beyond which run-out failures go */
/* Bytes in long blocks: a bound that weights far below one meet. */
#define MAX_LONG           (1U << 20) /* at least */
#define LONG_PER_SOURCE    32
#define WINDOW_SPARE_DEPTH 64 /* failures of a source, run-out ones included */
#define SECOND_CHANCES     8  /* touched sources that one eviction passes over at most */

int windows_new(const uint8_t seed[16], const usec_t *lifetimes, size_t n_lists, size_t max_sources,
		struct windows **ret)
{
	cleanup(windows_freep) struct windows *windows = calloc(1, sizeof(*windows));

	if (!windows)
		return -ENOMEM;
	memcpy(windows->seed, seed, sizeof(windows->seed));
	table_init(&windows->table, sizeof(struct window));
	pool_init(&windows->blocks[false], WINDOW_SHORT * sizeof(struct stored_failure));
	pool_init(&windows->blocks[true],
		  WINDOW_SHORT_USERS * (sizeof(struct stored_failure) + sizeof(uint64_t)));
	windows->max_sources = MAX(max_sources, 1);
	windows->max_long = MAX(max_sources * LONG_PER_SOURCE, MAX_LONG);
	windows->lists = calloc(n_lists + 1, sizeof(*windows->lists));
	if (!windows->lists)
		return -ENOMEM;
	windows->n_lists = n_lists;
	windows->last_hash = hash64(seed, &windows->last, sizeof(windows->last));
	for (size_t i = 0; i < n_lists; i++) {
		table_list_init(&windows->lists[i].sources);
		windows->lists[i].lifetime = lifetimes[i];
	}
	*ret = TAKE_PTR(windows);
	return 0;
}

struct windows *windows_free(struct windows *windows)
{
	if (!windows)
		return NULL;
	for (size_t i = 0; i < windows->n_lists; i++) {
		struct window *window = table_oldest(&windows->table, &windows->lists[i].sources);

		for (; window; window = table_newer(&windows->table, window))
			window_release_block(windows, window);
	}
	table_done(&windows->table);
	pool_done(&windows->blocks[false]);
	pool_done(&windows->blocks[true]);
	free(windows->lists);
	free(windows);
	return NULL;
}

void windows_remember_users(struct windows *windows, unsigned list)
{
	windows->lists[list].users = true;
}

static struct window_key window_make_key(unsigned list, const struct address *address)
{
	struct window_key key = { .list = (uint16_t)list };

	if (address->family == AF_INET) {
		key.address[10] = key.address[11] = 0xff;
		memcpy(key.address + 12, address->bytes, 4);
	} else {
		memcpy(key.address, address->bytes, 16);
	}
	return key;
}

/* A source is looked for several times in a row. */
static uint64_t hash_of(struct windows *windows, const struct window_key *key)
{
	if (memcmp(key, &windows->last, sizeof(*key)) != 0) {
		windows->last = *key;
		windows->last_hash = hash64(windows->seed, key, sizeof(*key));
	}
	return windows->last_hash;
}

static bool window_equal(const void *record, const void *key)
{
	const struct window *window = record;
	const struct window_key *wanted = key;

	return window->list == wanted->list && memcmp(window->address, wanted->address, 16) == 0;
}

void windows_drop(struct windows *windows, struct window *window)
{
	window_release_block(windows, window);
	table_remove(&windows->table, &windows->lists[window->list].sources, window);
}

struct window *windows_find(struct windows *windows, unsigned list, const struct address *address)
{
	struct window_key key;

	if (windows->lists[list].sources.n == 0)
		return NULL;
	key = window_make_key(list, address);
	return table_find(&windows->table, hash_of(windows, &key), window_equal, &key);
}

void windows_prefetch(struct windows *windows, unsigned list, const struct address *address,
		      bool bucket_is_there)
{
	struct window_key key;
	uint64_t hash;

	if (windows->lists[list].sources.n == 0)
		return;
	key = window_make_key(list, address);
	hash = hash_of(windows, &key);
	if (bucket_is_there)
		table_fetch_record(&windows->table, hash);
	else
		table_fetch_bucket(&windows->table, hash);
}

/* The oldest of a list that was not touched since. To move a source with every failure would cost
 * two cache misses each; so it only moves when its turn to go comes. */
static struct window *find_idle(struct windows *windows, struct table_list *sources)
{
	struct window *window = table_oldest(&windows->table, sources);

	for (size_t i = 0; i < SECOND_CHANCES && window && window->touched; i++) {
		window->touched = false;
		table_touch(&windows->table, sources, window);
		window = table_oldest(&windows->table, sources);
	}
	return window;
}

/* A list that is flooded loses its own sources before those of others. */
static void window_evict(struct windows *windows, unsigned list)
{
	struct window *window = find_idle(windows, &windows->lists[list].sources);

	for (size_t i = 0; !window && i < windows->n_lists; i++)
		window = find_idle(windows, &windows->lists[i].sources);
	if (!window)
		return;
	windows_drop(windows, window);
	windows->n_evicted++;
}

int windows_open(struct windows *windows, unsigned list, const struct address *address,
		 struct window **ret)
{
	struct table_list *sources = &windows->lists[list].sources;
	struct window_key key = window_make_key(list, address);
	uint64_t hash = hash_of(windows, &key);
	struct window *window = table_find(&windows->table, hash, window_equal, &key);

	if (window) {
		window->touched = true;
		*ret = window;
		return 0;
	}
	if (windows->table.n >= windows->max_sources)
		window_evict(windows, list);
	window = table_add(&windows->table, sources, hash);
	if (!window)
		return -ENOMEM;
	memcpy(window->address, key.address, sizeof(window->address));
	window->list = key.list;
	*ret = window;
	return 0;
}

static bool has_run_out(usec_t time, usec_t now, usec_t lifetime)
{
	return time <= now && now - time >= lifetime;
}

static bool weighs_still(usec_t time, usec_t now, usec_t lifetime)
{
	return time <= now && now - time < lifetime;
}

/* Which failure is missed least: one that weighs nothing and whose user was seen again later, else
 * one that weighs nothing, else the first. */
static size_t window_find_idle(const struct windows *windows, struct window *window)
{
	size_t idle = 0, n = 0;

	for (size_t i = 0; i < window->n && n < WINDOW_SPARE_DEPTH; i++) {
		const struct stored_failure *failure = window_slot(windows, window, i), *later;

		if (failure->weight > 0)
			continue;
		for (size_t j = i + 1; j < window->n; j++) {
			later = window_slot(windows, window, j);
			if (window_user(failure) == window_user(later) &&
			    failure->secret == later->secret)
				return i;
		}
		if (n++ == 0)
			idle = i;
	}
	return idle;
}

/* Takes out one failure that weighs nothing and that `failure`, about to come, stands for. False:
 * there is none. */
static bool window_drop_repeat(struct windows *windows, struct window *window,
			       const struct failure *failure)
{
	for (size_t i = 0; i < window->n; i++) {
		const struct stored_failure *stored = window_slot(windows, window, i);

		if (stored->time > failure->time)
			return false;
		if (stored->weight > 0 || window_user(stored) != failure->user ||
		    stored->secret != failure->secret)
			continue;
		window_drop_failures(windows, window, i, 1);
		return true;
	}
	return false;
}

/* Room for one more: first what has run out and may go, then a larger block; at the bound what has
 * run out, else what lies ahead of a clock that was set back, else what is missed least. */
static int window_make_room(struct windows *windows, struct window *window,
			    const struct failure *failure, size_t depth)
{
	const struct window_list *list = &windows->lists[window->list];
	size_t room = list->users ? MAX(window->capacity, (uint16_t)1) : window->capacity + 1U;
	size_t n_run_out = 0, i = 0;

	if (window->n < room && window->n < depth)
		return 0;
	while (n_run_out < window->n && has_run_out(window_slot(windows, window, n_run_out)->time,
						    failure->time, list->lifetime))
		n_run_out++;
	if (n_run_out > 0 && (window->n >= WINDOW_SPARE_DEPTH || windows->n_long >= SPARE_LONG)) {
		window_drop_failures(windows, window, 0, n_run_out);
		return 0;
	}
	if (list->users && window->n >= WINDOW_SPARE_DEPTH &&
	    window_drop_repeat(windows, window, failure))
		return 0;
	if (window->n < depth && (window->capacity == 0 || windows->n_long < windows->max_long))
		return window_enlarge(windows, window);
	if (n_run_out == 0) {
		i = window->n - 1U;
		if (window_slot(windows, window, i)->time <= failure->time)
			i = list->users ? window_find_idle(windows, window) : 0;
	}
	window_drop_failures(windows, window, i, 1);
	return 0;
}

int windows_push(struct windows *windows, struct window *window, struct failure failure,
		 size_t depth)
{
	const struct stored_failure stored = {
		.time = failure.time,
		.weight = failure.weight,
		.secret = failure.secret,
	};
	char *slot;
	size_t i;
	int r;

	depth = MIN(MAX(depth, WINDOW_SPARE_DEPTH), WINDOW_MAX_DEPTH);
	r = window_make_room(windows, window, &failure, depth);
	if (r < 0)
		return r;
	for (i = window->n++; i > 0; i--) {
		if (window_slot(windows, window, i - 1)->time <= failure.time)
			break;
		window_copy(windows, window, i, i - 1);
	}
	slot = (char *)window_slot(windows, window, i);
	memcpy(slot, &stored, sizeof(stored));
	if (windows->lists[window->list].users)
		memcpy(slot + sizeof(stored), &failure.user, sizeof(failure.user));
	return 0;
}

uint64_t windows_weigh(struct windows *windows, struct window *window, usec_t now)
{
	usec_t lifetime = windows->lists[window->list].lifetime;
	uint64_t sum = 0;

	for (size_t i = window->n; i-- > 0;) {
		const struct stored_failure *failure = window_slot(windows, window, i);

		if (has_run_out(failure->time, now, lifetime))
			break;
		if (weighs_still(failure->time, now, lifetime))
			sum += failure->weight;
	}
	return sum;
}

usec_t windows_heaviest(struct windows *windows, struct window *window, usec_t time, usec_t ahead)
{
	usec_t lifetime = windows->lists[window->list].lifetime, heaviest = time;
	uint64_t sum = 0, most = windows_weigh(windows, window, time);
	size_t first = 0;

	for (size_t i = 0; i < window->n; i++) {
		const struct stored_failure *failure = window_slot(windows, window, i);

		if (failure->time > time && failure->time - time >= MIN(lifetime, ahead))
			break;
		sum += failure->weight;
		while (has_run_out(window_slot(windows, window, first)->time, failure->time,
				   lifetime))
			sum -= window_slot(windows, window, first++)->weight;
		if (failure->time > time && sum > most) {
			most = sum;
			heaviest = failure->time;
		}
	}
	return heaviest;
}

void windows_forget_until(struct windows *windows, struct window *window, usec_t time)
{
	size_t n = 0;

	while (n < window->n && window_slot(windows, window, n)->time <= time)
		n++;
	window_drop_failures(windows, window, 0, n);
}

void windows_expire(struct windows *windows, usec_t latest)
{
	struct window *window;
	struct window_list *list;

	if (windows->table.n <= SPARE_SOURCES)
		return;
	for (size_t i = 0; i < 2; i++) {
		windows->hand = (windows->hand + 1) % windows->n_lists;
		list = &windows->lists[windows->hand];
		window = table_oldest(&windows->table, &list->sources);
		if (!window)
			continue;
		if (window->n == 0 ||
		    has_run_out(window_slot(windows, window, window->n - 1U)->time, latest,
				list->lifetime)) {
			windows_drop(windows, window);
		} else if (window->touched) {
			window->touched = false;
			table_touch(&windows->table, &list->sources, window);
		}
		/* what the next call will look at */
		window = table_oldest(&windows->table, &list->sources);
		if (window && window->n > 1)
			__builtin_prefetch(window_slot(windows, window, window->n - 1U));
		table_prefetch_oldest(&windows->table, &list->sources);
	}
}

uint64_t windows_n_evicted(const struct windows *windows)
{
	return windows->n_evicted;
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
		else if (weighs_still(failure->time, now, lifetime))
			sum += failure->weight;
	}
	window->n = (uint16_t)n;
	if (n == 0)
		windows_drop(windows, window);
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
		    weighs_still(failure->time, now, lifetime))
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

		if (other != USER_NONE && weighs_still(failure->time, now, lifetime))
			n += is_new(set, other);
	}
	return n;
}
