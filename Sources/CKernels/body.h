// The kernels, once. Each kernels_ISA.c sets its words and includes this file:
//
//     ISA(name)                 the name with the instruction set's suffix
//     FMA(sum, a, b)            sum + a * b on 16 floats, fused or not
//     DOT4(sum, x, w)           16 sums of 4 products of bytes; x are the bytes of 4 columns, w those of 16 units
//     INPUT_SIGN                what is added to the sign bit of a byte of x: 0x80 for unsigned inputs, else 0
//     SHAPES_G(X)               blocks and streams that a pass of G gates takes at once: the most streams first, of so
//                               many streams the most blocks first, and for each number of streams one of a single
//                               block (see `shape`)
//     TILES(G)                  further shapes, ahead of these, or nothing
//     BEGIN_STEP, END_STEP      what has to be done around a step, or nothing
//
// Read from the bottom: `step` walks over the blocks of 16 units of a layer and over the streams. For each it fills
// `pre` with the bias, adds the input's product, adds the state's product, and turns the sums into the new state. The
// weights of a block are read once for all streams of a pass, and stay in the nearest cache for the next pass.

#include <math.h>
#include <string.h>

#include "vector.h"

#ifndef TILES
#define TILES(G)
#define BEGIN_STEP
#define END_STEP
#define MAXIMUM_PASS MAXIMUM_SUMS
#endif

// MARK: products

/// Rows of inputs: floats, or bytes with a scale a row.
typedef struct {
    const float *const *rows;
    const uint8_t *bytes;
    size_t stride;
    const float *scales;
} operand;

static INLINE operand from_stream(operand x, size_t stream) {
    return (operand){x.rows + stream, x.bytes + stream * x.stride, x.stride, x.scales + stream};
}

/// Bytes ahead of which weights are fetched when the steps of a chunk read them again and again. They are in the second
/// cache then, and come from there nearly twice as fast; from beyond it they come slower so (Performance.md).
#define AHEAD 1536

/// Blocks of the group that `block` is in.
static INLINE size_t width_of_group(const heard_matrix *w, size_t block) {
    const size_t rest = round_up(w->units, 16) / 16 - block / HEARD_GROUP * HEARD_GROUP;
    return rest < HEARD_GROUP ? rest : HEARD_GROUP;
}

/// Where a block's weights of the first of `columns` columns are.
static INLINE size_t start_of_block(const heard_matrix *w, size_t block, size_t columns) {
    return (block / HEARD_GROUP * HEARD_GROUP * columns + block % HEARD_GROUP) * w->gates * 16;
}

/// pre[stream][block][gate] += W x, for `B` blocks from `block` on, `S` streams and `G` gates, all constant where this
/// is inlined: the sums stay in registers. One multiplication a weight and stream, in the order of the columns.
static INLINE void multiply_float(const heard_matrix *w, size_t block, operand x, v16 *pre, int again, int bf16, const int G,
                                  const int B, const int S) {
    const size_t columns = w->columns, column = width_of_group(w, block) * (size_t)G * 16;
    const size_t start = start_of_block(w, block, columns);
    const float *wide = (const float *)w->weight + start;
    const uint16_t *narrow = (const uint16_t *)w->weight + start;
    v16 sum[MAXIMUM_SUMS];
    UNROLL for (int i = 0; i < S * B * G; i++) sum[i] = pre[i];
    for (size_t c = 0; c < columns; c++) {
        v16 weight[MAXIMUM_SUMS];
        UNROLL for (int i = 0; i < B * G; i++) {
            const size_t at = c * column + (size_t)i * 16;
            weight[i] = bf16 ? widen(narrow + at) : *(const v16 *)(wide + at);
            if (S == 1 && again) __builtin_prefetch(bf16 ? (const void *)(narrow + at + AHEAD / 2) : (const void *)(wide + at + AHEAD / 4));
        }
        UNROLL for (int s = 0; s < S; s++) {
            v16 value = splat(x.rows[s][c]);
            UNROLL for (int i = 0; i < B * G; i++) sum[s * B * G + i] = FMA(sum[s * B * G + i], weight[i], value);
        }
    }
    UNROLL for (int i = 0; i < S * B * G; i++) pre[i] = sum[i];
}

