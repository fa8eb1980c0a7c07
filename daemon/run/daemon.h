#ifndef BANISH_DAEMON_RUN_DAEMON_H
#define BANISH_DAEMON_RUN_DAEMON_H

/*
 * What `banish run` is made of. Data flows one way: reader.c reads entries and feeds the engine;
 * commit.c makes what was decided durable, says it, and puts it into the kernel; firewall.c keeps
 * the kernel's table as the ledger says and hears what others do to it; health.c says when we are
 * blind; reload.c changes the configuration under way.
 *
 * Every wake-up: what the world did is read, the engine judges, one commit is written (state file,
 * then journal, then kernel). So a crash anywhere loses nothing: what is not committed is read and
 * decided again, what is committed but not placed is put in at the next start.
 */

#include "cli/options.h"
#include "count/quota.h"
#include "engine/engine.h"
#include "io/config.h"
#include "io/journal.h"
#include "io/state.h"
#include "ledger/ledger.h"
#include "match/ruleset.h"
#include "netlink/netaddr.h"
#include "netlink/nft.h"

#include <systemd/sd-event.h>

/* A configuration in force, and the engine that decides by it. */
struct active {
	struct config *config;
	struct ruleset *ruleset;
	struct engine *engine;
};

/* What the engine decided, until it is committed. */
struct due {
	enum decision_type type; /* DECISION_BAN, DECISION_END */
	uint64_t id;             /* of the ban, which the ledger may let go before */
	const struct ban *ban;   /* the ledger's; while it is committed */
};

/* An element that the kernel did not let go. */
struct undeleted {
	char jail[NFT_JAIL_SIZE];
	struct address address;
};

/* An element that somebody changed. */
struct touched {
	char jail[NFT_JAIL_SIZE]; /* the sets' name */
	struct address address;
	struct prefix prefix; /* of the address, if it has no host bits */
};

struct daemon {
	struct common common;
	const char *statedir;
	bool dry_run;
	uint8_t seed[16];

	struct active active;
	struct ledger *ledger; /* the engine's */

	struct journal *journal;
	struct nft *nft;             /* NULL in a dry run */
	struct netaddr *netaddr;     /* NULL: ignoreself is off, or a dry run */
	struct state *state;         /* NULL in a dry run */
	struct exempt *ignoring;     /* lists and names */
	struct prefix *own_prefixes; /* addresses and gateways, as they were listed last */
	size_t n_own;
	struct prefix
		*ignored; /* ignoreip, own addresses, gateways: what the kernel lets through */
	size_t n_ignored;

	/* reader.c: up to the mark everything was consumed before the last stop */
	bool warming;     /* so is the engine */
	usec_t warm_from; /* 0, or: before it only notes are read, after it all is */
	char *mark;       /* cursor of the first entry after the warm stretch; NULL: it is all */
	usec_t mark_time;
	char *cursor; /* of the last entry that was consumed; NULL: none yet */
	usec_t cursor_time;
	usec_t begin;        /* as long as there is none: what is read begins here */
	bool reading;        /* more is left before the end that was found (liveend.h) */
	bool passed_over;    /* an entry that cannot be read: said already */
	usec_t attack_until; /* CLOCK_MONOTONIC; until then we read ahead of journald's notification
			      */

	/* commit.c */
	struct due *decided; /* since the last commit */
	size_t n_decided, room_decided;
	bool state_failing; /* said already */
	bool state_damaged; /* some of it was passed over: it is to be written anew */
	bool doubting;      /* ... and until hear_reconcile() the kernel may know more */
	bool kernel_failing;

	/* tell.c */
	struct quota telling;  /* of bans one by one */
	uint64_t told_evicted; /* so many, when that was told last */

	struct undeleted *undeleted; /* changes.c */
	size_t n_undeleted;

	/* lengths.c */
	bool lengths_wanted;  /* a ban by hand stands in a set that is not ours yet */
	bool lengths_refused; /* said already */

	bool unsettled; /* a ban was lifted: forced_settle() */

	/* adopt.c: elements that are to be as the ledger says. What we wrote since may be newer
	 * than what the waiting notices tell, so theirs are among them then. */
	struct touched *touched;
	size_t n_touched, room_touched;
	bool rewritten;
	bool restored; /* hear.c: somebody loaded a saved ruleset */

	/* hear.c: how often the table was mended lately */
	usec_t heals_since;
	unsigned n_heals;

	/* health.c */
	struct silence *silences; /* one a jail */
	usec_t last_look;

	sd_event *event;
	sd_event_source *reader;     /* deferred: more entries wait */
	sd_event_source *read_ahead; /* timer */
	sd_event_source *saver;      /* timer: the cursor moved, or a placement is not saved */
	sd_event_source *retrier;    /* timer: the kernel did not take something */
	sd_event_source *journal_source, *journal_timer, *nft_source, *own_source;
	sd_event_source *hangup; /* SIGHUP */
};

void daemon_done(struct daemon *daemon);
/* When all sources are there. Of one whose handler fails nothing would be heard any more, and
 * nobody would know: it ends the loop instead, and systemd starts us again. */
int daemon_end_on_failure(struct daemon *daemon) must_check;
void active_done(struct active *active);

/* CLOCK_REALTIME of this wake-up. */
usec_t daemon_now(const struct daemon *daemon);
/* Index of a jail in force; -ENOENT. */
int daemon_find_jail(const struct daemon *daemon, const char *name);
/* The engine's number of a jail that has sets. */
unsigned daemon_engine_jail(const struct daemon *daemon, const char *name);

/* The place after the entry that was consumed last. */
struct position daemon_position(const struct daemon *daemon);

