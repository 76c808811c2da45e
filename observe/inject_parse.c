// SPDX-License-Identifier: GPL-2.0-or-later
/* strace's notation for what is to be injected. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "observe/decode.h"
#include "observe/inject_internal.h"
#include "syscalls/syscalls.h"

/* A number that is all of @s. */
static bool number(const char *s, u64 *n)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*n = strtoull(s, &end, 0);
	return !errno && !*end;
}

static bool parse_error(const char *s, struct inject_rule *r)
{
	u64 n;

	if (!number(s, &n)) {
		for (n = 1; n < 4096; n++) {
			const char *name = errno_name((int)n);

			if (name && !strcasecmp(name, s))
				break;
		}
	}
	r->result = -(s64)n;
	return n >= 1 && n <= 4095;
}

static bool parse_retval(const char *s, struct inject_rule *r)
{
	char *end;

	errno = 0;
	r->result = (s64)strtoull(s, &end, 0);
	r->flags |= INJECT_VALUE;
	return *s && !*end && !errno;
}

static bool parse_signal(const char *s, struct inject_rule *r)
{
	struct trace_set set;
	char why[160];

	if (strchr(s, ',') || parse_signal_set(s, &set, why, sizeof(why)))
		return false;
	for (int sig = 1; sig <= ULK_NSIG; sig++) {
		if (!set_has(&set, (u64)sig))
			continue;
		if (r->signal)
			return false;
		r->signal = sig;
	}
	return r->signal;
}

/* A time in microseconds, or with s, ms, us, ns; fractions as strace has them. */
static bool parse_delay(const char *s, u64 *ns)
{
	static const struct { const char *name; u64 ns; } units[] = {
		{"", 1000}, {"us", 1000}, {"s", 1000000000}, {"ms", 1000000}, {"ns", 1}};
	double time;
	char *end;

	if (!isdigit((unsigned char)*s) && *s != '.')
		return false;
	time = strtod(s, &end);
	for (size_t i = 0; end != s && i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		time *= (double)units[i].ns;
		*ns = (u64)time;
		return time < 9e18;
	}
	return false;
}

/* FIRST, FIRST+, FIRST+STEP, FIRST..LAST, FIRST..LAST+STEP. */
static bool parse_when(const char *s, struct inject_rule *r)
{
	char *end;

	errno = 0;
	r->first = r->last = strtoull(s, &end, 10);
	r->step = 0;
	if (!isdigit((unsigned char)*s) || errno || !r->first || r->first > 0xffff)
		return false;
	if (!*end)
		return true;
	r->step = 1;
	if (!strncmp(end, "..", 2)) {
		s = end + 2;
		r->last = strtoull(s, &end, 10);
		if (!isdigit((unsigned char)*s) || errno || r->last < r->first)
			return false;
		if (!*end)
			return true;
	} else {
		r->last = ~0UL;
	}
	if (*end != '+')
		return false;
	return !end[1] || (number(end + 1, &r->step) && r->step);
}

/* @argN=HEX,@argN=HEX... */
static bool parse_poke(const char *s, struct inject_rule *r, bool at_exit)
{
	for (;;) {
		struct poke *grown, *p;
		size_t n;

		if (strncmp(s, "@arg", 4) || s[4] < '1' || s[4] > '6' || s[5] != '=')
			return false;
		n = strspn(s + 6, "0123456789abcdefABCDEF");
		if (!n || n % 2)
			return false;
		grown = realloc(r->pokes, (r->nr_pokes + 1) * sizeof(*grown));
		if (!grown)
			return false;
		r->pokes = grown;
		p = &grown[r->nr_pokes];
		*p = (struct poke){.arg = (u8)(s[4] - '1'), .at_exit = at_exit, .size = (u32)(n / 2), .bytes = malloc(n / 2)};
		if (!p->bytes)
			return false;
		r->nr_pokes++;
		for (size_t i = 0; i < n / 2; i++)
			p->bytes[i] = (u8)strtoul((char[3]){s[6 + 2 * i], s[7 + 2 * i], 0}, NULL, 16);
		s += 6 + n;
		if (!*s)
			return true;
		if (*s++ != ',')
			return false;
	}
}

/* P or P/SEED: a probability from 0 to 1, half the calls by default. */
static bool parse_odds(const char *s, struct inject_rule *r)
{
	double p = 0.5;
	char *end;

	r->seed = 1;
	if (*s) {
		p = strtod(s, &end);
		if (end == s || !(p > 0 && p <= 1) || (*end && *end != '/') || (*end && !number(end + 1, &r->seed)))
			return false;
	}
	r->odds = (u64)(p * 4294967296.0);
	r->flags |= INJECT_EINTR;
	return true;
}

static bool parse_other(const char *name, struct inject_rule *r)
{
	for (r->other = 0; r->other < syscall_table_size; r->other++) {
		if (syscall_table[r->other].name && !strcmp(syscall_table[r->other].name, name))
			return true;
	}
	return false;
}

static bool given(const char *word, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) || (word[n] && word[n] != '='))
		return false;
	*value = word[n] ? word + n + 1 : word + n;
	return true;
}

