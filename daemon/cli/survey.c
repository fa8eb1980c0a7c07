#include "cli/survey.h"

#include "base/array.h"
#include "base/printable.h"
#include "cli/timestamp.h"
#include "io/config.h"
#include "report/shapes.h"

#include <errno.h>
#include <stdio.h>

#define SPAN            (24 * USEC_PER_HOUR)
#define MAX_SOURCES     256 /* units, and as many containers */
#define MAX_INSTANCES   4   /* of one template, of which socket activation makes thousands */
#define ENTRIES         200 /* of each source, the last */
#define MAX_OVERLOOKED  16
#define MAX_SOURCE_NAME 255 /* bytes; systemd's bound */
#define NO_JAIL         UINT32_MAX
#define MANY            5 /* lines of one shape */

struct surveyor {
	struct journal *journal;
	struct ruleset *ruleset; /* in force */
	struct ruleset *all;
	struct shapes *shapes; /* one a jail in force */
	struct survey *survey;
	usec_t since;    /* entries before that are old */
	usec_t deadline; /* CLOCK_MONOTONIC */
};

struct sources {
	char **names;
	size_t n;
};

void survey_done(struct survey *survey)
{
	for (size_t i = 0; i < survey->n_shapes; i++)
		free(survey->shapes[i].text);
	free(survey->shapes);
	free(survey->overlooked);
	*survey = (struct survey){ 0 };
}

static void sources_done(struct sources *sources)
{
	for (size_t i = 0; i < sources->n; i++)
		free(sources->names[i]);
	free(sources->names);
}

/* The part of an instance's name that all of its template have. */
static size_t template_size(const char *name)
{
	const char *at = strchr(name, '@');

	return at ? (size_t)(at - name) + 1 : 0;
}

/* Not what users start, who can write any line; containers are known by their own names. */
static bool is_worth_reading(const struct sources *sources, const char *name)
{
	size_t size = template_size(name), length = strlen(name), n = 0;

	if (strcmp(name, OWN_UNIT) == 0 || strncmp(name, "user@", 5) == 0 ||
	    (length > 6 && strcmp(name + length - 6, ".scope") == 0))
		return false;
	for (size_t i = 0; size > 0 && i < sources->n; i++)
		n += strncmp(sources->names[i], name, size) == 0;
	return n < MAX_INSTANCES;
}

static int list_sources(const struct surveyor *surveyor, const char *field, struct sources *ret)
{
	struct span value;
	int r;

	r = journal_query_values(surveyor->journal, field);
	while (r >= 0 && ret->n < MAX_SOURCES && timestamp_monotonic() < surveyor->deadline) {
		cleanup(freep) char *name = NULL;

		r = journal_next_value(surveyor->journal, &value);
		if (r <= 0)
			break;
		if (value.size > MAX_SOURCE_NAME || memchr(value.data, '\0', value.size))
			continue;
		name = strndup(value.data, value.size);
		if (!name)
			return -ENOMEM;
		if (!is_worth_reading(ret, name))
			continue;
		if (!array_grow(ret->names, ret->n))
			return -ENOMEM;
		ret->names[ret->n++] = TAKE_PTR(name);
	}
	return MIN(r, 0);
}

/* The entry as if nothing was known of who wrote it: then rules read the lines of any unit. */
static int survey_field(void *source, const char *name, struct span *ret)
{
	const struct entry *entry = source;

	if (name[0] == '_' && strcmp(name, "_LINE_BREAK") != 0 && strcmp(name, "_STREAM_ID") != 0)
		return 0;
	return entry_field(entry, name, ret);
}

static int survey_time(void *source, usec_t *ret)
{
	return entry_time(source, ret);
}

/* A jail in force that reads the entry, NO_JAIL: none; of that rule, unless it is NULL. */
static int find_reader(const struct surveyor *surveyor, const char *rule, unsigned *ret)
{
	int r = 0;

	*ret = NO_JAIL;
	for (unsigned i = 0; i < ruleset_n_jails(surveyor->ruleset); i++) {
		if (rule && strcmp(ruleset_jail(surveyor->ruleset, i)->rule->name, rule) != 0)
			continue;
		r = ruleset_selects(surveyor->ruleset, i, journal_entry(surveyor->journal));
		if (r == 0)
			continue;
		*ret = r > 0 ? i : NO_JAIL;
		break;
	}
	return MIN(r, 0);
}

