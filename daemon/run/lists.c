#include "run/lists.h"

#include "cli/timestamp.h"
#include "io/dirwatch.h"
#include "io/log.h"
#include "io/timer.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define RETRY_DELAY (5 * USEC_PER_SEC)
/* Networks of one transaction, each two elements. */
#define MIN_PIECE   ((size_t)500)
#define MAX_PIECE   ((size_t)25000)
/* Not fewer than this part of those that are in: a kernel that looks intervals up in an array (seen
 * in 6.18) makes the whole anew at the end of each transaction, 0.15 s of a processor for a million
 * networks, however small the transaction is. */
#define MIN_PART    64
/* A transaction that took longer is too large: bans wait meanwhile, half a second at most. */
#define PIECE_TIME  (USEC_PER_SEC / 4)

struct list {
	const struct list_policy *policy; /* borrowed */
	char *file;                       /* owned: the policy's, which may be gone */
	bool wanted;                      /* its file is to be looked at */
	bool lost;                        /* and read, though it may be the same */
	bool leaves;                      /* the sets that no rule looks into are to be deleted */
	struct stat status;               /* of the file when it was read last */
	size_t n_networks;                /* in force */
	uint64_t handles[2];              /* of the sets in force */
	char *said;                       /* owned: what was wrong the last time; NULL: nothing */
};

static struct nft_list *list_layout(const struct lists *lists, const struct list *list)
{
	return &lists->layout[list - lists->items];
}

static void list_done(struct list *list)
{
	free(list->file);
	free(list->said);
	*list = (struct list){ 0 };
}

static int lists_on_step(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct lists *lists = userdata;

	*lists->dirty |= DIRTY_FILL;
	return 0;
}

static void lists_step_in(struct lists *lists, usec_t delay)
{
	(void)sd_event_source_set_time_relative(lists->step, delay);
	(void)sd_event_source_set_enabled(lists->step, SD_EVENT_ONESHOT);
}

int lists_attach(struct lists *lists, sd_event *event, struct nft *nft)
{
	int r;

	lists->nft = nft;
	lists->piece = MAX_PIECE / 4;
	r = timer_new(event, 1, lists_on_step, lists, &lists->step);
	/* behind the reading of the journal: what it finds to ban does not wait for two pieces */
	if (r >= 0)
		r = sd_event_source_set_priority(lists->step, SD_EVENT_PRIORITY_IDLE + 1);
	return r < 0 ? r : dirwatch_new(event, lists->dirty, DIRTY_LISTS, &lists->dirwatch);
}

/* The sets that no rule looks into are left to be deleted; not `done`: the file is to be read
 * again. */
static void lists_stop_filling(struct lists *lists, bool done)
{
	struct list *list = lists->filled;

	if (!list)
		return;
	list_layout(lists, list)->fills = false;
	list->leaves = true;
	list->wanted |= !done;
	list->lost |= list->wanted;
	lists->filled = NULL;
	if (lists->reads)
		listfile_close(&lists->file);
	lists->reads = false;
	blocklist_done(&lists->blocklist);
}

static void lists_forget(struct lists *lists)
{
	for (size_t i = 0; i < lists->n_items; i++)
		list_done(&lists->items[i]);
	free(lists->items);
	free(lists->layout);
	lists->items = NULL;
	lists->layout = NULL;
	lists->n_items = 0;
}

void lists_done(struct lists *lists)
{
	lists_stop_filling(lists, false);
	lists_forget(lists);
	dirwatch_free(lists->dirwatch);
	sd_event_source_unref(lists->step);
}

/* What an earlier run left: its sets, which rules look into. */
static void list_take_over(struct nft_list *layout, struct list *list, const struct nft_view *view)
{
	struct nft_list_use use;

	layout->other = true; /* the first are those without ".b" */
	layout->in_force = nft_view_list(view, layout->name + strlen(NFT_LIST), &use);
	if (!layout->in_force)
		return;
	layout->other = strstr(use.sets[0], ".b");
	list->n_networks = use.n_networks;
	for (size_t f = 0; f < ARRAY_SIZE(nft_families); f++)
		list->handles[f] = nft_view_find(view, use.sets[f])->handle;
}

