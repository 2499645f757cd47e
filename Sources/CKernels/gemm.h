// Products of matrices for training, C = start + A B: the loops of Goto and van de Geijn 2008 ("Anatomy of
// high-performance matrix multiplication"), without a packed A. Part of body.h; an instruction set says how many sums
// its registers hold:
//
//     GEMM_ROWS, GEMM_VECTORS    rows and vectors of 16 columns of a tile of C
//     GEMM_TILES(X)              X(R, V) for R from 1 to GEMM_ROWS, for V from 1 to GEMM_VECTORS: V ascending, R
//                                ascending within it
//
// B is packed in panels of up to GEMM_VECTORS vectors, [panel][depth][vectors][16], zeros where there are no columns. A
// tile's sums stay in registers for a block of the depth, then wait in C for the next block, which does not change a
// bit of them.
//
// A step of the depth is one float of A, and 16 floats of B a vector; in gemm_bf16.h it is two bfloat16 in the place of
// each float. So all but the innermost loop and the packing is the same for both: what differs is in `gemm_way`.

/// Steps of a block. A panel's share of them about fills the first cache.
#define GEMM_STEPS 256
/// Rows of A in a block, which the second cache holds.
#define GEMM_BLOCK 256
/// How many steps ahead A is fetched: the rows of a transposed A are too far apart for the processor to guess the next.
#define GEMM_AHEAD 8

/// Of `rest` things in shares of at most `most`, as even as can be: how many the next share takes.
static INLINE size_t even_share(size_t rest, size_t most) {
    const size_t shares = (rest + most - 1) / most;
    return shares ? (rest + shares - 1) / shares : 0;
}

/// Vectors of the panel that starts at column `n`.
static INLINE size_t panel_vectors(size_t columns, size_t n) { return even_share((columns - n + 15) / 16, GEMM_VECTORS); }

// MARK: packing

/// `depth` rows of one panel of `vectors` vectors, of which `columns` columns exist, or more.
static void pack_panel(size_t depth, size_t columns, size_t vectors, const float *b, size_t b_row, size_t b_column,
                       float *panel) {
    const size_t width = 16 * vectors;
    if (b_column == 1) {
        const size_t whole = columns < width ? columns / 16 * 16 : width;
        for (size_t k = 0; k < depth; k++, b += b_row, panel += width) {
            for (size_t n = 0; n < whole; n += 16) store(panel + n, load(b + n));
            if (whole < width) store(panel + whole, load_some(b + whole, columns - whole));
        }
        return;
    }
    // 16 of a column at a time: the lines that they are written to stay near for the next column.
    for (size_t first = 0; first < depth; first += 16) {
        const size_t last = first + 16 < depth ? first + 16 : depth;
        for (size_t n = 0; n < width; n++)
            for (size_t k = first; k < last; k++) panel[k * width + n] = n < columns ? b[k * b_row + n * b_column] : 0;
    }
}

static void ISA(pack)(size_t depth, size_t columns, const float *b, size_t b_row, size_t b_column, float *packed) {
    for (size_t n = 0, vectors; n < columns; n += 16 * vectors) {
        vectors = panel_vectors(columns, n);
        pack_panel(depth, columns - n, vectors, b + n * b_column, b_row, b_column, packed + n * depth);
    }
}

// MARK: a tile

/// A few rows of C and the columns of one panel, for one block of steps.
typedef struct {
    const float *a;
    size_t a_row, a_step, steps;
    const float *b;     ///< [steps][vectors][16]
    const float *start; ///< of the first row; or NULL: 0
    size_t start_row;
    float *c;
    size_t c_row;
    const float *next;  ///< the rows of C that are wanted after these
    const float *ahead; ///< what is wanted of B after this panel, a line for each step
    size_t ahead_step;
} gemm_tile;

