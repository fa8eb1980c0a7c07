#include "run/exempt.h"

#include "io/dirwatch.h"
#include "io/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#define MAX_ANSWERS 256 /* files: `banish resolve` writes no more */

static void answers_done(struct exempt_answers *answers)
{
	for (size_t i = 0; i < answers->n_items; i++) {
		free(answers->items[i].name);
		ignorelist_free(answers->items[i].list);
		faults_done(&answers->items[i].said);
	}
	free(answers->items);
	*answers = (struct exempt_answers){ 0 };
}

static void forget_said(struct exempt *exempt)
{
	for (size_t i = 0; i < exempt->n_said; i++)
		faults_done(&exempt->said[i]);
	free(exempt->said);
	exempt->said = NULL;
	exempt->n_said = 0;
}

void exempt_done(struct exempt *exempt)
{
	sd_event_source_unref(exempt->own_source);
	dirwatch_free(exempt->dirwatch);
	forget_said(exempt);
	answers_done(&exempt->answers);
	netaddr_free(exempt->netaddr);
	free(exempt->own);
	free(exempt->prefixes);
}

/* Says what is wrong with the file, unless that was the last thing that was said of it. */
static int exempt_complain(const char *path, struct faults *faults, struct faults *said)
{
	bool again = faults->n_lines == said->n_lines;

	for (size_t i = 0; again && i < faults->n_lines; i++)
		again = strcmp(faults->lines[i], said->lines[i]) == 0;
	if (!again) {
		for (size_t i = 0; i < faults->n_lines; i++)
			log_say(LOG_FAULT, LOG_ERR, "%s", faults->lines[i]);
		log_say(LOG_RELOAD_FAILED, LOG_ERR,
			"%s is not in force, its previous content stays in force", path);
	}
	faults_done(said);
	*said = *faults;
	*faults = (struct faults){ 0 };
	return 0;
}

/* 1: read; 0: it cannot be taken, and it was said. */
static int read_list(const char *path, enum ignore_source source, struct faults *said,
		     struct ignorelist **ret)
{
	cleanup(faults_done) struct faults faults = { 0 };
	int r;

	r = config_read_list(path, source, &faults, ret);
	if (r < 0 && r != -EINVAL && r != -ENOMEM)
		r = faults_add(&faults, "%s: %s", path, config_explain_list(r)) < 0 ? -ENOMEM
										    : -EINVAL;
	return r == -EINVAL ? exempt_complain(path, &faults, said) : r < 0 ? r : 1;
}

static void say_well(const char *path, struct faults *said, const struct ignorelist *list)
{
	log_say(LOG_LISTS, LOG_INFO, "%s was read: addresses and networks: %zu, host names: %zu",
		path, list->n_prefixes, list->n_names);
	faults_done(said);
}

/* 1: the list has changed, and the policy with it. */
static int renew_list(struct exempt *exempt, struct config *config, size_t i)
{
	cleanup(ignorelist_freep) struct ignorelist *list = NULL;
	const char *path = config->policy->ignore_files[i].path;
	struct ignorelist *old = config->lists[i];
	cleanup(faults_done) struct faults faults = { 0 };
	struct faults *said = &exempt->said[i];
	int r;

	r = read_list(path, IGNORE_LIST, said, &list);
	if (r <= 0)
		return r;
	if (ignorelist_equal(old, list)) {
		if (said->n_lines > 0)
			say_well(path, said, list);
		return 0;
	}
	config->lists[i] = list;
	r = policy_set_lists(config->policy, config->lists, config->n_lists);
	if (r < 0) {
		config->lists[i] = old;
		if (r != -E2BIG)
			return r;
		r = faults_add(
			&faults,
			"%s: with it there are more than 65536 addresses and networks, or 256 "
			"host names: write larger networks",
			path);
		return r < 0 ? r : exempt_complain(path, &faults, said);
	}
	say_well(path, said, list);
	list = old;
	return 1;
}

static struct exempt_answer *find_answer(const struct exempt_answers *answers, const char *name)
{
	for (size_t i = 0; i < answers->n_items; i++)
		if (answers->items[i].name && strcmp(answers->items[i].name, name) == 0)
			return &answers->items[i];
	return NULL;
}

