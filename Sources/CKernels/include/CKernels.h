#pragma once
#include <stddef.h>
#include <stdint.h>

/// The arithmetic of the recurrent step, and of training. One body (`body.h`) is compiled for every instruction set;
/// ``heard_kernels_for`` gives the table of one of them.
///
/// Order of summation: an output element is `bias + w[0] x[0] + w[1] x[1] + …`, taken from left to right, whatever the
/// number of rows beside it, and first over the columns of the input, then over those of the state. Products in 32-bit
/// floats use fused multiply-add where the instruction set has it, and there alone; everything else (gates,
/// exponential, scales) uses separate operations. So a float result may differ between instruction sets, but not
/// between batches and chunks; an 8-bit result is the same everywhere, for its sums are integers.

/// Outputs that are computed side by side; the units of every packed matrix are padded to a multiple of it.
enum { HEARD_LANES = 16 };
/// Blocks whose weights lie side by side.
enum { HEARD_GROUP = 4 };
/// Columns of an 8-bit matrix are padded with zeros to a multiple of this.
enum { HEARD_I8_COLUMNS = 64 };

typedef enum { heard_f32, heard_bf16, heard_i8 } heard_precision;

/// Weights of `gates` × `units` rows and `columns` columns, in blocks of 16 units with the gates side by side and
/// groups of four blocks (the last may have fewer), so that one stream reads them from the first to the last byte:
///
///     f32, bf16   weight [groups][columns][blocks of the group][gates][16]
///     i8          weight [groups][padded columns / 4][blocks of the group][gates][16][4], scale and offset
///                 [blocks][gates][16]
///
/// An 8-bit weight is w ≈ scale × i8, |i8| ≤ 127. `offset` is -128 × the sum of the row's i8, for kernels whose inputs
/// are unsigned. Everything is aligned to 64 bytes.
typedef struct {
    heard_precision precision;
    size_t gates, units, columns;
    const void *weight;
    const float *scale;
    const int32_t *offset;
} heard_matrix;

/// What becomes of the sums: see the files of the cells for the equations.
typedef enum {
    heard_sums, ///< next = the sums themselves, [blocks][gates][16]: a product without gates
    heard_rnn_tanh,
    heard_rnn_relu,
    heard_simple_gru,    ///< gates u, n
    heard_gru,           ///< gates r, z, n; reset after the recurrent product
    heard_gru_reset,     ///< gates r, z; next = r * old, memory = z: the first half of a step with the reset before it
    heard_gru_candidate, ///< gate n; old is the state, memory = z: the second half
    heard_lstm,          ///< gates i, f, g, o; memory = c
} heard_gates;

/// The weights of one cell, or of one half of a GRU with the reset gate before the product.
typedef struct {
    heard_gates kind;
    heard_matrix input, state;
    const float *bias;       ///< [blocks][gates][16], of input and state together, save for the n of `heard_gru`
    const float *state_bias; ///< `heard_gru`: of the recurrent n, [blocks][16]
    const float *peephole;   ///< `heard_lstm`: i, f, o, [blocks][3][16]; or NULL
} heard_cell;

/// One step of `count` streams. Rows are given by pointers: streams lie where they like. A row of units has room for
/// them padded to 16; `next` may not be any row that is read.
typedef struct {
    size_t count;
    const float *const *x;         ///< [input.columns], or NULL
    const float *const *projected; ///< in place of x: rows that `product` made, bias and all; [blocks][gates][16]
    const float *const *h;         ///< what the recurrent product reads, [state.columns]
    const float *const *old;       ///< the state that the update reads, [units]
    float *const *memory;          ///< c or z, [units]
    float *const *next;            ///< the new state, [units]
    void *scratch;                 ///< `heard_scratch_bytes` of both matrices
} heard_step;

/// Bytes of scratch memory that `count` rows of `columns` need in 8 bits.
static inline size_t heard_scratch_bytes(size_t columns, size_t count) {
    size_t padded = (columns + HEARD_I8_COLUMNS - 1) / HEARD_I8_COLUMNS * HEARD_I8_COLUMNS;
    return (count * (padded + sizeof(float)) + 127) / 64 * 64;
}

// Training: products of any shape, the gates forward and backward, and the optimiser's step.

/// C[m][n] = start + A[m][0] B[0][n] + A[m][1] B[1][n] + …, taken from left to right whatever the rows and columns
/// beside the element: to take some of the rows or columns at a time (in threads, say) gives the same bits. Floats may
/// lie anywhere; nothing may overlap C. No depth leaves the start. Takes up to 48 KiB of stack, in bfloat16 304.
typedef struct {
    size_t rows, columns, depth;
    const float *a; ///< A[m][k] = a[m * a_row + k * a_column]: rows after each other (a_column 1), or columns (a_row 1)
    size_t a_row, a_column;
    const void *packed; ///< B as the same table's `pack` (of `gemm_bf16`: `pack_bf16`) made it, or NULL
    const float *b;     ///< without `packed`: B[k][n] = b[k * b_row + n * b_column], packed block by block on the way
    size_t b_row, b_column;
    const float *bias; ///< the start, [columns]; or NULL: 0
    int accumulate;    ///< the start is what stands in C; there must be no bias then
    float *c;          ///< [rows], each of `columns`
    size_t c_row;      ///< floats from one row of C to the next, ≥ columns
} heard_gemm;

