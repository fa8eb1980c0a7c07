#include "nftables/layout.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

#include <linux/netfilter.h>

#include "nftables/set.h"
#include "nftmsg-messages.h"

static struct nft_jail jails[] = {
	{ "dovecot", 32, 64, VERDICT_DROP, { .all = true }, 0 },
	{ "mox", 32, 56, VERDICT_DROP, { .all = true }, 0 },
};

static const struct nft_layout layout = {
	.table = "banish",
	.jails = jails,
	.n_jails = 2,
	.manual_prefix4 = 32,
	.manual_prefix6 = 64,
	.size = 100,
};

/* What the kernel would answer after the batch: sets and chain are read from the commands. */
static void feed(struct nftmsg_state *state, const struct nftmsg_batch *batch)
{
	struct span datagram = { batch->data, batch->size };
	struct nftmsg_answer answer;

	while (nftmsg_answer_next(&datagram, &answer))
		assert_int_equal(nftmsg_state_feed(state, "banish", &answer), 0);
}

static size_t count(const struct nftmsg_batch *batch, unsigned type)
{
	struct messages messages;
	size_t n = 0;

	messages_of(batch, &messages);
	for (size_t i = 0; i < messages.n_items; i++)
		n += message_type(messages.items[i]) == type;
	return n;
}

static bool names(const struct nftmsg_batch *batch, unsigned type, const char *set)
{
	struct messages messages;
	struct nftmsg_set told;

	messages_of(batch, &messages);
	for (size_t i = 0; i < messages.n_items; i++)
		if (message_type(messages.items[i]) == type &&
		    nftmsg_read_set(messages.items[i], &told) &&
		    span_equal(told.name, span_of(set)))
			return true;
	return false;
}

static void build(const struct nft_layout *l, const struct nftmsg_state *state,
		  struct nftmsg_batch *batch)
{
	assert_int_equal(nftmsg_layout_check(l), 0);
	assert_int_equal(nftmsg_layout_build(l, state, 1, batch), 0);
	assert_int_equal(nftmsg_batch_end(batch), 0);
}

static void makes_everything_where_nothing_is(void **state)
{
	struct nftmsg_batch batch = { 0 };
	struct nftmsg_state empty = { 0 };

	build(&layout, &empty, &batch);
	assert_int_equal(count(&batch, NFT_MSG_NEWTABLE), 1);
	assert_int_equal(count(&batch, NFT_MSG_NEWCHAIN), 1);
	assert_int_equal(count(&batch, NFT_MSG_NEWSET), 2 + 6 + 2);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE), 2 + 6 + 2);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), 0);
	assert_int_equal(count(&batch, NFT_MSG_DELRULE), 0);
	assert_true(names(&batch, NFT_MSG_NEWSET, "manual4"));
	assert_true(names(&batch, NFT_MSG_NEWSET, "forced6"));
	assert_false(nftmsg_layout_keeps(&layout, &empty, &jails[0], AF_INET));
	nftmsg_batch_done(&batch);
}

static void the_forced_are_asked_before_the_ignored(void **state)
{
	static const char *const order[] = { "forced4", "forced6", "ignore4", "ignore6" };
	struct nftmsg_batch batch = { 0 };
	struct nftmsg_state empty = { 0 };
	struct nftmsg_rule rule;
	struct messages messages;
	size_t n = 0;

	build(&layout, &empty, &batch);
	messages_of(&batch, &messages);
	for (size_t i = 0; i < messages.n_items; i++) {
		if (message_type(messages.items[i]) != NFT_MSG_NEWRULE)
			continue;
		assert_true(nftmsg_read_rule(messages.items[i], &rule));
		if (n < ARRAY_SIZE(order))
			assert_span_equal(rule.set, order[n]);
		else
			assert_null(memmem(rule.set.data, rule.set.size, "forced", 6));
		n++;
	}
	assert_int_equal(n, 2 + 2 + 6);
	nftmsg_batch_done(&batch);
}

