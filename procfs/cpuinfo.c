// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/cpuinfo: the host's processors with the emulated CPU's features. A program that decides by the flags
 * line must not be told of AVX where there is none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "procfs/internal.h"

// clang-format off
/* One register of CPUID and the kernel's names of its bits, in the order of the flags line. */
static const struct cpu_flags {
	u32 leaf, subleaf;
	u8 reg;                /* 0 eax .. 3 edx */
	const char *names[32];
} cpu_flags[] = {
	{ 1, 0, 3,
	  { "fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", [11] = "sep", "mtrr", "pge", "mca",
	    "cmov", "pat", "pse36", "pn", "clflush", [21] = "dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss", "ht", "tm",
	    "ia64", "pbe" } },
	{ 0x80000001, 0, 3,
	  { [11] = "syscall", [19] = "mp", "nx", [22] = "mmxext", [25] = "fxsr_opt", "pdpe1gb", "rdtscp", [29] = "lm",
	    "3dnowext", "3dnow" } },
	{ 1, 0, 2,
	  { "pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est", "tm2", "ssse3", "cid", "sdbg", "fma",
	    "cx16", "xtpr", "pdcm", [17] = "pcid", "dca", "sse4_1", "sse4_2", "x2apic", "movbe", "popcnt",
	    "tsc_deadline_timer", "aes", "xsave", [28] = "avx", "f16c", "rdrand", "hypervisor" } },
	{ 0x80000001, 0, 2,
	  { "lahf_lm", "cmp_legacy", "svm", "extapic", "cr8_legacy", "abm", "sse4a", "misalignsse", "3dnowprefetch", "osvw",
	    "ibs", "xop", "skinit", "wdt", [15] = "lwp", "fma4", "tce", [19] = "nodeid_msr", [21] = "tbm", "topoext" } },
	{ 7, 0, 1,
	  { "fsgsbase", "tsc_adjust", "sgx", "bmi1", "hle", "avx2", [7] = "smep", "bmi2", "erms", "invpcid", "rtm", "cqm",
	    [14] = "mpx", "rdt_a", "avx512f", "avx512dq", "rdseed", "adx", "smap", "avx512ifma", [23] = "clflushopt", "clwb",
	    "intel_pt", "avx512pf", "avx512er", "avx512cd", "sha_ni", "avx512bw", "avx512vl" } },
	{ 0xd, 1, 0, { "xsaveopt", "xsavec", "xgetbv1", "xsaves" } },
	{ 7, 0, 2,
	  { [1] = "avx512vbmi", "umip", "pku", "ospke", "waitpkg", "avx512_vbmi2", [8] = "gfni", "vaes", "vpclmulqdq",
	    "avx512_vnni", "avx512_bitalg", "tme", "avx512_vpopcntdq", [16] = "la57", [22] = "rdpid", [25] = "cldemote",
	    [27] = "movdiri", "movdir64b", "enqcmd" } },
	{ 7, 0, 3,
	  { [2] = "avx512_4vnniw", "avx512_4fmaps", "fsrm", [8] = "avx512_vp2intersect", [10] = "md_clear",
	    [14] = "serialize", [16] = "tsxldtrk", [18] = "pconfig", [20] = "ibt", [22] = "amx_bf16", "avx512_fp16",
	    "amx_tile", "amx_int8", [28] = "flush_l1d", "arch_capabilities" } },
};
// clang-format on

/* Names that the kernel makes up and that hold here when they hold on the host: the clock is the host's. */
static const char *const made_up[] = {"constant_tsc", "nopl", "nonstop_tsc", "cpuid", "tsc_known_freq"};

