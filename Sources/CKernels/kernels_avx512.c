// AVX-512 with the dot products of bytes (VNNI): 32 registers of 16 floats hold 24 sums, and the weights and inputs at
// hand.
//
// The instruction for products of pairs of bfloat16 (vdpbf16ps) is for training alone: it rounds the inputs to bfloat16
// as well, sums pairs in another order, and on the first machines that had it is slower than widening the weights.

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)

#define NAME "avx512"
#define ISA(name) name##_avx512
#include "avx512.h"
#include "body.h"

#pragma clang attribute pop

#include "gemm_bf16.h"
#endif
