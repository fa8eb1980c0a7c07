#include "cli/listed.h"

#include "cli/output.h"

const char *const listed_head[] = { "LIST", "NETWORKS", "FILE OF", "PACKETS", "FILE" };

static int listed_print_use(const struct list_policy *list, const struct nft_list_use *use,
			    struct columns *columns)
{
	static const char *const keys[] = { "list",    "networks", "file_time_usec",
					    "packets", "file",     NULL };
	enum row_kind if_in_force = IF_KNOWN(use, KIND_NUMBER);
	const struct row rows[] = {
		ROW_TEXT("what", "list"),
		ROW_TEXT("list", list->name),
		ROW_FLAG("in_force", use),
		ROW("networks", if_in_force, number, use ? use->n_networks : 0),
		ROW("file_time_usec", IF_KNOWN(use, KIND_TIME), number, use ? use->file_time : 0),
		ROW("packets", if_in_force, number, use ? use->packets : 0),
		ROW("bytes", if_in_force, number, use ? use->bytes : 0),
		ROW_TEXT("file", list->file),
		ROW_END,
	};

	return columns ? output_add_cells(columns, keys, rows) : output_print(true, NULL, rows);
}

int listed_print(const struct list_policy *list, const struct nft_view *view,
		 struct columns *columns)
{
	struct nft_list_use use;

	return listed_print_use(list, nft_view_list(view, list->name, &use) ? &use : NULL, columns);
}
