// SPDX-License-Identifier: GPL-2.0-or-later
/* ulk stack: the initial stack, word by word, from argc to AT_NULL, and the strings above. */
#include <elf.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "mm/uaccess.h"

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#define AT_RSEQ_ALIGN	     28
#endif
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

enum aux_kind { A_NUMBER, A_HEX, A_ADDR, A_STRING, A_RANDOM };

static const struct aux_name {
	u64 type;
	const char *name;
	enum aux_kind kind;
	const char *meaning;
} aux_names[] = {
	{AT_NULL, "AT_NULL", A_NUMBER, "end of the vector"},
	{AT_SYSINFO_EHDR, "AT_SYSINFO_EHDR", A_ADDR, "ELF header of the vDSO"},
	{AT_MINSIGSTKSZ, "AT_MINSIGSTKSZ", A_NUMBER, "smallest signal stack"},
	{AT_HWCAP, "AT_HWCAP", A_HEX, "CPU features: CPUID leaf 1, edx"},
	{AT_HWCAP2, "AT_HWCAP2", A_HEX, "more CPU features: ring 3 MWAIT, FSGSBASE"},
	{AT_PAGESZ, "AT_PAGESZ", A_NUMBER, "page size"},
	{AT_CLKTCK, "AT_CLKTCK", A_NUMBER, "ticks a second of times(2)"},
	{AT_PHDR, "AT_PHDR", A_ADDR, "program headers in memory"},
	{AT_PHENT, "AT_PHENT", A_NUMBER, "size of a program header"},
	{AT_PHNUM, "AT_PHNUM", A_NUMBER, "number of program headers"},
	{AT_BASE, "AT_BASE", A_ADDR, "where the interpreter was loaded; 0 without one"},
	{AT_FLAGS, "AT_FLAGS", A_HEX, "flags"},
	{AT_ENTRY, "AT_ENTRY", A_ADDR, "entry point of the program"},
	{AT_UID, "AT_UID", A_NUMBER, "real user id"},
	{AT_EUID, "AT_EUID", A_NUMBER, "effective user id"},
	{AT_GID, "AT_GID", A_NUMBER, "real group id"},
	{AT_EGID, "AT_EGID", A_NUMBER, "effective group id"},
	{AT_SECURE, "AT_SECURE", A_NUMBER, "1 when ids changed at execve"},
	{AT_RANDOM, "AT_RANDOM", A_RANDOM, "16 random bytes"},
	{AT_EXECFN, "AT_EXECFN", A_STRING, "path given to execve"},
	{AT_EXECFD, "AT_EXECFD", A_NUMBER, "descriptor of the program"},
	{AT_PLATFORM, "AT_PLATFORM", A_STRING, "name of the platform"},
	{AT_RSEQ_FEATURE_SIZE, "AT_RSEQ_FEATURE_SIZE", A_NUMBER, "size of struct rseq that the kernel fills"},
	{AT_RSEQ_ALIGN, "AT_RSEQ_ALIGN", A_NUMBER, "its alignment"},
};

/* Receives the stack piece by piece: one prints, one builds JSON. */
struct sink {
	const struct launch *l;
	struct json_object *words, *strings; /* NULL: text */
};

static struct task_struct *task(const struct sink *s)
{
	return launch_task(s->l);
}

static u64 stack_top(const struct sink *s)
{
	struct vm_area_struct *vma = vma_lookup(task(s)->mm, task(s)->mm->start_stack);

	return vma ? vma->vm_end : 0;
}

/* A word: its place, its value, what it is ("argv", index), what it means. @str: guest string it points
 * to, or NULL. */
static void put_word(struct sink *s, u64 addr, u64 value, const char *kind, const char *label,
		     const char *meaning, const char *str, size_t len)
{
	if (!s->words) {
		printf("0x%016lx  0x%016lx  %-20s", addr, value, label);
		if (str) {
			putchar(' ');
			print_quoted(stdout, str, len, 60);
		}
		printf("%s%s\n", *meaning ? " " : "", meaning);
		return;
	}
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "address", json_hex(addr));
	json_object_object_add(o, "value", json_hex(value));
	json_object_object_add(o, "kind", json_object_new_string(kind));
	json_object_object_add(o, "name", json_object_new_string(label));
	json_object_object_add(o, "meaning", json_text(meaning, strlen(meaning)));
	if (str)
		json_object_object_add(o, "string", json_text(str, len));
	json_object_array_add(s->words, o);
}

/* A string above the vectors. */
static void put_string(struct sink *s, u64 addr, const char *label, const char *str, size_t len)
{
	if (!s->strings) {
		printf("0x%016lx  %6zu bytes         %-20s ", addr, len + 1, label);
		print_quoted(stdout, str, len, 0);
		putchar('\n');
		return;
	}
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "address", json_hex(addr));
	json_object_object_add(o, "length", json_object_new_uint64(len));
	json_object_object_add(o, "name", json_object_new_string(label));
	json_object_object_add(o, "string", json_text(str, len));
	json_object_array_add(s->strings, o);
}

static bool read_word(struct sink *s, u64 addr, u64 *value)
{
	return !access_remote_vm(task(s)->mm, addr, value, sizeof(*value), false);
}

/* argv or envp from @addr to its NULL. Returns the address after that; 0 when the stack ends first.
 * @strings: put the strings rather than the words. */
