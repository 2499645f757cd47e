// What training needs besides products, by element: the gates forward and backward, sums of rows, Adam. Part of body.h.
//
// With σ' = σ (1 - σ) and tanh' = 1 - tanh², and d the gradient of the new state h' (equations in GRUCell.swift and
// LSTMCell.swift; derivations as in Goodfellow et al. 2016, 10.10):
//
//     GRU    dn = d (1 - z) (1 - n²)     dz = d (h - n) z (1 - z)     dr = dn (U_n h + c_n) r (1 - r)
//            gradient of U h + c: dr, dz, dn r       of h, beside what passes U: d z
//     LSTM   do = d tanh(c) o (1 - o)    dc += d o (1 - tanh²(c)) + do p_o
//            di = dc g i (1 - i)         df = dc c_old f (1 - f)      dg = dc i (1 - g²)
//            of c_old: dc f + di p_i + df p_f        of p: di c_old, df c_old, do c
//
// σ and tanh are those of inference.

/// Calls `body` for 16 units at a time of each row, with `row`, `at` the first of these units and `count` how many
/// there are.
#define EACH_UNIT(body)                                                                                                  \
    for (size_t row = 0; row < rows; row++)                                                                              \
        for (size_t at = 0; at < units; at += 16) {                                                                      \
            const size_t count = units - at;                                                                             \
            body                                                                                                         \
        }
/// 16 units of gate `g` of a row of `G` gates, or of a row of units.
#define GATE(x, g, G) ((x) + (row * (G) + (g)) * units + at)
#define UNIT(x) GATE(x, 0, 1)

static void ISA(gru_forward)(size_t rows, size_t units, float *gates, const float *state, float *candidate, const float *h,
                             float *next) {
    EACH_UNIT({
        v16 r = load_some(GATE(gates, 0, 3), count) + load_some(GATE(state, 0, 3), count);
        v16 z = load_some(GATE(gates, 1, 3), count) + load_some(GATE(state, 1, 3), count);
        two_sigmoids(&r, &z);
        const v16 inner = load_some(GATE(state, 2, 3), count);
        const v16 n = hyperbolic_tangent(load_some(GATE(gates, 2, 3), count) + r * inner);
        store_some(GATE(gates, 0, 3), r, count);
        store_some(GATE(gates, 1, 3), z, count);
        store_some(GATE(gates, 2, 3), n, count);
        store_some(UNIT(candidate), inner, count);
        store_some(UNIT(next), (splat(1.0f) - z) * n + z * load_some(UNIT(h), count), count);
    })
}

static void ISA(gru_backward)(size_t rows, size_t units, float *gates, const float *candidate, const float *h,
                              const float *d_next, float *d_state, float *d_h) {
    const v16 one = splat(1.0f);
    EACH_UNIT({
        const v16 r = load_some(GATE(gates, 0, 3), count);
        const v16 z = load_some(GATE(gates, 1, 3), count);
        const v16 n = load_some(GATE(gates, 2, 3), count);
        const v16 d = load_some(UNIT(d_next), count);
        const v16 dn = d * (one - z) * (one - n * n);
        const v16 dz = d * (load_some(UNIT(h), count) - n) * (z * (one - z));
        const v16 dr = dn * load_some(UNIT(candidate), count) * (r * (one - r));
        store_some(GATE(gates, 0, 3), dr, count);
        store_some(GATE(gates, 1, 3), dz, count);
        store_some(GATE(gates, 2, 3), dn, count);
        store_some(GATE(d_state, 0, 3), dr, count);
        store_some(GATE(d_state, 1, 3), dz, count);
        store_some(GATE(d_state, 2, 3), dn * r, count);
        store_some(UNIT(d_h), d * z, count);
    })
}

/// 16 peepholes of gate `g`; zeros without them.
static INLINE v16 peep(const float *peephole, size_t g, size_t units, size_t at, size_t count) {
    return peephole ? load_some(peephole + g * units + at, count) : splat(0.0f);
}

