// What a run can do without: its failure is a warning.
#pragma once

#include <functional>

namespace sinter {

/// Calls `work`. A picture that cannot be made, a measurement or a trace, is a warning: the run is worth more. A device
/// that fails is an error as everywhere, and so are numbers that are not finite.
void warn_on_failure(const std::function<void()>& work);

}  // namespace sinter
