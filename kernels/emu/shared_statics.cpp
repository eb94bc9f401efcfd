#include "kernels/emu/shared_statics.h"

#include <link.h>

#include <cstdint>
#include <utility>

namespace sinter::emu {
namespace {

struct Search {
    std::uintptr_t address;
    SharedStatics found;
};

// A shared library keeps its thread_local variables in one block for every OS thread (its PT_TLS segment).
int look_at(dl_phdr_info* library, std::size_t, void* context) {
    auto& search = *static_cast<Search*>(context);
    bool inside = false;
    std::size_t bytes = 0;
    for (int i = 0; i < library->dlpi_phnum; ++i) {
        const auto& segment = library->dlpi_phdr[i];
        const std::uintptr_t begin = library->dlpi_addr + segment.p_vaddr;
        if (segment.p_type == PT_LOAD && begin <= search.address && search.address < begin + segment.p_memsz)
            inside = true;
        if (segment.p_type == PT_TLS) bytes = segment.p_memsz;
    }
    if (!inside) return 0;
    const bool main_program = library->dlpi_name == nullptr || library->dlpi_name[0] == '\0';
    if (!main_program && library->dlpi_tls_data)
        search.found = {static_cast<std::byte*>(library->dlpi_tls_data), bytes};
    return 1;
}

}  // namespace

SharedStatics shared_statics_of(const void* kernel) {
    // Asked again for every block; the answer stays the same for a kernel on an OS thread.
    static thread_local std::pair<const void*, SharedStatics> last;
    if (last.first == kernel) return last.second;
    Search search{reinterpret_cast<std::uintptr_t>(kernel), {}};
    dl_iterate_phdr(look_at, &search);
    last = {kernel, search.found};
    return search.found;
}

}  // namespace sinter::emu
