#pragma once
#include <stddef.h>

/// The arithmetic of the recurrent step, in plain C. Every sum is taken in one fixed order that depends on its length
/// alone, and nothing contracts to a fused multiply-add: the bits are the same on every machine and for every chunk.

/// y = W x + b. `weight` is [rows, columns], row by row; `bias` is [rows] or NULL; `y` is [rows].
///
/// Each output is summed in 16 lanes (column c goes to lane c mod 16), the lanes are added as a binary tree, and the
/// bias comes last.
void heard_gemv(float *restrict y, const float *restrict weight, const float *restrict bias,
                const float *restrict x, size_t rows, size_t columns);

/// y = max(y, 0), in place, [count].
void heard_relu(float *y, size_t count);

/// y = 1 / (1 + exp(-y)), in place, [count].
void heard_sigmoid(float *y, size_t count);

/// y = tanh(y), in place, [count].
void heard_tanh(float *y, size_t count);

/// y += x, [count].
void heard_add(float *restrict y, const float *restrict x, size_t count);

/// y *= x, [count].
void heard_multiply(float *restrict y, const float *restrict x, size_t count);

/// h = (1 - z) n + z h, in place, [count]: the state update of a GRU.
void heard_interpolate(float *restrict h, const float *restrict z, const float *restrict n, size_t count);

/// y = y - log(sum(exp(y))), in place, [count], with the greatest entry taken out first.
void heard_log_softmax(float *y, size_t count);
