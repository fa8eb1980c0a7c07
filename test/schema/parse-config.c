/*
 * Parses files as `banish check` would and says what is wrong with them: for schema.py, which
 * compares the parsers with the schemas. After the faults of each file a line "= good" or "= bad".
 */
#include "config/policy-read.h"
#include "config/rule.h"

#include <stdio.h>

#define MAX_SIZE (2 * 1024 * 1024) /* bytes; more than the parsers take */

static int parse(const char *kind, const char *path, char *buffer)
{
	cleanup(rule_freep) struct rule *rule = NULL;
	cleanup(policy_freep) struct policy *policy = NULL;
	struct faults faults = { 0 };
	struct span text;
	FILE *file;
	int r;

	file = fopen(path, "re");
	if (!file) {
		perror(path);
		return -1;
	}
	text = (struct span){ buffer, fread(buffer, 1, MAX_SIZE, file) };
	(void)fclose(file);

	if (strcmp(kind, "policy") == 0)
		r = policy_parse(path, text, &faults, &policy);
	else
		r = rule_parse(path, text, &faults, &rule);
	for (size_t i = 0; i < faults.n_lines; i++)
		printf("%s\n", faults.lines[i]);
	faults_done(&faults);
	puts(r < 0 ? "= bad" : "= good");
	return 0;
}

int main(int argc, char **argv)
{
	cleanup(freep) char *buffer = malloc(MAX_SIZE);

	if (argc < 3 || !buffer) {
		fprintf(stderr, "Usage: parse-config policy|rule FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		if (parse(argv[1], argv[i], buffer) < 0)
			return 2;
	return 0;
}