/* What is known of a list goes on; the policy it borrowed from is gone, but not its names. */
static int list_enter(struct lists *lists, const struct lists *old, const struct policy *policy,
		      size_t i, const struct nft_view *view)
{
	const struct list_policy *list_policy = &policy->lists[i];
	struct list *list = &lists->items[i], *before = NULL;
	struct nft_list *layout = &lists->layout[i];

	for (size_t k = 0; !before && k < old->n_items; k++)
		if (strcmp(old->layout[k].name + strlen(NFT_LIST), list_policy->name) == 0 &&
		    strcmp(old->items[k].file, list_policy->file) == 0)
			before = &old->items[k];
	if (before) {
		*layout = *list_layout(old, before);
		*list = *before;
		*before = (struct list){ 0 };
	} else {
		nft_list_name(list_policy->name, layout->name);
		list_take_over(layout, list, view);
		list->lost = list->leaves = true;
		list->file = strdup(list_policy->file);
		if (!list->file)
			return -ENOMEM;
	}
	list->policy = list_policy;
	list->wanted = true;
	layout->verdict = policy->defaults.verdict;
	layout->ports = list_policy->ports;
	return 0;
}

static int lists_watch(struct lists *lists)
{
	cleanup(freep) const char **paths = calloc(lists->n_items + 1, sizeof(*paths));
	int r;

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < lists->n_items; i++)
		paths[i] = lists->items[i].file;
	r = dirwatch_watch(lists->dirwatch, paths, lists->n_items);
	if (r < 0 && r != -ENOMEM)
		log_say(LOG_FAULT, LOG_WARNING,
			"not every file of \"lists\" can be watched (%s): reload banish when one changes",
			strerror(-r));
	return r == -ENOMEM ? r : 0;
}

int lists_enter(struct lists *lists, const struct policy *policy)
{
	struct lists old = *lists;
	cleanup(nft_view_done) struct nft_view view = { 0 };
	int r = 0;

	if (!lists->nft)
		return 0;
	lists_stop_filling(lists, false);
	if (policy->n_lists > 0) /* where that fails, nothing is taken over */
		r = nft_look(lists->nft, &view) == -ENOMEM ? -ENOMEM : 0;
	lists->n_items = policy->n_lists;
	lists->items = calloc(lists->n_items + 1, sizeof(*lists->items));
	lists->layout = calloc(lists->n_items + 1, sizeof(*lists->layout));
	lists->filled = NULL;
	if (!lists->items || !lists->layout)
		r = -ENOMEM;
	for (size_t i = 0; r >= 0 && i < lists->n_items; i++)
		r = list_enter(lists, &old, policy, i, &view);
	lists_forget(&old);
	lists_step_in(lists, 0);
	return r < 0 ? r : lists_watch(lists);
}

void lists_installed(struct lists *lists)
{
	char name[NFT_SET_NAME_SIZE];

	for (size_t i = 0; i < lists->n_items; i++) {
		struct nft_list *layout = &lists->layout[i];
		struct list *list = &lists->items[i];

		for (size_t f = 0; f < ARRAY_SIZE(nft_families); f++) {
			nft_list_set_name(layout->name, nft_families[f], layout->other, name);
			if (!layout->in_force ||
			    nft_set_handle(lists->nft, name) == list->handles[f])
				continue;
			layout->in_force = false;
			list->lost = list->wanted = list->leaves = true;
			lists_step_in(lists, 0);
		}
	}
}