/// Floats of B [depth][columns] packed for `gemm`; the same count of 16-bit numbers for `gemm_bf16`.
static inline size_t heard_packed_floats(size_t depth, size_t columns) {
    return (depth + 1) / 2 * 2 * ((columns + HEARD_LANES - 1) / HEARD_LANES * HEARD_LANES);
}

/// The kernels of one instruction set.
typedef struct {
    const char *name;
    /// y = bias + W x of `count` rows: y [blocks][gates][16], bias likewise. `scratch` as in ``heard_step``.
    void (*product)(const heard_matrix *w, const float *bias, const float *const *x, float *const *y, size_t count,
                    void *scratch);
    /// One step: `next` and `memory` from `x` (or `projected`), `h`, `old` and `memory`.
    void (*step)(const heard_cell *cell, const heard_step *step);
    /// In place, by element, [count]. sigmoid differs from the true value by at most 1.1e-7, tanh by at most 2.2e-7;
    /// the exponential behind them has a relative error of at most 4.2e-6, within ±5 of at most 4e-7.
    void (*relu)(float *y, size_t count);
    void (*sigmoid)(float *y, size_t count);
    void (*tanh)(float *y, size_t count);
    /// y = exp(y) / Σ exp(y) and y = y - log Σ exp(y), in place, [count], the greatest entry taken out first.
    void (*softmax)(float *y, size_t count);
    void (*log_softmax)(float *y, size_t count);
    /// y = (y - mean) / √(variance + epsilon) * gain + shift, in place, [count].
    void (*layer_norm)(float *y, const float *gain, const float *shift, float epsilon, size_t count);

    /// B[k][n] = b[k * b_row + n * b_column], [depth][columns], in the order in which this table's `gemm` reads it;
    /// `packed` has `heard_packed_floats` and is best aligned to 64 bytes. Strides as one likes: W or its transpose.
    void (*pack)(size_t depth, size_t columns, const float *b, size_t b_row, size_t b_column, float *packed);
    void (*gemm)(const heard_gemm *product);
    /// The same on bfloat16: A and B are rounded to nearest, ties to even; sums are floats, two products at a time. As
    /// fixed in their order as `gemm`'s. NULL without the instruction (AVX512-BF16).
    void (*pack_bf16)(size_t depth, size_t columns, const float *b, size_t b_row, size_t b_column, uint16_t *packed);
    void (*gemm_bf16)(const heard_gemm *product);
    /// y[n] = (y[n] or 0) + a[0][n] + a[1][n] + …, a [rows][columns] with `a_row` floats from row to row.
    void (*sums)(size_t rows, size_t columns, const float *a, size_t a_row, float *y, int accumulate);

    // Gates of one step forward and backward; the equations are in the files of the cells. All rows are contiguous,
    // [rows][…], any number of units; nothing overlaps. Gradients of gates (the "d" of r, z, n, i, f, g, o) are those
    // of the sums inside σ and tanh.

    /// Full GRU with the reset gate after the product. `gates` [3 units]: in W x + b, out r, z, n. `state` [3 units]: U
    /// h + c. `candidate` [units]: out the n of `state`, for the way back. `h` [units]: old state; `next` [units]: out,
    /// the new.
    void (*gru_forward)(size_t rows, size_t units, float *gates, const float *state, float *candidate, const float *h,
                        float *next);
    /// `gates`: in r, z, n, out the gradient of W x + b. `d_next` [units]: gradient of the new state. `d_state` [3
    /// units]: out the gradient of U h + c. `d_h` [units]: out d_next * z, what reaches the old state without passing
    /// U.
    void (*gru_backward)(size_t rows, size_t units, float *gates, const float *candidate, const float *h, const float *d_next,
                         float *d_state, float *d_h);
    /// LSTM. `gates` [4 units]: in W x + U h + b, out i, f, g, o. `peephole` [3 units] i, f, o, one for all rows, or
    /// NULL. `c_old`, `c` [units]: memory, in and out. `next` [units]: out o * tanh(c).
    void (*lstm_forward)(size_t rows, size_t units, float *gates, const float *peephole, const float *c_old, float *c,
                         float *next);
    /// `gates`: in i, f, g, o, out the gradient of W x + U h + b. `d_next` [units]: gradient of o * tanh(c). `d_c`
    /// [units]: in the gradient of c from the step after, out that of c_old. `d_peephole` [3 units]: that of these rows
    /// is added, row after row; NULL with `peephole`.
    void (*lstm_backward)(size_t rows, size_t units, float *gates, const float *peephole, const float *c_old, const float *c,
                          const float *d_next, float *d_c, float *d_peephole);
} heard_kernels;

typedef enum { heard_generic, heard_avx2, heard_avx512, heard_amx, heard_isa_count } heard_isa;

/// The kernels for an instruction set, or NULL when this machine (or this build) lacks it.
const heard_kernels *heard_kernels_for(heard_isa isa);

/// Does as many multiply-adds (two operations each) as the core can, of floats or of bytes, in so many rounds of a
/// loop; to be timed. Returns the operations done; 0 on a machine without AVX-512, where nobody has counted them.
size_t heard_peak(heard_precision precision, size_t rounds);

/// Reads memory [bytes], aligned to 64, as fast as the core can; to be timed. Returns the bytes read; 0 on a machine
/// without AVX-512.
size_t heard_read(const void *memory, size_t bytes);
