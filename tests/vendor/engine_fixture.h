// A queue on the emulated device whose vendor's libraries are the stand-ins.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "kernels/runtime/queue.h"
#include "tests/vendor/stand_in/stand_in.h"

namespace sinter::kernels {

/// The record of a library in SINTER_STAND_INS that is loaded.
inline stand_in::Record& record_of(const std::string& library) {
    void* const handle = dlopen((SINTER_STAND_INS "/" + library).c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (!handle) throw std::runtime_error(library + " is not loaded");
    return *reinterpret_cast<decltype(&sinter_stand_in_record)>(dlsym(handle, "sinter_stand_in_record"))();
}

class VendorEngine : public ::testing::Test {
protected:
    VendorEngine() {
        setenv("SINTER_VENDOR_PATH", SINTER_STAND_INS, 1);
        queue.set_engine(Engine::vendor);
        cublaslt = &record_of(SINTER_CUBLASLT_NAME);
        cudnn = &record_of("libcudnn.so.9");
        *cublaslt = *cudnn = {};
    }
    ~VendorEngine() override { *cublaslt = *cudnn = {}; }

    CudaQueue queue;
    stand_in::Record* cublaslt;
    stand_in::Record* cudnn;
};

}  // namespace sinter::kernels