/* Said once, until something else is wrong. */
static int list_complain(struct list *list, bool in_force, unsigned line, int error)
{
	char *text = listfile_explain(list->file, line, error);

	if (!text)
		return -ENOMEM;
	if (!list->said || strcmp(list->said, text) != 0)
		log_say(LOG_BLOCKLIST_FAILED, LOG_ERR, "list %s: %s; %s", list->policy->name, text,
			in_force ? "its previous networks stay in force"
				 : "nothing is blocked by it");
	free(list->said);
	list->said = text;
	return 0;
}

static bool list_file_is_same(const struct list *list)
{
	const struct stat *old = &list->status;
	struct stat now;

	return stat(list->file, &now) == 0 && now.st_dev == old->st_dev &&
	       now.st_ino == old->st_ino && now.st_size == old->st_size &&
	       now.st_mtim.tv_sec == old->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == old->st_mtim.tv_nsec;
}

/* The file cannot be taken. */
static int list_give_up(struct lists *lists, struct list *list, int error)
{
	unsigned line = lists->blocklist.line;

	if (lists->filled)
		lists_stop_filling(lists, true);
	list->wanted |= error == -ENOMEM;
	return error == -ENOMEM
		       ? error
		       : list_complain(list, list_layout(lists, list)->in_force, line, error);
}

/* From now on it is the one that is put in. */
static int list_begin(struct lists *lists, struct list *list)
{
	int r;

	list->wanted = false;
	if (!list->lost && list_layout(lists, list)->in_force && list_file_is_same(list))
		return 0;
	r = listfile_open(list->file, &lists->file);
	if (r < 0)
		return list_give_up(lists, list, r);
	lists->filled = list;
	lists->reads = true;
	return 0;
}

/* All lists together hold no more than one may. */
static int lists_check_room(const struct lists *lists)
{
	size_t n = lists->blocklist.networks.n_prefixes;

	for (size_t i = 0; i < lists->n_items; i++)
		n += &lists->items[i] == lists->filled ? 0 : lists->items[i].n_networks;
	return n > BLOCKLIST_MAX ? -E2BIG : 0;
}

/* A piece of the file; with the last one its networks are known. */
static int lists_read(struct lists *lists)
{
	struct list *list = lists->filled;
	int r = listfile_read(&lists->file, &lists->blocklist);

	if (r == 0)
		r = lists_check_room(lists);
	if (r != 0)
		return r < 0 ? list_give_up(lists, list, r) : 0;
	listfile_close(&lists->file);
	lists->reads = false;
	list->status = lists->file.status;
	list->lost = false;
	list_layout(lists, list)->fills = true;
	lists->comment.time = (uint64_t)MAX(list->status.st_mtim.tv_sec, 0);
	lists->at = 0;
	lists->n_made = 0;
	return 0;
}

/* How long the kernel takes depends on what is in the set, on the processor and on its load. */
static void lists_fit_piece(struct lists *lists, usec_t took)
{
	if (took > PIECE_TIME)
		lists->piece = MAX(lists->piece / 2, MIN_PIECE);
	else if (took < PIECE_TIME / 4)
		lists->piece = MIN(lists->piece * 2, MAX_PIECE);
}

/* 1: all are in; 0; negative errno: the kernel refused. */
static int lists_put(struct lists *lists)
{
	const struct nft_list *layout = list_layout(lists, lists->filled);
	const struct prefixset *networks = &lists->blocklist.networks;
	size_t end = lists->at, n = 0;
	char name[NFT_SET_NAME_SIZE];
	uint8_t family;
	usec_t begun;
	bool begins;
	int r;

	begins = lists->n_made == 0 || lists->at == networks->n_prefixes ||
		 networks->prefixes[lists->at].address.family != nft_families[lists->n_made - 1];
	if (begins && lists->n_made == ARRAY_SIZE(nft_families))
		return 1;
	family = nft_families[lists->n_made - !begins];
	while (end < networks->n_prefixes && networks->prefixes[end].address.family == family)
		end++;
	nft_list_set_name(layout->name, family, !layout->other, name);
	lists->comment.n_networks = end - lists->at;
	begun = timestamp_monotonic();
	r = nft_add_networks(lists->nft, name, family, begins ? &lists->comment : NULL,
			     networks->prefixes + lists->at, end - lists->at,
			     MAX(lists->piece, lists->at / MIN_PART), &n);
	if (r < 0)
		return r;
	lists_fit_piece(lists, timestamp_monotonic() - begun);
	if (begins)
		lists->handles[lists->n_made++] = nft_set_handle(lists->nft, name);
	lists->at += n;
	return 0;
}

