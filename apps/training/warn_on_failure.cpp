#include "apps/training/warn_on_failure.h"

#include <filesystem>

#include "core/console.h"
#include "core/error.h"

namespace sinter {

void warn_on_failure(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        if (error.code() == ExitCode::device || error.code() == ExitCode::diverged) throw;
        say("warning: {}\n", error.what());
    } catch (const std::filesystem::filesystem_error& error) {
        say("warning: {}\n", error.what());
    }
}

}  // namespace sinter
