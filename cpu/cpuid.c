// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpuid: which CPU the guest sees. The answers are ours, not the engine's model or the host's: the same on
 * every host, and no claim that tests/cpu/test_cpuid.c does not execute.
 *
 * Left out on purpose:
 *   - AVX, AVX2, FMA, F16C, SHA, VAES: this TCG does not have them;
 *   - XSAVE: its only use without AVX is a larger signal frame and a slower lazy-binding trampoline;
 *   - ERMS, FSRM: they promise that rep movsb is the fast way to copy, and here it is the slow one;
 *   - BMI1, BMI2: BEXTR with a long length, BLSI's carry and 32-bit PEXT with garbage above its mask are
 * wrong;
 *   - SEP: sysenter has no meaning for a 64-bit program.
 * One claim is not wholly kept: SSE4.2's pcmpistri and its kin are wrong in the "equal ordered" mode (the
 * search for a substring), which no C library uses; without SSE4.2 programs built for x86-64-v2 would refuse
 * to start.
 *
 * Family 6 model 0x2c (Westmere) is what these features amount to, and lets glibc choose the string functions
 * made of unaligned SSE2 moves, the cheapest to translate.
 */
#include <string.h>
#include "cpu/cpu.h"

#define BIT(n) (1u << (n))

/* Leaf 1, ecx */
#define SSE3	  BIT(0)
#define PCLMULQDQ BIT(1)
#define SSSE3	  BIT(9)
#define CX16	  BIT(13)
#define SSE41	  BIT(19)
#define SSE42	  BIT(20)
#define MOVBE	  BIT(22)
#define POPCNT	  BIT(23)
#define AES	  BIT(25)
#define RDRAND	  BIT(30)

/* Leaf 1, edx: FPU DE PSE TSC MSR PAE MCE CX8 APIC MTRR PGE MCA CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2 */
#define LEAF1_EDX 0x078bf3fdu

/* Leaf 7, ebx */
#define FSGSBASE BIT(0)
#define RDSEED	 BIT(18)
#define ADX	 BIT(19)

/* Leaf 0x80000001 */
#define LAHF	BIT(0)	/* ecx */
#define LZCNT	BIT(5)	/* ecx */
#define SYSCALL BIT(11) /* edx */
#define NX	BIT(20)
#define RDTSCP	BIT(27)
#define LM	BIT(29)

/* Leaf 4: one cache of @ways ways and @sets sets of 64-byte lines. */
static void cache_leaf(u32 out[4], u32 level, u32 type, u32 ways, u32 sets)
{
	out[0] = type | level << 5 | BIT(8);
	out[1] = (ways - 1) << 22 | (64 - 1);
	out[2] = sets - 1;
	out[3] = 0;
}

static void cache_leaves(u32 subleaf, u32 out[4])
{
	switch (subleaf) {
	case 0:
		cache_leaf(out, 1, 1, 8, 64); /* 32 KiB of data */
		break;
	case 1:
		cache_leaf(out, 1, 2, 8, 64); /* 32 KiB of code */
		break;
	case 2:
		cache_leaf(out, 2, 3, 8, 512); /* 256 KiB */
		break;
	case 3:
		cache_leaf(out, 3, 3, 16, 8192); /* 8 MiB */
		break;
	}
}

static void extended_leaves(u32 leaf, u32 out[4])
{
	static const char brand[48] = "ulk virtual x86-64 CPU";

	switch (leaf) {
	case 0x80000000:
		out[0] = 0x80000008;
		break;
	case 0x80000001:
		out[2] = LAHF | LZCNT;
		out[3] = SYSCALL | NX | RDTSCP | LM;
		break;
	case 0x80000002:
	case 0x80000003:
	case 0x80000004:
		memcpy(out, brand + 16 * (leaf - 0x80000002), 16);
		break;
	case 0x80000006:
		out[2] = 256u << 16 | 6 << 12 | 64; /* the level 2 cache again */
		break;
	case 0x80000008:
		out[0] = 48 << 8 | 40; /* bits of virtual and physical addresses */
		break;
	}
}

void cpu_cpuid(struct cpu *cpu, u32 leaf, u32 subleaf, u32 out[4])
{
	memset(out, 0, 4 * sizeof(out[0]));
	switch (leaf) {
	case 0:
		out[0] = 7;
		memcpy(&out[1], "Genu", 4);
		memcpy(&out[3], "ineI", 4);
		memcpy(&out[2], "ntel", 4);
		break;
	case 1:
		out[0] = 0x000206c2;
		out[1] = 1u << 16 | 8 << 8; /* one logical processor, 64-byte clflush */
		out[2] = SSE3 | PCLMULQDQ | SSSE3 | CX16 | SSE41 | SSE42 | MOVBE | POPCNT | AES | RDRAND;
		out[3] = LEAF1_EDX;
		break;
	case 2:
		out[0] = 0x00ff0001; /* "see leaf 4" */
		break;
	case 4:
		cache_leaves(subleaf, out);
		break;
	case 7:
		if (subleaf == 0)
			out[1] = FSGSBASE | RDSEED | ADX;
		break;
	default:
		extended_leaves(leaf, out);
	}
}