static void keeps_the_sets_of_bans(void **state)
{
	struct nftmsg_state known = { 0 }, empty = { 0 };
	struct nftmsg_batch batch = { 0 };

	build(&layout, &empty, &batch);
	feed(&known, &batch);
	assert_true(known.has_table && known.has_chain && known.chain_is_fit);
	build(&layout, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_NEWCHAIN), 0);
	assert_int_equal(count(&batch, NFT_MSG_DELRULE), 1);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), 2);
	assert_true(names(&batch, NFT_MSG_DELSET, "ignore4"));
	assert_int_equal(count(&batch, NFT_MSG_NEWSET), 2);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE), 2 + 6 + 2);
	assert_true(nftmsg_layout_keeps(&layout, &known, &jails[0], AF_INET6));
	nftmsg_state_done(&known);
	nftmsg_batch_done(&batch);
}

static void replaces_what_is_unfit(void **state)
{
	static const char *const wrong[] = { "size", "prefix", "family", "comment", "flags" };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct nftmsg_state known = { 0 }, empty = { 0 };
		struct nftmsg_batch batch = { 0 };
		struct nftmsg_known_set *set = NULL;

		build(&layout, &empty, &batch);
		feed(&known, &batch);
		for (size_t j = 0; j < known.n_sets; j++)
			if (strcmp(known.sets[j].name, "mox6") == 0)
				set = &known.sets[j];
		assert_non_null(set);
		switch (i) {
		case 0:
			set->size++;
			break;
		case 1:
			set->prefix = 64;
			break;
		case 2:
			set->key_type = nftmsg_set_key_type(AF_INET);
			break;
		case 3:
			set->prefix = -EINVAL;
			break;
		default:
			set->flags |= NFT_SET_INTERVAL;
			break;
		}
		build(&layout, &known, &batch);
		assert_int_equal(count(&batch, NFT_MSG_DELSET), 3);
		assert_true(names(&batch, NFT_MSG_DELSET, "mox6"));
		assert_true(names(&batch, NFT_MSG_NEWSET, "mox6"));
		assert_false(names(&batch, NFT_MSG_NEWSET, "mox4"));
		nftmsg_state_done(&known);
		nftmsg_batch_done(&batch);
	}
}

static void empties_all_of_a_table_that_is_not_ours(void **state)
{
	struct nftmsg_state known = { 0 }, empty = { 0 };
	struct nftmsg_batch batch = { 0 };

	build(&layout, &empty, &batch);
	feed(&known, &batch);
	assert_true(nftmsg_layout_keeps(&layout, &known, &jails[1], AF_INET6));
	nftmsg_state_estrange(&known);
	assert_false(nftmsg_layout_keeps(&layout, &known, &jails[1], AF_INET6));
	build(&layout, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_DELSETELEM), 8);
	nftmsg_state_done(&known);
	nftmsg_batch_done(&batch);
}

static void replaces_a_chain_at_another_place(void **state)
{
	struct nftmsg_state known = { .has_table = true, .has_chain = true };
	struct nftmsg_batch batch = { 0 };

	build(&layout, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_DELRULE), 1);
	assert_int_equal(count(&batch, NFT_MSG_DELCHAIN), 1);
	assert_int_equal(count(&batch, NFT_MSG_NEWCHAIN), 1);
	nftmsg_batch_done(&batch);
}

static void removes_jails_that_are_gone_and_nothing_else(void **state)
{
	struct nftmsg_known_set sets[] = {
		{ .name = "friends4", .flags = NFT_SET_TIMEOUT, .prefix = -EINVAL },
		{ .name = "gone4", .flags = NFT_SET_TIMEOUT, .prefix = 32 },
	};
	struct nftmsg_state known = { .has_table = true, .sets = sets, .n_sets = ARRAY_SIZE(sets) };
	struct nftmsg_batch batch = { 0 };

	build(&layout, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), 1);
	assert_true(names(&batch, NFT_MSG_DELSET, "gone4"));
	nftmsg_batch_done(&batch);
}

static void other_tables_are_not_ours(void **state)
{
	struct nftmsg_state known = { 0 }, empty = { 0 };
	struct nftmsg_batch batch = { 0 };
	struct nft_layout other = layout;

	other.table = "banisher";
	build(&other, &empty, &batch);
	feed(&known, &batch);
	assert_false(known.has_table || known.has_chain);
	assert_int_equal(known.n_sets, 0);
	nftmsg_batch_done(&batch);
}

