// SPDX-License-Identifier: GPL-2.0-or-later
/* The program's environment: ours, changed as env(1) would. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"

/* Length of the name in @entry. */
static size_t name_len(const char *entry)
{
	return strcspn(entry, "=");
}

static bool same_name(const char *entry, const char *name, size_t len)
{
	return !strncmp(entry, name, len) && (entry[len] == '=' || !entry[len]);
}

const char *environment_get(char *const envp[], const char *name)
{
	size_t len = strlen(name);

	for (; *envp; envp++)
		if (same_name(*envp, name, len) && (*envp)[len])
			return *envp + len + 1;
	return NULL;
}

static size_t unset(char **envp, size_t nr, const char *name, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < nr; i++)
		if (!same_name(envp[i], name, len))
			envp[kept++] = envp[i];
	return kept;
}

/* Replace in place, as setenv does, so that the order of the others stays. */
static size_t set(char **envp, size_t nr, const char *entry)
{
	size_t len = name_len(entry), i;

	for (i = 0; i < nr && !same_name(envp[i], entry, len); i++)
		;
	envp[i] = (char *)entry;
	return i == nr ? nr + 1 : nr;
}

char **environment_build(const struct env_op *ops, size_t nr_ops)
{
	size_t nr = 0;
	char **envp;

	if (!nr_ops)
		return environ;
	while (environ[nr])
		nr++;
	envp = malloc((nr + nr_ops + 1) * sizeof(*envp));
	if (!envp)
		return NULL;
	memcpy(envp, environ, nr * sizeof(*envp));
	for (size_t i = 0; i < nr_ops; i++) {
		if (ops[i].kind == 'i')
			nr = 0;
		else if (ops[i].kind == 'u')
			nr = unset(envp, nr, ops[i].arg, strlen(ops[i].arg));
		else
			nr = set(envp, nr, ops[i].arg);
	}
	envp[nr] = NULL;
	return envp;
}
