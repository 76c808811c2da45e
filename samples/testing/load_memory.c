// SPDX-License-Identifier: GPL-2.0-or-later
/* A program that is in no file: it is loaded from memory, changed before it ever was on a disk. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ulk.h>

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data;

	assert(f && !fseek(f, 0, SEEK_END));
	*size = (size_t)ftell(f);
	data = malloc(*size);
	rewind(f);
	assert(data && fread(data, 1, *size, f) == *size);
	fclose(f);
	return data;
}

int main(int argc, char **argv)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {(char *)"from-memory", (char *)"4", (char *)"you", NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_result result;
	struct ulk_mm mm;
	size_t size;
	char *data, *text;

	assert(argc == 2);
	data = read_file(argv[1], &size);
	text = memmem(data, size, "hello, %s", 9);
	assert(text);
	memcpy(text, "howdy", 5);

	assert(!ulk_machine_new(&config, &m));
	assert(!ulk_load_memory(m, "patched", data, size, args, env));
	free(data);
	assert(!ulk_get_mm(m, &mm) && mm.exe_file);
	printf("its executable is %s, of format %s\n", mm.exe_file, mm.binfmt);
	assert(strstr(mm.exe_file, "patched") && !strcmp(mm.binfmt, "elf"));
	fflush(stdout);
	assert(!ulk_run(m, &result) && result.end == ULK_END_EXIT && result.code == 4);
	ulk_machine_free(m);

	/* What is no program is an error, as ever. */
	assert(!ulk_machine_new(&config, &m));
	assert(ulk_load_memory(m, "text", "once upon a time", 16, args, env) < 0);
	printf("a text: %s\n", ulk_machine_error(m));
	ulk_machine_free(m);
	return 0;
}