static int overlook(const struct surveyor *surveyor, const char *rule, const char *source,
		    bool failure)
{
	struct survey *survey = surveyor->survey;
	struct overlooked *item = survey->overlooked;
	const struct jail *jail = ruleset_jail_on(surveyor->ruleset, rule);

	for (; item < survey->overlooked + survey->n_overlooked; item++)
		if (strcmp(item->rule, rule) == 0 && strcmp(item->source, source) == 0)
			break;
	if (item == survey->overlooked + survey->n_overlooked) {
		if (survey->n_overlooked == MAX_OVERLOOKED)
			return 0;
		if (!array_grow(survey->overlooked, survey->n_overlooked))
			return -ENOMEM;
		item = &survey->overlooked[survey->n_overlooked++];
		*item = (struct overlooked){ 0 };
		strcpy(item->rule, rule);
		strcpy(item->source, source);
		if (jail)
			strcpy(item->jail, jail->name);
	}
	item->n++;
	item->n_failures += failure;
	return 0;
}

/* The hits of one entry, which `reader` (NO_JAIL: nobody) reads. */
static int take_hits(const struct surveyor *surveyor, size_t n_hits, unsigned reader,
		     const char *source)
{
	const struct entry *entry = journal_entry(surveyor->journal);
	unsigned own;
	int r = 0;

	for (size_t i = 0; i < n_hits; i++) { /* somebody sees to it */
		const struct hit *hit = ruleset_hit(surveyor->all, i);

		r = find_reader(surveyor, ruleset_jail(surveyor->all, hit->jail)->name, &own);
		if (r < 0 || own != NO_JAIL)
			return r;
	}
	for (size_t i = 0; r >= 0 && i < n_hits; i++) {
		const struct hit *hit = ruleset_hit(surveyor->all, i);
		const struct event *event = ruleset_event(surveyor->all, hit->jail, hit->event);
		const char *rule = ruleset_jail(surveyor->all, hit->jail)->name;
		bool failure = event->outcome == OUTCOME_FAILURE;

		if (event->mode == MODE_AGGRESSIVE)
			continue;
		/* who reads the unit may leave to others what their rules mean */
		if (reader != NO_JAIL) {
			r = ruleset_jail_on(surveyor->ruleset, rule)
				    ? 0
				    : ruleset_selects(surveyor->all, hit->jail, entry);
			if (r <= 0)
				continue;
		}
		r = overlook(surveyor, rule, source, failure);
	}
	return r;
}

static int take_entry(const struct surveyor *surveyor, const char *source)
{
	const struct entry *entry = journal_entry(surveyor->journal);
	struct entry full = *entry;
	const struct entry bare = { .field = survey_field,
				    .time = survey_time,
				    .source = &full,
				    .may_be_split = entry->may_be_split,
				    .may_be_partial = entry->may_be_partial };
	struct span message;
	unsigned reader;
	usec_t time;
	int r, n;

	r = entry_time(entry, &time);
	if (r < 0 || time < surveyor->since)
		return r;
	ruleset_assume_missing(surveyor->all, true);
	n = ruleset_scan(surveyor->all, &bare);
	ruleset_assume_missing(surveyor->all, false);
	r = n < 0 ? n : find_reader(surveyor, NULL, &reader);
	if (r < 0)
		return r;
	if (n > 0)
		return take_hits(surveyor, (size_t)n, reader, source);
	r = reader == NO_JAIL ? 0 : entry_field(entry, "MESSAGE", &message);
	return r > 0 ? shapes_add(&surveyor->shapes[reader], message) : r;
}

