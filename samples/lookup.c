// SPDX-License-Identifier: GPL-2.0-or-later
// lookup: follows a list past its end and dies, for --report, --core and gdb.
#include <stdlib.h>
#include <string.h>

struct item {
	struct item *next;
	char name[24];
};

static struct item *find(struct item *list, const char *name)
{
	while (strcmp(list->name, name))
		list = list->next;
	return list;
}

int main(void)
{
	struct item *one = calloc(1, sizeof(*one));

	if (!one)
		return 1;
	strcpy(one->name, "one");
	return find(one, "two")->name[0];
}
