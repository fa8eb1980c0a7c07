/*
 * Random streams through the reconciler, against a plain model of what an administrator may expect:
 * reconcile-stream N [SEED]. Others add, delete, flush, remove, save and load while notices are
 * late, lost and told twice, lists lack elements, the kernel refuses, and the daemon is killed
 * between any two actions and started again from the lines that it saved.
 *
 * The model knows no sets and no notices: a ban begins when the engine decides it, or somebody adds
 * it; it ends with its time, or when somebody deletes it, and by nothing else. What was done where
 * nobody heard of it and the trace is gone as well, can end either way: an element that was added
 * and went with its set, a deletion from a set that was not filled yet. Such a trace is looked for
 * by the plain premise: the set stands that the ledger has recorded, and the ban is placed.
 */
#include "firewall.h"
#include "random.h"

#define N_KEYS 9
#define STEPS  60

enum fate { OUT, IN, EITHER };

struct key {
	const char *jail, *address; /* of the set; "": nobody bans or adds it */
	uint8_t family;
	unsigned length;
	enum fate fate;
	bool pending; /* somebody did that, and it is not in the ledger yet; */
	bool waits;   /* its notice waits */
	bool deletion_waits;
	bool traced; /* it was deleted, and its absence tells of it */
};

static const struct key all_keys[N_KEYS] = {
	{ "mail", "203.0.113.1", AF_INET, 32, OUT, false, false, false, false },
	{ "mail", "203.0.113.2", AF_INET, 32, OUT, false, false, false, false },
	{ "mail", "203.0.113.3", AF_INET, 32, OUT, false, false, false, false },
	{ "mail", "2001:db8:0:1::", AF_INET6, 64, OUT, false, false, false, false },
	{ "mail", "2001:db8:0:2::", AF_INET6, 64, OUT, false, false, false, false },
	{ "manual", "198.51.100.1", AF_INET, 32, OUT, false, false, false, false },
	{ "manual", "198.51.100.2", AF_INET, 32, OUT, false, false, false, false },
	{ "manual.24v", "192.0.2.0", AF_INET, 24, OUT, false, false, false, false },
	{ "mail", "100.64.9.9", AF_INET, 32, OUT, false, false, false, false }, /* ignored */
};

struct world {
	struct firewall firewall;
	struct key keys[N_KEYS];
	uint64_t random;
	bool talks, is_calm;
	uint64_t dies_in;            /* actions; 0: not */
	unsigned refusals, meddling; /* per cent */
	bool has_saved;
	struct stood saved[MAX_STOOD];
};

static bool chance(struct world *world, unsigned percent)
{
	return random_below(&world->random, 100) < percent;
}

#define SAY(world, ...)                      \
	do {                                 \
		if ((world)->talks)          \
			printf(__VA_ARGS__); \
	} while (0)

static struct prefix prefix_of(const struct key *key)
{
	struct address address;

	must(address_parse(span_of(key->address), &address) == 0);
	return address_widen(&address, key->length);
}

static const struct ban *running(struct world *world, const struct key *key)
{
	struct prefix prefix = prefix_of(key);

	return element_ban(world->firewall.stream.engine, key->jail, &prefix, world->firewall.now);
}

static struct stood *set_of(struct world *world, const struct key *key)
{
	struct stood *set = firewall_set(&world->firewall, key->jail, key->family);

	must(set);
	return set->handle ? set : NULL;
}

static struct key *key_at(struct world *world, const struct stood *set,
			  const struct address *address)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		struct prefix prefix = prefix_of(&world->keys[i]);

		if (strcmp(world->keys[i].jail, set->jail) == 0 &&
		    prefix_contains(&prefix, address))
			return &world->keys[i];
	}
	abort();
}

static bool is_ignored(const struct key *key)
{
	return strcmp(key->address, "100.64.9.9") == 0;
}

/* Its absence will be understood though no notice tells of it. */
static bool leaves_trace(struct world *world, const struct key *key)
{
	struct stood *set = set_of(world, key);
	struct ledger *ledger = engine_ledger(world->firewall.stream.engine);
	const struct ban *ban = running(world, key);
	char name[NFT_SET_NAME_SIZE], mark[32];

	snprintf(mark, sizeof(mark), "boot/net/%llu", (unsigned long long)world->firewall.table);
	return !ban ||
	       (set && ban->placed && strcmp(ledger_table(ledger), mark) == 0 &&
		ledger_filled(ledger, nft_set_name(key->jail, key->family, name)) == set->handle);
}

static bool stands(struct world *world, const struct key *key)
{
	struct stood *set = set_of(world, key);

	for (size_t i = 0; set && i < set->n; i++)
		if (key_at(world, set, &set->items[i].address) == key)
			return true;
	return false;
}

