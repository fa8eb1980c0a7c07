#include "io/config.h"

#include "config/policy-read.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define MAX_FILE_SIZE (1024 * 1024) /* bytes; a rule file is some KiB */
#define MAX_RULES     4096
#define MAX_LIST_SIZE (4 * 1024 * 1024) /* bytes: IGNORE_MAX_LIST IPv6 networks, and remarks */

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	for (size_t i = 0; i < config->n_rules; i++)
		rule_free(config->rules[i]);
	free(config->rules);
	for (size_t i = 0; i < config->n_lists; i++)
		ignorelist_free(config->lists[i]);
	free(config->lists);
	policy_free(config->policy);
	free(config->policy_file);
	free(config);
	return NULL;
}

/* Not even a link that leads nowhere. */
static bool nothing_at(const char *path)
{
	struct stat status;

	return lstat(path, &status) < 0 && errno == ENOENT;
}

/* As file_read(), of regular files only: -EISDIR, -ENODEV else. A link to nothing: -ENOLINK. */
static int read_regular(const char *path, size_t max_size, char **ret, size_t *ret_size)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno == ENOENT && !nothing_at(path) ? -ENOLINK : -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode))
		return -ENODEV;
	return file_read(path, max_size, ret, ret_size);
}

static const char *config_explain(int error)
{
	switch (error) {
	case -EISDIR:
		return "a directory: name a file";
	case -ENODEV:
		return "not a regular file";
	case -ENOLINK:
		return "a dangling symbolic link: fix or remove it";
	case -ELOOP:
		return "a symbolic link loop: fix or remove it";
	case -EACCES:
		return "permission denied for the user that runs banish: check the modes of the file and its directories";
	}
	return strerror(-error);
}

/* 0; what passes by itself is no fault of the configuration: -EMFILE, -ENFILE. */
static int add_unreadable(struct faults *faults, const char *path, int error)
{
	int r = faults_add(faults, "%s: %s", path, config_explain(error));

	return r == 0 && (error == -EMFILE || error == -ENFILE) ? error : r;
}

/* 1: read; 0: a fault was added; -EMFILE, -ENFILE likewise; -ENOMEM. */
static int read_config_file(const char *path, struct faults *faults, char **ret, size_t *ret_size)
{
	int r;

	r = read_regular(path, MAX_FILE_SIZE, ret, ret_size);
	if (r >= 0)
		return 1;
	if (r == -ENOMEM)
		return r;
	if (r == -EFBIG)
		return faults_add(faults, "%s: larger than 1 MiB: is this the right file?", path);
	if (r == -EISDIR || r == -ENODEV)
		return faults_add(faults, "%s: not a regular file", path);
	return add_unreadable(faults, path, r);
}

const char *config_explain_list(int error)
{
	switch (error) {
	case -ENOENT:
		return "there is no such file: write one (it may be empty), or remove it from ignoreip";
	case -EFBIG:
		return "it is larger than 4 MiB: is this the right file?";
	}
	return config_explain(error);
}

int config_read_list(const char *path, enum ignore_source source, struct faults *faults,
		     struct ignorelist **ret)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	int r;

	r = read_regular(path, MAX_LIST_SIZE, &text, &size);
	if (r < 0)
		return r;
	return ignorelist_parse(path, (struct span){ text, size }, source, faults, ret);
}