/// One tile of `R` rows and `V` vectors, constants where this is inlined.
#define MULTIPLY_TILE(R, V, MULTIPLY_ADD)                                                                                \
    v16 sum[GEMM_ROWS * GEMM_VECTORS];                                                                                   \
    UNROLL for (int i = 0; i < R * V; i++)                                                                               \
        sum[i] = t->start ? load(t->start + (size_t)(i / V) * t->start_row + 16 * (i % V)) : splat(0.0f);                \
    UNROLL for (int i = 0; i < R * V; i++)                                                                               \
        __builtin_prefetch(t->next + (size_t)(i / V) * t->c_row + 16 * (i % V), 1);                                      \
    const float *a = t->a, *b = t->b, *ahead = t->ahead;                                                                 \
    for (size_t k = 0; k < t->steps; k++, a += t->a_step, b += 16 * V, ahead += t->ahead_step) {                         \
        v16 weight[GEMM_VECTORS];                                                                                        \
        __builtin_prefetch(ahead, 0, 2);                                                                                 \
        __builtin_prefetch(a + GEMM_AHEAD * t->a_step);                                                                  \
        UNROLL for (int v = 0; v < V; v++) weight[v] = load(b + 16 * v);                                                 \
        UNROLL for (int r = 0; r < R; r++) {                                                                             \
            const v16 value = splat(a[(size_t)r * t->a_row]);                                                            \
            UNROLL for (int v = 0; v < V; v++) sum[r * V + v] = MULTIPLY_ADD(sum[r * V + v], weight[v], value);          \
        }                                                                                                                \
    }                                                                                                                    \
    UNROLL for (int i = 0; i < R * V; i++) store(t->c + (size_t)(i / V) * t->c_row + 16 * (i % V), sum[i]);

#define GEMM_TILE(R, V)                                                                                                  \
    static void ISA(gemm_##R##_##V)(const gemm_tile *t) { MULTIPLY_TILE(R, V, FMA) }
GEMM_TILES(GEMM_TILE)

typedef void (*gemm_multiply)(const gemm_tile *t);
#define GEMM_ENTRY(R, V) ISA(gemm_##R##_##V),
static const gemm_multiply gemm_tiles[] = {GEMM_TILES(GEMM_ENTRY)};

// MARK: the product

/// A block of A: as it lies, or in other numbers.
typedef struct {
    size_t row, rows, step, steps;
    const float *a;
    size_t a_row, a_step;
} gemm_block;

/// How floats, or pairs of bfloat16, are multiplied.
typedef struct {
    size_t depth; ///< of a step
    const gemm_multiply *tiles;
    /// `depth` rows of one panel of B, as `pack_panel`.
    void (*pack)(size_t depth, size_t columns, size_t vectors, const float *b, size_t b_row, size_t b_column, float *panel);
    /// Finds, or makes in `scratch`, the values of a block of A.
    void (*read)(const heard_gemm *p, gemm_block *block, float *scratch);
    float *scratch;
} gemm_way;

/// One panel of a block: where in B it is, and what comes after it.
typedef struct {
    size_t column, vectors;
    const float *b;
    const float *ahead; ///< the panel after it: `ahead_rows` rows a step, `ahead_row` floats from row to row
    size_t ahead_rows, ahead_row;
} gemm_panel;

static void copy_rows(float *to, size_t to_row, const float *from, size_t from_row, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) memcpy(to + r * to_row, from + r * from_row, columns * sizeof *to);
}

/// A tile of which only some columns exist, by way of one in which all do.
static void multiply_edge(gemm_tile t, gemm_multiply multiply, size_t rows, size_t columns) {
    enum { WIDTH = 16 * GEMM_VECTORS };
    float whole[GEMM_ROWS * WIDTH] = {0};
    gemm_tile inner = t;
    inner.c = whole;
    inner.c_row = inner.start_row = WIDTH;
    if (t.start) {
        copy_rows(whole, WIDTH, t.start, t.start_row, rows, columns);
        inner.start = whole;
    }
    multiply(&inner);
    copy_rows(t.c, t.c_row, whole, WIDTH, rows, columns);
}

