// Products of bfloat16 for training, with an instruction that adds two of them to a float at a time (vdpbf16ps). Where
// gemm.h has a float there is a pair here, of depths k and k + 1, the lower in the lower half. A and B are rounded to
// nearest, ties to even, on the way; the instruction takes numbers below 2^-126 as 0. An odd depth ends with a zero.
// Included after body.h.

#pragma clang attribute push(__attribute__((target(TARGET ",avx512bf16"))), apply_to = function)

#define ADD_PAIRS(sum, a, b) ((v16)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(a), (__m512bh)(b)))
#define GEMM_BF16_TILE(R, V)                                                                                             \
    static void ISA(gemm_bf16_##R##_##V)(const gemm_tile *t) { MULTIPLY_TILE(R, V, ADD_PAIRS) }
GEMM_TILES(GEMM_BF16_TILE)
#define GEMM_BF16_ENTRY(R, V) ISA(gemm_bf16_##R##_##V),
static const gemm_multiply gemm_bf16_tiles[] = {GEMM_TILES(GEMM_BF16_ENTRY)};

static INLINE u16 round_to_bf16(v16 x) { return __builtin_convertvector((half16)_mm512_cvtneps_pbh((__m512)x), u16); }
/// 16 pairs, as the bits of floats.
static INLINE v16 pairs(v16 low, v16 high) { return (v16)(round_to_bf16(low) | round_to_bf16(high) << 16); }

/// As `pack_panel`; pairs for depths that follow each other.
static void pack_pairs(size_t depth, size_t columns, size_t vectors, const float *b, size_t b_row, size_t b_column,
                       float *panel) {
    const size_t width = 16 * vectors;
    if (b_column == 1 && columns >= width)
        for (; depth > 1; depth -= 2, b += 2 * b_row, panel += width)
            for (size_t n = 0; n < width; n += 16) store(panel + n, pairs(load(b + n), load(b + b_row + n)));
    enum { ROWS = 16 };
    v16 wide[ROWS * GEMM_VECTORS];
    for (size_t k = 0; k < depth; k += ROWS) {
        const size_t rows = depth - k < ROWS ? depth - k : ROWS;
        pack_panel(rows, columns, vectors, b + k * b_row, b_row, b_column, (float *)wide);
        if (rows % 2) memset(wide + rows * vectors, 0, vectors * sizeof *wide);
        for (size_t r = 0; r < rows; r += 2, panel += width)
            for (size_t v = 0; v < vectors; v++) store(panel + 16 * v, pairs(wide[r * vectors + v], wide[(r + 1) * vectors + v]));
    }
}

static void ISA(pack_bf16)(size_t depth, size_t columns, const float *b, size_t b_row, size_t b_column, uint16_t *packed) {
    for (size_t n = 0, vectors; n < columns; n += 16 * vectors) {
        vectors = panel_vectors(columns, n);
        pack_pairs(depth, columns - n, vectors, b + n * b_column, b_row, b_column, (float *)packed + n * ((depth + 1) / 2));
    }
}

/// The pairs of a block of A whose columns are contiguous, [steps][rows]; `depth` of A is left from the block on.
static void read_columns(const float *a, size_t a_column, size_t depth, gemm_block *block, float *scratch) {
    block->a_row = 1;
    block->a_step = round_up(block->rows, 16);
    for (size_t k = 0; k < block->steps; k++, a += 2 * a_column)
        for (size_t m = 0; m < block->rows; m += 16) {
            const size_t rows = block->rows - m;
            const v16 high = 2 * k + 1 < depth ? load_some(a + a_column + m, rows) : splat(0.0f);
            store(scratch + k * block->a_step + m, pairs(load_some(a + m, rows), high));
        }
}

/// The same of any other block, [rows][steps].
static void read_rows(const float *a, size_t a_row, size_t a_column, size_t depth, gemm_block *block, float *scratch) {
    block->a_row = round_up(block->steps, 16);
    block->a_step = 1;
    for (size_t m = 0; m < block->rows; m++, a += a_row)
        for (size_t k = 0; k < block->steps; k += 16) {
            v16 x[2] = {{0}, {0}};
            const size_t count = depth - 2 * k < 32 ? depth - 2 * k : 32;
            if (a_column == 1 && count == 32) memcpy(x, a + 2 * k, sizeof x);
            else for (size_t i = 0; i < count; i++) ((float *)x)[i] = a[(2 * k + i) * a_column];
            store(scratch + m * block->a_row + k, (v16)_mm512_cvtne2ps_pbh((__m512)x[1], (__m512)x[0]));
        }
}

static void read_pairs(const heard_gemm *p, gemm_block *block, float *scratch) {
    const float *a = p->a + block->row * p->a_row + 2 * block->step * p->a_column;
    const size_t depth = p->depth - 2 * block->step;
    block->a = scratch;
    if (p->a_row == 1 && p->a_column != 1) read_columns(a, p->a_column, depth, block, scratch);
    else read_rows(a, p->a_row, p->a_column, depth, block, scratch);
}

static void ISA(gemm_bf16)(const heard_gemm *p) {
    v16 scratch[GEMM_BLOCK * GEMM_STEPS / 16];
    multiply_all(p, &(gemm_way){.depth = 2, .tiles = gemm_bf16_tiles, .pack = pack_pairs,
                                .read = read_pairs, .scratch = (float *)scratch});
}

#pragma clang attribute pop

/// The same kernels with these beside them.
const heard_kernels ISA(heard_kernels_bf16) = KERNELS(ISA(pack_bf16), ISA(gemm_bf16));
