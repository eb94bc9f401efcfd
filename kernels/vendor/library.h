// Shared libraries that a program loads while it runs, and the places where it looks for them.
#pragma once

#include <string>
#include <vector>

namespace sinter::kernels {

/// Folders that the dynamic linker does not search by itself and in which the vendor's libraries often lie: those of
/// the CUDA toolkit, and Python's wheels in the environment that is active and in the system's. With
/// SINTER_VENDOR_PATH, whose folders are divided by colons, only those.
std::vector<std::string> vendor_folders();

/// A library that stays loaded until the program ends, because what it started in the driver must not end earlier.
class Library {
public:
    /// Loads `name`, such as "libcudnn.so.9". Without SINTER_VENDOR_PATH it tries the dynamic linker's own search
    /// first, then vendor_folders(). Throws QueueError with the places and, for a file that could not be loaded, the
    /// reason.
    explicit Library(std::string name);

    /// Sets `function` to the function of that name. Throws QueueError if the library has none.
    template <class Function>
    void find(Function*& function, const char* function_name) const {
        function = reinterpret_cast<Function*>(address(function_name));
    }

private:
    void* address(const char* function_name) const;

    std::string name_;
    void* handle_ = nullptr;
};

}  // namespace sinter::kernels
