#include "run/exempt.h"

#include "io/dirwatch.h"
#include "io/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#define MAX_ANSWERS 256 /* files: `banish resolve` writes no more */

/* What one name stands for. */
struct answer {
	char *name;
	struct ignorelist *list;
	char *said; /* what was wrong with its file the last time; NULL: nothing */
};

struct answers {
	struct answer *items;
	size_t n_items;
};

struct exempt {
	struct dirwatch *dirwatch;
	char **said; /* the same, one a list of the configuration */
	size_t n_said;
	struct answers answers;
};

static void answers_done(struct answers *answers)
{
	for (size_t i = 0; i < answers->n_items; i++) {
		free(answers->items[i].name);
		ignorelist_free(answers->items[i].list);
		free(answers->items[i].said);
	}
	free(answers->items);
	*answers = (struct answers){ 0 };
}

static void forget_said(struct exempt *ignored)
{
	for (size_t i = 0; i < ignored->n_said; i++)
		free(ignored->said[i]);
	free(ignored->said);
	ignored->said = NULL;
	ignored->n_said = 0;
}

struct exempt *exempt_free(struct exempt *ignored)
{
	if (!ignored)
		return NULL;
	dirwatch_free(ignored->dirwatch);
	forget_said(ignored);
	answers_done(&ignored->answers);
	free(ignored);
	return NULL;
}

/* Says what is wrong with the file, unless that was the last thing that was said of it. */
static int exempt_complain(const char *path, const struct faults *faults, char **said)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return -ENOMEM;
	for (size_t i = 0; i < faults->n_lines; i++)
		fprintf(stream, "%s\n", faults->lines[i]);
	if (fclose(stream) != 0)
		return -ENOMEM;
	if (*said && strcmp(*said, text) == 0)
		return 0;
	for (size_t i = 0; i < faults->n_lines; i++)
		log_say(LOG_FAULT, LOG_ERR, "%s", faults->lines[i]);
	log_say(LOG_RELOAD_FAILED, LOG_ERR, "%s is not taken, what it said before stays in force",
		path);
	free(*said);
	*said = TAKE_PTR(text);
	return 0;
}

static int complain_of(const char *path, const char *what, char **said)
{
	struct faults faults = { 0 };
	int r;

	r = faults_add(&faults, "%s: %s", path, what);
	if (r >= 0)
		r = exempt_complain(path, &faults, said);
	faults_done(&faults);
	return r;
}

/* 1: read; 0: it cannot be taken, and it was said. */
static int read_list(const char *path, enum ignore_source source, char **said,
		     struct ignorelist **ret)
{
	struct faults faults = { 0 };
	int r;

	r = config_read_list(path, source, &faults, ret);
	if (r == -EINVAL)
		r = exempt_complain(path, &faults, said);
	else if (r < 0 && r != -ENOMEM)
		r = complain_of(path, config_explain_list(r), said);
	else if (r >= 0)
		r = 1;
	faults_done(&faults);
	return r;
}

static void say_well(const char *path, char **said, const struct ignorelist *list)
{
	log_say(LOG_LISTS, LOG_INFO, "%s was read: %zu addresses and networks, %zu names", path,
		list->n_prefixes, list->n_names);
	free(*said);
	*said = NULL;
}

/* 1: the list has changed, and the policy with it. */
static int renew_list(struct daemon *daemon, size_t i)
{
	cleanup(ignorelist_freep) struct ignorelist *list = NULL;
	struct config *config = daemon->active.config;
	const char *path = config->policy->ignore_files[i].path;
	struct ignorelist *old = config->lists[i];
	char **said = &daemon->ignoring->said[i];
	int r;

	r = read_list(path, IGNORE_LIST, said, &list);
	if (r <= 0)
		return r;
	if (ignorelist_equal(old, list)) {
		if (*said)
			say_well(path, said, list);
		return 0;
	}
	config->lists[i] = list;
	r = policy_set_lists(config->policy, config->lists, config->n_lists);
	if (r < 0) {
		config->lists[i] = old;
		return r == -E2BIG ? complain_of(path,
						 "with it there are more than 65536 "
						 "addresses and networks, or 256 host "
						 "names: write larger networks",
						 said)
				   : r;
	}
	say_well(path, said, list);
	list = old;
	return 1;
}

