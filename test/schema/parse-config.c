/*
 * Parses one file as `banish check` would and says what is wrong with it: for schema.py, which
 * compares the parsers with the schemas.
 */
#include "policy.h"
#include "rule.h"

#include <stdio.h>

#define MAX_SIZE (2 * 1024 * 1024) /* bytes; more than the parsers take */

int main(int argc, char **argv)
{
	cleanup(rule_freep) struct rule *rule = NULL;
	cleanup(policy_freep) struct policy *policy = NULL;
	cleanup(freep) char *text = malloc(MAX_SIZE);
	struct faults faults = { 0 };
	struct span span;
	FILE *file;
	int r;

	if (argc != 3 || !text) {
		fprintf(stderr, "Usage: parse-config policy|rule FILE\n");
		return 2;
	}
	file = fopen(argv[2], "r");
	if (!file) {
		perror(argv[2]);
		return 2;
	}
	span = (struct span){ text, fread(text, 1, MAX_SIZE, file) };
	(void)fclose(file);

	if (strcmp(argv[1], "policy") == 0)
		r = policy_parse(argv[2], span, &faults, &policy);
	else
		r = rule_parse(argv[2], span, &faults, &rule);
	for (size_t i = 0; i < faults.n_lines; i++)
		printf("%s\n", faults.lines[i]);
	faults_done(&faults);
	return r < 0;
}
