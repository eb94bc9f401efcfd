# SINTER_CUDA: whether and how kernels/cuda/**.cu are built.
#   OFF      not at all
#   ON       by nvcc, for CMAKE_CUDA_ARCHITECTURES
#   AUTO     ON where CMake finds nvcc, else OFF
#   EMULATE  by the C++ compiler, against kernels/emu: a CUDA device on the CPU, for tests
set(SINTER_CUDA OFF CACHE STRING "CUDA kernels: OFF, ON, AUTO or EMULATE")
set_property(CACHE SINTER_CUDA PROPERTY STRINGS OFF ON AUTO EMULATE)
if(NOT SINTER_CUDA MATCHES "^(OFF|ON|AUTO|EMULATE)$")
    message(FATAL_ERROR "SINTER_CUDA is '${SINTER_CUDA}': expected OFF, ON, AUTO or EMULATE.")
endif()

# Also for a test that asks nvcc what became of the kernels, whichever way they are built.
find_program(SINTER_NVCC nvcc PATHS ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda PATH_SUFFIXES bin)
set(sinter_cuda_architectures 75 80 90)
# Host and device code follow the same rule on contraction; a relaxed constexpr lets kernels call the constexpr functions
# that all backends share; line numbers cost nothing and are what a profiler shows.
set(sinter_cuda_flags -std=c++20 --fmad=false --expt-relaxed-constexpr -lineinfo)

set(sinter_cuda ${SINTER_CUDA})
if(sinter_cuda MATCHES "^(ON|AUTO)$")
    include(CheckLanguage)
    if(SINTER_NVCC AND NOT CMAKE_CUDA_COMPILER)
        set(CMAKE_CUDA_COMPILER ${SINTER_NVCC})
    endif()
    check_language(CUDA)
    if(CMAKE_CUDA_COMPILER)
        set(sinter_cuda ON)
    elseif(sinter_cuda STREQUAL ON)
        message(FATAL_ERROR "SINTER_CUDA=ON, but nvcc was not found. Install the CUDA toolkit (12 or newer), or set CUDA_HOME or "
                            "CMAKE_CUDA_COMPILER; or configure with -DSINTER_CUDA=OFF.")
    else()
        set(sinter_cuda OFF)
    endif()
endif()

if(sinter_cuda STREQUAL ON)
    if(NOT CMAKE_CUDA_ARCHITECTURES)
        set(CMAKE_CUDA_ARCHITECTURES ${sinter_cuda_architectures} CACHE STRING "CUDA architectures")
    endif()
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
    # A kernel that spills registers or has a stack frame is warned of, which is an error where warnings are.
    target_compile_options(
        sinter_flags INTERFACE $<$<COMPILE_LANGUAGE:CUDA>:${sinter_cuda_flags};-Xptxas=-warn-spills,-warn-lmem-usage;-Xcompiler=-Wall,-Wextra,-ffp-contract=off>
                               $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${SINTER_WERROR}>>:-Werror=all-warnings>)
endif()
message(STATUS "CUDA kernels: ${sinter_cuda}")
if(NOT sinter_cuda STREQUAL OFF)
    find_package(CUDNN) # the vendor engine; without it there are sinter's own kernels
endif()