/* A leaf above the highest one answers something else than "no". */
static void leaf(struct cpu *cpu, u32 nr, u32 subleaf, u32 out[4])
{
	u32 max[4];

	cpu_cpuid(cpu, nr & 0x80000000, 0, max);
	memset(out, 0, 4 * sizeof(*out));
	if (nr <= max[0])
		cpu_cpuid(cpu, nr, subleaf, out);
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = strstr(list, word); p; p = strstr(p + len, word))
		if ((p == list || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
	return false;
}

void proc_put_cpu_flags(struct cpu *cpu, const char *host_flags, FILE *out)
{
	const char *space = "";
	u32 r[4];

	for (size_t i = 0; i < ARRAY_SIZE(cpu_flags); i++) {
		const struct cpu_flags *f = &cpu_flags[i];

		leaf(cpu, f->leaf, f->subleaf, r);
		for (int bit = 0; bit < 32; bit++) {
			if (f->names[bit] && r[f->reg] & 1U << bit) {
				fprintf(out, "%s%s", space, f->names[bit]);
				space = " ";
			}
		}
		for (size_t k = 0; i == 1 && k < ARRAY_SIZE(made_up); k++)
			if (has_word(host_flags, made_up[k]))
				fprintf(out, " %s", made_up[k]);
	}
}

static void put_brand(struct cpu *cpu, FILE *out)
{
	u32 r[13] = {};
	const char *s = (const char *)r;

	for (u32 i = 0; i < 3; i++)
		leaf(cpu, 0x80000002 + i, 0, r + 4 * i);
	fputs(s + strspn(s, " "), out);
}

/* The value of one line: true when @label names something of the CPU rather than of the machine. */
static bool put_value(struct cpu *cpu, const char *label, const char *host, FILE *out)
{
	u32 r[4], family, model;

	leaf(cpu, 1, 0, r);
	family = r[0] >> 8 & 0xf;
	model = r[0] >> 4 & 0xf;
	if (family >= 6)
		model |= (r[0] >> 16 & 0xf) << 4;
	if (family == 0xf)
		family += r[0] >> 20 & 0xff;
	if (!strcmp(label, "cpu family")) {
		fprintf(out, "%u", family);
	} else if (!strcmp(label, "model")) {
		fprintf(out, "%u", model);
	} else if (!strcmp(label, "stepping")) {
		fprintf(out, "%u", r[0] & 0xf);
	} else if (!strcmp(label, "clflush size") || !strcmp(label, "cache_alignment")) {
		fprintf(out, "%u", (r[1] >> 8 & 0xff) * 8);
	} else if (!strcmp(label, "vendor_id")) {
		leaf(cpu, 0, 0, r);
		fprintf(out, "%.4s%.4s%.4s", (char *)&r[1], (char *)&r[3], (char *)&r[2]);
	} else if (!strcmp(label, "cpuid level")) {
		leaf(cpu, 0, 0, r);
		fprintf(out, "%u", r[0]);
	} else if (!strcmp(label, "model name")) {
		put_brand(cpu, out);
	} else if (!strcmp(label, "cache size")) {
		leaf(cpu, 0x80000006, 0, r);
		fprintf(out, "%u KB", r[2] >> 16);
	} else if (!strcmp(label, "address sizes")) {
		leaf(cpu, 0x80000008, 0, r);
		fprintf(out, "%u bits physical, %u bits virtual", r[0] & 0xff, r[0] >> 8 & 0xff);
	} else if (!strcmp(label, "flags")) {
		proc_put_cpu_flags(cpu, host, out);
	} else {
		return false;
	}
	return true;
}

int proc_cpuinfo_text(struct task_struct *t, FILE *out)
{
	char *text, *line, *end, label[32];
	s64 len = proc_read_file("/proc/cpuinfo", &text);

	if (len < 0)
		return (int)len;
	for (line = text; *line; line = end) {
		size_t n = strcspn(line, "\t:\n");
		char *value;

		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		value = strstr(line, ": ");
		if (value && n < sizeof(label)) {
			memcpy(label, line, n);
			label[n] = '\0';
			fwrite(line, 1, (size_t)(value + 2 - line), out);
			if (!put_value(t->ulk->cpu, label, value + 2, out))
				fputs(value + 2, out);
			putc('\n', out);
		} else {
			fprintf(out, "%s\n", line);
		}
	}
	free(text);
	return 0;
}
