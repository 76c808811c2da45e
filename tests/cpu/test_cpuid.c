// SPDX-License-Identifier: GPL-2.0-or-later
/* CPUID: what it claims works, what does not work it does not claim, and the instruction says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "toy.h"

enum reg { EAX, EBX, ECX, EDX };

struct feature {
	const char *name;
	u32 leaf;
	enum reg reg;
	u8 bit;
	const u8 *code, *end;
	u64 want;              /* in RAX afterwards */
};

#define RBX  0x1122334455667788
#define RCX  0x00ff00ff00ff00ff
#define ADX  (RBX + 2 + RCX)

/* Each snippet: RBX and RCX as above, R8 a writable buffer of zeros; the result in RAX. */
#define FEATURES                                                                                             \
	F(cmov, 1, EDX, 15, "cmp %rax,%rax; mov $1,%eax; cmove %rbx,%rax", RBX)                              \
	F(tsc, 1, EDX, 4, "rdtsc; shl $32,%rdx; or %rdx,%rax; mov %rax,%rbx; rdtsc; shl $32,%rdx;"           \
	  "or %rdx,%rax; cmp %rax,%rbx; seta %al; movzbl %al,%eax", 0)                                       \
	F(cx8, 1, EDX, 8, "xor %eax,%eax; xor %edx,%edx; mov $7,%ebx; mov $9,%ecx; lock cmpxchg8b (%r8);"    \
	  "mov (%r8),%rax", 0x900000007)                                                                     \
	F(clfsh, 1, EDX, 19, "clflush (%r8); mov %rbx,%rax", RBX)                                            \
	F(mmx, 1, EDX, 23, "movq %rbx,%mm0; paddb %mm0,%mm0; movq %mm0,%rax; emms", 0x22446688aaccee10)      \
	F(fxsr, 1, EDX, 24, "movq %rbx,%xmm7; fxsave (%r8); mov 160+7*16(%r8),%rax", RBX)                    \
	F(sse, 1, EDX, 25, "movq %rbx,%xmm0; shufps $0xb1,%xmm0,%xmm0; movq %xmm0,%rax", 0x5566778811223344) \
	F(sse2, 1, EDX, 26, "movq %rbx,%xmm0; paddd %xmm0,%xmm0; movq %xmm0,%rax", 0x22446688aaccef10)       \
	F(sse3, 1, ECX, 0, "movq %rbx,%xmm0; movddup %xmm0,%xmm1; movhlps %xmm1,%xmm1; movq %xmm1,%rax", RBX) \
	F(pclmul, 1, ECX, 1, "mov $3,%eax; movq %rax,%xmm0; mov $7,%eax; movq %rax,%xmm1;"                   \
	  "pclmulqdq $0,%xmm1,%xmm0; movq %xmm0,%rax", 9)                                                    \
	F(ssse3, 1, ECX, 9, "movq %rbx,%xmm0; mov $0x0001020304050607,%rax; movq %rax,%xmm1;"                \
	  "pshufb %xmm1,%xmm0; movq %xmm0,%rax", 0x8877665544332211)                                         \
	F(cx16, 1, ECX, 13, "xor %eax,%eax; xor %edx,%edx; xor %ecx,%ecx; mov $5,%ebx;"                      \
	  "lock cmpxchg16b (%r8); mov (%r8),%rax", 5)                                                        \
	F(sse41, 1, ECX, 19, "movq %rbx,%xmm0; pmovzxbw %xmm0,%xmm0; pextrq $1,%xmm0,%rax", 0x0011002200330044) \
	F(sse42, 1, ECX, 20, "xor %eax,%eax; crc32q %rbx,%rax", CRC32C)                                      \
	F(sse42_string, 1, ECX, 20, "movq %rbx,%xmm0; mov $0x44,%eax; movd %eax,%xmm1;"                      \
	  "pcmpistri $0,%xmm0,%xmm1; mov %ecx,%eax", 4)                                                      \
	F(movbe, 1, ECX, 22, "mov %rbx,(%r8); movbe (%r8),%rax", 0x8877665544332211)                         \
	F(popcnt, 1, ECX, 23, "popcnt %rbx,%rax", __builtin_popcountl(RBX))                                  \
	F(aes, 1, ECX, 25, "pxor %xmm0,%xmm0; pxor %xmm1,%xmm1; aesenc %xmm1,%xmm0; movq %xmm0,%rax",        \
	  0x6363636363636363)                                                                                \
	F(rdrand, 1, ECX, 30, "1: rdrand %rax; jnc 1b; xor %eax,%eax", 0)                                    \
	F(fsgsbase, 7, EBX, 0, "wrgsbase %rbx; rdgsbase %rax", RBX)                                          \
	F(fsgsbase_used, 7, EBX, 0, "mov %rbx,(%r8); wrfsbase %r8; mov %fs:0,%rax", RBX)                     \
	F(rdseed, 7, EBX, 18, "1: rdseed %rax; jnc 1b; xor %eax,%eax", 0)                                    \
	F(adx, 7, EBX, 19, "xor %eax,%eax; stc; mov $1,%eax; adcx %rbx,%rax; adox %rcx,%rax", ADX)           \
	F(lahf, 0x80000001, ECX, 0, "xor %eax,%eax; stc; lahf; shr $8,%eax; and $1,%eax", 1)                 \
	F(lzcnt, 0x80000001, ECX, 5, "lzcnt %rbx,%rax", 3)                                                   \
	F(rdtscp, 0x80000001, EDX, 27, "rdtscp; mov %ecx,%eax", 0)

