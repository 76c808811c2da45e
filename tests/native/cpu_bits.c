// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The instructions behind ulk's CPUID claims, beyond SSE2: bit counting and extraction, MOVBE, ADX, CRC32, AES,
 * PCLMULQDQ, SSSE3, SSE4. Each with random operands whose upper halves are garbage; a checksum per instruction.
 * Not here, since TCG has them wrong (see cpu/cpuid.c): BEXTR, BLSI, the "equal ordered" string comparisons.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 20000

static uint64_t seed;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	/* Now and then few bits, or none. */
	switch (seed & 15) {
	case 0:
		return 0;
	case 1:
		return seed & 0xffffffff00000000;
	case 2:
		return (uint64_t)1 << (seed >> 58);
	case 3:
		return ~(uint64_t)0;
	}
	return seed;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

/* Flags: CF 1, PF 4, AF 0x10, ZF 0x40, SF 0x80, OF 0x800; only those the manual defines are compared. */
#define CF 1
#define ZF 0x40
#define SF 0x80
#define OF 0x800

/* @text works on %0 (in and out), %1 (a source), and leaves flags. */
#define INT(name, text, mask)                                                                          \
	{                                                                                              \
		uint64_t h = 0;                                                                        \
		seed = 88172645463325252;                                                              \
		for (int i = 0; i < ROUNDS; i++) {                                                     \
			uint64_t a = next(), b = next(), f;                                            \
			asm volatile("testb $0,%b0; " text "; pushf; pop %2"                           \
				     : "+r"(a), "+r"(b), "=&r"(f)::"rax", "cc", "memory");                    \
			h = mix(mix(mix(h, a), b), f & (mask));                                        \
		}                                                                                      \
		printf("%-16s %016lx\n", name, h);                                                     \
	}

/* @text works on %0 (in and out) and %1, both xmm. */
#define VEC(name, text)                                                                                \
	{                                                                                              \
		uint64_t h = 0;                                                                        \
		seed = 88172645463325252;                                                              \
		for (int i = 0; i < ROUNDS; i++) {                                                     \
			uint64_t u[2] = {next(), next()}, v[2] = {next(), next()};                     \
			asm volatile("movdqu (%0),%%xmm0; movdqu (%1),%%xmm1; " text                   \
				     "; movdqu %%xmm0,(%0)" ::"r"(u), "r"(v)                           \
				     : "rax", "xmm0", "xmm1", "xmm2", "memory", "cc");                                \
			h = mix(mix(h, u[0]), u[1]);                                                   \
		}                                                                                      \
		printf("%-16s %016lx\n", name, h);                                                     \
	}

/* The same, with a result in ecx and flags. */
#define STR(name, text)                                                                                \
	{                                                                                              \
		uint64_t h = 0;                                                                        \
		seed = 88172645463325252;                                                              \
		for (int i = 0; i < ROUNDS; i++) {                                                     \
			uint64_t u[2] = {next(), next()}, v[2] = {next(), next()}, c, f;               \
			v[0] = u[i & 1];                                                               \
			asm volatile("movdqu (%2),%%xmm0; movdqu (%3),%%xmm1; mov $9,%%eax; "          \
				     "mov $12,%%edx; " text "; pushf; pop %1"                          \
				     : "=&c"(c), "=&r"(f)                                              \
				     : "r"(u), "r"(v)                                                  \
				     : "rax", "rdx", "xmm0", "xmm1", "memory", "cc");                  \
			h = mix(mix(h, c), f & (CF | ZF | SF | OF));                                   \
		}                                                                                      \
		printf("%-16s %016lx\n", name, h);                                                     \
	}

static void integers(void)
{
	INT("popcnt64", "popcnt %1,%0", ~0);
	INT("popcnt32", "popcnt %k1,%k0", ~0);
	INT("popcnt16", "popcnt %w1,%w0", ~0);
	INT("lzcnt64", "lzcnt %1,%0", CF | ZF);
	INT("lzcnt32", "lzcnt %k1,%k0", CF | ZF);
	INT("lzcnt16", "lzcnt %w1,%w0", CF | ZF);
	INT("tzcnt64", "tzcnt %1,%0", CF | ZF);
	INT("tzcnt32", "tzcnt %k1,%k0", CF | ZF);
	INT("tzcnt16", "tzcnt %w1,%w0", CF | ZF);
	INT("andn64", "andn %1,%0,%0", CF | ZF | SF | OF);
	INT("andn32", "andn %k1,%k0,%k0", CF | ZF | SF | OF);
	INT("blsr64", "blsr %1,%0", CF | ZF | SF | OF);
	INT("blsr32", "blsr %k1,%k0", CF | ZF | SF | OF);
	INT("blsmsk64", "blsmsk %1,%0", CF | ZF | SF | OF);
	INT("blsmsk32", "blsmsk %k1,%k0", CF | ZF | SF | OF);
	INT("movbe64", "push %1; movbe (%%rsp),%0; pop %1", 0);
	INT("movbe32", "push %1; movbe (%%rsp),%k0; pop %1", 0);
	INT("movbe16", "push %1; movbe %w0,(%%rsp); pop %1", 0);
	INT("adcx64", "stc; adcx %1,%0", CF);
	INT("adcx32", "clc; adcx %k1,%k0", CF);
	INT("adox64", "adox %1,%0; adox %1,%0", OF);
	INT("adox32", "adox %k1,%k0; adox %k1,%k0", OF);
	INT("adcx and adox", "stc; adcx %1,%0; adox %0,%1; adcx %0,%1; adox %1,%0", CF | OF);
	INT("crc32 64", "crc32q %1,%0", 0);
	INT("crc32 32", "crc32l %k1,%k0", 0);
	INT("crc32 16", "crc32w %w1,%k0", 0);
	INT("crc32 8", "crc32b %b1,%k0", 0);
	INT("xadd cmpxchg", "push %0; mov %1,%%rax; lock cmpxchg %1,(%%rsp); lock xadd %0,(%%rsp); pop %1",
	    CF | ZF | SF | OF);
	INT("bswap", "bswap %0; bswap %k1", 0);
	INT("shld shrd", "shld $13,%1,%0; shrd $7,%k0,%k1", CF | ZF | SF);
	INT("bsf bsr", "or $1,%1; bsf %1,%0; bsr %1,%1", ZF);
}

