// Which kernels this machine can run.

#define _GNU_SOURCE
#include "CKernels.h"

extern const heard_kernels heard_kernels_generic;

#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>

extern const heard_kernels heard_kernels_avx2, heard_kernels_avx512, heard_kernels_bf16_avx512, heard_kernels_amx,
    heard_kernels_bf16_amx;

/// Linux gives a process the tile registers when it asks: arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA).
static int may_use_tiles(void) { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

static int has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
           && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

static int has_bf16(void) { return __builtin_cpu_supports("avx512bf16"); }

const heard_kernels *heard_kernels_for(heard_isa isa) {
    __builtin_cpu_init();
    switch (isa) {
    case heard_generic: return &heard_kernels_generic;
    case heard_avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &heard_kernels_avx2 : NULL;
    case heard_avx512: return !has_avx512() ? NULL : has_bf16() ? &heard_kernels_bf16_avx512 : &heard_kernels_avx512;
    case heard_amx:
        if (!has_avx512() || !__builtin_cpu_supports("amx-int8") || !may_use_tiles()) return NULL;
        return has_bf16() ? &heard_kernels_bf16_amx : &heard_kernels_amx;
    default: return NULL;
    }
}
#else
const heard_kernels *heard_kernels_for(heard_isa isa) { return isa == heard_generic ? &heard_kernels_generic : NULL; }
#endif
