// AVX2 and FMA: sixteen registers of eight floats hold six sums of sixteen, and the weights and inputs at hand.

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define NAME "avx2"
#define ISA(name) name##_avx2
#define FMA(sum, a, b) fma16(sum, a, b)
#define DOT4 dot4
#define INPUT_SIGN 0x00
#define MAXIMUM_SUMS 6
#define SHAPES_1(X) X(1, 1, 6) X(1, 1, 4) X(1, 4, 1) X(1, 1, 1)
#define SHAPES_2(X) X(2, 1, 3) X(2, 2, 1) X(2, 1, 1)
#define SHAPES_3(X) X(3, 1, 2) X(3, 2, 1) X(3, 1, 1)
#define SHAPES_4(X) X(4, 1, 1)
#define GEMM_ROWS 6
#define GEMM_VECTORS 1
#define GEMM_TILES(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)

#include "vector.h"

static INLINE v16 fma16(v16 sum, v16 a, v16 b) { return __builtin_elementwise_fma(a, b, sum); }

/// |x| as unsigned bytes times w with the sign of x: pairs stay below 2 × 127 × 127 and do not saturate.
static INLINE __m256i dot4_half(__m256i sum, __m256i x, __m256i w) {
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(w, x));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static INLINE i16 dot4(i16 sum, int32_t four, i16 w) {
    union { i16 whole; __m256i half[2]; } s = {sum}, b = {w};
    const __m256i x = _mm256_set1_epi32(four);
    s.half[0] = dot4_half(s.half[0], x, b.half[0]);
    s.half[1] = dot4_half(s.half[1], x, b.half[1]);
    return s.whole;
}

#include "body.h"

#pragma clang attribute pop
#endif