/// The same on bytes: exact sums of integers, then one scale.
static INLINE void multiply_i8(const heard_matrix *w, size_t block, operand x, v16 *pre, int again, const int G, const int B,
                               const int S) {
    const size_t quads = (w->columns + 3) / 4, outputs = (size_t)G * 16;
    const size_t quad = width_of_group(w, block) * (size_t)G * 64;
    const int8_t *weight = (const int8_t *)w->weight + start_of_block(w, block, round_up(w->columns, HEARD_I8_COLUMNS) / 4) * 4;
    i16 sum[MAXIMUM_SUMS];
    UNROLL for (int s = 0; s < S; s++) UNROLL for (int i = 0; i < B * G; i++)
        sum[s * B * G + i] =
            INPUT_SIGN ? *(const i16 *)(w->offset + block * outputs + (size_t)i * 16) : (i16){0};
    for (size_t q = 0; q < quads; q++) {
        i16 bytes[MAXIMUM_SUMS];
        UNROLL for (int i = 0; i < B * G; i++) {
            bytes[i] = *(const i16 *)(weight + q * quad + (size_t)i * 64);
            if (S == 1 && again) __builtin_prefetch(weight + q * quad + (size_t)i * 64 + AHEAD);
        }
        UNROLL for (int s = 0; s < S; s++) {
            int32_t four;
            memcpy(&four, x.bytes + (size_t)s * x.stride + 4 * q, 4);
            UNROLL for (int i = 0; i < B * G; i++) sum[s * B * G + i] = DOT4(sum[s * B * G + i], four, bytes[i]);
        }
    }
    UNROLL for (int s = 0; s < S; s++) UNROLL for (int i = 0; i < B * G; i++) {
        v16 scale = *(const v16 *)(w->scale + block * outputs + (size_t)i * 16) * splat(x.scales[s]);
        pre[s * B * G + i] += __builtin_convertvector(sum[s * B * G + i], v16) * scale;
    }
}

#ifdef MULTIPLY_TILES
MULTIPLY_TILES(1)
MULTIPLY_TILES(2)
MULTIPLY_TILES(3)
MULTIPLY_TILES(4)
#endif

typedef void (*multiply)(const heard_matrix *w, size_t block, operand x, v16 *pre, int again);

/// How many blocks and streams one pass takes: the more, the more often a weight and an input are used once loaded, as
/// far as the registers go; one stream takes several blocks, for the sums of one alone would wait for each other.
typedef struct {
    int blocks, streams;
    multiply by[3];
} shape;

#define MULTIPLY(G, B, S)                                                                                                \
    static void ISA(f32_##G##_##B##_##S)(const heard_matrix *w, size_t block, operand x, v16 *pre, int again) {                  \
        multiply_float(w, block, x, pre, again, 0, G, B, S);                                                                    \
    }                                                                                                                    \
    static void ISA(bf16_##G##_##B##_##S)(const heard_matrix *w, size_t block, operand x, v16 *pre, int again) {                 \
        multiply_float(w, block, x, pre, again, 1, G, B, S);                                                                    \
    }                                                                                                                    \
    static void ISA(i8_##G##_##B##_##S)(const heard_matrix *w, size_t block, operand x, v16 *pre, int again) {                   \
        multiply_i8(w, block, x, pre, again, G, B, S);                                                                          \
    }
#define SHAPE(G, B, S) {B, S, {ISA(f32_##G##_##B##_##S), ISA(bf16_##G##_##B##_##S), ISA(i8_##G##_##B##_##S)}},
SHAPES_1(MULTIPLY)
SHAPES_2(MULTIPLY)
SHAPES_3(MULTIPLY)
SHAPES_4(MULTIPLY)
static const shape shapes_1[] = {TILES(1) SHAPES_1(SHAPE)}, shapes_2[] = {TILES(2) SHAPES_2(SHAPE)},
                   shapes_3[] = {TILES(3) SHAPES_3(SHAPE)}, shapes_4[] = {TILES(4) SHAPES_4(SHAPE)};
