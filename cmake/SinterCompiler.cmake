# Language level, build type, warnings and sanitizers: what every target of sinter is compiled with.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
include(GNUInstallDirs)

# An interface target that holds the flags; every target of sinter links it privately.
add_library(sinter_flags INTERFACE)
target_compile_options(
    sinter_flags
    # Products and sums are fused only where the code says so: results must not depend on the compiler's mood.
    INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wnon-virtual-dtor;-ffp-contract=off;-fno-math-errno>
              $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${SINTER_WERROR}>>:-Werror>)
if(SINTER_SANITIZE)
    target_compile_options(
        sinter_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${SINTER_SANITIZE};-fno-omit-frame-pointer;-g1;-fno-sanitize-recover=all>)
    target_link_options(sinter_flags INTERFACE -fsanitize=${SINTER_SANITIZE})
endif()

# sinter_compile_quickly(target [HEADERS headers...] [HOT sources...]): under sanitizers, code that only calls other code
# is not optimised, and HEADERS, which most of its files include, are read once. Both halve the time of the compiler.
# (Headers that are all templates, as those of CLI11 and nlohmann-json, gain nothing: every file would instantiate them.)
# HOT files loop over data themselves: optimised, their tests gain more time than the compiler loses. Other builds read
# every header where it is included, and so find a missing include.
function(sinter_compile_quickly target)
    if(NOT SINTER_SANITIZE)
        return()
    endif()
    cmake_parse_arguments(ARG "" "" "HEADERS;HOT" ${ARGN})
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O0>)
    if(ARG_HEADERS)
        target_precompile_headers(${target} PRIVATE ${ARG_HEADERS})
    endif()
    if(ARG_HOT)
        set_source_files_properties(${ARG_HOT} PROPERTIES COMPILE_OPTIONS -O1 SKIP_PRECOMPILE_HEADERS ON)
    endif()
endfunction()

# sinter_library(name SOURCES files... [PUBLIC libs...] [PRIVATE libs...]): a static library.
function(sinter_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    add_library(sinter::${name} ALIAS ${name})
    target_compile_features(${name} PUBLIC cxx_std_20)
    set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON OUTPUT_NAME sinter_${name})
    target_include_directories(
        ${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/sinter>)
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:sinter_flags>)
endfunction()