static void vectors(void)
{
	VEC("pclmul 00", "pclmulqdq $0,%%xmm1,%%xmm0");
	VEC("pclmul 10", "pclmulqdq $0x10,%%xmm1,%%xmm0");
	VEC("pclmul 11", "pclmulqdq $0x11,%%xmm1,%%xmm0");
	VEC("aesenc", "aesenc %%xmm1,%%xmm0");
	VEC("aesenclast", "aesenclast %%xmm1,%%xmm0");
	VEC("aesdec", "aesdec %%xmm1,%%xmm0");
	VEC("aesdeclast", "aesdeclast %%xmm1,%%xmm0");
	VEC("aesimc", "aesimc %%xmm1,%%xmm0");
	VEC("aeskeygen", "aeskeygenassist $5,%%xmm1,%%xmm0");
	VEC("pshufb", "pshufb %%xmm1,%%xmm0");
	VEC("phaddw", "phaddw %%xmm1,%%xmm0");
	VEC("phaddd", "phaddd %%xmm1,%%xmm0");
	VEC("phaddsw", "phaddsw %%xmm1,%%xmm0");
	VEC("phsubd", "phsubd %%xmm1,%%xmm0");
	VEC("pmaddubsw", "pmaddubsw %%xmm1,%%xmm0");
	VEC("pmulhrsw", "pmulhrsw %%xmm1,%%xmm0");
	VEC("psignb", "psignb %%xmm1,%%xmm0");
	VEC("psignw", "psignw %%xmm1,%%xmm0");
	VEC("pabsb", "pabsb %%xmm1,%%xmm0");
	VEC("pabsd", "pabsd %%xmm1,%%xmm0");
	VEC("palignr", "palignr $5,%%xmm1,%%xmm0");
	VEC("palignr 20", "palignr $20,%%xmm1,%%xmm0");
	VEC("movddup", "movddup %%xmm1,%%xmm0");
	VEC("movshdup", "movshdup %%xmm1,%%xmm0");
	VEC("blendw", "pblendw $0x5a,%%xmm1,%%xmm0");
	VEC("pblendvb", "movdqa %%xmm0,%%xmm2; pblendvb %%xmm0,%%xmm1,%%xmm2; movdqa %%xmm2,%%xmm0");
	VEC("blendvpd", "movdqa %%xmm0,%%xmm2; blendvpd %%xmm0,%%xmm1,%%xmm2; movdqa %%xmm2,%%xmm0");
	VEC("insertps", "insertps $0x9a,%%xmm1,%%xmm0");
	VEC("mpsadbw", "mpsadbw $5,%%xmm1,%%xmm0");
	VEC("packusdw", "packusdw %%xmm1,%%xmm0");
	VEC("pcmpeqq", "pcmpeqq %%xmm1,%%xmm0");
	VEC("pcmpgtq", "pcmpgtq %%xmm1,%%xmm0");
	VEC("phminposuw", "phminposuw %%xmm1,%%xmm0");
	VEC("pmaxsb", "pmaxsb %%xmm1,%%xmm0");
	VEC("pmaxud", "pmaxud %%xmm1,%%xmm0");
	VEC("pminuw", "pminuw %%xmm1,%%xmm0");
	VEC("pmuldq", "pmuldq %%xmm1,%%xmm0");
	VEC("pmulld", "pmulld %%xmm1,%%xmm0");
	VEC("pmovsxbd", "pmovsxbd %%xmm1,%%xmm0");
	VEC("pmovzxwq", "pmovzxwq %%xmm1,%%xmm0");
	VEC("pextrb", "pextrb $11,%%xmm1,%%eax; pinsrb $3,%%eax,%%xmm0");
	VEC("pextrq", "pextrq $1,%%xmm1,%%rax; pinsrq $0,%%rax,%%xmm0");
	VEC("roundpd", "pand %%xmm1,%%xmm0; psrlq $2,%%xmm0; roundpd $1,%%xmm0,%%xmm0");
	STR("pcmpistri 00", "pcmpistri $0x00,%%xmm1,%%xmm0");
	STR("pcmpistri 1a", "pcmpistri $0x1a,%%xmm1,%%xmm0");
	STR("pcmpistri 44", "pcmpistri $0x44,%%xmm1,%%xmm0");
	STR("pcmpestri 08", "pcmpestri $0x08,%%xmm1,%%xmm0");
	STR("pcmpestri 05", "pcmpestri $0x05,%%xmm1,%%xmm0");
	STR("pcmpistrm 40", "pcmpistrm $0x40,%%xmm1,%%xmm0; pextrw $3,%%xmm0,%%ecx");
	STR("pcmpestrm 0a", "pcmpestrm $0x0a,%%xmm1,%%xmm0; pextrw $0,%%xmm0,%%ecx");
	STR("ptest", "ptest %%xmm1,%%xmm0; mov $0,%%ecx");
}

int main(void)
{
	integers();
	vectors();
	return 0;
}
