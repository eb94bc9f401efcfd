# Builds and runs the code in README.md and docs/library.md against the package in FOLDER, as a reader would.
set(pages ${FOLDER}/pages)
file(REMOVE_RECURSE ${pages})

function(run folder)
    execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${folder} COMMAND_ERROR_IS_FATAL ANY OUTPUT_VARIABLE output
                    ECHO_OUTPUT_VARIABLE)
    set(output "${output}" PARENT_SCOPE)
endfunction()

# build_page(page project): the files of a page, and the programs that they make, in one folder.
function(build_page page project)
    run(${FOLDER} ${PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/code_of.py ${SOURCE}/${page} ${pages}/${project})
    if(NOT EXISTS ${pages}/${project}/CMakeLists.txt)
        string(REGEX MATCH "[^\n]+" source "${output}")
        file(WRITE ${pages}/${project}/CMakeLists.txt "cmake_minimum_required(VERSION 3.22)\nproject(${project} CXX)\n"
             "find_package(sinter REQUIRED)\nadd_executable(${project} ${source})\n"
             "target_link_libraries(${project} PRIVATE sinter::models)\n")
    endif()
    run(${pages} ${CMAKE_COMMAND} -S ${project} -B ${project} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER}
        -D CMAKE_PREFIX_PATH=${FOLDER}/prefix -D CMAKE_CXX_FLAGS=-Wall\ -Wextra\ -Werror)
    run(${pages} ${CMAKE_COMMAND} --build ${project})
endfunction()

build_page(README.md readme)
run(${pages}/readme ./readme)
# The example learns: the last loss it prints is below the first.
string(REGEX MATCHALL "[0-9]+[.][0-9]+" losses "${output}")
list(GET losses 0 first)
list(GET losses -1 last)
if(NOT last LESS first)
    message(FATAL_ERROR "The example of README.md ends at a loss of ${last}, after ${first}: expected a lower one.")
endif()

# In the order of the page: each program returns 0 where it has learned what it should.
build_page(docs/library.md library)
foreach(program arrays loader apply captured vae)
    run(${pages}/library ./${program})
endforeach()
