#include "CKernels.h"

#include <math.h>
#include <string.h>

// Sixteen floats: the compiler makes four SSE, two AVX or one AVX-512 register of it. The lanes are part of the contract.
typedef float lanes __attribute__((vector_size(64)));
// The same at any address that a float may have.
typedef float loose_lanes __attribute__((vector_size(64), aligned(4), may_alias));

static float sum_of_lanes(const lanes *v) {
    float s[16];
    memcpy(s, v, sizeof s);
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

static float dot(const float *restrict a, const float *restrict b, size_t count) {
    lanes sum = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) sum += *(const loose_lanes *)(a + i) * *(const loose_lanes *)(b + i);
    if (i < count) {
        lanes last_a = {0}, last_b = {0};
        memcpy(&last_a, a + i, (count - i) * sizeof *a);
        memcpy(&last_b, b + i, (count - i) * sizeof *b);
        sum += last_a * last_b;
    }
    return sum_of_lanes(&sum);
}

void heard_gemv(float *restrict y, const float *restrict weight, const float *restrict bias,
                const float *restrict x, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++)
        y[r] = dot(weight + r * columns, x, columns) + (bias ? bias[r] : 0.0f);
}

void heard_relu(float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = y[i] > 0.0f ? y[i] : 0.0f;
}

void heard_sigmoid(float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = 1.0f / (1.0f + expf(-y[i]));
}

void heard_tanh(float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = tanhf(y[i]);
}

void heard_add(float *restrict y, const float *restrict x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] += x[i];
}

void heard_multiply(float *restrict y, const float *restrict x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] *= x[i];
}

void heard_interpolate(float *restrict h, const float *restrict z, const float *restrict n, size_t count) {
    for (size_t i = 0; i < count; i++) h[i] = (1.0f - z[i]) * n[i] + z[i] * h[i];
}

void heard_log_softmax(float *y, size_t count) {
    float greatest = -INFINITY, sum = 0.0f;
    for (size_t i = 0; i < count; i++)
        if (y[i] > greatest) greatest = y[i];
    for (size_t i = 0; i < count; i++) sum += expf(y[i] - greatest);
    float shift = greatest + logf(sum);
    for (size_t i = 0; i < count; i++) y[i] -= shift;
}
