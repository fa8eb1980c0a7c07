#include "fuzz.h"

#include "config/pattern.h"
#include "config/policy-read.h"
#include "import/import.h"
#include "import/proof.h"
#include "import/write.h"

#include <errno.h>

#define MAX_PROOFS 2 /* jails of an input that are compiled: that is what takes time */

static const char *const paths[] = { "action.d/a.conf", "filter.d/f.conf", "filter.d/f.local",
				     "jail.conf", "jail.d/x.conf" };

/* The input is cut into files at its NULs. */
static size_t cut(const uint8_t *data, size_t size, struct import_file *files)
{
	struct span rest = { (const char *)data, size };
	size_t n = 0;

	for (; n < ARRAY_SIZE(paths) && rest.data; n++) {
		const char *end = rest.size > 0 ? memchr(rest.data, '\0', rest.size) : NULL;
		size_t length = end ? (size_t)(end - rest.data) : rest.size;

		files[n] = (struct import_file){ paths[n], { rest.data, length } };
		rest = end ? (struct span){ end + 1, rest.size - length - 1 } : (struct span){ 0 };
	}
	return n;
}

static void check_jail(const struct import_jail *jail)
{
	FUZZ_CHECK(jail->name && jail->filter);
	if (jail->fate == IMPORT_LISTED) {
		FUZZ_CHECK(jail->reason && *jail->reason);
		return;
	}
	FUZZ_CHECK(!jail->reason && jail->rule && !policy_reserved(jail->rule));
	FUZZ_CHECK((jail->fate == IMPORT_TRANSLATED) == (jail->journal != NULL));
	for (const struct import_event *event = jail->events; event; event = event->next)
		FUZZ_CHECK(event->dropped || !pattern_anchor_fault(event->pattern));
}

/* Whatever it was made of, it is a rule, or the jail is listed. */
static void try_rule(struct import *import, struct import_jail *jail)
{
	cleanup(proof_freep) struct proof *proof = NULL;
	cleanup(rule_freep) struct rule *rule = NULL;
	struct text text = { .arena = &import->arena };
	struct faults faults = { 0 };
	int r = proof_new(&import->arena, jail, &proof);

	if (r == 0)
		r = proof_offer(proof, SPAN_LITERAL("no 192.0.2.9"));
	if (r < 0) {
		FUZZ_CHECK(import->arena.failed || jail->fate == IMPORT_LISTED);
		return;
	}
	write_rule(&text, jail, true);
	r = rule_parse("f", (struct span){ text_end(&text), text.n }, &faults, &rule);
	FUZZ_CHECK(r == 0 || import->arena.failed);
	faults_done(&faults);
}

static void try_policy(struct import *import)
{
	cleanup(policy_freep) struct policy *policy = NULL;
	struct text text = { .arena = &import->arena };
	struct faults faults = { 0 };
	int r;

	write_policy(&text, import);
	r = policy_parse("f", (struct span){ text_end(&text), text.n }, &faults, &policy);
	if (r < 0 && !import->arena.failed)
		(void)fprintf(stderr, "%s\n%s\n", faults.lines[0], text_end(&text));
	FUZZ_CHECK(r == 0 || import->arena.failed);
	faults_done(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(import_freep) struct import *import = NULL;
	struct import_file list[ARRAY_SIZE(paths)];
	struct import_files files = { "/etc/fail2ban", list, 0 };
	int r, n = 0;

	files.n = cut(data, size, list);
	r = import_fail2ban(&files, &import);
	FUZZ_CHECK(r == 0 || r == -ENOENT || r == -ENOMEM);
	if (r < 0)
		return 0;
	for (struct import_jail *jail = import->jails; jail; jail = jail->next) {
		check_jail(jail);
		if (jail->fate == IMPORT_TRANSLATED && n++ < MAX_PROOFS)
			try_rule(import, jail);
	}
	try_policy(import);
	return 0;
}
