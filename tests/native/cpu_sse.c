// SPDX-License-Identifier: GPL-2.0-or-later
// SSE to SSE4.2 on integers and floating point, with rounding modes, denormals and NaNs. Left out, because
// Unicorn's engine (TCG of qemu 5) differs, see docs/limits.md: MXCSR's sticky exception flags, flush-to-zero, and
// the order in which dpps adds.
#include <nmmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <tmmintrin.h>

static uint64_t seed = 1234567;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void show(const char *name, __m128i v)
{
	uint64_t q[2];

	memcpy(q, &v, 16);
	printf("%s %016llx%016llx\n", name, (unsigned long long)q[1], (unsigned long long)q[0]);
}

#define I(op) show(#op, _mm_##op(a, b))

static void integers(__m128i a, __m128i b)
{
	I(add_epi8); I(adds_epi8); I(adds_epu16); I(sub_epi64); I(subs_epu8); I(mullo_epi16); I(mulhi_epi16);
	I(mulhi_epu16); I(mul_epu32); I(madd_epi16); I(sad_epu8); I(avg_epu8); I(min_epu8); I(max_epi16);
	I(cmpeq_epi8); I(cmpgt_epi32); I(and_si128); I(andnot_si128); I(packs_epi16); I(packus_epi16); I(packs_epi32);
	I(unpacklo_epi8); I(unpackhi_epi16); I(unpacklo_epi64); I(shuffle_epi8); I(hadd_epi16); I(hsubs_epi16);
	I(maddubs_epi16); I(mulhrs_epi16); I(sign_epi8); I(min_epi8); I(max_epu32); I(mullo_epi32); I(mul_epi32);
	I(packus_epi32); I(cmpeq_epi64); I(cmpgt_epi64);
	show("alignr", _mm_alignr_epi8(a, b, 5));
	show("abs", _mm_abs_epi16(a));
	show("shuffle", _mm_shuffle_epi32(a, 0x1b));
	show("shufflelo", _mm_shufflelo_epi16(a, 0x93));
	show("slli", _mm_slli_epi32(a, 7));
	show("sra", _mm_sra_epi16(a, _mm_cvtsi32_si128((int)(next() % 20))));
	show("srli_si", _mm_srli_si128(a, 3));
	show("mpsadbw", _mm_mpsadbw_epu8(a, b, 5));
	show("minpos", _mm_minpos_epu16(a));
	show("blend", _mm_blend_epi16(a, b, 0x5a));
	show("cvt", _mm_cvtepi8_epi16(a));
	printf("movemask %x ptest %d %d\n", _mm_movemask_epi8(a), _mm_testz_si128(a, b), _mm_testc_si128(a, b));
	printf("cmpistri %d cmpestri %d crc %llx popcnt %d\n", _mm_cmpistri(a, b, 0x0c), _mm_cmpestri(a, 9, b, 12, 0x18),
	       (unsigned long long)_mm_crc32_u64(7, next()), (int)_mm_popcnt_u64(next()));
}

#define F(op) show(#op, _mm_castps_si128(_mm_##op##_ps(a, b))), show(#op "d", _mm_castpd_si128(_mm_##op##_pd(c, d)))

static void floats(__m128 a, __m128 b)
{
	__m128d c = _mm_cvtps_pd(a), d = _mm_cvtps_pd(b);

	F(add); F(sub); F(mul); F(div); F(min); F(max); F(cmplt); F(cmpunord); F(cmpneq); F(hadd); F(addsub);
	show("sqrt", _mm_castps_si128(_mm_sqrt_ps(a)));
	show("sqrtd", _mm_castpd_si128(_mm_sqrt_pd(c)));
	show("cvtps", _mm_cvtps_epi32(a));
	show("cvttps", _mm_cvttps_epi32(a));
	show("cvtpd", _mm_castps_si128(_mm_cvtpd_ps(_mm_div_pd(c, d))));
	show("round", _mm_castps_si128(_mm_round_ps(a, 1)));
	show("roundd", _mm_castpd_si128(_mm_round_pd(c, 3)));
	printf("comi %d %d cvt %lld %d\n", _mm_comilt_ss(a, b), _mm_ucomieq_sd(c, d), (long long)_mm_cvtsd_si64(c),
	       _mm_cvttss_si32(b));
}

int main(void)
{
	static const float special[] = { 0.0f, -0.0f, 1.0f, -1.5f, 0.1f, 3e38f, -3e38f, 1e-40f, -1e-45f, __builtin_inff(),
					 -__builtin_inff(), 2147483648.0f, 0.5f, 1.5f, 2.5f, 1e20f };

	for (int i = 0; i < 20; i++) {
		__m128i a = _mm_set_epi64x(next(), next()), b = _mm_set_epi64x(next(), next());

		integers(a, b);
		integers(_mm_and_si128(a, _mm_set1_epi8(0x7f)), a);
	}
	for (int mode = 0; mode < 4; mode++) {
		printf("rounding mode %d\n", mode);
		_mm_setcsr(0x1f80 | mode << 13);
		for (int i = 0; i < 16; i++) {
			__m128 a = _mm_loadu_ps(special + i % 13), b = _mm_loadu_ps(special + (i * 5 + 3) % 13);

			floats(a, b);
		}
	}
	return 0;
}