/* reader.c */
int reader_begin(struct daemon *daemon) must_check;  /* seeks; from then on the loop reads */
int reader_attach(struct daemon *daemon) must_check; /* event sources */

/* commit.c */
int commit_decisions(struct daemon *daemon)
	must_check; /* takes them from the engine, keeps those of bans */
int commit_all(struct daemon *daemon) must_check;      /* ledger -> state file, journal, kernel */
int commit_position(struct daemon *daemon) must_check; /* the state file only */
int commit_ledger(struct daemon *daemon) must_check;   /* ... with the position that it has */
void commit_soon(struct daemon *daemon, usec_t delay);
int commit_attach(struct daemon *daemon) must_check;
int commit_load(struct daemon *daemon, struct ledger **ret) must_check; /* state file -> ledger */

/* tell.c: 0 or -ENOMEM; what the kernel refuses is said, and tried again */
int tell_decided(struct daemon *daemon) must_check;
/* What the last run may not have told; once, as soon as the ledger is in force. */
int tell_again(struct daemon *daemon) must_check;

/* firewall.c */
int firewall_open(struct daemon *daemon, const struct policy *policy) must_check;
/* Table, sets, chain, rules; and in the same transaction the bans of the sets that it makes, as far
 * as they fit: how many bans. firewall_fill() is to follow. */
int firewall_install(struct daemon *daemon) must_check;
/* Who is ignored has changed: the kernel hears of it, and bans of those end. */
int firewall_refresh(struct daemon *daemon) must_check;
/* Puts in what was decided of these. */
int firewall_place(struct daemon *daemon, const struct due *due, size_t n_due) must_check;
/* Puts everything that runs into the sets that are not known to hold it, and what is not placed
 * into the others: how many bans those were. From then on the sets are known to hold all, durably.
 */
int firewall_fill(struct daemon *daemon) must_check;
/* firewall_install() and firewall_fill(). */
int firewall_mend(struct daemon *daemon) must_check;
/* A ban has ended though its time is not over: its element goes, now or with the changes. */
struct changes;
int firewall_gather_removal(struct daemon *daemon, struct changes *changes,
			    const struct ban *ban) must_check;
int firewall_remove(struct daemon *daemon, const struct ban *ban) must_check;
/* The jail is in force, or the manual one, and bans networks if it is one: its set stands in the
 * kernel. */
bool firewall_has_set(const struct daemon *daemon, const struct ban *ban);
/* Of the ban that was looked at last; begins zeroed. Many bans share a set. */
struct firewall_look {
	const char *jail;
	uint8_t family, length;
	bool has_set, is_filled, is_empty;
};
/* ... and whether it is the one that all bans were put into (as nft_identify() saw it last), so
 * that what is absent was taken out; and whether it is known to be empty. */
void firewall_look_at(const struct daemon *daemon, const struct ban *ban,
		      struct firewall_look *look);
/* All of it again in a few seconds. */
void firewall_retry_soon(struct daemon *daemon);
int firewall_attach(struct daemon *daemon) must_check;

/* lengths.c: bans of another length than their jail's, and their sets. The name that the sets of
 * any ban have in common. */
const char *lengths_name(const struct daemon *daemon, const struct ban *ban,
			 char buffer[static NFT_JAIL_SIZE]);
/* The ban needs such a set, and it does not stand. */
bool lengths_lack(const struct daemon *daemon, const struct ban *ban);
/* All that the bans that run need, as many as may be; says if that is too few. */
void lengths_gather(struct daemon *daemon, struct nft_lengths *ret);
/* Makes those that do not stand yet, and fills them. -ENOMEM; what else fails is tried again. */
int lengths_make(struct daemon *daemon) must_check;

/* forced.c. True if an address of the prefix is forced. */
bool forced_holds(struct daemon *daemon, const struct prefix *prefix);
/* Marks that nothing needs any more go, and bans of ignored addresses whose mark is gone. */
int forced_settle(struct daemon *daemon) must_check;

/* hear.c */
int hear_reconcile(struct daemon *daemon) must_check; /* the kernel's elements against the ledger */
/* From now on what others do is heard; what they did since firewall_open() is made good. */
int hear_begin(struct daemon *daemon) must_check;
int hear_attach(struct daemon *daemon) must_check;

/* health.c */
void health_entry(struct daemon *daemon); /* the journal stands on an entry */
void health_batch(struct daemon *daemon);
void health_gap(struct daemon *daemon);
int health_reset(struct daemon *daemon) must_check;

/* reload.c */
int active_load(struct daemon *daemon, struct active *ret) must_check; /* says each fault itself */
/* The ledger moves into the engine of `force`, which comes into force; kernel and journal follow.
 */
int active_enter(struct daemon *daemon, struct active *active, struct ledger **ledger) must_check;
int reload_attach(struct daemon *daemon) must_check;

/* events.c: each is one journal entry with its fields */
/* `again`: a crash may have lost it. */
void say_ban(const struct daemon *daemon, const struct ban *ban, bool again);
/* So many of its jail in one. */
void say_bans(const struct daemon *daemon, const struct ban *last, uint64_t n, uint64_t n_networks,
	      uint64_t n_repeated, bool again);
void say_unban(const struct daemon *daemon, const struct ban *ban, const char *reason, bool again);
void say_adopt(const struct daemon *daemon, const struct ban *ban, const char *by);
/* The ledger's bound was reached: running bans that ended, and bans that are forgotten. */
void say_evicted(uint64_t n_ended, uint64_t n_forgotten);
void say_private(const struct decision *decision);
void say_breaker(const struct decision *decision);
void say_breaker_closed(const struct decision *decision);
void say_target(const struct decision *decision);
void say_heal(const struct daemon *daemon, const char *what, const char *by, size_t n_bans);

#endif