/// Lets the tile with this number fetch its share of the next panel: one line of one row for each step. The first few
/// do.
static INLINE void fetch_ahead(gemm_tile *t, gemm_panel panel, size_t tile) {
    const size_t row = tile / panel.vectors, vector = tile % panel.vectors;
    const int fetches = row < panel.ahead_rows;
    t->ahead = fetches ? panel.ahead + row * panel.ahead_row + 16 * vector : panel.b;
    t->ahead_step = fetches ? panel.ahead_rows * panel.ahead_row : 0;
}

/// One panel's columns of a block, tile by tile.
static void multiply_panel(const heard_gemm *p, const gemm_way *way, const gemm_block *block, gemm_panel panel) {
    const int again = p->accumulate || block->step > 0;
    const size_t columns = p->columns - panel.column;
    gemm_tile t = {.a_row = block->a_row, .a_step = block->a_step, .steps = block->steps, .b = panel.b, .c_row = p->c_row};
    for (size_t row = 0, tile = 0, rows; row < block->rows; row += rows, tile++) {
        rows = even_share(block->rows - row, GEMM_ROWS);
        t.a = block->a + row * block->a_row;
        t.c = p->c + (block->row + row) * p->c_row + panel.column;
        t.next = t.c + rows * p->c_row;
        t.start = again ? t.c : p->bias ? p->bias + panel.column : NULL;
        t.start_row = again ? p->c_row : 0;
        fetch_ahead(&t, panel, tile);
        const gemm_multiply multiply = way->tiles[(panel.vectors - 1) * GEMM_ROWS + rows - 1];
        if (columns < 16 * panel.vectors) multiply_edge(t, multiply, rows, columns);
        else multiply(&t);
    }
}

static void multiply_block(const heard_gemm *p, const gemm_way *way, const gemm_block *block) {
    v16 fresh[GEMM_STEPS * GEMM_VECTORS];
    const size_t steps = (p->depth + way->depth - 1) / way->depth, k = block->step * way->depth;
    for (size_t n = 0, vectors; n < p->columns; n += 16 * vectors) {
        vectors = panel_vectors(p->columns, n);
        gemm_panel panel = {.column = n, .vectors = vectors};
        if (p->packed) {
            panel.b = (const float *)p->packed + n * steps + block->step * vectors * 16;
            panel.ahead = panel.b + steps * vectors * 16;
            panel.ahead_rows = 1;
            panel.ahead_row = vectors * 16;
        } else {
            const float *b = p->b + k * p->b_row + n * p->b_column;
            const size_t depth = block->steps * way->depth < p->depth - k ? block->steps * way->depth : p->depth - k;
            way->pack(depth, p->columns - n, vectors, b, p->b_row, p->b_column, (float *)fresh);
            panel.b = (const float *)fresh;
            panel.ahead = b + 16 * vectors * p->b_column;
            panel.ahead_rows = way->depth;
            panel.ahead_row = p->b_row;
        }
        multiply_panel(p, way, block, panel);
    }
}

static void multiply_all(const heard_gemm *p, const gemm_way *way) {
    const size_t steps = (p->depth + way->depth - 1) / way->depth;
    gemm_block block = {0};
    for (; block.row < p->rows; block.row += block.rows) {
        block.rows = even_share(p->rows - block.row, GEMM_BLOCK);
        block.step = 0;
        do {
            block.steps = even_share(steps - block.step, GEMM_STEPS);
            way->read(p, &block, way->scratch);
            multiply_block(p, way, &block);
            block.step += block.steps;
        } while (block.step < steps);
    }
}

static void read_floats(const heard_gemm *p, gemm_block *block, float *scratch) {
    (void)scratch;
    block->a = p->a + block->row * p->a_row + block->step * p->a_column;
    block->a_row = p->a_row;
    block->a_step = p->a_column;
}

static void ISA(gemm)(const heard_gemm *p) {
    multiply_all(p, &(gemm_way){.depth = 1, .tiles = gemm_tiles, .pack = pack_panel, .read = read_floats});
}
