// The tile registers of AMX in plain C, as Intel's manual describes TILELOADD, TDPBUSD and TILESTORED.

#include <stdint.h>
#include <string.h>

#define NAME "software tiles"
#define ISA(name) name##_software_tiles

static _Thread_local uint8_t tile_memory[8][16][64];

#define tile_configure(configuration) ((void)(configuration))
#define tile_release() ((void)0)

static inline void tile_zero(int tile) { memset(tile_memory[tile], 0, sizeof tile_memory[tile]); }

static inline void tile_load(int tile, const void *base, size_t stride) {
    for (size_t row = 0; row < 16; row++) memcpy(tile_memory[tile][row], (const uint8_t *)base + row * stride, 64);
}

static inline void tile_store(int tile, void *base, size_t stride) {
    for (size_t row = 0; row < 16; row++) memcpy((uint8_t *)base + row * stride, tile_memory[tile][row], 64);
}

static inline void tile_multiply(int sum, int unsigned_bytes, int signed_bytes) {
    for (size_t row = 0; row < 16; row++)
        for (size_t column = 0; column < 16; column++) {
            int32_t total;
            memcpy(&total, &tile_memory[sum][row][4 * column], 4);
            for (size_t k = 0; k < 16; k++)
                for (size_t i = 0; i < 4; i++)
                    total += tile_memory[unsigned_bytes][row][4 * k + i] * (int8_t)tile_memory[signed_bytes][k][4 * column + i];
            memcpy(&tile_memory[sum][row][4 * column], &total, 4);
        }
}