/* Of what is pending and no notice tells, the trace may be gone. */
static void weigh_traces(struct world *world)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		struct key *key = &world->keys[i];

		if (!key->pending || key->waits)
			continue;
		if (key->fate == OUT && running(world, key) &&
		    ((stands(world, key) && !key->traced) || !leaves_trace(world, key))) {
			SAY(world, "  no trace of %s\n", key->address);
			key->fate = EITHER;
		}
		if (key->fate == IN && !stands(world, key) && !running(world, key))
			key->fate = EITHER;
	}
}

static void forget_notices(struct world *world)
{
	for (size_t i = 0; i < N_KEYS; i++)
		world->keys[i].waits = world->keys[i].deletion_waits = false;
	weigh_traces(world);
	/* nobody acts between a look and what is written after it */
	for (size_t i = 0; world->is_calm && i < N_KEYS; i++)
		world->keys[i].traced = world->keys[i].pending && world->keys[i].fate == OUT &&
					!stands(world, &world->keys[i]);
}

/*
 * What others do.
 */

static void expect(struct world *world, struct key *key, enum fate fate)
{
	key->fate = is_ignored(key) ? OUT : fate;
	key->traced = false;
	key->pending = true;
	key->waits = world->firewall.listens;
}

static void somebody_adds(struct world *world)
{
	static const char *const comments[] = { "", "by hand", "called twice", "wrong x5" };
	struct key *key = &world->keys[random_below(&world->random, N_KEYS)];
	const char *comment = comments[random_below(&world->random, 4)];
	struct firewall *firewall = &world->firewall;
	struct stood *set = set_of(world, key);
	char address[64];
	bool ours = strcmp(comment, "wrong x5") == 0 && strcmp(key->jail, "mail") == 0;

	if (!set && nft_jail_length(key->jail) && firewall->table) {
		set = firewall_set(firewall, key->jail, key->family);
		firewall_make(firewall, set);
	}
	if (!set)
		return;
	snprintf(address, sizeof(address), "%s%s", key->address,
		 key->family == AF_INET6 && chance(world, 50) ? "5" : "");
	SAY(world, "  add %s %s \"%s\"\n", key->jail, address, comment);
	firewall_add(firewall, set, address,
		     firewall->now + HOUR - random_below(&world->random, 9) * SECOND, comment);
	/* ours, with another time: the ledger wins */
	if (!ours)
		expect(world, key, IN);
	else if (key->fate == OUT && key->pending)
		key->fate = EITHER; /* it may be in the ledger still, which wins */
	else if (key->fate == IN && key->pending)
		key->fate = EITHER; /* that was overwritten */
}

static void somebody_deletes(struct world *world, struct stood *set, bool all)
{
	while (set->handle && set->n > 0) {
		struct held *held = &set->items[random_below(&world->random, set->n)];
		struct key *key = key_at(world, set, &held->address);

		struct prefix prefix = prefix_of(key);
		bool keeps_out = address_equal(&held->address, &prefix.address);

		SAY(world, "  delete %s %s%s\n", set->jail, key->address,
		    keeps_out ? "" : " with host bits");
		firewall_delete(&world->firewall, set, held);
		expect(world, key, OUT);
		key->deletion_waits = key->waits;
		if (stands(world, key) || (!keeps_out && running(world, key)))
			key->fate = EITHER; /* what was meant? */
		if (!all)
			return;
	}
}

static void somebody_removes(struct world *world, struct stood *set, bool anew)
{
	if (!set->handle)
		return;
	SAY(world, "  remove set %s%c%s\n", set->jail, set->family == AF_INET ? '4' : '6',
	    anew ? " and make it anew" : "");
	if (chance(world, 50))
		for (size_t i = 0; i < set->n; i++)
			firewall_notice_element(&world->firewall, set, &set->items[i], false, true);
	set->handle = set->n = 0;
	if (anew)
		firewall_make(&world->firewall, set);
	firewall_damage(&world->firewall, NFT_LOSS_SET);
}

static void somebody_flushes(struct world *world)
{
	SAY(world, "  flush ruleset\n");
	if (!world->firewall.table)
		return;
	firewall_unmake(&world->firewall);
	firewall_damage(&world->firewall, NFT_LOSS_TABLE);
}

