#ifndef BANISH_DAEMON_CLI_VERB_H
#define BANISH_DAEMON_CLI_VERB_H

/*
 * One verb a file: `verb_NAME(argc, argv)` gets the words from its own name on (argv[0] is the
 * verb), prints results to stdout and talk to stderr, and returns the exit code.
 */

enum {
	EXIT_YES = 0,   /* yes, fine, done */
	EXIT_NO = 1,    /* no, problems found, could not do it */
	EXIT_USAGE = 2, /* usage error */
	/* of the daemon (EX_CONFIG of sysexits(3)): only a person can mend it, a restart cannot */
	EXIT_CONFIG = 78,
};

int verb_ban(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_import(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_resolve(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_setup(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_test(int argc, char **argv);
int verb_why(int argc, char **argv);
int verb_unban(int argc, char **argv);

#endif
