#pragma once
#include "CKernels.h"

/// The kernels of kernels_amx.c with tile registers in plain C, or NULL on a machine without AVX-512.
const heard_kernels *heard_kernels_with_software_tiles(void);
