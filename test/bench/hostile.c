/*
 * What a client can cost: each example of a rule that has a user, with 64 KiB of one delimiter in
 * the user's place, with a mixture of them and of pieces of the rule's own lines, or with two
 * million commas, against the same length of a harmless letter; nanoseconds a byte, by JIT (replay)
 * and by the interpreter (the daemon). Prints the worst ratio of each rule; README.md beside this
 * file says what is aimed at.
 *
 *     bench-hostile RULE.json...
 */
#include "config/policy.h"
#include "config/rule.h"
#include "match/ruleset.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define NAME_BYTES  65536
#define MANY_COMMAS 2000000
#define TRIES       7
#define N_MIXTURES  60 /* for each example */
#define MAX_PIECE   256

static const char *const delimiters[] = {
	">",       "<",      ",",           "=",    " ",          "\"",      "\\",       "(",
	")",       ":",      "[",           "]",    "'",          "?",       "\n",       "\t",
	"\x7f",    "\xff",   ", ",          "): ",  ">,",         ", rip=",  ", rip=1,", "user=<",
	": user=", " from ", ", session=<", "\\\"", "\" remote=", "rhost=",  "1",        "1.",
	".",       "a,",     ": ",          "\"\"", " port 1",    "rip=1, ", ", lip=1",  ">: ",
};

struct line {
	const struct selector *selector;
	char *text;
	size_t size;
};

static int field(void *source, const char *name, struct span *ret)
{
	const struct line *line = source;

	if (strcmp(name, "MESSAGE") == 0) {
		*ret = (struct span){ line->text, line->size };
		return 1;
	}
	for (size_t i = 0; i < line->selector->n_conditions; i++)
		if (strcmp(line->selector->conditions[i].field, name) == 0) {
			*ret = span_of(line->selector->conditions[i].values[0]);
			return 1;
		}
	return 0;
}

static int no_time(void *source, usec_t *ret)
{
	*ret = 1;
	return 0;
}

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The best of some tries, in nanoseconds a byte: everything else on the machine only adds. */
static double cost(struct ruleset *ruleset, struct line *line)
{
	const struct entry entry = { .field = field, .time = no_time, .source = line };
	double best = 1e300;

	for (int i = 0; i < TRIES; i++) {
		double begin = now(), took;
		int r = ruleset_scan(ruleset, &entry);

		took = now() - begin;
		if (r < 0) {
			fprintf(stderr, "scan: %s\n", strerror(-r));
			exit(1);
		}
		best = MIN(best, took);
	}
	return best / (double)line->size;
}

/* The example with `piece` repeated in its user's place. False: the user does not stand in it. */
static bool fill(const struct example *example, const char *piece, size_t name_bytes,
		 struct line *line)
{
	const char *user = example->user ? strstr(example->message, example->user) : NULL;
	size_t before, size = strlen(piece);
	char *end;

	if (!user || !*example->user)
		return false;
	before = (size_t)(user - example->message);
	free(line->text);
	line->text = malloc(strlen(example->message) + name_bytes + size + 1);
	if (!line->text)
		exit(1);
	end = mempcpy(line->text, example->message, before);
	for (size_t n = 0; n < name_bytes; n += size)
		end = mempcpy(end, piece, size);
	end = stpcpy(end, user + strlen(example->user));
	line->size = (size_t)(end - line->text);
	return true;
}

struct worst {
	double ratio, bytes_cost;
	char piece[MAX_PIECE];
	const struct example *example;
};

/* Two tries for what seems dear, each beside a harmless line: the machine may have been busy. */
static void compare(struct ruleset *ruleset, const struct example *example, const char *piece,
		    size_t name_bytes, struct worst *worst)
{
	struct line harmless = { .selector = &ruleset_jail(ruleset, 0)->rule->selectors[0] };
	struct line hostile = harmless;
	double ratio = 1e300, bytes_cost = 0;

	(void)fill(example, "a", name_bytes, &harmless);
	(void)fill(example, piece, name_bytes, &hostile);
	for (int i = 0; i < 2 && ratio > worst->ratio; i++) {
		bytes_cost = cost(ruleset, &hostile);
		ratio = MIN(ratio, bytes_cost / cost(ruleset, &harmless));
	}
	if (ratio > worst->ratio) {
		*worst = (struct worst){ ratio, bytes_cost, "", example };
		strcpy(worst->piece, piece);
	}
	free(harmless.text);
	free(hostile.text);
}

