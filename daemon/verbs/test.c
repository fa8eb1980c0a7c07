/*
 * banish test - what would the rules make of this line? Which rule, which event, who, what weight,
 * or why not, in words. The lines are one stream: sessions join.
 */
#include "cli/options.h"
#include "cli/output.h"
#include "cli/ruletest.h"
#include "cli/verb.h"
#include "io/config.h"
#include "lint/lint.h"
#include "lint/skeleton.h"
#include "report/shapes.h"

#include <errno.h>
#include <stdio.h>

#define MESSAGE_SHOWN 200 /* bytes */
#define USER_SHOWN    80
#define MAX_SHOWN     20 /* shapes */

struct test {
	struct common common;
	const char *mode, *unit, *identifier;
	bool suggest; /* instead of answers, a rule for the first line that none took */
	char *suggestion;
	struct config *config;
	struct ruletest **trials;
	size_t n_trials;
	struct shapes shapes;
	uint64_t n_lines, n_taken;
	usec_t time; /* of the last line; lines without a time follow one another closely */
};

/* The answer to one line. */
struct answer {
	const struct jail *jail; /* NULL: none took it */
	const struct verdict_of_hit *hit;
	char reason[256];
};

static void test_done(struct test *test)
{
	for (size_t i = 0; i < test->n_trials; i++)
		ruletest_free(test->trials[i]);
	free(test->trials);
	shapes_done(&test->shapes);
	free(test->suggestion);
	config_free(test->config);
}

static void unmatched_print(struct test *test, FILE *out)
{
	struct shapes *shapes = &test->shapes;
	uint64_t n_more;

	fprintf(out, "\n%llu line%s, %llu matched by a rule\n", (unsigned long long)test->n_lines,
		PLURAL(test->n_lines), (unsigned long long)test->n_taken);
	if (shapes->n_items == 0)
		return;
	shapes_sort(shapes);
	fprintf(out, "lines with an address that no rule matched:\n");
	for (size_t i = 0; i < MIN(shapes->n_items, (size_t)MAX_SHOWN); i++)
		fprintf(out, "%8llu  %s\n", (unsigned long long)shapes->items[i].count,
			shapes->items[i].text);
	n_more = shapes->n_items - MIN(shapes->n_items, (size_t)MAX_SHOWN) + shapes->n_others;
	if (n_more > 0)
		fprintf(out, "          and %llu more\n", (unsigned long long)n_more);
}

static const char *reason_of_hit(const struct verdict_of_hit *hit)
{
	switch (hit->why) {
	case WHY_COUNTED:
		return "counts";
	case WHY_REPEATED:
		return "counts as a repeat: the same user was tried from there before";
	case WHY_SUCCESS:
		return "a success: nothing to count";
	case WHY_NOTE:
		return "a note: its session is remembered";
	case WHY_MODE_OFF:
		return "the event counts only in mode aggressive";
	case WHY_LEFT_OUT:
		return "the event is not among the jail's \"events\"";
	case WHY_IGNORED:
		return "the address is never counted: it is in ignoreip, loopback, unspecified or multicast";
	case WHY_PRIVATE:
		return "the address is private, and the jail has not \"banprivate\"";
	case WHY_BANNED:
		return "the address is banned already";
	case WHY_DUPLICATE:
		return "duplicate: another line of its session or address told of this attempt";
	case WHY_NO_ADDRESS:
		return "no address in the line, and its session remembers none";
	case WHY_BAD_ADDRESS:
		return "the text captured as address is not an address";
	case WHY_DISAGREES:
		return "its session does not remember the same address: counts for nobody";
	case WHY_WEIGHTLESS:
		return "the event has weight 0";
	}
	return "";
}

