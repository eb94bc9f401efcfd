// What device.cuh includes in place of NVIDIA's header when the C++ compiler builds .cu files (SINTER_CUDA=EMULATE).
// The device runs on the CPU, for tests: docs/emulator.md says what it finds and what it does not.
#pragma once

#include "kernels/emu/language/async_copy.h"
#include "kernels/emu/language/atomics.h"
#include "kernels/emu/language/bfloat16.h"
#include "kernels/emu/language/builtins.h"
#include "kernels/emu/language/intrinsics.h"
#include "kernels/emu/language/runtime_api.h"
#include "kernels/emu/language/synchronisation.h"
#include "kernels/emu/language/vector_types.h"
