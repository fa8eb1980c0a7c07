/*
 * Rare texts come first: of a hundred events that all require "authentication failure of kind ",
 * each is told by what it alone has. How rare a text is only the events know, so all are read
 * before any set is chosen.
 */

#include "match/needles.h"

#include "base/bitmap.h"
#include "match/required.h"

#include <errno.h>

#define LONG_SET \
	7       /* bytes: with the shortest needle so long, most bytes of a text are stepped over */
#define CROWD 4 /* events: a set that more of them have tells little */

/* One text of one set of one event, while the sieve is made. */
struct use {
	struct span text;
	uint32_t event, set; /* sets are numbered over all events */
};

struct plan {
	struct required *required; /* by event */
	size_t n_events;
	size_t n_sets;
	uint32_t *crowds; /* by set: events that have its commonest text, too */
	int *planes;      /* by set; -1: it is not looked for */
	struct use *uses; /* by text */
	size_t n_uses;
};

static void plan_done(struct plan *plan)
{
	for (size_t i = 0; plan->required && i < plan->n_events; i++)
		required_done(&plan->required[i]);
	free(plan->required);
	free(plan->crowds);
	free(plan->planes);
	free(plan->uses);
}

static int compare_uses(const void *one, const void *other)
{
	const struct use *a = one, *b = other;
	int r = memcmp(a->text.data, b->text.data, MIN(a->text.size, b->text.size));

	if (r != 0)
		return r;
	if (a->text.size != b->text.size)
		return a->text.size < b->text.size ? -1 : 1;
	return a->event < b->event ? -1 : a->event > b->event;
}

/* The end of the uses that have the text of the first. */
static size_t group_end(const struct plan *plan, size_t start)
{
	size_t end = start + 1;

	while (end < plan->n_uses && span_equal(plan->uses[end].text, plan->uses[start].text))
		end++;
	return end;
}

static int read_events(struct plan *plan, const struct event *const *events)
{
	size_t n_uses = 0;

	plan->required = calloc(plan->n_events + 1, sizeof(*plan->required));
	if (!plan->required)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_events; i++) {
		struct required *required = &plan->required[i];
		int r;

		if (strcmp(events[i]->field, "MESSAGE") != 0)
			continue;
		r = required_of_event(events[i], required);
		if (r < 0)
			return r;
		plan->n_sets += required->n_sets;
		for (size_t j = 0; j < required->n_sets; j++)
			n_uses += required->sets[j].n_texts;
	}
	plan->crowds = calloc(plan->n_sets + 1, sizeof(*plan->crowds));
	plan->planes = calloc(plan->n_sets + 1, sizeof(*plan->planes));
	plan->uses = calloc(n_uses + 1, sizeof(*plan->uses));
	return plan->crowds && plan->planes && plan->uses ? 0 : -ENOMEM;
}

static void count_crowds(struct plan *plan)
{
	uint32_t set = 0;

	for (size_t i = 0; i < plan->n_events; i++) {
		const struct required *required = &plan->required[i];

		for (size_t j = 0; j < required->n_sets; j++, set++)
			for (size_t k = 0; k < required->sets[j].n_texts; k++)
				plan->uses[plan->n_uses++] =
					(struct use){ required->sets[j].texts[k], (uint32_t)i,
						      set };
	}
	qsort(plan->uses, plan->n_uses, sizeof(*plan->uses), compare_uses);
	for (size_t i = 0, end; i < plan->n_uses; i = end) {
		end = group_end(plan, i);
		for (size_t j = i; j < end; j++) {
			uint32_t *crowd = &plan->crowds[plan->uses[j].set];

			*crowd = MAX(*crowd, (uint32_t)(end - i));
		}
	}
}

/* Rare texts tell events apart; of those equally rare, long ones are met by chance least. */
static bool tells_more(const struct plan *plan, const struct required *required, size_t first_set,
		       size_t a, size_t b)
{
	if (plan->crowds[first_set + a] != plan->crowds[first_set + b])
		return plan->crowds[first_set + a] < plan->crowds[first_set + b];
	return required->sets[a].shortest > required->sets[b].shortest;
}

/* Short needles slow down the search for all: only where the event has none that is long, or a
 * crowded one. */
static bool is_worth_it(const struct plan *plan, const struct any_of *set, size_t number,
			uint32_t long_crowd)
{
	return set->shortest >= LONG_SET ||
	       (set->shortest >= GRAM && plan->crowds[number] < long_crowd / CROWD);
}