/* Each action once. */
static bool flag(struct inject_rule *r, u32 bit)
{
	bool first = !(r->flags & bit);

	r->flags |= bit;
	return first;
}

static bool parse_action(const char *word, struct inject_rule *r)
{
	const char *v;

	if (given(word, "error", &v))
		return flag(r, INJECT_RESULT) && parse_error(v, r);
	if (given(word, "retval", &v))
		return flag(r, INJECT_RESULT) && parse_retval(v, r);
	if (given(word, "signal", &v))
		return flag(r, INJECT_SIGNAL) && parse_signal(v, r);
	if (given(word, "delay_enter", &v))
		return flag(r, INJECT_DELAY_ENTER) && parse_delay(v, &r->delay_enter);
	if (given(word, "delay_exit", &v))
		return flag(r, INJECT_DELAY_EXIT) && parse_delay(v, &r->delay_exit);
	if (given(word, "poke_enter", &v))
		return flag(r, INJECT_POKE_ENTER) && parse_poke(v, r, false);
	if (given(word, "poke_exit", &v))
		return flag(r, INJECT_POKE_EXIT) && parse_poke(v, r, true);
	if (given(word, "syscall", &v))
		return flag(r, INJECT_SYSCALL) && parse_other(v, r);
	if (given(word, "when", &v))
		return flag(r, INJECT_WHEN) && parse_when(v, r);
	if (given(word, "short", &v))
		return flag(r, INJECT_SHORT) && (!*v || (number(v, &r->max) && r->max));
	if (given(word, "nomem", &v))
		return flag(r, INJECT_NOMEM) && !*v;
	if (given(word, "eintr", &v))
		return flag(r, INJECT_EINTR) && parse_odds(v, r);
	return false;
}

void inject_rule_free(struct inject_rule *r)
{
	for (u32 i = 0; r && i < r->nr_pokes; i++)
		free(r->pokes[i].bytes);
	if (r)
		free(r->pokes);
	free(r);
}

/* "after=SIZE" or "limit=SIZE". */
static bool parse_memory(struct inject *inj, const char *s)
{
	const char *v = s;
	unsigned shift;
	char *end;

	if (given(s, "after", &v))
		inj->memory_for_good = true;
	else if (given(s, "limit", &v))
		inj->memory_for_good = false;
	else
		return false;
	errno = 0;
	inj->memory = strtoull(v, &end, 10);
	shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	return isdigit((unsigned char)*v) && !errno && !end[!!shift] && inj->memory &&
	       !__builtin_mul_overflow(inj->memory, 1UL << shift, &inj->memory);
}

static bool complete(struct inject_rule *r, bool fault)
{
	const u32 instead = r->flags & (INJECT_RESULT | INJECT_SHORT | INJECT_EINTR | INJECT_SYSCALL | INJECT_NOMEM);

	if (!(r->flags & INJECT_WHEN))
		r->first = r->step = 1, r->last = ~0UL;
	if (fault && !instead) {
		r->flags |= INJECT_RESULT;
		r->result = -ENOSYS;
	}
	/* One thing at most can stand for the call; but strace has another call made and its result thrown away. */
	if (instead == (INJECT_RESULT | INJECT_SYSCALL))
		return true;
	return (r->flags & ~(u32)INJECT_WHEN) && !(instead & (instead - 1));
}

static int add_rule(struct inject *inj, char *set_text, char *actions, bool fault, char *why)
{
	struct inject_rule *r = calloc(1, sizeof(*r)), **grown;
	struct trace_set set;
	char *word;
	int err = -EINVAL;

	if (!r)
		return -ENOMEM;
	while ((word = strsep(&actions, ":"))) {
		if (!parse_action(word, r))
			goto fail;
	}
	if (!complete(r, fault) || inj->nr_rules == INJECT_RULES)
		goto fail;
	err = parse_call_set(set_text, &set, why, 160);
	if (err)
		goto fail;
	grown = realloc(inj->rules, (inj->nr_rules + 1) * sizeof(*grown));
	if (!grown) {
		err = -ENOMEM;
		goto fail;
	}
	inj->rules = grown;
	grown[inj->nr_rules++] = r;
	for (u64 nr = 0; nr < INJECT_CALLS; nr++) {
		if (set_has(&set, nr))
			inj->by_call[nr] = (u8)inj->nr_rules;
	}
	return 0;
fail:
	inject_rule_free(r);
	return err;
}

int inject_add(struct inject *inj, const char *spec, bool fault, char *why)
{
	char *copy = strdup(spec), *actions = copy, *set;
	int err = -EINVAL;

	if (!copy)
		return -ENOMEM;
	snprintf(why, 160, "invalid inject argument '%s'", spec);
	set = strsep(&actions, ":");
	if (!strcmp(set, "memory")) {
		err = actions && parse_memory(inj, actions) ? 0 : -EINVAL;
	} else if (!strcmp(set, "eintr")) {
		err = parse_odds(actions ? actions : "", &inj->storm) ? 0 : -EINVAL;
	} else if (actions || fault) {
		err = add_rule(inj, set, actions, fault, why);
	}
	free(copy);
	return err;
}