#define F(name, leaf, reg, bit, text, want)                                                           \
	asm(".pushsection .rodata\nft_" #name ": " text "; syscall\nft_end_" #name ":\n.popsection"); \
	extern const u8 ft_##name[], ft_end_##name[];
FEATURES
#undef F

static u64 pdep(u64 source, u64 mask)
{
	u64 out = 0;

	for (int i = 0, k = 0; i < 64; i++)
		if (mask >> i & 1)
			out |= (source >> k++ & 1) << i;
	return out;
}

static u64 pext(u64 source, u64 mask)
{
	u64 out = 0;

	for (int i = 0, k = 0; i < 64; i++)
		if (mask >> i & 1)
			out |= (source >> i & 1) << k++;
	return out;
}

/* CRC-32C by bits, as crc32q from zero. */
static u64 crc32c(u64 v)
{
	u32 crc = 0;

	for (int i = 0; i < 64; i++) {
		u32 low = (crc ^ (u32)(v >> i)) & 1;

		crc = crc >> 1 ^ (low ? 0x82f63b78 : 0);
	}
	return crc;
}
#define CRC32C crc32c(RBX)

static int setup(void **state)
{
	struct toy *toy = toy_create();

	toy_map(toy, CODE_VA, 1, CPU_PERM_R | CPU_PERM_X);
	toy_map(toy, DATA_VA, 1, CPU_PERM_R | CPU_PERM_W);
	*state = toy;
	return 0;
}

static int teardown(void **state)
{
	toy_destroy(*state);
	return 0;
}

static struct cpu_exit run(struct toy *toy, const u8 *code, const u8 *end, struct cpu_regs *regs)
{
	toy_code(toy, CODE_VA, code, (size_t)(end - code));
	cpu_get_regs(toy->cpu, regs);
	regs->rax = 0;
	regs->rbx = RBX;
	regs->rcx = RCX;
	regs->r8 = DATA_VA;
	regs->fs_base = regs->gs_base = 0;
	cpu_set_regs(toy->cpu, regs);
	memset(toy_host(toy, DATA_VA), 0, PAGE_SIZE);
	return toy_run(toy, regs);
}

static void test_claims(void **state)
{
#define F(name, leaf, reg, bit, text, want) {#name, leaf, reg, bit, ft_##name, ft_end_##name, want},
	const struct feature features[] = {FEATURES};
#undef F
	struct toy *toy = *state;
	unsigned wrong = 0;
	u32 out[4];

	for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];
		struct cpu_exit exit;
		struct cpu_regs regs;

		cpu_cpuid(toy->cpu, f->leaf, 0, out);
		exit = run(toy, f->code, f->end, &regs);
		if ((out[f->reg] >> f->bit & 1) && exit.reason == CPU_EXIT_SYSCALL && regs.rax == f->want)
			continue;
		wrong++;
		print_error("%s: claimed %d, exit %d, rax %lx, wanted %lx\n", f->name, out[f->reg] >> f->bit & 1,
			    exit.reason, regs.rax, f->want);
	}
	assert_int_equal(wrong, 0);
}

static u64 next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/*
 * TCG had these two wrong in other versions: against the definition, for many masks. Not claimed, since the 32-bit
 * forms take in what is above their operands; but programs built for them alone should compute right.
 */