static void choose_sets(struct plan *plan, const struct required *required, size_t first_set)
{
	uint32_t long_crowd = UINT32_MAX; /* of the rarest long set */

	for (size_t i = 0; i < required->n_sets; i++) {
		plan->planes[first_set + i] = -1;
		if (required->sets[i].shortest >= LONG_SET)
			long_crowd = MIN(long_crowd, plan->crowds[first_set + i]);
	}
	for (int plane = 0; plane < N_PLANES; plane++) {
		size_t best = SIZE_MAX;

		for (size_t i = 0; i < required->n_sets; i++) {
			if (plan->planes[first_set + i] >= 0 ||
			    !is_worth_it(plan, &required->sets[i], first_set + i, long_crowd))
				continue;
			if (best == SIZE_MAX || tells_more(plan, required, first_set, i, best))
				best = i;
		}
		if (best == SIZE_MAX)
			return;
		plan->planes[first_set + best] = plane;
	}
}

static int make_plan(struct plan *plan, const struct event *const *events)
{
	size_t set = 0;
	int r;

	r = read_events(plan, events);
	if (r < 0)
		return r;
	count_crowds(plan);
	for (size_t i = 0; i < plan->n_events; i++) {
		choose_sets(plan, &plan->required[i], set);
		set += plan->required[i].n_sets;
	}
	return 0;
}

static int add_mark(const struct needles *needles, struct marks *marks, uint32_t event)
{
	uint32_t *events;

	if (marks->bitmap) {
		bitmap_set(marks->bitmap, event);
		return 0;
	}
	events = realloc(marks->events, (marks->n_events + 1) * sizeof(*events));
	if (!events)
		return -ENOMEM;
	marks->events = events;
	marks->events[marks->n_events++] = event;
	if (marks->n_events <= needles->n_words)
		return 0;

	marks->bitmap = calloc(needles->n_words, sizeof(*marks->bitmap));
	if (!marks->bitmap)
		return -ENOMEM;
	for (size_t i = 0; i < marks->n_events; i++)
		bitmap_set(marks->bitmap, marks->events[i]);
	return 0;
}

static int make_needle(struct needles *needles, const struct plan *plan, size_t start, size_t end)
{
	struct span text = plan->uses[start].text;
	struct needle *needle = NULL;

	for (size_t i = start; i < end; i++) {
		int plane = plan->planes[plan->uses[i].set], r;

		if (plane < 0)
			continue;
		if (!needle) {
			needle = &needles->list[needles->n];
			needle->text = malloc(text.size);
			if (!needle->text)
				return -ENOMEM;
			memcpy(needle->text, text.data, text.size);
			needle->size = text.size;
			needles->n++;
			needles->shortest = MIN(needles->shortest, text.size);
		}
		r = add_mark(needles, &needle->marks[plane], plan->uses[i].event);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_planes(struct needles *needles, const struct plan *plan,
		       const struct event *const *events)
{
	size_t set = 0;

	for (size_t k = 0; k < N_PLANES; k++) {
		needles->unused[k] = calloc(needles->n_words + 1, sizeof(*needles->unused[k]));
		if (!needles->unused[k])
			return -ENOMEM;
	}
	for (size_t i = 0; i < plan->n_events; i++) {
		bool used[N_PLANES] = { 0 }, any = false;

		for (size_t j = 0; j < plan->required[i].n_sets; j++, set++)
			if (plan->planes[set] >= 0)
				any = used[plan->planes[set]] = true;
		if (strcmp(events[i]->field, "MESSAGE") != 0)
			continue; /* no bit in any plane: it never passes */
		for (size_t k = 0; k < N_PLANES; k++)
			if (!used[k])
				bitmap_set(needles->unused[k], i);
		needles->has_always |= !any;
	}
	return 0;
}

int needles_init(struct needles *needles, const struct event *const *events, size_t n_events)
{
	cleanup(plan_done) struct plan plan = { .n_events = n_events };
	int r;

	*needles = (struct needles){ .n_words = bitmap_words(n_events), .shortest = SIZE_MAX };
	r = make_plan(&plan, events);
	if (r < 0)
		return r;
	needles->list = calloc(plan.n_uses + 1, sizeof(*needles->list));
	if (!needles->list)
		return -ENOMEM;
	for (size_t i = 0, end; i < plan.n_uses; i = end) {
		end = group_end(&plan, i);
		r = make_needle(needles, &plan, i, end);
		if (r < 0)
			return r;
	}
	return make_planes(needles, &plan, events);
}

void needles_done(struct needles *needles)
{
	for (size_t i = 0; i < needles->n; i++) {
		free(needles->list[i].text);
		for (size_t k = 0; k < N_PLANES; k++) {
			free(needles->list[i].marks[k].events);
			free(needles->list[i].marks[k].bitmap);
		}
	}
	for (size_t k = 0; k < N_PLANES; k++)
		free(needles->unused[k]);
	free(needles->list);
	*needles = (struct needles){ 0 };
}
