#include "table.h"

#define MIN_BUCKETS 64

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

void *table_find(const struct table *table, uint64_t hash, table_equal_t equal, const void *key)
{
	uint32_t index;
	struct table_head *head;

	if (table->n_buckets == 0)
		return NULL;
	index = table->buckets[hash & (table->n_buckets - 1)];
	while ((head = table_at(table, index))) {
		if (head->hash == (uint32_t)hash && equal(head, key))
			return head;
		index = head->next;
	}
	return NULL;
}

/* Without memory for more buckets the old ones go on, with longer chains. */
static bool grow(struct table *table)
{
	uint32_t n = table->n_buckets ? 2 * table->n_buckets : MIN_BUCKETS, *buckets;

	buckets = n ? malloc(n * sizeof(*buckets)) : NULL;
	if (!buckets)
		return table->n_buckets > 0;
	memset(buckets, 0xff, n * sizeof(*buckets));
	for (uint32_t i = 0; i < table->n_buckets; i++) {
		uint32_t index = table->buckets[i];

		while (index != POOL_NONE) {
			struct table_head *head = table_at(table, index);
			uint32_t next = head->next, *bucket = &buckets[head->hash & (n - 1)];

			head->next = *bucket;
			*bucket = index;
			index = next;
		}
	}
	free(table->buckets);
	table->buckets = buckets;
	table->n_buckets = n;
	return true;
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
	uint32_t index, *bucket;

	if (table->n >= table->n_buckets && !grow(table))
		return NULL;
	head = pool_take(&table->records, &index);
	if (!head)
		return NULL;
	bucket = &table->buckets[hash & (table->n_buckets - 1)];
	head->hash = (uint32_t)hash;
	head->next = *bucket;
	*bucket = index;
	list_append(table, list, index);
	table->n++;
	return head;
}

void table_remove(struct table *table, struct table_list *list, void *record)
{
	struct table_head *head = record, *other;
	uint32_t index = table_index(table, list, record);
	uint32_t *link = &table->buckets[head->hash & (table->n_buckets - 1)];

	while (*link != index) {
		other = table_at(table, *link);
		link = &other->next;
	}
	*link = head->next;
	list_unlink(table, list, head);
	pool_give(&table->records, index);
	table->n--;
}

void table_touch(struct table *table, struct table_list *list, void *record)
{
	uint32_t index = table_index(table, list, record);

	if (index == list->newest)
		return;
	list_unlink(table, list, record);
	list_append(table, list, index);
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