/* The same ones every time. */
static size_t draw(size_t n)
{
	static uint32_t random = 1;

	random = random * 1664525 + 1013904223;
	return (random >> 8) % n;
}

/* Delimiters, and what this and other lines of the rule hold: nearly what the patterns look for. */
static void mix(const struct rule *rule, char piece[static MAX_PIECE])
{
	char *end = piece;

	for (size_t n = 1 + draw(6); n > 0; n--) {
		const char *line = rule->examples[draw(rule->n_examples)].message;
		size_t start = draw(strlen(line)), size = MIN(strlen(line) - start, 1 + draw(30));

		if (draw(2))
			end = stpcpy(end, delimiters[draw(ARRAY_SIZE(delimiters))]);
		else
			end = mempcpy(end, line + start, size);
		*end = '\0';
	}
}

static void measure(struct ruleset *ruleset, struct worst *ret)
{
	const struct rule *rule = ruleset_jail(ruleset, 0)->rule;

	for (size_t i = 0; i < rule->n_examples; i++) {
		const struct example *example = &rule->examples[i];
		struct line line = { 0 };
		char piece[MAX_PIECE];

		if (!fill(example, "a", 1, &line))
			continue;
		free(line.text);
		for (size_t k = 0; k < ARRAY_SIZE(delimiters); k++)
			compare(ruleset, example, delimiters[k], NAME_BYTES, ret);
		for (size_t k = 0; k < N_MIXTURES; k++) {
			mix(rule, piece);
			compare(ruleset, example, piece, NAME_BYTES, ret);
		}
		compare(ruleset, example, ",", MANY_COMMAS, ret);
	}
}

static char *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(1 << 20);

	if (!file || !text) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	*ret_size = fread(text, 1, (1 << 20) - 1, file);
	text[*ret_size] = '\0';
	fclose(file);
	return text;
}

static struct ruleset *compile(const char *path, bool jit)
{
	struct policy *policy = policy_new();
	struct faults faults = { 0 };
	struct ruleset *ruleset;
	struct rule *rule;
	size_t size;
	char *text = read_file(path, &size);

	if (!policy || rule_parse(path, (struct span){ text, size }, &faults, &rule) < 0)
		exit(1);
	policy->jails = calloc(1, sizeof(*policy->jails));
	policy->n_jails = 1;
	strcpy(policy->jails[0].name, rule->name);
	policy->jails[0].settings = policy->defaults;
	policy->jails[0].settings.mode = MODE_AGGRESSIVE;
	if (ruleset_new(&rule, 1, policy, "", jit, &faults, &ruleset) < 0)
		exit(1);
	policy_free(policy);
	free(text);
	return ruleset;
}

static void print_piece(const char *piece)
{
	putchar('"');
	for (; *piece; piece++)
		if (*piece >= 0x20 && *piece < 0x7f)
			putchar(*piece);
		else
			printf("\\x%02x", (unsigned char)*piece);
	putchar('"');
}

int main(int argc, char **argv)
{
	printf("%-10s %-12s %9s %9s  worst\n", "rule", "matcher", "ratio", "ns/byte");
	for (int i = 1; i < argc; i++)
		for (int jit = 1; jit >= 0; jit--) {
			struct ruleset *ruleset = compile(argv[i], jit);
			struct worst worst = { 0 };

			measure(ruleset, &worst);
			printf("%-10s %-12s %9.2f %9.2f  ", ruleset_jail(ruleset, 0)->name,
			       jit ? "JIT" : "interpreter", worst.ratio, worst.bytes_cost);
			print_piece(worst.piece);
			printf(" in \"%.60s...\"\n", worst.example ? worst.example->message : "");
			ruleset_free(ruleset);
		}
	return 0;
}
