// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb: what it sets for all processes, and what it is told that this stub can do. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "observe/gdb_server.h"

void gdb_default_settings(struct gdb_shared *sh)
{
	sh->multiprocess = sh->swbreak = sh->hwbreak = false;
	sh->fork_events = sh->vfork_events = sh->exec_events = false;
	sh->pass_signals = 0;
	sh->program_signals = ~(1UL << (SIGINT - 1) | 1UL << (SIGTRAP - 1));
	sh->catch_on = false;
}

void gdb_put_features(struct gdb_server *s, const char *features, FILE *out)
{
	struct gdb_shared *sh = s->shared;

	sh->multiprocess = strstr(features, "multiprocess+");
	sh->fork_events = strstr(features, ";fork-events+") && sh->multiprocess;
	sh->vfork_events = strstr(features, "vfork-events+") && sh->multiprocess;
	sh->exec_events = strstr(features, "exec-events+");
	sh->swbreak = strstr(features, "swbreak+");
	sh->hwbreak = strstr(features, "hwbreak+");
	fprintf(out, "PacketSize=%x;QStartNoAckMode+;multiprocess+;fork-events+;vfork-events+;exec-events+;vContSupported+;"
		"swbreak+;hwbreak+;qXfer:features:read+;qXfer:auxv:read+;qXfer:siginfo:read+;qXfer:siginfo:write+;"
		"qXfer:threads:read+;qXfer:exec-file:read+;QPassSignals+;QProgramSignals+;QCatchSyscalls+;"
		"QDisableRandomization+;QEnvironmentHexEncoded+;QEnvironmentUnset+;QEnvironmentReset+;QSetWorkingDir+",
		GDB_PACKET);
}

/* "1;2;3", in gdb's numbers. */
static u64 parse_signals(const char *list)
{
	u64 mask = 0, number;

	while (gdb_parse_hex(&list, &number)) {
		int sig = number < 256 ? gdb_signal_from((int)number) : 0;

		if (sig)
			mask |= 1UL << (sig - 1);
		if (*list++ != ';')
			break;
	}
	return mask;
}

static void catch_syscalls(struct gdb_shared *sh, const char *args, FILE *out)
{
	u64 nr;

	memset(sh->catch_set, 0, sizeof(sh->catch_set));
	sh->catch_on = *args == '1';
	sh->catch_all = sh->catch_on && args[1] != ';';
	if (*args)
		args++;
	while (*args == ';' && args++ && gdb_parse_hex(&args, &nr)) {
		if (nr < GDB_SYSCALLS)
			sh->catch_set[nr / 64] |= 1UL << nr % 64;
	}
	fputs("OK", out);
}

static void add_env(struct gdb_server *s, const char *hex, size_t n, FILE *out)
{
	char **grown = reallocarray(s->env, s->nr_env + 2, sizeof(*grown));
	char *text = calloc(1, n / 2 + 1);

	if (grown) {
		s->env = grown;
		s->env[s->nr_env] = NULL;
	}
	if (!grown || !text || !gdb_unhex(hex, n, (u8 *)text)) {
		free(text);
		fputs("E01", out);
		return;
	}
	s->env[s->nr_env++] = text;
	s->env[s->nr_env] = NULL;
	fputs("OK", out);
}

static void reset_env(struct gdb_server *s)
{
	while (s->nr_env)
		free(s->env[--s->nr_env]);
	if (s->env)
		*s->env = NULL;
}

static void set_dir(struct gdb_server *s, const char *hex, size_t n, FILE *out)
{
	free(s->dir);
	s->dir = n ? calloc(1, n / 2 + 1) : NULL;
	if (n && (!s->dir || !gdb_unhex(hex, n, (u8 *)s->dir))) {
		free(s->dir);
		s->dir = NULL;
		fputs("E01", out);
		return;
	}
	fputs("OK", out);
}

void gdb_set(struct gdb_server *s, const char *packet, size_t n, FILE *out)
{
	struct gdb_shared *sh = s->shared;

	if (!strcmp(packet, "QStartNoAckMode")) {
		s->no_ack = true;
	} else if (gdb_starts(packet, "QPassSignals:")) {
		sh->pass_signals = parse_signals(packet + 13);
	} else if (gdb_starts(packet, "QProgramSignals:")) {
		sh->program_signals = parse_signals(packet + 16);
	} else if (gdb_starts(packet, "QCatchSyscalls:")) {
		catch_syscalls(sh, packet + 15, out);
		return;
	} else if (gdb_starts(packet, "QDisableRandomization:")) {
		s->aslr = packet[22] == '0';
	} else if (gdb_starts(packet, "QEnvironmentHexEncoded:")) {
		add_env(s, packet + 23, n - 23, out);
		return;
	} else if (gdb_starts(packet, "QEnvironmentUnset:")) {
		add_env(s, packet + 18, n - 18, out);
		return;
	} else if (!strcmp(packet, "QEnvironmentReset")) {
		reset_env(s);
	} else if (gdb_starts(packet, "QSetWorkingDir:")) {
		set_dir(s, packet + 15, n - 15, out);
		return;
	} else {
		return;
	}
	fputs("OK", out);
}