static const shape *const shapes[] = {shapes_1, shapes_2, shapes_3, shapes_4};

/// Whether a cell's matrices, in their precisions, and so many blocks can be taken in this shape.
static INLINE int fits(const shape *s, const heard_cell *cell, size_t blocks) {
    return (size_t)s->blocks <= blocks && s->by[cell->input.precision] && s->by[cell->state.precision];
}

/// The most streams that a pass can take of so many. Each list ends with a shape of one stream and one block.
static size_t streams_of_pass(const heard_cell *cell, size_t streams) {
    const shape *s = shapes[cell->input.gates - 1];
    while ((size_t)s->streams > streams || !fits(s, cell, 1)) s++;
    return (size_t)s->streams;
}

/// The first shape of exactly so many streams that takes no more than so many blocks.
static const shape *fitting(const heard_cell *cell, size_t streams, size_t blocks) {
    const shape *s = shapes[cell->input.gates - 1];
    while ((size_t)s->streams != streams || !fits(s, cell, blocks)) s++;
    return s;
}

/// Rows of floats to bytes: q = round(127 x / max |x|), and the scale of each row. Ties go to the even number.
static operand quantise(const float *const *rows, size_t columns, size_t count, void *scratch) {
    const size_t stride = round_up(columns, HEARD_I8_COLUMNS);
    float *scales = scratch;
    uint8_t *bytes = (uint8_t *)scratch + round_up(count * sizeof(float), 64);
    for (size_t r = 0; r < count; r++) {
        // By their bits, magnitudes are in order, and what is not a number is greater than all.
        i16 greatest = {0};
        for (size_t c = 0; c < columns; c += 16) {
            i16 bits = (i16)load_some(rows[r] + c, columns - c) & 0x7fffffff, more = bits > greatest;
            greatest = (bits & more) | (greatest & ~more);
        }
        const float top = largest_of((v16)greatest);
        scales[r] = top / 127.0f;
        const v16 inverse = splat(top > 0 ? 127.0f / top : 0);
        for (size_t c = 0; c < stride; c += 16) {
            v16 x = c < columns ? load_some(rows[r] + c, columns - c) : (v16){0};
            i16 q = (i16)(x * inverse + splat(ROUNDER)) - (i16)splat(ROUNDER);
            *(bytes16 *)(bytes + r * stride + c) = __builtin_convertvector(q, bytes16) ^ INPUT_SIGN;
        }
    }
    return (operand){rows, bytes, stride, scales};
}

static operand prepare(const heard_matrix *w, const float *const *rows, size_t count, void *scratch) {
    if (w->precision == heard_i8) return quantise(rows, w->columns, count, scratch);
    return (operand){rows, NULL, 0, NULL};
}

// MARK: gates

/// What a pass needs to know of one step.
typedef struct {
    const heard_cell *cell;
    const heard_step *step;
    size_t block, blocks, stream, streams;
} tile;

