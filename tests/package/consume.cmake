# Installs SINTER_BUILD below FOLDER, then configures, builds and runs the project CONSUMER against it.
set(prefix ${FOLDER}/prefix)
set(build ${FOLDER}/build)
# Leftovers of an earlier run could hide a header or a target that is no longer installed.
file(REMOVE_RECURSE ${prefix} ${build})

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
run(${CMAKE_COMMAND} --install ${SINTER_BUILD} --prefix ${prefix})

# A public header may lean only on headers that are installed as well.
file(GLOB_RECURSE headers RELATIVE ${prefix}/include/sinter ${prefix}/include/sinter/*.h)
list(TRANSFORM headers REPLACE "(.+)" "#include \"\\1\"\n")
list(JOIN headers "" every_header)
file(WRITE ${build}/every_header.cpp "${every_header}")
run(${COMPILER} -std=c++20 -fsyntax-only -I ${prefix}/include/sinter ${build}/every_header.cpp)

run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${build} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
    -D CMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${build})
run(${build}/consumer)