/* Every jail sees the line, as in the daemon; the first that takes it answers. */
static int test_ask(struct test *test, const struct sample *sample, struct answer *ret)
{
	struct ruletest *reader = NULL;
	size_t n_readers = 0;

	*ret = (struct answer){ 0 };
	for (size_t i = 0; i < test->n_trials; i++) {
		const struct verdict_of_hit *hit = NULL;
		int r = ruletest_feed(test->trials[i], sample, &hit);

		if (r < 0)
			return r;
		if (r != RULETEST_NOT_SELECTED) {
			reader = test->trials[i];
			n_readers++;
		}
		if (r == RULETEST_HIT && !ret->jail) {
			ret->jail = ruletest_jail(reader);
			ret->hit = hit;
			snprintf(ret->reason, sizeof(ret->reason), "%s", reason_of_hit(hit));
		}
	}
	if (ret->jail)
		return 0;
	/* why no rule took it; one rule that reads such lines can say more */
	if (sample->message.data && n_readers == 1)
		return ruletest_explain(reader, sample, ret->reason, sizeof(ret->reason));
	snprintf(
		ret->reason, sizeof(ret->reason), "%s",
		!sample->message.data
			? "MESSAGE is missing or null: journalctl leaves out long ones, give it --all"
		: test->n_trials == 0 ? "no rule is in force"
		: n_readers == 0
			? "no rule in force reads entries of this unit, user and identifier"
			: "no event of the rules that read this unit matches");
	return 0;
}

/* The entry's field, if it is a text. */
static const char *entry_text(const struct sample *sample, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(sample->fields, name));
}

/* What the rule file has to think about; it is a guess, so that is no failure. */
static int judge_suggestion(const char *text, struct faults *faults)
{
	cleanup(rule_freep) struct rule *rule = NULL;
	int r = rule_parse("suggestion", span_of(text), faults, &rule);

	if (r >= 0)
		r = lint_hostile(rule, faults);
	if (r >= 0 || r == -EINVAL)
		r = rule ? lint_possessive(rule, faults) : r;
	if (r >= 0 || r == -EINVAL)
		r = rule ? lint_cost(rule, faults) : r;
	return r == -EINVAL ? 0 : r;
}

static int suggest(struct test *test, const struct sample *sample, const struct answer *answer)
{
	if (answer->jail)
		fprintf(stderr, "banish test: a rule takes this line: %s, event %s\n",
			answer->jail->rule->name,
			answer->jail->rule->events[answer->hit->event].name);
	else if (!test->suggestion && sample->message.data)
		return MIN(skeleton_of(sample->message,
				       sample->unit ?: entry_text(sample, "_SYSTEMD_UNIT"),
				       sample->identifier
					       ?: entry_text(sample, "SYSLOG_IDENTIFIER"),
				       &test->suggestion),
			   0);
	return 0;
}

/* 0; -ENODATA: there is nothing to suggest. */
static int print_suggestion(const struct test *test, struct faults *faults)
{
	if (!test->suggestion) {
		fprintf(stderr, "banish test: nothing to suggest: no line holds an address and is "
				"not taken by a rule\n");
		return -ENODATA;
	}
	printf("%s", test->suggestion);
	return judge_suggestion(test->suggestion, faults);
}

