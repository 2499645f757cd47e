// Any machine that clang knows: SSE2 on x86-64, NEON on ARM. Sixteen registers of four floats hold three sums of
// sixteen.

#include "CKernels.h"

#define NAME "generic"
#define ISA(name) name##_generic
#define FMA(sum, a, b) ((sum) + (a) * (b))
#define DOT4 dot4
#define INPUT_SIGN 0x00
#define MAXIMUM_SUMS 4
#define SHAPES_1(X) X(1, 1, 3) X(1, 2, 1) X(1, 1, 1)
#define SHAPES_2(X) X(2, 1, 1)
#define SHAPES_3(X) X(3, 1, 1)
#define SHAPES_4(X) X(4, 1, 1)
#define GEMM_ROWS 3
#define GEMM_VECTORS 1
#define GEMM_TILES(X) X(1, 1) X(2, 1) X(3, 1)

#include "vector.h"

/// Each lane of `w` holds four signed bytes, lowest first, as does `four`.
static INLINE i16 dot4(i16 sum, int32_t four, i16 w) {
    for (int byte = 0; byte < 4; byte++) sum += ((w << (24 - 8 * byte)) >> 24) * (int8_t)(four >> (8 * byte));
    return sum;
}

#include "body.h"