int config_read_answer(const char *name, struct ignorelist **ret)
{
	cleanup(freep) char *path = NULL;
	struct faults faults = { 0 };
	int r;

	if (asprintf(&path, "%s/%s", IGNOREDIR, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = config_read_list(path, IGNORE_ANSWER, &faults, ret);
	faults_done(&faults); /* the daemon told them */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return 1;
}

/* The lists that ignoreip names. */
static int load_lists(struct faults *faults, struct config *config)
{
	struct policy *policy = config->policy;
	int r = 0;

	config->lists = calloc(policy->n_ignore_files + 1, sizeof(*config->lists));
	if (!config->lists)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_ignore_files; i++) {
		const struct ignore_file *file = &policy->ignore_files[i];

		r = config_read_list(file->path, IGNORE_LIST, faults,
				     &config->lists[config->n_lists]);
		if (r >= 0)
			config->n_lists++;
		else if (r != -EINVAL && r != -ENOMEM)
			r = faults_add(faults, "%s:%u:%u: %s: %s", config->policy_file, file->line,
				       file->column, file->path, config_explain_list(r));
		if (r == -ENOMEM)
			return r;
	}
	r = policy_set_lists(policy, config->lists, config->n_lists);
	if (r != -E2BIG)
		return r;
	return faults_add(faults,
			  "%s: more than %d addresses and networks, or %d host names, in ignoreip "
			  "and its files: write larger networks",
			  config->policy_file, IGNORE_MAX_LIST, IGNORE_MAX_NAMES);
}

static int config_read_policy(const char *confdir, enum config_need need, struct faults *faults,
			      struct config *config)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	int r;

	if (asprintf(&config->policy_file, "%s/banish.json", confdir) < 0)
		return -ENOMEM;
	if (need == CONFIG_POLICY_NONE ||
	    (need == CONFIG_POLICY_OPTIONAL && nothing_at(config->policy_file))) {
		config->policy = policy_new();
		return config->policy ? 0 : -ENOMEM;
	}
	if (nothing_at(config->policy_file))
		return faults_add(
			faults,
			"%s: there is no such file: write one, {\"jails\": {\"dovecot\": {}}} is enough "
			"to begin with",
			config->policy_file);

	r = read_config_file(config->policy_file, faults, &text, &size);
	if (r <= 0)
		return r;
	config->has_policy = true;
	r = policy_parse(config->policy_file, (struct span){ text, size }, faults, &config->policy);
	return r < 0 ? r : load_lists(faults, config);
}

