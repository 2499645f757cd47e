// What one core could do at best: loops of independent instructions that touch no memory. The floors of `heard-bench
// table` are made of their rates.

#include "CKernels.h"

#if defined(__x86_64__)

/// 24 sums: enough that none waits for itself.
#define EACH_SUM(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define ONE(n) "vfmadd231ps %%zmm31, %%zmm30, %%zmm" #n "\n\t"
#define DOT(n) "vpdpbusd %%zmm31, %%zmm30, %%zmm" #n "\n\t"
#define WRITTEN "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10", "zmm11", "zmm12", "zmm13", \
    "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20", "zmm21", "zmm22", "zmm23", "zmm30", "zmm31"
#define CLEAR "vpxord %%zmm30, %%zmm30, %%zmm30\n\tvpxord %%zmm31, %%zmm31, %%zmm31\n\t"

__attribute__((target("avx512f"))) static void fuse(size_t rounds) {
    __asm__ volatile(CLEAR ::: WRITTEN);
    for (size_t i = 0; i < rounds; i++) __asm__ volatile(EACH_SUM(ONE) ::: WRITTEN);
}

__attribute__((target("avx512f,avx512vnni"))) static void dot(size_t rounds) {
    __asm__ volatile(CLEAR ::: WRITTEN);
    for (size_t i = 0; i < rounds; i++) __asm__ volatile(EACH_SUM(DOT) ::: WRITTEN);
}

size_t heard_peak(heard_precision precision, size_t rounds) {
    if (!heard_kernels_for(heard_avx512)) return 0;
    if (precision == heard_i8) dot(rounds);
    else fuse(rounds);
    return 24 * rounds * 2 * (precision == heard_i8 ? 64 : 16);
}

__attribute__((target("avx512f"))) static void read_wide(const char *memory, size_t bytes) {
    for (size_t i = 0; i + 512 <= bytes; i += 512)
        __asm__ volatile("vmovaps (%0), %%zmm0\n\tvmovaps 64(%0), %%zmm1\n\tvmovaps 128(%0), %%zmm2\n\tvmovaps 192(%0), %%zmm3\n\t"
                         "vmovaps 256(%0), %%zmm4\n\tvmovaps 320(%0), %%zmm5\n\tvmovaps 384(%0), %%zmm6\n\tvmovaps 448(%0), %%zmm7"
                         ::"r"(memory + i) : "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7");
}

size_t heard_read(const void *memory, size_t bytes) {
    if (!heard_kernels_for(heard_avx512)) return 0;
    read_wide(memory, bytes);
    return bytes / 512 * 512;
}
#else
size_t heard_read(const void *memory, size_t bytes) {
    (void)memory, (void)bytes;
    return 0;
}

size_t heard_peak(heard_precision precision, size_t rounds) {
    (void)precision, (void)rounds;
    return 0;
}
#endif