static u64 put_vector(struct sink *s, u64 addr, const char *kind, bool strings)
{
	char label[40];
	u64 value;

	for (unsigned i = 0; read_word(s, addr, &value); i++, addr += 8) {
		size_t len = 0;
		char *str;

		if (!value) {
			if (!strings)
				put_word(s, addr, value, kind, "NULL",
					 strcmp(kind, "argv") ? "end of envp" : "end of argv", NULL, 0);
			return addr + 8;
		}
		str = guest_string(task(s), value, stack_top(s) - value, &len);
		snprintf(label, sizeof(label), "%s[%u]", kind, i);
		if (strings && str)
			put_string(s, value, label, str, len);
		else if (!strings)
			put_word(s, addr, value, kind, label, str ? "" : "not readable", str, len);
		free(str);
	}
	return 0;
}

static void describe_aux(struct sink *s, const struct aux_name *a, u64 value, char *buf, size_t size)
{
	char where[PATH_MAX + 160] = "";
	unsigned char random[16];
	size_t n;

	switch (a ? a->kind : A_HEX) {
	case A_NUMBER:
		snprintf(buf, size, "%lu: %s", value, a->meaning);
		break;
	case A_ADDR:
		if (value)
			describe_address(task(s), value, where, sizeof(where));
		snprintf(buf, size, "%s%s%s", where, *where ? ": " : "", a->meaning);
		break;
	case A_RANDOM:
		n = (size_t)snprintf(buf, size, "%s:", a->meaning);
		if (!access_remote_vm(task(s)->mm, value, random, sizeof(random), false))
			for (int i = 0; i < 16; i++)
				n += (size_t)snprintf(buf + n, size - n, " %02x", random[i]);
		break;
	default:
		snprintf(buf, size, "%s", a ? a->meaning : "");
	}
}

static const struct aux_name *aux_name(u64 type)
{
	for (size_t i = 0; i < ARRAY_SIZE(aux_names); i++)
		if (aux_names[i].type == type)
			return &aux_names[i];
	return NULL;
}

static void put_auxv(struct sink *s, u64 addr)
{
	char meaning[PATH_MAX + 300], label[40];
	u64 type, value;

	for (; read_word(s, addr, &type) && read_word(s, addr + 8, &value); addr += 16) {
		const struct aux_name *a = aux_name(type);
		size_t len = 0;
		char *str = NULL;

		snprintf(label, sizeof(label), "%s", a ? a->name : "");
		if (!a)
			snprintf(label, sizeof(label), "AT_%lu", type);
		describe_aux(s, a, value, meaning, sizeof(meaning));
		if (a && a->kind == A_STRING)
			str = guest_string(task(s), value, PATH_MAX, &len);
		put_word(s, addr, type, "auxv_type", label, "", NULL, 0);
		put_word(s, addr + 8, value, "auxv_value", type ? "  its value" : "", meaning, str, len);
		free(str);
		if (!type)
			return;
	}
}

/* The strings that the auxiliary vector points to, in the order of their addresses: the platform's name
 * lies below the arguments, the path after the environment. */
static void put_aux_string(struct sink *s, u64 type, const char *label)
{
	const u64 *auxv = task(s)->mm->saved_auxv;

	for (int i = 0; i < AT_VECTOR_SIZE - 1 && auxv[i]; i += 2) {
		size_t len;
		char *str;

		if (auxv[i] != type)
			continue;
		str = guest_string(task(s), auxv[i + 1], PATH_MAX, &len);
		if (str)
			put_string(s, auxv[i + 1], label, str, len);
		free(str);
	}
}

static void put_stack(struct sink *s)
{
	u64 sp = task(s)->mm->start_stack, argc = 0, envp, auxv;

	if (!read_word(s, sp, &argc))
		return;
	put_word(s, sp, argc, "argc", "argc", "", NULL, 0);
	envp = put_vector(s, sp + 8, "argv", false);
	auxv = envp ? put_vector(s, envp, "envp", false) : 0;
	if (!auxv)
		return;
	put_auxv(s, auxv);
	if (!s->words)
		putchar('\n');
	put_aux_string(s, AT_PLATFORM, "AT_PLATFORM");
	put_vector(s, sp + 8, "argv", true);
	put_vector(s, envp, "envp", true);
	put_aux_string(s, AT_EXECFN, "AT_EXECFN");
}

static int stack_main(int argc, char **argv)
{
	struct launch l = {};
	struct sink s = {.l = &l};
	struct json_object *root;
	int status;

	launch_parse(&l, argc, argv, LAUNCH_LOOK,
		     "Load PROGRAM as execve does and print its initial stack: each word from argc to "
		     "AT_NULL with "
		     "its address, value and meaning, then the strings.");
	status = launch_look(&l);
	if (status)
		return launch_free(&l, status);
	if (!l.json) {
		put_stack(&s);
		return launch_free(&l, cli_close_stdout());
	}
	root = json_report(&l);
	s.words = json_object_new_array();
	s.strings = json_object_new_array();
	put_stack(&s);
	json_object_object_add(root, "sp", json_hex(launch_task(&l)->mm->start_stack));
	json_object_object_add(root, "words", s.words);
	json_object_object_add(root, "strings", s.strings);
	return launch_free(&l, json_finish(root));
}

const struct verb verb_stack = {"stack", "print a program's initial stack, word by word", stack_main};
