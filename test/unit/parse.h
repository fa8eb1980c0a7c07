#ifndef BANISH_TEST_PARSE_H
#define BANISH_TEST_PARSE_H

/* For the tests of parsers: what must be good, and what must be bad with exactly these faults. */

#include "config/policy-read.h"
#include "config/rule.h"

#include "unit.h"

#include <errno.h>

static inline void compare_faults(const char *text, struct faults *faults, const char *expected)
{
	char lines[16384] = "";

	for (size_t i = 0; i < faults->n_lines; i++) {
		strcat(lines, faults->lines[i]);
		strcat(lines, "\n");
	}
	faults_done(faults);
	if (strcmp(lines, expected) != 0)
		fail_msg("%s\ngives\n%sinstead of\n%s", text, lines, expected);
}

static inline struct rule *good_rule(const char *text)
{
	struct faults faults = { 0 };
	struct rule *rule = NULL;

	if (rule_parse("r", span_of(text), &faults, &rule) < 0)
		fail_msg("%s: %s", text, faults.n_lines > 0 ? faults.lines[0] : "no fault");
	assert_int_equal(faults.n_lines, 0);
	return rule;
}

/* `expected`: the faults in order, a newline behind each. */
static inline void bad_rule(const char *text, const char *expected)
{
	struct faults faults = { 0 };
	struct rule *rule = NULL;

	assert_int_equal(rule_parse("r", span_of(text), &faults, &rule), -EINVAL);
	assert_null(rule);
	compare_faults(text, &faults, expected);
}

static inline struct policy *good_policy(const char *text)
{
	struct faults faults = { 0 };
	struct policy *policy = NULL;

	if (policy_parse("p", span_of(text), &faults, &policy) < 0)
		fail_msg("%s: %s", text, faults.n_lines > 0 ? faults.lines[0] : "no fault");
	assert_int_equal(faults.n_lines, 0);
	return policy;
}

static inline void bad_policy(const char *text, const char *expected)
{
	struct faults faults = { 0 };
	struct policy *policy = NULL;

	assert_int_equal(policy_parse("p", span_of(text), &faults, &policy), -EINVAL);
	assert_null(policy);
	compare_faults(text, &faults, expected);
}

#endif