static int run_sample(struct test *test, const struct sample *sample)
{
	static const char *const outcomes[] = { [OUTCOME_FAILURE] = "failure",
						[OUTCOME_SUCCESS] = "success",
						[OUTCOME_NOTE] = "note" };
	const struct span message = sample->message.data ? sample->message : SPAN_LITERAL("");
	const struct verdict_of_hit none = { 0 }, *hit;
	const struct address *address;
	const struct event *event;
	struct answer answer;
	int r;

	r = test_ask(test, sample, &answer);
	if (r < 0)
		return r;
	if (test->suggest)
		return suggest(test, sample, &answer);
	test->n_lines++;
	if (answer.jail)
		test->n_taken++;
	else if (sample->message.data)
		r = shapes_add(&test->shapes, sample->message);
	if (r < 0)
		return r;
	hit = answer.jail ? answer.hit : &none;
	event = answer.jail ? &answer.jail->rule->events[hit->event] : NULL;
	/* what its session does not confirm is nobody's address */
	address = hit->has_address && hit->why != WHY_DISAGREES ? &hit->address : NULL;
	return output_print(test->common.json,
			    event ? "{message}\n    {jail} {event}, address {address}{no address}"
				    "{user is}{user}{user ends}, weight {weight}: {reason}"
				  : "{message}\n    no: {reason}",
			    (const struct row[]){
				    ROW_BYTES("message", message, MESSAGE_SHOWN),
				    ROW_TEXT("jail", event ? answer.jail->name : NULL),
				    ROW_TEXT("event", event ? event->name : NULL),
				    ROW_TEXT("outcome", event ? outcomes[event->outcome] : NULL),
				    ROW_ADDRESS("address", address),
				    ROW_BYTES("user", hit->user, USER_SHOWN),
				    ROW_WEIGHT("weight", hit->weight),
				    ROW_TEXT("reason", answer.reason),
				    ROW_SAID("no address", address ? "" : "none"),
				    ROW_SAID("user is", hit->user.data ? ", user \"" : ""),
				    ROW_SAID("user ends", hit->user.data ? "\"" : ""),
				    ROW_END,
			    });
}

/* MESSAGE of `journalctl -o json`: a text, an array of numbers for bytes that are no text, null
 * when it was long and --all was not given; several values give an array of these. 1; 0: null or
 * missing; -EINVAL. */
static int message_of(const cJSON *value, char **ret, size_t *ret_size)
{
	cleanup(freep) char *bytes = NULL;
	const cJSON *item;
	size_t size = 0;

	if (cJSON_IsArray(value) && (cJSON_IsArray(value->child) || cJSON_IsString(value->child)))
		value = value->child;
	if (!value || cJSON_IsNull(value))
		return 0;
	if (cJSON_IsString(value)) {
		*ret = strdup(value->valuestring);
		*ret_size = strlen(value->valuestring);
		return *ret ? 1 : -ENOMEM;
	}
	if (!cJSON_IsArray(value))
		return -EINVAL;
	bytes = malloc((size_t)cJSON_GetArraySize(value) + 1);
	if (!bytes)
		return -ENOMEM;
	cJSON_ArrayForEach(item, value)
	{
		if (!cJSON_IsNumber(item) || item->valueint < 0 || item->valueint > 255)
			return -EINVAL;
		bytes[size++] = (char)item->valueint;
	}
	*ret = TAKE_PTR(bytes);
	*ret_size = size;
	return 1;
}

/* cJSON does not say why it has no tree. */
static bool json_lacks_memory;

static void *allocate_json(size_t size)
{
	void *block = malloc(size);

	json_lacks_memory = json_lacks_memory || !block;
	return block;
}

static int run_json_line(struct test *test, const char *line, size_t n)
{
	cJSON *fields = cJSON_Parse(line);
	const cJSON *time, *item;
	struct sample sample = { .unit = test->unit,
				 .identifier = test->identifier,
				 .fields = fields };
	cleanup(freep) char *message = NULL;
	size_t size = 0;
	int r;

	if (cJSON_IsObject(fields))
		r = message_of(cJSON_GetObjectItemCaseSensitive(fields, "MESSAGE"), &message,
			       &size);
	else
		r = !fields && json_lacks_memory ? -ENOMEM : -EINVAL;
	if (r == -EINVAL)
		fprintf(stderr,
			"banish test: line %zu of stdin: no journal entry: pipe \"journalctl -o json "
			"--all\" into it\n",
			n);
	if (r < 0) {
		cJSON_Delete(fields);
		return r;
	}
	time = cJSON_GetObjectItemCaseSensitive(fields, "__REALTIME_TIMESTAMP");
	if (cJSON_IsString(time)) {
		char *end;
		unsigned long long usec = strtoull(time->valuestring, &end, 10);

		if (*end == '\0' && end != time->valuestring)
			test->time = usec;
	} else {
		test->time++;
	}
	sample.message = (struct span){ message, size };
	sample.time = test->time;
	/* an entry that says by whom it was written is taken at its word */
	cJSON_ArrayForEach(item, fields) if (item->string[0] == '_' && item->string[1] != '_')
		sample.strict = true;
	r = run_sample(test, &sample);
	cJSON_Delete(fields);
	return r;
}

