# The headers of cuDNN 9 and of cuBLASLt, in the CUDA toolkit, the system's folders or Python's wheels (nvidia/*/include
# in the environment that is active). No library is looked for: the vendor engine loads those while the program runs.
#   CUDNN_ROOT      a folder with include/cudnn.h, to look in first
#   CUDNN_FOUND     whether both are there and compile
#   CUDNN::headers  target with their folders
set(places ${CUDAToolkit_INCLUDE_DIRS} ENV CUDNN_PATH ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda)
foreach(prefix IN ITEMS "$ENV{VIRTUAL_ENV}" "$ENV{CONDA_PREFIX}" "$ENV{HOME}/.local" /usr/local /usr)
    if(prefix)
        file(GLOB wheels ${prefix}/lib/python3*/site-packages/nvidia/* ${prefix}/lib/python3*/dist-packages/nvidia/*)
        list(APPEND places ${wheels})
    endif()
endforeach()
find_path(CUDNN_INCLUDE_DIR cudnn.h HINTS ${places} PATH_SUFFIXES include)
find_path(CUBLASLT_INCLUDE_DIR cublasLt.h HINTS ${places} PATH_SUFFIXES include)
find_path(CUDA_RUNTIME_INCLUDE_DIR cuda_runtime_api.h HINTS ${places} PATH_SUFFIXES include)
mark_as_advanced(CUDNN_INCLUDE_DIR CUBLASLT_INCLUDE_DIR CUDA_RUNTIME_INCLUDE_DIR)

if(CUDNN_INCLUDE_DIR AND CUBLASLT_INCLUDE_DIR AND CUDA_RUNTIME_INCLUDE_DIR)
    include(CheckCXXSourceCompiles)
    set(CMAKE_REQUIRED_INCLUDES ${CUDNN_INCLUDE_DIR} ${CUBLASLT_INCLUDE_DIR} ${CUDA_RUNTIME_INCLUDE_DIR})
    check_cxx_source_compiles("
        #include <cublasLt.h>
        #include <cudnn.h>
        static_assert(CUDNN_MAJOR == 9);
        int main() {}" CUDNN_9_HEADERS_COMPILE)
    unset(CMAKE_REQUIRED_INCLUDES)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CUDNN REQUIRED_VARS CUDNN_INCLUDE_DIR CUBLASLT_INCLUDE_DIR CUDA_RUNTIME_INCLUDE_DIR
                                                      CUDNN_9_HEADERS_COMPILE)
if(CUDNN_FOUND AND NOT TARGET CUDNN::headers)
    add_library(CUDNN::headers INTERFACE IMPORTED)
    target_include_directories(CUDNN::headers SYSTEM INTERFACE ${CUDNN_INCLUDE_DIR} ${CUBLASLT_INCLUDE_DIR}
                                                               ${CUDA_RUNTIME_INCLUDE_DIR})
endif()