/// The sums of one pass, [stream][block][gate], to new states. `apart` is the input's half of a GRU's n.
static void open_gates(tile t, const v16 *pre, const v16 *apart) {
    const heard_step *step = t.step;
    const size_t G = t.cell->input.gates;
    for (size_t s = 0; s < t.streams; s++)
        for (size_t b = 0; b < t.blocks; b++) {
            const v16 *a = pre + (s * t.blocks + b) * G;
            const size_t row = t.stream + s, at = (t.block + b) * 16;
            const v16 one = splat(1.0f);
            v16 next;
            switch (t.cell->kind) {
            case heard_sums:
                for (size_t g = 0; g < G; g++) store(step->next[row] + at * G + 16 * g, a[g]);
                continue;
            case heard_rnn_tanh: next = hyperbolic_tangent(a[0]); break;
            case heard_rnn_relu: next = larger(splat(0), a[0]); break;
            case heard_simple_gru: {
                v16 u = sigmoid(a[0]), n = hyperbolic_tangent(a[1]);
                next = u * n + (one - u) * load(step->old[row] + at);
                break;
            }
            case heard_gru: {
                v16 r = a[0], z = a[1];
                two_sigmoids(&r, &z);
                v16 n = hyperbolic_tangent(apart[s * t.blocks + b] + r * a[2]);
                next = (one - z) * n + z * load(step->old[row] + at);
                break;
            }
            case heard_gru_reset: {
                v16 r = a[0], z = a[1];
                two_sigmoids(&r, &z);
                next = r * load(step->old[row] + at);
                store(step->memory[row] + at, z);
                break;
            }
            case heard_gru_candidate: {
                v16 z = load(step->memory[row] + at);
                next = (one - z) * hyperbolic_tangent(a[0]) + z * load(step->old[row] + at);
                break;
            }
            case heard_lstm: {
                v16 c = load(step->memory[row] + at), zero = {0};
                const v16 *p = t.cell->peephole ? (const v16 *)(t.cell->peephole + 3 * at) : NULL;
                v16 i = a[0] + (p ? p[0] * c : zero), f = a[1] + (p ? p[1] * c : zero);
                c = sigmoid(f) * c + gated_tangent(i, a[2]);
                next = gated_tangent(a[3] + (p ? p[2] * c : zero), c);
                store(step->memory[row] + at, c);
                break;
            }
            }
            store(step->next[row] + at, next);
        }
}

// MARK: a step

/// Fills `pre` with the rows [blocks][gates][16] of each stream from value `at` on, or with the same for all if there
/// are none.
static void fill(v16 *pre, const float *bias, const float *const *rows, size_t streams, size_t at, size_t vectors) {
    for (size_t s = 0; s < streams; s++)
        for (size_t i = 0; i < vectors; i++) pre[s * vectors + i] = load((rows ? rows[s] : bias) + at + 16 * i);
}

/// One pass: sums over the columns of the input, then of the state, then the gates.
static void run(tile t, multiply input, multiply state, operand x, operand h) {
    const heard_cell *cell = t.cell;
    const heard_step *step = t.step;
    const size_t G = cell->input.gates;
    v16 pre[MAXIMUM_PASS], apart[MAXIMUM_PASS];
    fill(pre, cell->bias, step->projected ? step->projected + t.stream : NULL, t.streams, t.block * G * 16, t.blocks * G);
    if (step->x) input(&cell->input, t.block, from_stream(x, t.stream), pre, 0);
    if (cell->kind == heard_gru)
        for (size_t i = 0; i < t.streams * t.blocks; i++) {
            apart[i] = pre[3 * i + 2];
            pre[3 * i + 2] = *(const v16 *)(cell->state_bias + (t.block + i % t.blocks) * 16);
        }
    if (step->h) state(&cell->state, t.block, from_stream(h, t.stream), pre, step->projected != NULL);
    open_gates(t, pre, apart);
}

static void ISA(step)(const heard_cell *cell, const heard_step *step) {
    const size_t blocks = round_up(cell->input.units, 16) / 16;
    operand x = {0}, h = {0};
    if (step->x) x = prepare(&cell->input, step->x, step->count, step->scratch);
    if (step->h) {
        size_t used = step->x && cell->input.precision == heard_i8 ? heard_scratch_bytes(cell->input.columns, step->count) : 0;
        h = prepare(&cell->state, step->h, step->count, (uint8_t *)step->scratch + used);
    }
    BEGIN_STEP
    for (size_t first = 0, last; first < step->count; first = last) {
        const size_t streams = streams_of_pass(cell, step->count - first);
        last = first + (step->count - first) / streams * streams;
        for (size_t block = 0; block < blocks;) {
            // A pass stays within a group.
            const shape *fit = fitting(cell, streams, width_of_group(&cell->input, block) - block % HEARD_GROUP);
            for (size_t stream = first; stream < last; stream += streams)
                run((tile){cell, step, block, (size_t)fit->blocks, stream, streams}, fit->by[cell->input.precision],
                    fit->by[cell->state.precision], x, h);
            block += (size_t)fit->blocks;
        }
    }
    END_STEP
}