static void manual_is_added_once(void **state)
{
	struct nft_jail own[] = { { "manual", 24, 48, VERDICT_REJECT, { .all = true }, 0 } };
	struct nft_layout l = { .table = "banish", .jails = own, .n_jails = 1 };
	struct nft_jail buffer;

	assert_int_equal(nftmsg_layout_check(&l), -EINVAL);
	l.n_jails = 0;
	l.manual_prefix6 = 60;
	assert_ptr_equal(nftmsg_layout_jail(&l, 0, &buffer), &buffer);
	assert_string_equal(buffer.name, NFT_JAIL_MANUAL);
	assert_int_equal(buffer.prefix6, 60);
	assert_true(buffer.ports.all);
	assert_string_equal(nftmsg_layout_jail(&l, 1, &buffer)->name, NFT_FORCED);
	assert_int_equal(buffer.prefix4, 32);
	assert_int_equal(buffer.prefix6, 128);
	assert_null(nftmsg_layout_jail(&l, 2, &buffer));
}

static struct nft_layout with_lengths(void)
{
	struct nft_layout l = layout;

	assert_int_equal(nft_lengths_add(&l.lengths, "mox", AF_INET6, 128), 1);
	assert_int_equal(nft_lengths_add(&l.lengths, "manual", AF_INET, 20), 1);
	return l;
}

static void lengths_have_a_set_each_and_its_rule(void **state)
{
	struct nftmsg_state known = { 0 }, empty = { 0 };
	struct nftmsg_batch batch = { 0 };
	struct nft_layout l = with_lengths();
	struct nft_jail buffer;

	build(&l, &empty, &batch);
	assert_int_equal(count(&batch, NFT_MSG_NEWSET), 2 + 6 + 2 + 2);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE), 2 + 6 + 2 + 2);
	assert_true(names(&batch, NFT_MSG_NEWSET, "mox.128v6"));
	assert_true(names(&batch, NFT_MSG_NEWSET, "manual.20v4"));
	assert_false(names(&batch, NFT_MSG_NEWSET, "mox.128v4"));
	assert_non_null(nftmsg_layout_jail(&l, 5, &buffer));
	assert_string_equal(buffer.name, "manual.20v");
	assert_int_equal(buffer.prefix4, 20);
	assert_int_equal(buffer.family, AF_INET);
	assert_true(buffer.ports.all);
	assert_null(nftmsg_layout_jail(&l, 6, &buffer));

	feed(&known, &batch);
	for (size_t i = 0; i < known.n_sets; i++)
		if (strcmp(known.sets[i].name, "mox.128v6") == 0)
			assert_int_equal(known.sets[i].prefix, 128);
	/* They stay while they are asked for, */
	build(&l, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), 2);
	assert_non_null(nftmsg_layout_jail(&l, 4, &buffer));
	assert_true(nftmsg_layout_keeps(&l, &known, &buffer, AF_INET6));
	/* and no longer. */
	build(&layout, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), 4);
	assert_true(names(&batch, NFT_MSG_DELSET, "mox.128v6"));
	nftmsg_state_done(&known);
	nftmsg_batch_done(&batch);
}

