// Sixteen floats, and the functions of them that gates need. Compiled anew for every instruction set: the compiler
// makes four SSE or NEON, two AVX or one AVX-512 register of them. Nothing here fuses a multiplication with an
// addition, so the results are the same bits everywhere.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Everything that takes or returns a vector is inlined: no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint16_t half16 __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint32_t u16 __attribute__((vector_size(64)));
// The same at any address that a float may have.
typedef float loose16 __attribute__((vector_size(64), aligned(4), may_alias));

/// 1.5 × 2^23: added to a float it leaves the nearest integer in the low bits, ties to even.
#define ROUNDER 12582912.0f

static INLINE size_t round_up(size_t count, size_t to) { return (count + to - 1) / to * to; }
static INLINE v16 splat(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
static INLINE v16 load(const float *x) { return *(const loose16 *)x; }
static INLINE void store(float *y, v16 x) { *(loose16 *)y = x; }

/// The first `count` floats, and zeros when they are fewer than 16.
static INLINE v16 load_some(const float *x, size_t count) {
    if (count >= 16) return load(x);
    v16 y = {0};
    memcpy(&y, x, count * sizeof *x);
    return y;
}
static INLINE void store_some(float *y, v16 x, size_t count) {
    if (count >= 16) store(y, x);
    else memcpy(y, &x, count * sizeof *y);
}

static INLINE v16 pick(i16 mask, v16 yes, v16 no) { return (v16)((mask & (i16)yes) | (~mask & (i16)no)); }
/// What is not a number stays so in `x`.
static INLINE v16 larger(v16 bound, v16 x) { return pick((i16)(x < bound), bound, x); }
static INLINE v16 smaller(v16 bound, v16 x) { return pick((i16)(x > bound), bound, x); }
/// bfloat16 is the upper half of a float.
static INLINE v16 widen(const uint16_t *x) { return (v16)(__builtin_convertvector(*(const half16 *)x, u16) << 16); }

/// The lanes as a binary tree: i with i + 8, then i with i + 4, …
static INLINE float sum_of(v16 x) {
    float y[16];
    memcpy(y, &x, sizeof y);
    for (int width = 8; width > 0; width /= 2)
        for (int i = 0; i < width; i++) y[i] += y[i + width];
    return y[0];
}
/// The largest of floats that are not negative; not a number, if one is not.
static INLINE float largest_of(v16 x) {
    int32_t y = 0;
    for (int i = 0; i < 16; i++) y = ((i16)x)[i] > y ? ((i16)x)[i] : y;
    float largest;
    memcpy(&largest, &y, sizeof y);
    return largest;
}

/// e^x for x from -87 to `top`, beyond these the value there: 2^n 2^f, n the nearest integer to x / ln 2, and for f,
/// which is within ±1/2, a polynomial of degree 5 whose relative error is at most 9.2e-8 (weighted least squares on
/// Chebyshev points, the constant held at 1 so that e^0 = 1). With rounding the relative error is at most 4.2e-6 at the
/// ends of the range and 4e-7 within ±5.
static INLINE v16 exponential_up_to(float top, v16 x) {
    v16 t = smaller(splat(top), larger(splat(-87.0f), x)) * splat(1.44269504f);
    // The low bits of this are n + 127: moved up they are the float 2^n.
    v16 shifted = t + splat(ROUNDER + 127);
    v16 power = (v16)((i16)shifted << 23);
    v16 f = t - (shifted - splat(ROUNDER + 127));
    v16 p = splat(0.0013264727f);
    p = p * f + splat(0.009671513f);
    p = p * f + splat(0.055507336f);
    p = p * f + splat(0.24022242f);
    p = p * f + splat(0.693147f);
    p = p * f + splat(1.0f);
    return p * power;
}

static INLINE v16 exponential(v16 x) { return exponential_up_to(88.0f, x); }

/// 1 / (1 + e^-x).
static INLINE v16 sigmoid(v16 x) { return splat(1.0f) / (splat(1.0f) + exponential(-x)); }

/// 1 - 2 / (1 + e^2x).
static INLINE v16 hyperbolic_tangent(v16 x) {
    return splat(1.0f) - splat(2.0f) / (splat(1.0f) + exponential(x + x));
}

// Division is the slowest part of a gate, so two gates share one. With exponents up to 44 the product of two sums stays
// finite.

/// σ(a) and σ(b): 1 / x = y / (x y).
static INLINE void two_sigmoids(v16 *a, v16 *b) {
    v16 x = splat(1.0f) + exponential_up_to(44.0f, -*a), y = splat(1.0f) + exponential_up_to(44.0f, -*b);
    v16 share = splat(1.0f) / (x * y);
    *a = y * share;
    *b = x * share;
}

/// σ(a) tanh(b).
static INLINE v16 gated_tangent(v16 a, v16 b) {
    v16 x = splat(1.0f) + exponential_up_to(44.0f, -a), e = exponential_up_to(44.0f, b + b);
    return (e - splat(1.0f)) / (x * (e + splat(1.0f)));
}
