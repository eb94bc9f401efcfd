// The errors that sinter throws. Each carries the exit code that a program ends with when nobody handles it.
#pragma once

#include <stdexcept>
#include <string>

#include "core/printable.h"

namespace sinter {

/// Exit codes of every program.
enum class ExitCode { ok = 0, failure = 1, usage = 2, data = 3, device = 4, diverged = 5, interrupted = 130 };

/// A failure told in one sentence: what was expected, what came, what to do. Names from outside in it are made
/// printable().
class Error : public std::runtime_error {
public:
    explicit Error(const std::string& sentence, ExitCode code = ExitCode::failure)
        : std::runtime_error(printable(sentence)), code_(code) {}

    ExitCode code() const { return code_; }

private:
    ExitCode code_;
};

/// The caller asked for something that does not fit: a shape, an option, a name.
struct UsageError : Error {
    explicit UsageError(const std::string& sentence) : Error(sentence, ExitCode::usage) {}
};

/// A file or data set is missing, damaged or of another kind.
struct DataError : Error {
    explicit DataError(const std::string& sentence) : Error(sentence, ExitCode::data) {}
};

/// A device is missing or failed.
struct DeviceError : Error {
    explicit DeviceError(const std::string& sentence) : Error(sentence, ExitCode::device) {}
};

/// Training produced NaN or infinity.
struct DivergedError : Error {
    explicit DivergedError(const std::string& sentence) : Error(sentence, ExitCode::diverged) {}
};

}  // namespace sinter
