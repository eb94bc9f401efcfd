# Configures, builds and runs the project CONSUMER against the package in FOLDER.
set(prefix ${FOLDER}/prefix)
set(build ${FOLDER}/build)
file(REMOVE_RECURSE ${build})

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

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