/* The file of one name; where it cannot be taken, what it was before. 1: it has changed. */
static int renew_answer(struct exempt_answers *old, const char *name, struct exempt_answer *ret)
{
	cleanup(freep) char *path = NULL;
	struct ignorelist *list = NULL;
	struct exempt_answer *before = find_answer(old, name);
	int r;

	if (asprintf(&path, "%s/%s", IGNOREDIR, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (before) {
		*ret = *before;
		*before = (struct exempt_answer){ 0 };
	} else {
		ret->name = strdup(name);
		if (!ret->name)
			return -ENOMEM;
	}
	r = read_list(path, IGNORE_ANSWER, &ret->said, &list);
	if (r <= 0)
		return r;
	if (ret->list && ignorelist_equal(ret->list, list)) {
		ignorelist_free(list);
		return 0;
	}
	ignorelist_free(ret->list);
	ret->list = list;
	say_well(path, &ret->said, list);
	return 1;
}

static int is_answer(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* 1: some have changed. An absent folder is empty. */
static int renew_answers(struct exempt *exempt)
{
	struct exempt_answers *old = &exempt->answers, fresh = { 0 };
	struct dirent **names = NULL;
	int n, r = 0, changed = 0;

	n = scandir(IGNOREDIR, &names, is_answer, alphasort);
	if (n < 0 && errno != ENOENT) {
		log_say(LOG_FAULT, LOG_WARNING, "%s cannot be read (%s): names stay as they are",
			IGNOREDIR, strerror(errno));
		return errno == ENOMEM ? -ENOMEM : 0;
	}
	if (n > MAX_ANSWERS)
		log_say(LOG_FAULT, LOG_WARNING, "%s: only the first %d files are read", IGNOREDIR,
			MAX_ANSWERS);
	fresh.items = calloc((size_t)MAX(n, 0) + 1, sizeof(*fresh.items));
	if (!fresh.items)
		r = -ENOMEM;
	for (int i = 0; i < n; i++) {
		if (r >= 0 && i < MAX_ANSWERS) {
			r = renew_answer(old, names[i]->d_name, &fresh.items[fresh.n_items++]);
			changed |= r > 0;
		}
		free(names[i]);
	}
	free(names);
	for (size_t i = 0; i < old->n_items; i++)
		if (old->items[i].list) {
			log_say(LOG_LISTS, LOG_INFO,
				"%s/%s was removed: its addresses are no longer exempt", IGNOREDIR,
				old->items[i].name);
			changed = 1;
		}
	answers_done(old);
	*old = fresh;
	return r < 0 ? r : changed;
}

/* Names wait for `banish resolve`: who looks why a host is banned shall see it. */
static void exempt_say_unknown(const struct exempt *exempt, const struct ignorelist *list)
{
	for (size_t i = 0; i < list->n_names; i++)
		if (!find_answer(&exempt->answers, list->names[i]))
			log_say(LOG_FAULT, LOG_INFO,
				"no address of %s is known yet: banish-resolve.timer resolves it, "
				"or run \"systemctl start banish-resolve\" now",
				list->names[i]);
}

static int exempt_on_own(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct exempt *exempt = userdata;

	*exempt->dirty |= DIRTY_OWN;
	return 0;
}

void exempt_open(struct exempt *exempt)
{
	int r = netaddr_open(&exempt->netaddr);

	if (r < 0)
		log_say(LOG_FAULT, LOG_WARNING,
			"own addresses cannot be followed (%s): name them in ignoreip",
			strerror(-r));
}

int exempt_attach(struct exempt *exempt, sd_event *event)
{
	int r = 0;

	if (exempt->netaddr)
		r = sd_event_add_io(event, &exempt->own_source, netaddr_fd(exempt->netaddr),
				    EPOLLIN, exempt_on_own, exempt);
	return r < 0 ? r : dirwatch_new(event, exempt->dirty, DIRTY_EXEMPT, &exempt->dirwatch);
}

int exempt_enter(struct exempt *exempt, struct config *config)
{
	int r;

	forget_said(exempt);
	exempt->said = calloc(config->n_lists + 1, sizeof(*exempt->said));
	if (!exempt->said)
		return -ENOMEM;
	exempt->n_said = config->n_lists;
	r = exempt_renew(exempt, config); /* what was written since they were loaded */
	if (r < 0)
		return r;
	exempt_say_unknown(exempt, &config->policy->ignore);
	for (size_t i = 0; i < config->n_lists; i++)
		exempt_say_unknown(exempt, config->lists[i]);
	return 0;
}

int exempt_renew(struct exempt *exempt, struct config *config)
{
	const struct policy *policy = config->policy;
	size_t n = policy->n_ignore_files;
	cleanup(freep) const char **paths = calloc(n + 1, sizeof(*paths));
	int r, changed = 0;

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		paths[i] = policy->ignore_files[i].path;
	paths[n] = IGNOREDIR "/";
	r = dirwatch_watch(exempt->dirwatch, paths, n + 1);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		log_say(LOG_FAULT, LOG_WARNING,
			"not every file of ignoreip can be watched (%s): reload banish when you "
			"change one",
			strerror(-r));
	for (size_t i = 0; i < exempt->n_said; i++) {
		r = renew_list(exempt, config, i);
		if (r < 0)
			return r;
		changed |= r;
	}
	r = renew_answers(exempt);
	return r < 0 ? r : changed | r;
}

/* What cannot be listed now is what it was: a gateway that is missing for a moment may be banned.
 * True if they are others now. */
static bool list_own(struct exempt *exempt)
{
	struct prefix *prefixes;
	bool changed;
	size_t n;
	int r;

	r = netaddr_list(exempt->netaddr, &prefixes, &n);
	if (r < 0) {
		log_say(LOG_FAULT, LOG_WARNING,
			"own addresses cannot be listed (%s), they stay as they were: name them in ignoreip",
			strerror(-r));
		return false;
	}
	changed = !prefixes_equal(prefixes, n, exempt->own, exempt->n_own);
	free(exempt->own);
	exempt->own = prefixes;
	exempt->n_own = n;
	return changed;
}

int exempt_renew_own(struct exempt *exempt, const struct policy *policy)
{
	int r = netaddr_drain(exempt->netaddr);

	if (r <= 0)
		return r == -ENOMEM ? r : 0;
	/* most routes that come and go are no gateways, and the counters should not begin anew */
	return policy->ignoreself && list_own(exempt);
}

static void exempt_append(struct exempt *exempt, const struct prefix *from, size_t n)
{
	if (n > 0)
		memcpy(exempt->prefixes + exempt->n_prefixes, from, n * sizeof(*from));
	exempt->n_prefixes += n;
}

int exempt_gather(struct exempt *exempt, const struct policy *policy)
{
	/* whatever "ignoreself" says: a range by hand may cover it */
	static const struct prefix loopback[] = {
		{ { AF_INET, { 127 } }, 8 },
		{ { AF_INET6, { [15] = 1 } }, 128 },
	};
	const struct exempt_answers *answers = &exempt->answers;
	bool with_own = exempt->netaddr && policy->ignoreself;
	size_t n = policy->n_ignoreip;
	struct prefix *all;

	if (with_own)
		(void)list_own(exempt);
	for (size_t i = 0; i < answers->n_items; i++)
		n += answers->items[i].list ? answers->items[i].list->n_prefixes : 0;
	all = calloc(n + exempt->n_own + ARRAY_SIZE(loopback), sizeof(*all));
	if (!all)
		return -ENOMEM;
	free(exempt->prefixes);
	exempt->prefixes = all;
	exempt->n_prefixes = 0;
	exempt_append(exempt, loopback, ARRAY_SIZE(loopback));
	exempt_append(exempt, policy->ignoreip, policy->n_ignoreip);
	if (with_own)
		exempt_append(exempt, exempt->own, exempt->n_own);
	for (size_t i = 0; i < answers->n_items; i++)
		if (answers->items[i].list)
			exempt_append(exempt, answers->items[i].list->prefixes,
				      answers->items[i].list->n_prefixes);
	return 0;
}
