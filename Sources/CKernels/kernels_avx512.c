// AVX-512 with the dot products of bytes (VNNI): 32 registers of 16 floats hold 24 sums, and the weights and inputs at hand.
//
// There is an instruction for products of pairs of bfloat16 (vdpbf16ps), not used here: it rounds the inputs to bfloat16 as
// well, sums pairs in another order, and on the first machines that had it is slower than widening the weights.

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)

#define NAME "avx512"
#define ISA(name) name##_avx512
#define FMA(sum, a, b) ((v16)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(sum)))
#define DOT4(sum, x, w) ((i16)_mm512_dpbusd_epi32((__m512i)(sum), _mm512_set1_epi32(x), (__m512i)(w)))
#define INPUT_SIGN 0x80
#define MAXIMUM_SUMS 24
#define SHAPES_1(X) X(1, 2, 8) X(1, 1, 8) X(1, 4, 4) X(1, 1, 4) X(1, 4, 1) X(1, 1, 1)
#define SHAPES_2(X) X(2, 1, 12) X(2, 2, 4) X(2, 1, 4) X(2, 4, 1) X(2, 1, 1)
#define SHAPES_3(X) X(3, 1, 8) X(3, 1, 4) X(3, 4, 1) X(3, 1, 1)
#define SHAPES_4(X) X(4, 1, 6) X(4, 1, 3) X(4, 4, 1) X(4, 1, 1)

#include "body.h"

#pragma clang attribute pop
#endif
