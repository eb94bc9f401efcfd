# cmake --install: the programs, the libraries with their headers, and a package that find_package(sinter) finds.
if(NOT PROJECT_IS_TOP_LEVEL OR sinter_cuda STREQUAL EMULATE) # an emulated device is for this project's own tests
    return()
endif()
include(CMakePackageConfigHelpers)

install(TARGETS kernels core models EXPORT sinter ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(SINTER_BUILD_APPS)
    file(GLOB program_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/*.cpp)
    foreach(source IN LISTS program_sources)
        cmake_path(GET source STEM program)
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endforeach()
endif()

# The public headers: a program includes "core/tensor.h" just as it would in this repository. Of the folders
# below kernels/ the backends stay at home, and so does the one header that is for .cpp files.
set(include_folder ${CMAKE_INSTALL_INCLUDEDIR}/sinter)
file(GLOB kernel_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/*.h)
install(FILES ${kernel_headers} DESTINATION ${include_folder}/kernels)
install(DIRECTORY kernels/runtime DESTINATION ${include_folder}/kernels FILES_MATCHING PATTERN "*.h")
install(DIRECTORY core models DESTINATION ${include_folder} FILES_MATCHING PATTERN "*.h"
        PATTERN core/check.h EXCLUDE)

# In the build tree these link libraries as CMake found them here; an installed library looks for them where it is used.
target_link_libraries(kernels INTERFACE $<INSTALL_INTERFACE:sinter::highway>)
target_link_libraries(core INTERFACE $<INSTALL_INTERFACE:sinter::codecs>)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/sinter)
install(EXPORT sinter NAMESPACE sinter:: FILE sinterTargets.cmake DESTINATION ${package_folder})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/sinterConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/package/sinterConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/sinterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/sinterConfig.cmake ${PROJECT_BINARY_DIR}/package/sinterConfigVersion.cmake
        DESTINATION ${package_folder})
