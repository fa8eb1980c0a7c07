#include "world.h"

#define MAX_EACH 20 /* elements of a set: few bytes choose between few addresses */

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

static struct address choose_address(uint8_t family, uint8_t choice)
{
	struct address address = { .family = family };
	char text[ADDRESS_TEXT_MAX];

	(void)snprintf(text, sizeof(text), family == AF_INET ? "%s.%u" : "2001:db8:0:%s::%x",
		       family == AF_INET ? (choice & 16 ? "100.64.9" : "203.0.113")
		       : choice & 16     ? "9"
					 : "8",
		       choice & 16 ? 9 : choice % 8U);
	FUZZ_CHECK(address_parse(span_of(text), &address) == 0);
	return address;
}

static const char *choose_comment(uint8_t choice)
{
	static const char *const comments[] = {
		"", "by hand", "wrong x5", "wrong x5, 2", "mail\x01 x\xff", "called twice"
	};

	return comments[choice % ARRAY_SIZE(comments)];
}

/* Of anything, true or not. */
static void invent_notice(struct firewall *firewall, struct input *input)
{
	static const char *const jails[] = { "mail",   "manual",      "forced",    "manual.24v",
					     "nobody", "manual.20v4", "list-drop", "" };
	uint8_t type = take(input), what = take(input), choice = take(input), time = take(input);
	struct nft_notice *notice = firewall_notice(firewall, type % 4 == 0   ? NFT_NOTICE_ADDED
							      : type % 4 == 1 ? NFT_NOTICE_DELETED
							      : type % 4 == 2 ? NFT_NOTICE_DAMAGED
									      : NFT_NOTICE_RESYNC);

	if (!notice)
		return;
	(void)snprintf(notice->jail, sizeof(notice->jail), "%s", jails[what % 8]);
	notice->address = choose_address(what & 8 ? AF_INET : AF_INET6, choice);
	notice->prefix = address_widen(&notice->address, (uint8_t)MIN(choice, what & 8 ? 32 : 128));
	notice->host_bits = !address_equal(&notice->prefix.address, &notice->address);
	notice->remaining = time == 255 ? USEC_INFINITY : time * 60 * SECOND;
	notice->restored = what & 16;
	notice->loss = what & 32 ? NFT_LOSS_SET : NFT_LOSS_TABLE;
	notice->comment = firewall->comments[firewall->n_waits - 1];
	(void)snprintf(notice->comment, NFT_COMMENT_BYTES, "%s", choose_comment(type / 4));
}

static void somebody_acts(struct firewall *firewall, struct input *input)
{
	uint8_t what = take(input), choice = take(input);
	struct stood *set = &firewall->sets[what % firewall->n_sets];
	struct address address = choose_address(set->family, choice);
	struct held *held = firewall_held(set, &address);
	char text[ADDRESS_TEXT_MAX];

	if (!set->handle)
		return;
	if (what & 128) {
		set->handle = set->n = 0;
		if (what & 64)
			firewall_make(firewall, set);
		firewall_damage(firewall, NFT_LOSS_SET);
	} else if (held) {
		firewall_delete(firewall, set, held);
	} else if (set->n < MAX_EACH) {
		firewall_add(firewall, set, address_format(&address, text),
			     firewall->now + (1 + choice / 8) * 60 * SECOND,
			     choose_comment(what / 8));
	}
}

static void start(struct firewall *firewall)
{
	while (!firewall_start(firewall))
		firewall_die(firewall);
}

static int refuse(struct firewall *firewall, const struct reconcile_action *action)
{
	struct input *input = firewall->userdata;

	(void)action;
	return take(input) % 8 == 7 ? -EIO : 0;
}

static void decide(struct firewall *firewall, struct input *input)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address = choose_address(AF_INET, take(input));

	if (firewall_decide(firewall, address_format(&address, text)) && take(input) & 1)
		firewall_place(firewall);
}

static void step(struct firewall *firewall, struct input *input)
{
	uint8_t what = take(input);

	firewall->now += what * (SECOND / 50);
	firewall_expire(firewall);
	switch (what % 8) {
	case 0:
	case 1:
		invent_notice(firewall, input);
		break;
	case 2:
	case 3:
		somebody_acts(firewall, input);
		break;
	case 4:
		decide(firewall, input);
		break;
	case 5:
		if (take(input) & 1) {
			firewall_die(firewall);
			start(firewall);
		} else {
			firewall_unmake(firewall);
			firewall_damage(firewall, NFT_LOSS_TABLE);
		}
		break;
	case 6:
		reconcile_want(firewall->reconcile, take(input) % 32);
		FUZZ_CHECK(firewall_drain(firewall));
		break;
	case 7:
		FUZZ_CHECK(firewall_wake(firewall));
		break;
	}
}

/* Notices as they come, and as no kernel sends them: in the end, when all was listed, ledger and
 * kernel hold the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, MIN(size, (size_t)512) };
	struct firewall firewall;

	firewall_init(&firewall, WORLD_POLICY);
	firewall.userdata = &input;
	firewall.refuse = refuse;
	start(&firewall);
	while (input.size > 0)
		step(&firewall, &input);
	world_rest(&firewall);
	world_check(&firewall);
	firewall_done(&firewall);
	return 0;
}
