// AVX-512, and for 8-bit weights and 16 streams or more the tile registers of AMX: one instruction multiplies the bytes
// of 16 streams × 64 columns by those of 64 columns × 16 units. The packed weights are already in the order of its
// second operand: rows of 4 columns × 16 units, at even distances.
//
// Tests compile this file once more with TILES_IN_SOFTWARE (Tests/CTiles), so that all but the instructions themselves
// is tested on machines without them.

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#ifdef TILES_IN_SOFTWARE
// Who includes this file has made the tile_ functions.
#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"
#else
#define NAME "amx"
#define ISA(name) name##_amx
#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,amx-tile,amx-int8"
#define tile_configure _tile_loadconfig
#define tile_release _tile_release
#define tile_zero(tile) _tile_zero(tile)
#define tile_load(tile, base, stride) _tile_loadd(tile, base, stride)
#define tile_store(tile, base, stride) _tile_stored(tile, base, stride)
#define tile_multiply(sum, unsigned_bytes, signed_bytes) _tile_dpbusd(sum, unsigned_bytes, signed_bytes)
#endif
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)

#include "avx512.h"

enum { TILE_STREAMS = 16 };
#define MAXIMUM_PASS (4 * TILE_STREAMS)
#define TILES(G) {1, TILE_STREAMS, {NULL, NULL, tiles_##G}},
#define BEGIN_STEP                                                                                                       \
    if (cell->input.precision == heard_i8 || cell->state.precision == heard_i8) tile_configure(&whole_tiles);
#define END_STEP                                                                                                         \
    if (cell->input.precision == heard_i8 || cell->state.precision == heard_i8) tile_release();

#include "vector.h"

/// Palette 1: eight tiles of 16 rows of 64 bytes.
static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} whole_tiles __attribute__((aligned(64))) = {
    1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

/// Tiles 0 … G - 1 hold the sums of the gates, 4 the inputs, 5 and on the weights. A tile's number must be a literal.
#define TILE_ZERO(g) tile_zero(g);
#define TILE_STORE(g) tile_store(g, sum[g], 64);
#define TILE_MULTIPLY(g, tile)                                                                                           \
    tile_load(tile, weight + k * 16 * quad + g * 64, quad);                                                     \
    tile_multiply(g, 4, tile);
#define FOR_1(X) X(0)
#define FOR_2(X) X(0) X(1)
#define FOR_3(X) X(0) X(1) X(2)
#define FOR_4(X) X(0) X(1) X(2) X(3)
#define MULTIPLY_1 TILE_MULTIPLY(0, 5)
#define MULTIPLY_2 MULTIPLY_1 TILE_MULTIPLY(1, 6)
#define MULTIPLY_3 MULTIPLY_2 TILE_MULTIPLY(2, 7)
#define MULTIPLY_4 MULTIPLY_3 TILE_MULTIPLY(3, 5)

/// As `multiply_i8` of body.h, for one block of 16 units and 16 streams.
#define MULTIPLY_TILES(G)                                                                                                \
    static void tiles_##G(const heard_matrix *w, size_t block, operand x, v16 *pre, int again) {                         \
        (void)again;                                                                                                     \
        const size_t gates = G, steps = round_up(w->columns, HEARD_I8_COLUMNS) / HEARD_I8_COLUMNS;                       \
        const size_t quad = width_of_group(w, block) * gates * 64;                                                       \
        const int8_t *weight = (const int8_t *)w->weight + start_of_block(w, block, 16 * steps) * 4;                     \
        int32_t sum[G][TILE_STREAMS][16] __attribute__((aligned(64)));                                                   \
        FOR_##G(TILE_ZERO)                                                                                               \
        for (size_t k = 0; k < steps; k++) {                                                                             \
            tile_load(4, x.bytes + 64 * k, x.stride);                                                                    \
            MULTIPLY_##G                                                                                                 \
        }                                                                                                                \
        FOR_##G(TILE_STORE)                                                                                              \
        for (size_t s = 0; s < TILE_STREAMS; s++)                                                                        \
            for (size_t g = 0; g < gates; g++) {                                                                         \
                const size_t at = (block * gates + g) * 16;                                                              \
                i16 whole = *(const i16 *)sum[g][s] + *(const i16 *)(w->offset + at);                                    \
                pre[s * gates + g] += __builtin_convertvector(whole, v16) * (*(const v16 *)(w->scale + at) * splat(x.scales[s])); \
            }                                                                                                            \
    }

#include "body.h"

#pragma clang attribute pop

#include "gemm_bf16.h"
#endif