static void ISA(lstm_forward)(size_t rows, size_t units, float *gates, const float *peephole, const float *c_old, float *c,
                              float *next) {
    EACH_UNIT({
        const v16 old = load_some(UNIT(c_old), count);
        v16 i = load_some(GATE(gates, 0, 4), count) + peep(peephole, 0, units, at, count) * old;
        v16 f = load_some(GATE(gates, 1, 4), count) + peep(peephole, 1, units, at, count) * old;
        two_sigmoids(&i, &f);
        const v16 g = hyperbolic_tangent(load_some(GATE(gates, 2, 4), count));
        const v16 new = f * old + i * g;
        const v16 o = sigmoid(load_some(GATE(gates, 3, 4), count) + peep(peephole, 2, units, at, count) * new);
        store_some(GATE(gates, 0, 4), i, count);
        store_some(GATE(gates, 1, 4), f, count);
        store_some(GATE(gates, 2, 4), g, count);
        store_some(GATE(gates, 3, 4), o, count);
        store_some(UNIT(c), new, count);
        store_some(UNIT(next), o * hyperbolic_tangent(new), count);
    })
}

/// y += x, 16 of `units` units of gate `g`.
static INLINE void add_to(float *y, size_t g, size_t units, size_t at, v16 x, size_t count) {
    store_some(y + g * units + at, load_some(y + g * units + at, count) + x, count);
}

static void ISA(lstm_backward)(size_t rows, size_t units, float *gates, const float *peephole, const float *c_old,
                               const float *c, const float *d_next, float *d_c, float *d_peephole) {
    const v16 one = splat(1.0f);
    EACH_UNIT({
        const v16 i = load_some(GATE(gates, 0, 4), count);
        const v16 f = load_some(GATE(gates, 1, 4), count);
        const v16 g = load_some(GATE(gates, 2, 4), count);
        const v16 o = load_some(GATE(gates, 3, 4), count);
        const v16 d = load_some(UNIT(d_next), count);
        const v16 old = load_some(UNIT(c_old), count);
        const v16 new = load_some(UNIT(c), count);
        const v16 t = hyperbolic_tangent(new);
        const v16 d_o = d * t * (o * (one - o));
        const v16 dc = load_some(UNIT(d_c), count) + d * o * (one - t * t) + d_o * peep(peephole, 2, units, at, count);
        const v16 di = dc * g * (i * (one - i));
        const v16 df = dc * old * (f * (one - f));
        store_some(GATE(gates, 0, 4), di, count);
        store_some(GATE(gates, 1, 4), df, count);
        store_some(GATE(gates, 2, 4), dc * i * (one - g * g), count);
        store_some(GATE(gates, 3, 4), d_o, count);
        store_some(UNIT(d_c), dc * f + di * peep(peephole, 0, units, at, count) + df * peep(peephole, 1, units, at, count), count);
        if (d_peephole) {
            add_to(d_peephole, 0, units, at, di * old, count);
            add_to(d_peephole, 1, units, at, df * old, count);
            add_to(d_peephole, 2, units, at, d_o * new, count);
        }
    })
}

/// 64 columns at a time, for the sums of 16 would wait for each other.
static void ISA(sums)(size_t rows, size_t columns, const float *a, size_t a_row, float *y, int accumulate) {
    for (size_t n = 0; n < columns; n += 64) {
        const size_t vectors = columns - n >= 64 ? 4 : (columns - n + 15) / 16;
        v16 sum[4];
        for (size_t i = 0; i < vectors; i++)
            sum[i] = accumulate ? load_some(y + n + 16 * i, columns - n - 16 * i) : splat(0.0f);
        if (columns - n >= 64)
            for (size_t m = 0; m < rows; m++) UNROLL for (int i = 0; i < 4; i++) sum[i] += load(a + m * a_row + n + 16 * i);
        else
            for (size_t m = 0; m < rows; m++)
                for (size_t i = 0; i < vectors; i++) sum[i] += load_some(a + m * a_row + n + 16 * i, columns - n - 16 * i);
        for (size_t i = 0; i < vectors; i++) store_some(y + n + 16 * i, sum[i], columns - n - 16 * i);
    }
}