static int test_prepare(struct test *test, struct faults *faults)
{
	const struct common *common = &test->common;
	struct policy *policy;
	int r;

	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_OPTIONAL, faults,
			&test->config);
	if (r < 0)
		return r;
	policy = test->config->policy;
	if (test->mode)
		ruletest_set_mode(policy, strcmp(test->mode, "aggressive") == 0 ? MODE_AGGRESSIVE
										: MODE_NORMAL);
	test->trials = calloc(policy->n_jails + 1, sizeof(struct ruletest *));
	if (!test->trials)
		return -ENOMEM;

	for (size_t jail = 0; jail < policy->n_jails; jail++)
		for (size_t i = 0; i < test->config->n_rules; i++) {
			struct rule *rule = test->config->rules[i];

			if (strcmp(rule->name, policy_rule(&policy->jails[jail])) != 0)
				continue;
			r = ruletest_new(rule, test->config->policy_file, policy,
					 &policy->jails[jail], faults,
					 &test->trials[test->n_trials]);
			if (r < 0)
				return r;
			test->n_trials++;
		}
	return 0;
}

int verb_test(int argc, char **argv)
{
	cleanup(test_done) struct test test = { .common = COMMON_DEFAULTS, .time = USEC_PER_HOUR };
	const struct option_row rows[] = {
		OPTION_CONFIG(test.common),
		{ "unit", "UNIT",
		  "the line is of this unit (_SYSTEMD_UNIT); else every rule is tried", &test.unit,
		  NULL },
		{ "identifier", "NAME", "and of this SYSLOG_IDENTIFIER", &test.identifier, NULL },
		{ "suggest", NULL, "print a rule, guessed from the first line that no rule takes",
		  &test.suggest, NULL },
		{ "mode", "MODE", "normal or aggressive, for every jail", &test.mode, NULL },
		OPTION_JSON(test.common),
	};
	const struct usage usage = USAGE(
		"test", "[MESSAGE...]", 0, -1, rows,
		"Tells for each message which event it is, who, what it weighs, or why it counts nothing.\n"
		"Without a message it reads \"journalctl -o json --all\" from stdin.");
	cleanup(freep) char *line = NULL;
	struct faults faults = { 0 };
	int first, exit_code, r;
	size_t room = 0, n = 0;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	if (test.mode && strcmp(test.mode, "normal") != 0 && strcmp(test.mode, "aggressive") != 0) {
		fprintf(stderr, "banish test: --mode: \"%s\" is neither normal nor aggressive\n",
			test.mode);
		return EXIT_USAGE;
	}
	r = test_prepare(&test, &faults);
	for (int i = first; r >= 0 && i < argc; i++)
		r = run_sample(&test, &(struct sample){ .message = span_of(argv[i]),
							.time = ++test.time,
							.unit = test.unit,
							.identifier = test.identifier });
	cJSON_InitHooks(&(cJSON_Hooks){ allocate_json, free });
	while (r >= 0 && first == argc && getline(&line, &room, stdin) > 0) {
		n++;
		if (line[strspn(line, " \t\r\n")])
			r = run_json_line(&test, line, n);
	}
	if (r >= 0 && first == argc && !feof(stdin))
		r = errno > 0 ? -errno : -EIO;
	if (r >= 0 && test.suggest)
		r = print_suggestion(&test, &faults);
	if (r == -ENODATA) {
		faults_done(&faults);
		return EXIT_NO;
	}
	r = faults_conclude(&faults, "test", r);
	if (r >= 0 && first >= argc && !test.suggest)
		unmatched_print(&test, test.common.json ? stderr : stdout);
	return r < 0 ? EXIT_NO : EXIT_YES;
}