/* The next rule's place. */
static int config_reserve_rule(struct config *config)
{
	struct rule **rules = reallocarray(config->rules, config->n_rules + 1, sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	config->rules = rules;
	return 0;
}

static int load_built_in(struct config *config)
{
	int r = 0;

	for (size_t i = 0; r == 0 && config->policy && i < config->policy->n_jails; i++) {
		const char *name = config->policy->jails[i].name;

		if (!policy_is_built_in(name))
			continue;
		r = config_reserve_rule(config);
		if (r == 0)
			r = rule_new_built_in(name, &config->rules[config->n_rules]);
		config->n_rules += r == 0;
	}
	return r;
}

static int load_rule(const char *path, struct faults *faults, struct config *config)
{
	cleanup(freep) char *text = NULL;
	struct rule **rules;
	size_t size;
	int r;

	if (config->n_rules >= MAX_RULES)
		return faults_add(faults, "%s: more than %d rule files", path, MAX_RULES);
	r = read_config_file(path, faults, &text, &size);
	if (r <= 0)
		return r;
	r = config_reserve_rule(config);
	if (r < 0)
		return r;
	rules = config->rules;
	r = rule_parse(path, (struct span){ text, size }, faults, &rules[config->n_rules]);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	for (size_t i = 0; i < config->n_rules; i++)
		if (strcmp(rules[i]->name, rules[config->n_rules]->name) == 0) {
			r = faults_add(
				faults,
				"%s: a rule named \"%s\" is in %s already: rename one, or give "
				"both files the same name to replace it",
				path, rules[i]->name, rules[i]->file);
			rule_free(rules[config->n_rules]);
			return r;
		}
	config->n_rules++;
	return 0;
}

static int is_rule_file(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > 5 &&
	       strcmp(entry->d_name + size - 5, ".json") == 0;
}

/* Loads the rule files of `folder` that `except` (may be NULL) does not replace. An absent folder
 * is empty. */
static int load_folder(const char *folder, const char *except, struct faults *faults,
		       struct config *config)
{
	struct dirent **names;
	int n, r = 0;

	n = scandir(folder, &names, is_rule_file, alphasort);
	if (n < 0) {
		r = -errno;
		if (nothing_at(folder))
			return 0;
		if (r == -ENOTDIR)
			return faults_add(faults, "%s: not a directory: rule files belong in one",
					  folder);
		return add_unreadable(faults, folder, r == -ENOENT ? -ENOLINK : r);
	}
	for (int i = 0; i < n; i++) {
		cleanup(freep) char *path = NULL, *other = NULL;

		if (r >= 0 && (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0 ||
			       asprintf(&other, "%s/%s", except ?: folder, names[i]->d_name) < 0))
			r = -ENOMEM;
		if (r >= 0 && (!except || nothing_at(other)))
			r = load_rule(path, faults, config);
		free(names[i]);
	}
	free(names);
	return r;
}

int config_load(const char *confdir, const char *rulesdir, enum config_need need,
		struct faults *faults, struct config **ret)
{
	cleanup(config_freep) struct config *config = NULL;
	cleanup(freep) char *own = NULL;
	int r;

	config = calloc(1, sizeof(*config));
	if (!config || asprintf(&own, "%s/rules.d", confdir) < 0)
		return -ENOMEM;

	r = config_read_policy(confdir, need, faults, config);
	if (r < 0 && r != -EINVAL)
		return r;
	r = load_folder(rulesdir, own, faults, config);
	if (r < 0)
		return r;
	r = load_folder(own, NULL, faults, config);
	if (r >= 0)
		r = load_built_in(config);
	if (r < 0)
		return r;
	if (faults->n_lines > 0)
		return -EINVAL;
	if (!config->has_policy) { /* every rule is in force with the defaults */
		config->policy->jails = calloc(config->n_rules + 1, sizeof(struct jail_policy));
		if (!config->policy->jails)
			return -ENOMEM;
		for (size_t i = 0; i < config->n_rules; i++) {
			strcpy(config->policy->jails[i].name, config->rules[i]->name);
			config->policy->jails[i].settings = config->policy->defaults;
		}
		config->policy->n_jails = config->n_rules;
	}
	*ret = TAKE_PTR(config);
	return 0;
}

int config_load_policy(const char *confdir, struct faults *faults, struct config **ret)
{
	cleanup(config_freep) struct config *config = calloc(1, sizeof(*config));
	int r;

	if (!config)
		return -ENOMEM;
	r = config_read_policy(confdir, CONFIG_POLICY_REQUIRED, faults, config);
	if (r < 0)
		return r;
	if (faults->n_lines > 0)
		return -EINVAL;
	*ret = TAKE_PTR(config);
	return 0;
}

int config_compile_all(struct config *config, bool jit, struct faults *faults, struct ruleset **ret)
{
	int r;

	r = ruleset_new(config->rules, config->n_rules, config->policy, config->policy_file, jit,
			faults, ret);
	if (r < 0)
		return r;
	config->n_rules = 0;
	return 0;
}

int config_compile(struct config *config, bool jit, struct faults *faults, struct ruleset **ret)
{
	int r;

	r = config_compile_all(config, jit, faults, ret);
	if (r >= 0)
		ruleset_leave_out_weightless(*ret);
	return r;
}

void faults_print(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n_notes; i++)
		fprintf(stderr, "%s\n", faults->notes[i]);
	for (size_t i = 0; i < faults->n_lines; i++)
		fprintf(stderr, "%s\n", faults->lines[i]);
}

int faults_conclude(struct faults *faults, const char *verb, int r)
{
	faults_print(faults);
	faults_done(faults);
	if (r < 0 && r != -EINVAL && r != -EMFILE && r != -ENFILE)
		fprintf(stderr, "banish %s: %s\n", verb, strerror(-r));
	return r;
}
