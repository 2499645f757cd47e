// The words of body.h for AVX-512 with the dot products of bytes: 32 registers of 16 floats hold 24 sums, and the
// weights and inputs at hand.

#define FMA(sum, a, b) ((v16)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(sum)))
#define DOT4(sum, x, w) ((i16)_mm512_dpbusd_epi32((__m512i)(sum), _mm512_set1_epi32(x), (__m512i)(w)))
#define INPUT_SIGN 0x80
#define MAXIMUM_SUMS 24
#define SHAPES_1(X) X(1, 2, 8) X(1, 1, 8) X(1, 4, 4) X(1, 1, 4) X(1, 4, 1) X(1, 1, 1)
#define SHAPES_2(X) X(2, 1, 12) X(2, 2, 4) X(2, 1, 4) X(2, 4, 1) X(2, 1, 1)
#define SHAPES_3(X) X(3, 1, 8) X(3, 1, 4) X(3, 4, 1) X(3, 1, 1)
#define SHAPES_4(X) X(4, 1, 6) X(4, 1, 3) X(4, 4, 1) X(4, 1, 1)
#define GEMM_ROWS 8
#define GEMM_VECTORS 3
#define GEMM_TILES(X) \
    X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(7, 1) X(8, 1) \
    X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2) X(7, 2) X(8, 2) \
    X(1, 3) X(2, 3) X(3, 3) X(4, 3) X(5, 3) X(6, 3) X(7, 3) X(8, 3)