/* `merge`: into what stands. */
static void somebody_loads(struct world *world, bool merge)
{
	struct firewall *firewall = &world->firewall;
	bool had = firewall->table;

	if (!world->has_saved || (merge && !had))
		return;
	SAY(world, "  load%s\n", merge ? " into it" : "");
	if (!merge) {
		firewall_unmake(firewall);
		firewall->table = ++firewall->last_table;
	}
	for (size_t i = 0; i < firewall->n_sets; i++) {
		struct stood *set = &firewall->sets[i];

		if (!world->saved[i].handle)
			continue;
		if (!set->handle)
			firewall_make(firewall, set);
		for (size_t k = 0; k < world->saved[i].n; k++) {
			struct held *held = &world->saved[i].items[k];
			struct key *key = key_at(world, set, &held->address);

			if (held->until <= firewall->now || firewall_held(set, &held->address))
				continue;
			firewall_hold(set, &held->address, held->until, held->comment);
			firewall_notice_element(firewall, set, held, true, true);
			/* by hand or from a file: a list does not tell; but of another table
			 * nothing is taken in */
			if (key->pending && !key->waits)
				key->fate = EITHER;
			else if (merge && key->fate == OUT && !is_ignored(key)) {
				key->pending = true;
				key->fate = EITHER;
			}
		}
	}
	if (had && !merge)
		firewall_damage(firewall, NFT_LOSS_TABLE);
}

static void somebody_acts(struct world *world)
{
	struct firewall *firewall = &world->firewall;
	struct stood *set = &firewall->sets[random_below(&world->random, firewall->n_sets)];

	switch (random_below(&world->random, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		somebody_adds(world);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		somebody_deletes(world, set, false);
		break;
	case 8:
		somebody_deletes(world, set, true);
		break;
	case 9:
		somebody_removes(world, set, false);
		break;
	case 10:
	case 11:
		somebody_removes(world, set, true);
		break;
	case 12:
		somebody_flushes(world);
		break;
	case 13:
		memcpy(world->saved, firewall->sets, sizeof(world->saved));
		world->has_saved = firewall->table;
		break;
	case 14:
		somebody_loads(world, false);
		break;
	case 15:
		somebody_loads(world, true);
		break;
	}
	weigh_traces(world);
}

/*
 * The daemon.
 */

static bool before(struct firewall *firewall, const struct reconcile_action *action)
{
	struct world *world = firewall->userdata;

	weigh_traces(world);
	if (world->dies_in > 0 && --world->dies_in == 0)
		return true;
	while (chance(world, world->meddling))
		somebody_acts(world);
	if (world->talks) {
		char text[ADDRESS_TEXT_MAX] = "";

		if (action->address.family)
			address_format(&action->address, text);
		printf("    action %d %s %s %llu\n", action->type, action->jail, text,
		       (unsigned long long)action->ban);
	}
	return false;
}

static void meddle(struct firewall *firewall)
{
	struct world *world = firewall->userdata;

	while (chance(world, world->meddling))
		somebody_acts(world);
}

static int refuse(struct firewall *firewall, const struct reconcile_action *action)
{
	struct world *world = firewall->userdata;

	if (action->type == RECONCILE_LIST && chance(world, 10))
		return 1;
	if (action->type == RECONCILE_INSTALL && chance(world, 40))
		return chance(world, world->refusals) ? -EIO
						      : 1 + (int)random_below(&world->random, 4);
	return chance(world, world->refusals) ? -EIO : 0;
}

/* What the daemon has not saved is gone, and the notices. */
static void die(struct world *world)
{
	SAY(world, "  dies\n");
	world->dies_in = 0;
	firewall_die(&world->firewall);
	forget_notices(world);
	while (chance(world, 50))
		somebody_acts(world);
}

static void start(struct world *world)
{
	while (!firewall_start(&world->firewall))
		die(world);
}

static void wake(struct world *world)
{
	if (!firewall_wake(&world->firewall)) {
		die(world);
		start(world);
	}
	for (size_t i = 0; world->firewall.n_waits == 0 && i < N_KEYS; i++)
		world->keys[i].deletion_waits = false;
}

static void retry(struct world *world)
{
	reconcile_want(world->firewall.reconcile,
		       RECONCILE_WANT_INSTALL | RECONCILE_WANT_RETRY | RECONCILE_WANT_FILL);
	if (!firewall_drain(&world->firewall)) {
		die(world);
		start(world);
	}
}

/* The daemon is left alone until it has nothing left to do. */
static void come_to_rest(struct world *world)
{
	unsigned refusals = world->refusals, meddling = world->meddling;

	world->refusals = world->meddling = 0;
	world->dies_in = 0;
	wake(world);
	world->firewall.now += 11 * SECOND; /* it is not tired any more */
	firewall_expire(&world->firewall);
	for (int i = 0; i < 4; i++) {
		wake(world);
		retry(world);
	}
	wake(world);
	stream_commit(&world->firewall.stream);
	world->refusals = refusals;
	world->meddling = meddling;
}

static void fail(struct world *world, const struct key *key, const char *what)
{
	printf("%s %s/%u: %s\n", key->jail, key->address, key->length, what);
	SAY(world, "failed\n");
	exit(1);
}

static void check(struct world *world)
{
	come_to_rest(world);
	for (size_t i = 0; i < N_KEYS; i++) {
		struct key *key = &world->keys[i];
		const struct ban *ban = running(world, key);
		struct prefix prefix = prefix_of(key);
		struct stood *set = set_of(world, key);
		struct held *held = firewall_held(set, &prefix.address);
		size_t n = 0;

		for (size_t k = 0; set && k < set->n; k++)
			n += key_at(world, set, &set->items[k].address) == key;
		if (n > (ban != NULL))
			fail(world, key, "an element stands that the ledger does not know");
		if (ban && !held)
			fail(world, key, "the ledger's ban is not in the kernel");
		/* what differs by less than TIMER_SLACK when it is heard is not taken in */
		if (ban &&
		    MAX(ban->until, held->until) - MIN(ban->until, held->until) > 2 * TIMER_SLACK)
			fail(world, key, "the kernel has another time");
		if (key->fate == IN && !ban)
			fail(world, key, "a ban was lost");
		if (key->fate == OUT && ban)
			fail(world, key, "a ban is there that nobody made, or that was lifted");
		key->fate = ban ? IN : OUT;
		key->pending = key->waits = key->deletion_waits = key->traced = false;
		if (ban && !leaves_trace(world, key))
			fail(world, key, "its set is not recorded");
	}
}

static void engine_acts(struct world *world)
{
	struct key *key = &world->keys[random_below(&world->random, 5)];
	struct firewall *firewall = &world->firewall;

	SAY(world, "  decide %s\n", key->address);
	if (firewall_decide(firewall, key->address)) {
		/* a deletion that a list has told already may be told again, of this one */
		key->fate = key->deletion_waits ? EITHER : IN;
		key->pending = key->waits && key->fate == EITHER;
	}
	if (chance(world, 5)) {
		die(world);
		start(world);
		return;
	}
	firewall_place(firewall);
}

static void pass_time(struct world *world)
{
	struct firewall *firewall = &world->firewall;

	check(world);
	SAY(world, "  all bans run out\n");
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct ban *ban = running(world, &world->keys[i]);

		firewall->now = MAX(firewall->now, ban ? ban->until + 5 * SECOND : 0);
	}
	firewall_expire(firewall);
	for (size_t i = 0; i < N_KEYS; i++)
		world->keys[i].fate = OUT;
}