static void test_pdep_pext(void **state)
{
	struct toy *toy = *state;
	struct cpu_regs regs;
	u64 seed = 88172645463325252;

	/* pdep %rbx,%rcx,%rax; pext %rbx,%rcx,%rdx; syscall */
	TOY_CODE(toy, CODE_VA, "\xc4\xe2\xf3\xf5\xc3\xc4\xe2\xf2\xf5\xd3\x0f\x05");
	for (int i = 0; i < 2000; i++) {
		u64 source = next(&seed), mask = next(&seed);

		if (i % 3 == 0)
			mask &= mask >> 9 & mask << 5;
		cpu_get_regs(toy->cpu, &regs);
		regs.rip = CODE_VA;
		regs.rcx = source;
		regs.rbx = mask;
		cpu_set_regs(toy->cpu, &regs);
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
		assert_int_equal(regs.rax, pdep(source, mask));
		assert_int_equal(regs.rdx, pext(source, mask));
	}
}

static void test_instruction_agrees(void **state)
{
	static const u32 leaves[][2] = {
		{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {4, 1}, {4, 2}, {4, 3}, {4, 4}, {7, 0}, {7, 1},
		{0xd, 0}, {0xd, 1}, {0x14, 0}, {0x40000000, 0}, {0x80000000, 0}, {0x80000001, 0},
		{0x80000002, 0}, {0x80000003, 0}, {0x80000004, 0}, {0x80000006, 0}, {0x80000007, 0},
		{0x80000008, 0}, {0xffffffff, 0},
	};
	struct toy *toy = *state;
	struct cpu_regs regs;
	u32 out[4];

	for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++) {
		/* cpuid; mov %rcx,%rsi; syscall */
		TOY_CODE(toy, CODE_VA, "\x0f\xa2\x48\x89\xce\x0f\x05");
		cpu_get_regs(toy->cpu, &regs);
		/* The upper halves are ignored on the way in and cleared on the way out. */
		regs.rax = leaves[i][0] | 0xabcd00000000;
		regs.rcx = leaves[i][1] | 0xabcd00000000;
		regs.rbx = regs.rdx = ~0UL;
		cpu_set_regs(toy->cpu, &regs);
		assert_int_equal(toy_run(toy, &regs).reason, CPU_EXIT_SYSCALL);
		cpu_cpuid(toy->cpu, leaves[i][0], leaves[i][1], out);
		assert_int_equal(regs.rax, out[EAX]);
		assert_int_equal(regs.rbx, out[EBX]);
		assert_int_equal(regs.rsi, out[ECX]);
		assert_int_equal(regs.rdx, out[EDX]);
	}
}

/* What the engine cannot do, or does badly, is not claimed. */
static void test_not_claimed(void **state)
{
	static const struct {
		u32 leaf;
		enum reg reg;
		u8 bit;
	} absent[] = {
		/* MONITOR, FMA, XSAVE, OSXSAVE, AVX, F16C; SEP */
		{1, ECX, 3}, {1, ECX, 12}, {1, ECX, 26}, {1, ECX, 27}, {1, ECX, 28}, {1, ECX, 29}, {1, EDX, 11},
		/* SGX, BMI1, HLE, AVX2, BMI2, ERMS, RTM, MPX, AVX512F, SHA */
		{7, EBX, 2}, {7, EBX, 3}, {7, EBX, 8}, {7, EBX, 4}, {7, EBX, 5}, {7, EBX, 9}, {7, EBX, 11}, {7, EBX, 14}, {7, EBX, 16}, {7, EBX, 29},
		/* AVX512VBMI, GFNI, VAES, VPCLMULQDQ, RDPID; FSRM */
		{7, ECX, 1}, {7, ECX, 8}, {7, ECX, 9}, {7, ECX, 10}, {7, ECX, 22}, {7, EDX, 4},
		/* SSE4A, XOP, FMA4, TBM; 3DNow! */
		{0x80000001, ECX, 6}, {0x80000001, ECX, 11}, {0x80000001, ECX, 16}, {0x80000001, ECX, 21},
		{0x80000001, EDX, 31},
	};
	struct toy *toy = *state;
	u32 out[4];

	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
		cpu_cpuid(toy->cpu, absent[i].leaf, 0, out);
		if (out[absent[i].reg] >> absent[i].bit & 1)
			fail_msg("leaf %x register %d bit %d is claimed", absent[i].leaf, absent[i].reg, absent[i].bit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_claims, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pdep_pext, setup, teardown),
		cmocka_unit_test_setup_teardown(test_instruction_agrees, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_claimed, setup, teardown),
	};

	return cmocka_run_group_tests_name("cpu cpuid", tests, NULL, NULL);
}