/* All networks are in the sets beside those in force. */
static int lists_exchange(struct lists *lists)
{
	struct list *list = lists->filled;
	struct nft_list *layout = list_layout(lists, list), pointed = *layout;
	size_t n = lists->blocklist.networks.n_prefixes;
	char left_out[96] = "";
	int r;

	pointed.other = !layout->other;
	r = nft_point_list(lists->nft, &pointed);
	if (r < 0)
		return r;
	layout->in_force = true;
	layout->other = pointed.other;
	list->n_networks = n;
	memcpy(list->handles, lists->handles, sizeof(list->handles));
	if (lists->blocklist.n_left_out > 0)
		snprintf(left_out, sizeof(left_out),
			 ", %zu private or unassigned ones were left out",
			 lists->blocklist.n_left_out);
	log_say(LOG_BLOCKLIST, LOG_INFO, "list %s: %zu network%s of %s in force%s",
		list->policy->name, n, PLURAL(n), list->file, left_out);
	free(list->said);
	list->said = NULL;
	lists->failing = false;
	lists_stop_filling(lists, true);
	return 0;
}

static int list_sweep(struct lists *lists, struct list *list)
{
	const struct nft_list *layout = list_layout(lists, list);
	char name[NFT_SET_NAME_SIZE];
	int r = 0;

	for (size_t f = 0; r >= 0 && f < ARRAY_SIZE(nft_families); f++)
		r = nft_delete_set(lists->nft, nft_list_set_name(layout->name, nft_families[f],
								 !layout->other, name));
	list->leaves = r < 0;
	return r;
}

/* A piece of a file or one transaction. 1: there is more to do; 0: there is not. */
static int lists_step(struct lists *lists)
{
	int r;

	if (lists->reads)
		return (r = lists_read(lists)) < 0 ? r : 1;
	if (lists->filled) {
		r = lists_put(lists);
		if (r > 0)
			r = lists_exchange(lists);
		return r < 0 ? r : 1;
	}
	for (size_t i = 0; i < lists->n_items; i++)
		if (lists->items[i].leaves)
			return (r = list_sweep(lists, &lists->items[i])) < 0 ? r : 1;
	for (size_t i = 0; i < lists->n_items; i++)
		if (lists->items[i].wanted)
			return (r = list_begin(lists, &lists->items[i])) < 0 ? r : 1;
	return 0;
}

static void lists_want(struct lists *lists, bool lost)
{
	for (size_t i = 0; i < lists->n_items; i++) {
		lists->items[i].wanted = true;
		lists->items[i].lost |= lost;
	}
}

int lists_turn(struct lists *lists, unsigned bits)
{
	int r = bits & DIRTY_LISTS ? lists_watch(lists) : 0;

	if (r < 0)
		return r;
	if (bits & DIRTY_LISTED)
		lists_stop_filling(lists, false);
	if (bits & (DIRTY_LISTS | DIRTY_LISTED))
		lists_want(lists, bits & DIRTY_LISTED);
	r = lists_step(lists);
	if (r > 0)
		lists_step_in(lists, 0);
	if (r >= 0)
		return 0;
	lists_stop_filling(lists, false);
	if (!lists->failing)
		log_say(LOG_KERNEL, LOG_ERR, "cannot put a list into the kernel: %s",
			nft_explain(r));
	lists->failing = true;
	lists_step_in(lists, RETRY_DELAY);
	return 0;
}
