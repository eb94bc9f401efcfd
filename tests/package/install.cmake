# Installs SINTER_BUILD below FOLDER, where the other tests of the package find it.
set(prefix ${FOLDER}/prefix)
# Leftovers of an earlier run could hide a header or a target that is no longer installed.
file(REMOVE_RECURSE ${prefix})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${SINTER_BUILD} --prefix ${prefix} COMMAND_ERROR_IS_FATAL ANY)
