// What device.cuh includes in place of NVIDIA's header when the C++ compiler builds .cu files (SINTER_CUDA=EMULATE).
// The device runs on the CPU, for tests: docs/emulator.md says what it finds and what it does not.
#pragma once

#include "kernels/emu/async_copy.h"
#include "kernels/emu/atomics.h"
#include "kernels/emu/bfloat16.h"
#include "kernels/emu/builtins.h"
#include "kernels/emu/intrinsics.h"
#include "kernels/emu/runtime_api.h"
#include "kernels/emu/synchronisation.h"
#include "kernels/emu/vector_types.h"
