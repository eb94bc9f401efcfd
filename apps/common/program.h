// The frame around every program: its options, errors as sentences, exit codes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/options/option_list.h"

namespace sinter {

/// Reads the options from the command line and then, where the list names a config file, from there; runs `body` and
/// returns the exit code of the process. Errors become one sentence on stderr and the code they carry; --help,
/// --version and the questions of the list are answered on stdout. An unknown option is answered with the nearest known
/// one. `description`: what the program does, for --help.
int run_program(OptionList& list, const std::string& description, int argc, char** argv,
                const std::function<ExitCode()>& body);

/// " (did you mean --batch-size?)" for batchsize; empty where no option has a name like it.
std::string suggestion(const OptionList& list, const std::string& name);

}  // namespace sinter
