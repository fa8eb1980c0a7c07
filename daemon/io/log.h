#ifndef BANISH_DAEMON_IO_LOG_H
#define BANISH_DAEMON_IO_LOG_H

/*
 * What banish says: structured journal entries when it is a unit (stderr is connected to the
 * journal), plain lines on stderr when it runs by hand. Every kind of message has a MESSAGE_ID and
 * a text in packaging/banish.catalog. Text of others' log lines never goes in; user names do,
 * escaped and cut.
 */

#include "base/address.h"
#include "base/util.h"

#include <syslog.h>

/* One kind a row: NAME, MESSAGE_ID. The catalog has the same ids (a test compares them). */
#define LOG_KINDS(X)                                                \
	X(LOG_START, "7b20e900cf114b0499b1fee8ebf013d7")            \
	X(LOG_STOP, "82eeec665a1044268d58f74c65277626")             \
	X(LOG_RELOAD, "59657bca9a564915836f6574f5075c69")           \
	X(LOG_LISTS, "2d2db5057d2c48488b90916dc5f455f7")            \
	X(LOG_BLOCKLIST, "4c1d6a0a6f6a4f0c8a3c6e2b7d915f38")        \
	X(LOG_BLOCKLIST_FAILED, "b06f3f6f9d2e4c4d8c1f57a3e0c2986b") \
	X(LOG_RELOAD_FAILED, "9aa03a9ab2f341899ea71a7d0fa22283")    \
	X(LOG_BAN, "3ebc39a8ae7248be86dd683ba1b2b4f6")              \
	X(LOG_BANS, "5f1c1d0d6c0e4b0c9d5f2a3b8e7d4c61")             \
	X(LOG_UNBAN, "039096b5168a477ca312a6e18f0f47fe")            \
	X(LOG_ADOPT, "b045af93750d44c2996e3628f05a2247")            \
	X(LOG_HEAL, "ab1f84b5f37543728dee7b506a1b7c91")             \
	X(LOG_RESTORED, "f2a1451e3ff94d5e89725a16f92650ba")         \
	X(LOG_BLIND, "73386906bfae481e91ac99faed0ac6a3")            \
	X(LOG_SILENT, "deb99f189489409a9bb17213bff4ee4b")           \
	X(LOG_LIMIT, "86d41127195d477bb87c4b7556866950")            \
	X(LOG_STATE, "67fd3b18587d4b469673d13be6708993")            \
	X(LOG_STATE_READ, "ea63cafa912f4970b6c89ac4bf93126d")       \
	X(LOG_KERNEL, "7fcaded7368743699019ada798471d47")           \
	X(LOG_EVICTED, "c0e1f14b4bd6467a93a6d1fbe1d3a2c7")          \
	X(LOG_PRIVATE, "e7dd4f80d1484e88b1272e5d46aef42b")          \
	X(LOG_HIDDEN, "ecb592500eb4488087e51c59c593c282")           \
	X(LOG_BREAKER, "c7e1c700dbfc4b0db733acbbc8e4e292")          \
	X(LOG_REACH, "2c123900c34542d5b8be364eb3fdbf93")            \
	X(LOG_TARGET, "cabd6a19053142358cc3e8d1d37960c5")           \
	X(LOG_FLEET, "5c0d7d3b1e1c4f0f9a4e8f6f0a7d2b93")            \
	X(LOG_FAULT, "892f0a8983a5418f95b5a4e076fbdddd")

enum log_kind {
#define LOG_KIND(name, id) name,
	LOG_KINDS(LOG_KIND)
#undef LOG_KIND
};

/* Its MESSAGE_ID. */
const char *log_id(enum log_kind kind);

struct log_field {
	const char *name;  /* "BANISH_JAIL" */
	const char *value; /* NULL: the field is left out */
};

/* Looks once where stderr leads to. */
void log_open(void);

/* `priority` is syslog's. `fields` may be NULL. Values have no newlines. What journald does not
 * take within two seconds is lost; from then on nothing waits for it until it takes again. */
void log_entry(enum log_kind kind, int priority, const struct log_field *fields, size_t n_fields,
	       const char *format, ...) printf_like(5, 6);

/* The last entry was lost. */
bool log_is_stuck(void);

#define FLEET_SOCKET "/run/systemd/journal.banish-fleet/socket"
/* The entry into the journal namespace banish-fleet, which goes to other hosts. 0; negative errno:
 * it did not get there, -EAGAIN: its journald is too slow. Waits for that one a moment at most, and
 * then not again for a second. */
int log_share(enum log_kind kind, int priority, const struct log_field *fields, size_t n_fields,
	      const char *message) must_check;

#define log_say(kind, priority, ...) log_entry(kind, priority, NULL, 0, __VA_ARGS__)

#endif