static void step(struct world *world)
{
	struct firewall *firewall = &world->firewall;

	firewall->now += SECOND / 50;
	if (chance(world, 8))
		world->dies_in = 1 + random_below(&world->random, 12);
	switch (random_below(&world->random, 12)) {
	case 0:
	case 1:
		engine_acts(world);
		break;
	case 2:
		SAY(world, "  notices are lost\n");
		firewall_lose_notices(firewall);
		forget_notices(world);
		break;
	case 3: /* told twice */
		if (firewall->n_waits > 0 && firewall->n_waits < MAX_WAITS) {
			firewall->waits[firewall->n_waits] = firewall->waits[firewall->n_waits - 1];
			firewall->n_waits++;
		}
		break;
	case 4:
		die(world);
		start(world);
		break;
	case 5:
		retry(world);
		break;
	case 6:
	case 7:
		wake(world);
		break;
	case 8:
		stream_commit(&firewall->stream);
		break;
	case 9:
		if (chance(world, 30))
			check(world);
		else if (chance(world, 10))
			pass_time(world);
		break;
	default:
		somebody_acts(world);
	}
}

static void run(uint64_t seed, bool talks)
{
	struct world world = { .random = seed, .talks = talks };

	memcpy(world.keys, all_keys, sizeof(all_keys));
	world.refusals = chance(&world, 50) ? 0 : 10;
	world.meddling = chance(&world, 30) ? 0 : 15;
	world.is_calm = world.meddling == 0;
	firewall_init(&world.firewall,
		      "{\"ignoreip\":[\"100.64.9.9\"],\"jails\":{\"mail\":{\"maxretry\":1,"
		      "\"findtime\":\"10min\",\"bantime\":\"1h\"}}}");
	world.firewall.userdata = &world;
	(void)(firewall_decide(&world.firewall, "203.0.113.1"));
	world.keys[0].fate = IN;
	start(&world);
	world.firewall.before = before;
	world.firewall.refuse = refuse;
	world.firewall.meddle = meddle;
	for (int i = 0; i < STEPS; i++)
		step(&world);
	check(&world);
	firewall_done(&world.firewall);
}

int main(int argc, char *argv[])
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
	uint64_t seed = random_seed(argc - 1, argv + 1);

	if (argc > 2) {
		run(seed, true);
		return 0;
	}
	for (unsigned long i = 0; i < n; i++) {
		uint64_t one = random_next(&seed);

		printf("\r0x%016" PRIx64 " ", one);
		fflush(stdout);
		run(one, false);
	}
	printf("\n%lu streams\n", n);
	return 0;
}