static int read_source(const struct surveyor *surveyor, const char *field, const char *name)
{
	bool of_unit = strcmp(field, "_SYSTEMD_UNIT") == 0;
	char source[OVERLOOKED_SOURCE] = "";
	int r;

	strcpy(source, of_unit ? "" : OVERLOOKED_CONTAINER);
	(void)printable_tail(span_of(name), OVERLOOKED_SOURCE - sizeof(OVERLOOKED_CONTAINER),
			     source + strlen(source));
	r = journal_select_value(surveyor->journal, field, name);
	if (r >= 0)
		r = journal_seek_last_of(surveyor->journal, ENTRIES);
	for (size_t n = 0; r > 0 && n < ENTRIES; n++) {
		struct span value;

		/* a container's are read under its own name */
		r = of_unit ? entry_field(journal_entry(surveyor->journal), "CONTAINER_NAME",
					  &value)
			    : 0;
		if (r == 0)
			r = take_entry(surveyor, source);
		if (r < 0 && r != -EBADMSG) /* damaged: nobody can read it */
			return r;
		r = journal_next(surveyor->journal);
	}
	return r;
}

/* PAM tells once more what its service tells. */
static bool is_told(const struct shape *shape)
{
	return shape->count >= MANY && shape_is_failure(shape->text) &&
	       strncasecmp(shape->text, "pam", 3) != 0;
}

static int choose_shapes(const struct surveyor *surveyor)
{
	struct survey *survey = surveyor->survey;

	for (size_t i = 0; i < survey->n_shapes; i++) {
		struct shapes *shapes = &surveyor->shapes[i];
		struct survey_shape *shape = &survey->shapes[i];

		shapes_sort(shapes);
		for (size_t k = 0; !shape->text && k < shapes->n_items; k++) {
			if (!is_told(&shapes->items[k]))
				continue;
			shape->n = shapes->items[k].count;
			shape->text = strdup(shapes->items[k].text);
			if (!shape->text)
				return -ENOMEM;
		}
	}
	return 0;
}

/* All that there are, each under a jail of its name; as they read a container's lines if `strips`.
 */
static int compile_all(const struct common *common, bool strips, struct ruleset **ret)
{
	cleanup(config_freep) struct config *config = NULL;
	struct faults faults = { 0 };
	int r;

	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_NONE, &faults, &config);
	for (size_t i = 0; r >= 0 && strips && i < config->policy->n_jails; i++)
		config->policy->jails[i].strip =
			(struct strip){ { STRIP_SYSLOG, STRIP_DOVECOT }, STRIP_KINDS };
	if (r >= 0)
		r = config_compile_all(config, true, &faults, ret);
	faults_done(&faults);
	return r;
}

static int read_sources(struct surveyor *surveyor, const struct common *common)
{
	static const char *const fields[] = { "_SYSTEMD_UNIT", "CONTAINER_NAME" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(fields); i++) {
		cleanup(sources_done) struct sources sources = { 0 };
		cleanup(ruleset_freep) struct ruleset *all = NULL;

		r = list_sources(surveyor, fields[i], &sources);
		if (r >= 0 && sources.n > 0)
			r = compile_all(common, i > 0, &all);
		surveyor->all = all;
		for (size_t k = 0; r >= 0 && k < sources.n; k++)
			if (timestamp_monotonic() < surveyor->deadline)
				r = read_source(surveyor, fields[i], sources.names[k]);
	}
	return r;
}

int survey_take(struct journal *journal, const struct common *common, struct ruleset *ruleset,
		usec_t now, usec_t patience, struct survey *ret)
{
	cleanup(survey_done) struct survey survey = { .n_shapes = ruleset_n_jails(ruleset) };
	cleanup(freep) struct shapes *shapes = NULL;
	struct surveyor surveyor = { .journal = journal,
				     .ruleset = ruleset,
				     .survey = &survey,
				     .since = now > SPAN ? now - SPAN : 0,
				     .deadline = timestamp_monotonic() + patience };
	int r;

	shapes = calloc(survey.n_shapes + 1, sizeof(*shapes));
	survey.shapes = calloc(survey.n_shapes + 1, sizeof(*survey.shapes));
	if (!shapes || !survey.shapes)
		return -ENOMEM;
	surveyor.shapes = shapes;
	r = read_sources(&surveyor, common);
	if (r >= 0)
		r = choose_shapes(&surveyor);
	for (size_t i = 0; i < survey.n_shapes; i++)
		shapes_done(&shapes[i]);
	if (r < 0)
		return r;
	*ret = survey;
	survey = (struct survey){ 0 };
	return 0;
}
