// kernels_amx.c once more, over tiles in software.

#include "software_tiles.h"
#define TILES_IN_SOFTWARE
#include "../../Sources/CKernels/kernels_amx.c"

const heard_kernels *heard_kernels_with_software_tiles(void) {
#if defined(__x86_64__)
    if (heard_kernels_for(heard_avx512)) return &heard_kernels_software_tiles;
#endif
    return NULL;
}
