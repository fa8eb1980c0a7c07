#ifndef BANISH_REPORT_LOCKOUT_H
#define BANISH_REPORT_LOCKOUT_H

/*
 * Who was banned and logged in, too, within a week: a user who was locked out, or a password that
 * was guessed. Bans and logins in, in the order of the journal; of each offender the login and the
 * ban that are nearest to each other out. The tables are bounded: who was not met for longest goes
 * first, those who only ever were banned apart from those who logged in.
 */

#include "base/address.h"
#include "base/hash.h"
#include "base/table.h"
#include "base/types.h"

#define LOCKOUT_WITHIN    USEC_PER_WEEK /* between the login and the ban */
#define LOCKOUT_MAX       65536         /* of either kind */
#define LOCKOUT_USER_SIZE 64            /* bytes of an account's name; what is longer is cut */

/* One offender is one in each jail. All bytes, so that two can be compared as such. */
struct offender {
	char jail[NAME_SIZE]; /* zeroes behind the name */
	struct prefix prefix;
};

struct offender offender_of(const char *jail, const struct prefix *prefix);

struct lockout_login {
	usec_t time; /* 0: there was none */
	uint8_t size;
	char user[LOCKOUT_USER_SIZE]; /* bytes that a stranger chose */
};

struct lockout_item {
	struct table_head head;
	struct offender who;
	uint64_t n_bans;
	usec_t last_ban;           /* 0: none yet */
	struct lockout_login last; /* of all logins */
	usec_t ban;                /* the nearest to ... */
	struct lockout_login login;
};

struct lockout {
	struct table table;
	struct table_list banned, logged_in;
	uint8_t seed[HASH_SEED_SIZE];
	uint64_t n_folded; /* had to go */
};

void lockout_init(struct lockout *lockout, const uint8_t seed[static HASH_SEED_SIZE]);
void lockout_done(struct lockout *lockout);

int lockout_ban(struct lockout *lockout, const struct offender *who, usec_t time) must_check;
/* `user`: data NULL or empty where it is not known. */
int lockout_login(struct lockout *lockout, const struct offender *who, usec_t time,
		  struct span user) must_check;

/* NULL: neither was banned nor logged in. Borrowed until the next ban or login. */
const struct lockout_item *lockout_find(const struct lockout *lockout, const struct offender *who);
/* Those who did both within the time, the one not met for longest first; start with NULL. */
const struct lockout_item *lockout_next(const struct lockout *lockout,
					const struct lockout_item *item);
/* Offenders of the jail (NULL: of any) that were banned, and of these those who logged in. If
 * `without` is not NULL, only those whom that one does not know as banned. */
uint64_t lockout_count(const struct lockout *lockout, const char *jail,
		       const struct lockout *without, uint64_t *ret_logged_in);

#endif
