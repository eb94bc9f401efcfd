#include "kernels/vendor/library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value ? value : "";
}

std::vector<fs::path> folders_in(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code unreadable;  // is as good as absent
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable)) {
        if (entry.is_directory(unreadable)) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// nvidia/*/lib of the Python packages below `prefix`.
void add_wheels(std::vector<std::string>& folders, const fs::path& prefix) {
    for (const fs::path& python : folders_in(prefix / "lib")) {
        if (!python.filename().string().starts_with("python3")) continue;
        for (const char* packages : {"site-packages", "dist-packages"}) {
            for (const fs::path& wheel : folders_in(python / packages / "nvidia")) {
                if (fs::exists(wheel / "lib")) folders.push_back((wheel / "lib").string());
            }
        }
    }
}

}  // namespace

std::vector<std::string> vendor_folders() {
    std::vector<std::string> folders;
    std::istringstream chosen(environment("SINTER_VENDOR_PATH"));
    for (std::string folder; std::getline(chosen, folder, ':');) {
        if (!folder.empty()) folders.push_back(folder);
    }
    if (!folders.empty()) return folders;
#ifdef SINTER_CUDA_EMULATED
    return folders;  // the real libraries know nothing of an emulated device
#endif

    for (const std::string& toolkit :
         {environment("CUDA_HOME"), environment("CUDA_PATH"), std::string("/usr/local/cuda")}) {
        if (toolkit.empty()) continue;
        folders.push_back(toolkit + "/lib64");
        folders.push_back(toolkit + "/lib");
    }
    const std::string home = environment("HOME");
    for (const std::string& prefix :
         {environment("VIRTUAL_ENV"), environment("CONDA_PREFIX"), home.empty() ? home : home + "/.local",
          std::string("/usr/local"), std::string("/usr")}) {
        if (!prefix.empty()) add_wheels(folders, prefix);
    }
    return folders;
}

Library::Library(std::string name) : name_(std::move(name)) {
    // It is loaded globally: cuDNN looks for cuBLASLt by name and takes what is loaded already.
    constexpr int kMode = RTLD_NOW | RTLD_GLOBAL;
    std::string places, failures;
#ifdef SINTER_CUDA_EMULATED
    if (vendor_folders().empty()) places = "no folder (on an emulated device only SINTER_VENDOR_PATH names some)";
#else
    if (environment("SINTER_VENDOR_PATH").empty()) {
        handle_ = dlopen(name_.c_str(), kMode);
        if (handle_) return;
        places = "the dynamic linker's folders";
    }
#endif
    for (const std::string& folder : vendor_folders()) {
        const std::string file = folder + "/" + name_;
        places += (places.empty() ? "" : ", ") + folder;
        if (std::error_code unreadable; !fs::exists(file, unreadable)) continue;
        handle_ = dlopen(file.c_str(), kMode);
        if (handle_) return;
        failures += std::string("; ") + dlerror();
    }
    throw QueueError("[vendor] " + name_ + " could not be loaded from " + places + failures +
                     ": install cuBLAS and cuDNN 9, name their folders in SINTER_VENDOR_PATH, or use sinter's own "
                     "kernels");
}

void* Library::address(const char* function_name) const {
    void* const found = dlsym(handle_, function_name);
    if (!found) {
        throw QueueError("[vendor] " + name_ + " has no function " + function_name +
                         ": expected a library of the version whose headers this program was built with");
    }
    return found;
}

}  // namespace sinter::kernels
