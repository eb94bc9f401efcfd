#include "kernels/emu/crash.h"

#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "kernels/emu/block.h"
#include "kernels/emu/fault.h"
#include "kernels/emu/sanitizers.h"

namespace sinter::emu {
namespace {

std::uintptr_t memory_begin = 0, memory_end = 0;
struct sigaction previous = {};

/// Where the calling OS thread is in device code; empty on the host.
std::string place_of_caller() {
    try {
        return BlockRunner::current().place();
    } catch (const Fault&) {
        return "";
    }
}

// The program ends here, so allocating in a signal handler can break nothing any more.
void on_segmentation_fault(int signal, siginfo_t* info, void* context) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    const std::string place = place_of_caller();
    if (!place.empty()) {
        std::fprintf(stderr, "[emu] %s: the address %p is not the device's.\n", place.c_str(), info->si_addr);
    } else if (memory_begin <= address && address < memory_end) {
        std::fprintf(stderr,
                     "[emu] The host touched device memory at %p outside of any kernel: a copy between device and host "
                     "is missing, or a kernel that should have been launched was called.\n",
                     info->si_addr);
    }
    std::fflush(stderr);
    sigaction(SIGSEGV, &previous, nullptr);
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, context);
    }
    // Otherwise the access is repeated on return, and ends the program as it would have without this handler.
}

#ifdef SINTER_EMU_ASAN
void on_address_error(const char*) {
    const std::string place = place_of_caller();
    if (!place.empty()) std::fprintf(stderr, "[emu] %s: the access that is reported above.\n", place.c_str());
}
#endif

}  // namespace

void report_crashes(const void* memory, std::size_t bytes) {
    memory_begin = reinterpret_cast<std::uintptr_t>(memory);
    memory_end = memory_begin + bytes;
    struct sigaction action = {};
    action.sa_sigaction = on_segmentation_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previous);
#ifdef SINTER_EMU_ASAN
    __asan_set_error_report_callback(on_address_error);
#endif
}

}  // namespace sinter::emu
