#include "base/table.h"

#define MIN_BUCKETS 64

/* A link: the record's index, bits of its hash, and whether it is the last of its chain. POOL_NONE:
 * the chain is empty. */
#define INDEX_BITS 24
#define INDEX_MASK ((1U << INDEX_BITS) - 1) /* itself no index */
#define TAG_MASK   (0x7fU << INDEX_BITS)
#define LAST       (1U << 31)

void table_list_init(struct table_list *list)
{
	*list = (struct table_list){ POOL_NONE, POOL_NONE, 0 };
}

void table_init(struct table *table, size_t record_size)
{
	*table = (struct table){ 0 };
	pool_init(&table->records, record_size);
}

void table_done(struct table *table)
{
	pool_done(&table->records);
	free(table->buckets);
	table->buckets = NULL;
	table->n_buckets = table->n = 0;
}

void *table_at(const struct table *table, uint32_t index)
{
	return index == POOL_NONE ? NULL : pool_at(&table->records, index);
}

/* A record need not know its own index: its neighbour or the end of the list does. */
uint32_t table_index(const struct table *table, const struct table_list *list, const void *record)
{
	const struct table_head *head = record, *newer = table_at(table, head->newer);

	return newer ? newer->older : list->newest;
}

static uint32_t *bucket_of(const struct table *table, uint32_t hash)
{
	return &table->buckets[hash & (table->n_buckets - 1)];
}

/* The tag is of the bits that choose the bucket last. */
static uint32_t make_link(uint32_t index, uint32_t hash, uint32_t next)
{
	return index | (hash >> 1 & TAG_MASK) | (next == POOL_NONE ? LAST : 0);
}

static struct table_head *table_follow(const struct table *table, uint32_t link)
{
	return pool_at(&table->records, link & INDEX_MASK);
}

static uint32_t next_of(const struct table *table, uint32_t link)
{
	return link & LAST ? POOL_NONE : table_follow(table, link)->next;
}

void *table_find(const struct table *table, uint64_t hash, table_equal_t equal, const void *key)
{
	uint32_t link;

	if (table->n_buckets == 0)
		return NULL;
	for (link = *bucket_of(table, (uint32_t)hash); link != POOL_NONE;
	     link = next_of(table, link)) {
		struct table_head *head;

		if ((link & TAG_MASK) != ((uint32_t)hash >> 1 & TAG_MASK))
			continue;
		head = table_follow(table, link);
		if (head->hash == (uint32_t)hash && equal(head, key))
			return head;
	}
	return NULL;
}

void table_fetch_bucket(const struct table *table, uint64_t hash)
{
	if (table->n_buckets > 0)
		__builtin_prefetch(bucket_of(table, (uint32_t)hash));
}

void table_fetch_record(const struct table *table, uint64_t hash)
{
	uint32_t link;

	if (table->n_buckets == 0)
		return;
	link = *bucket_of(table, (uint32_t)hash);
	if (link != POOL_NONE)
		__builtin_prefetch(table_follow(table, link));
}

/* One step further at each call: the third's record, the second's bucket, and the first of the
 * oldest's chain, which may have to be changed with it. */
void table_prefetch_oldest(const struct table *table, const struct table_list *list)
{
	const struct table_head *oldest = table_at(table, list->oldest), *second;

	if (!oldest)
		return;
	table_fetch_record(table, oldest->hash);
	second = table_at(table, oldest->newer);
	if (!second)
		return;
	table_fetch_bucket(table, second->hash);
	if (second->newer != POOL_NONE)
		__builtin_prefetch(table_at(table, second->newer));
}

static void put_into_bucket(struct table *table, struct table_head *head, uint32_t index)
{
	uint32_t *bucket = bucket_of(table, head->hash);

	head->next = *bucket;
	*bucket = make_link(index, head->hash, head->next);
}

/* Without memory for more buckets the old ones go on, with longer chains. */
static bool grow(struct table *table, uint32_t n)
{
	uint32_t *old = table->buckets, n_old = table->n_buckets, *buckets;

	buckets = n ? malloc(n * sizeof(*buckets)) : NULL;
	if (!buckets)
		return n_old > 0;
	memset(buckets, 0xff, n * sizeof(*buckets));
	table->buckets = buckets;
	table->n_buckets = n;
	for (uint32_t i = 0; i < n_old; i++) {
		uint32_t link = old[i];

		while (link != POOL_NONE) {
			uint32_t next = next_of(table, link);

			put_into_bucket(table, table_follow(table, link), link & INDEX_MASK);
			link = next;
		}
	}
	free(old);
	return true;
}

static uint32_t more_buckets(const struct table *table)
{
	return table->n_buckets ? 2 * table->n_buckets : MIN_BUCKETS;
}

void table_expect(struct table *table, size_t n)
{
	uint32_t n_buckets = more_buckets(table);

	while (n_buckets < INDEX_MASK && n > n_buckets / 4 * 3)
		n_buckets *= 2;
	if (n > table->n_buckets / 4 * 3)
		(void)grow(table, n_buckets); /* saves time only */
}

static void list_append(struct table *table, struct table_list *list, uint32_t index)
{
	struct table_head *head = table_at(table, index), *newest = table_at(table, list->newest);

	head->older = list->newest;
	head->newer = POOL_NONE;
	if (newest)
		newest->newer = index;
	else
		list->oldest = index;
	list->newest = index;
	list->n++;
}

static void list_unlink(struct table *table, struct table_list *list, struct table_head *head)
{
	struct table_head *older = table_at(table, head->older),
			  *newer = table_at(table, head->newer);

	if (older)
		older->newer = head->newer;
	else
		list->oldest = head->newer;
	if (newer)
		newer->older = head->older;
	else
		list->newest = head->older;
	list->n--;
}

void *table_add(struct table *table, struct table_list *list, uint64_t hash)
{
	struct table_head *head;
	uint32_t index;

	if (table->n >= INDEX_MASK)
		return NULL;
	if (table->n >= table->n_buckets / 4 * 3 && !grow(table, more_buckets(table)))
		return NULL;
	head = pool_take(&table->records, &index);
	if (!head)
		return NULL;
	head->hash = (uint32_t)hash;
	put_into_bucket(table, head, index);
	list_append(table, list, index);
	table->n++;
	return head;
}

void table_remove(struct table *table, struct table_list *list, void *record)
{
	struct table_head *head = record, *before = NULL;
	uint32_t index = table_index(table, list, record);
	uint32_t *link = bucket_of(table, head->hash), *before_link = NULL;

	while ((*link & INDEX_MASK) != index) {
		before_link = link;
		before = table_follow(table, *link);
		link = &before->next;
	}
	*link = next_of(table, *link);
	/* The link to the record before it changes too: that one may be the last now. */
	if (before)
		*before_link = make_link(*before_link & INDEX_MASK, before->hash, *link);
	list_unlink(table, list, head);
	pool_give(&table->records, index);
	table->n--;
}

void table_move(struct table *table, struct table_list *from, struct table_list *to, void *record)
{
	uint32_t index = table_index(table, from, record);

	list_unlink(table, from, record);
	list_append(table, to, index);
}

void table_touch(struct table *table, struct table_list *list, void *record)
{
	const struct table_head *head = record;

	if (head->newer != POOL_NONE)
		table_move(table, list, list, record);
}

void *table_oldest(const struct table *table, const struct table_list *list)
{
	return table_at(table, list->oldest);
}

void *table_newer(const struct table *table, const void *record)
{
	const struct table_head *head = record;

	return table_at(table, head->newer);
}