static void knows_whose_length_a_set_has(void **state)
{
	static const struct {
		const char *set, *jail; /* NULL: none of ours */
		unsigned length;
	} cases[] = {
		{ "mox.128v6", "mox", 128 },     { "mox.64v6", "mox", 64 },
		{ "mox.56v6", NULL, 0 }, /* its own */
		{ "manual.20v4", "manual", 20 }, { "manual.32v4", NULL, 0 },
		{ "gone.20v4", NULL, 0 },        { "mox6", NULL, 0 },
		{ "mox.net6", NULL, 0 },         { "friends", NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nft_length length = { 0 };

		if (nftmsg_layout_length(&layout, cases[i].set, &length) != !!cases[i].jail)
			fail_msg("%s", cases[i].set);
		if (!cases[i].jail)
			continue;
		assert_string_equal(length.jail, cases[i].jail);
		assert_int_equal(length.length, cases[i].length);
	}
}

static void refuses_lengths_of_no_jail(void **state)
{
	static const struct nft_length cases[] = {
		{ "gone", AF_INET, 20 },  { "mox", AF_INET, 32 }, { "mox", AF_INET, 33 },
		{ "mox", AF_INET6, 129 }, { "mox", AF_INET6, 0 }, { "forced", AF_INET, 20 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nft_layout l = layout;

		l.lengths.items[l.lengths.n_items++] = cases[i];
		assert_int_equal(nftmsg_layout_check(&l), -EINVAL);
	}
}

static void refuses_impossible_layouts(void **state)
{
	static const struct nft_jail cases[][2] = {
		{ { .name = "a" }, { .name = "a" } },
		{ { .name = "ignore" }, { .name = "a" } },
		{ { .name = "a" }, { .name = "forced" } },
		{ { .name = "a", .prefix4 = 33 }, { .name = "b" } },
		{ { .name = "a" }, { .name = "b", .prefix6 = 129 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nft_layout l = { .table = "banish", .jails = cases[i], .n_jails = 2 };

		assert_int_equal(nftmsg_layout_check(&l), -EINVAL);
	}
}

/* What rules look into and what is filled beside it stays; all else of lists goes. */
static void keeps_the_sets_of_lists(void **state)
{
	static const struct nft_list_comment comment = { 1, 2 };
	static const char *const sets[] = { "list-a4",   "list-a6",   "list-a4.b", "list-a6.b",
					    "list-b4.b", "list-b6.b", "list-gone4" };
	struct nft_list lists[] = {
		{ .name = "list-a", .in_force = true, .ports = { .all = true } },
		{ .name = "list-b", .in_force = true, .other = true, .ports = { .all = true } },
	};
	struct nft_layout with_lists = layout;
	struct nftmsg_batch batch = { 0 };
	struct nftmsg_state known = { 0 };
	size_t n_rules = 2 + 6 + 2;

	with_lists.lists = lists;
	with_lists.n_lists = ARRAY_SIZE(lists);
	build(&with_lists, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE), n_rules); /* no set stands */

	assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		assert_int_equal(nftmsg_set_add_list(&batch, "banish", sets[i],
						     strchr(sets[i], '4') ? AF_INET : AF_INET6,
						     &comment),
				 0);
	feed(&known, &batch);
	assert_int_equal(nftmsg_state_find_set(&known, "list-b4.b")->list.n_networks, 1);
	build(&with_lists, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE), n_rules + 4);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), 3);
	assert_true(names(&batch, NFT_MSG_DELSET, "list-a4.b"));
	assert_true(names(&batch, NFT_MSG_DELSET, "list-gone4"));

	lists[0].fills = true;
	lists[1].in_force = false;
	build(&with_lists, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE), n_rules + 2);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), 3);
	assert_false(names(&batch, NFT_MSG_DELSET, "list-a4.b"));
	assert_true(names(&batch, NFT_MSG_DELSET, "list-b6.b"));

	nftmsg_state_estrange(&known); /* another table: anything may stand in them */
	build(&with_lists, &known, &batch);
	assert_int_equal(count(&batch, NFT_MSG_NEWRULE), n_rules);
	assert_int_equal(count(&batch, NFT_MSG_DELSET), ARRAY_SIZE(sets));
	nftmsg_state_done(&known);
	nftmsg_batch_done(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_everything_where_nothing_is),
		cmocka_unit_test(the_forced_are_asked_before_the_ignored),
		cmocka_unit_test(keeps_the_sets_of_bans),
		cmocka_unit_test(replaces_what_is_unfit),
		cmocka_unit_test(empties_all_of_a_table_that_is_not_ours),
		cmocka_unit_test(replaces_a_chain_at_another_place),
		cmocka_unit_test(removes_jails_that_are_gone_and_nothing_else),
		cmocka_unit_test(other_tables_are_not_ours),
		cmocka_unit_test(manual_is_added_once),
		cmocka_unit_test(lengths_have_a_set_each_and_its_rule),
		cmocka_unit_test(knows_whose_length_a_set_has),
		cmocka_unit_test(refuses_lengths_of_no_jail),
		cmocka_unit_test(refuses_impossible_layouts),
		cmocka_unit_test(keeps_the_sets_of_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
