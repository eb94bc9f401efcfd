// What loading a peer's library at run time takes.
#pragma once

#include <dlfcn.h>

#include <initializer_list>

#include "kernels/runtime/machine.h"

namespace sinter::bench {

/// The first of these shared libraries that is installed, loaded until the program ends; null if none is.
inline void* open_library(std::initializer_list<const char*> files) {
    for (const char* file : files)
        if (void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL)) return library;
    return nullptr;
}

/// A function of the library or of one that it depends on; null if there is none of that name.
template <class Function>
Function symbol(void* library, const char* name) {
    return reinterpret_cast<Function>(dlsym(library, name));
}

/// The number of threads that `threads` asks for, 0 meaning one for each core.
inline int thread_count(int threads) { return threads > 0 ? threads : kernels::usable_cores(); }

}  // namespace sinter::bench