static void ISA(product)(const heard_matrix *w, const float *bias, const float *const *x, float *const *y, size_t count,
                         void *scratch) {
    const heard_cell cell = {.kind = heard_sums, .input = *w, .state = {.precision = w->precision}, .bias = bias};
    ISA(step)(&cell, &(heard_step){.count = count, .x = x, .next = y, .scratch = scratch});
}

// MARK: by element

#define BY_ELEMENT(name, function)                                                                                       \
    static void ISA(name)(float *y, size_t count) {                                                                      \
        for (size_t i = 0; i < count; i += 16)                                                                           \
            store_some(y + i, function(load_some(y + i, count - i)), count - i);                                         \
    }
static INLINE v16 rectify(v16 x) { return larger(splat(0), x); }
BY_ELEMENT(relu, rectify)
BY_ELEMENT(sigmoid, sigmoid)
BY_ELEMENT(tanh, hyperbolic_tangent)

static INLINE float largest_in(const float *y, size_t count) {
    float greatest = y[0];
    for (size_t i = 1; i < count; i++) greatest = y[i] > greatest ? y[i] : greatest;
    return greatest;
}

/// y = e^(y - greatest), and the sum of it.
static INLINE float exponentiate(float *y, const float *x, float greatest, size_t count) {
    v16 sum = {0};
    for (size_t i = 0; i < count; i += 16) {
        v16 e = exponential(load_some(x + i, count - i) - splat(greatest)), kept = {0};
        memcpy(&kept, &e, (count - i < 16 ? count - i : 16) * sizeof *x);
        if (y) store_some(y + i, kept, count - i);
        sum += kept;
    }
    return sum_of(sum);
}

static void ISA(softmax)(float *y, size_t count) {
    const float share = 1.0f / exponentiate(y, y, largest_in(y, count), count);
    for (size_t i = 0; i < count; i++) y[i] *= share;
}

static void ISA(log_softmax)(float *y, size_t count) {
    const float greatest = largest_in(y, count);
    // In 64 bits, so that the last bit does not depend on the machine's library.
    const float shift = greatest + (float)log((double)exponentiate(NULL, y, greatest, count));
    for (size_t i = 0; i < count; i++) y[i] -= shift;
}

static void ISA(layer_norm)(float *y, const float *gain, const float *shift, float epsilon, size_t count) {
    v16 sum = {0}, squares = {0};
    for (size_t i = 0; i < count; i += 16) sum += load_some(y + i, count - i);
    const float mean = sum_of(sum) / (float)count;
    for (size_t i = 0; i < count; i += 16) {
        v16 d = load_some(y + i, count - i) - splat(mean);
        if (count - i < 16) d = load_some((const float *)&d, count - i);
        squares += d * d;
    }
    const float scale = 1.0f / sqrtf(sum_of(squares) / (float)count + epsilon);
    for (size_t i = 0; i < count; i++) y[i] = (y[i] - mean) * scale * gain[i] + shift[i];
}

// MARK: training

#include "gemm.h"
#include "training.h"

#define KERNELS(pack_bf16, gemm_bf16)                                                                                    \
    {NAME, ISA(product), ISA(step), ISA(relu), ISA(sigmoid), ISA(tanh), ISA(softmax), ISA(log_softmax), ISA(layer_norm), \
     ISA(pack), ISA(gemm), pack_bf16, gemm_bf16, ISA(sums), ISA(gru_forward), ISA(gru_backward), ISA(lstm_forward),      \
     ISA(lstm_backward)}

const heard_kernels ISA(heard_kernels) = KERNELS(NULL, NULL);