static int renew_lists(struct daemon *daemon)
{
	int r = 0, changed = 0;

	for (size_t i = 0; r >= 0 && i < daemon->ignoring->n_said; i++) {
		r = renew_list(daemon, i);
		changed |= r > 0;
	}
	return r < 0 ? r : changed;
}

static struct answer *find_answer(const struct answers *answers, const char *name)
{
	for (size_t i = 0; i < answers->n_items; i++)
		if (answers->items[i].name && strcmp(answers->items[i].name, name) == 0)
			return &answers->items[i];
	return NULL;
}

/* The file of one name; where it cannot be taken, what it was before. 1: it has changed. */
static int renew_answer(struct answers *old, const char *name, struct answer *ret)
{
	cleanup(freep) char *path = NULL;
	struct ignorelist *list = NULL;
	struct answer *before = find_answer(old, name);
	int r;

	if (asprintf(&path, "%s/%s", IGNOREDIR, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (before) {
		*ret = *before;
		*before = (struct answer){ 0 };
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
static int renew_answers(struct daemon *daemon)
{
	struct answers *old = &daemon->ignoring->answers, fresh = { 0 };
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
			log_say(LOG_LISTS, LOG_INFO, "%s/%s is gone, and its addresses with it",
				IGNOREDIR, old->items[i].name);
			changed = 1;
		}
	answers_done(old);
	*old = fresh;
	return r < 0 ? r : changed;
}

static int watch(struct daemon *daemon)
{
	const struct policy *policy = daemon->active.config->policy;
	cleanup(freep) const char **paths = calloc(policy->n_ignore_files + 1, sizeof(*paths));
	int r;

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_ignore_files; i++)
		paths[i] = policy->ignore_files[i].path;
	paths[policy->n_ignore_files] = IGNOREDIR "/";
	r = dirwatch_watch(daemon->ignoring->dirwatch, paths, policy->n_ignore_files + 1);
	if (r < 0 && r != -ENOMEM) {
		log_say(LOG_FAULT, LOG_WARNING,
			"not every file of ignoreip can be watched (%s): reload banish when you "
			"change one",
			strerror(-r));
		return 0;
	}
	return r;
}

/* Names wait for `banish resolve`: who looks why a host is banned shall see it. */
static void exempt_say_unknown(const struct daemon *daemon, const struct ignorelist *list)
{
	for (size_t i = 0; i < list->n_names; i++)
		if (!find_answer(&daemon->ignoring->answers, list->names[i]))
			log_say(LOG_FAULT, LOG_INFO,
				"no address of %s is known yet: banish-resolve.timer brings it, "
				"\"systemctl start banish-resolve\" at once",
				list->names[i]);
}

static int on_changed(void *userdata)
{
	struct daemon *daemon = userdata;
	int lists, answers, r;

	r = watch(daemon);
	if (r < 0)
		return r;
	lists = renew_lists(daemon);
	answers = lists < 0 ? lists : renew_answers(daemon);
	if (answers < 0)
		return answers;
	if (lists == 0 && answers == 0)
		return 0;
	r = firewall_refresh(daemon);
	return r == -ENOMEM ? r : 0;
}

int exempt_attach(struct daemon *daemon)
{
	daemon->ignoring = calloc(1, sizeof(*daemon->ignoring));
	if (!daemon->ignoring)
		return -ENOMEM;
	return dirwatch_new(daemon->event, on_changed, daemon, &daemon->ignoring->dirwatch);
}

int exempt_enter(struct daemon *daemon)
{
	const struct config *config = daemon->active.config;
	struct exempt *ignored = daemon->ignoring;
	int r;

	forget_said(ignored);
	ignored->said = calloc(config->n_lists + 1, sizeof(char *));
	if (!ignored->said)
		return -ENOMEM;
	ignored->n_said = config->n_lists;
	r = watch(daemon);
	if (r >= 0)
		r = renew_lists(daemon); /* what was written since they were loaded */
	if (r >= 0)
		r = renew_answers(daemon);
	if (r < 0)
		return r;
	exempt_say_unknown(daemon, &config->policy->ignore);
	for (size_t i = 0; i < config->n_lists; i++)
		exempt_say_unknown(daemon, config->lists[i]);
	return 0;
}

size_t exempt_n_answers(const struct exempt *ignored)
{
	return ignored->answers.n_items;
}

const struct ignorelist *exempt_answer(const struct exempt *ignored, size_t i)
{
	static const struct ignorelist none = { 0 };

	return ignored->answers.items[i].list ?: &none;
}
