// The one way in which ops and modules refuse arguments. For .cpp files: it brings in fmt.
#pragma once

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/shape.h"

/// Shapes are formatted as "128x784", and only when a sentence is really made.
template <>
struct fmt::formatter<sinter::Shape> : fmt::formatter<std::string> {
    template <class Context>
    auto format(const sinter::Shape& shape, Context& context) const {
        return fmt::formatter<std::string>::format(shape.text(), context);
    }
};

namespace sinter {

/// Throws UsageError with the formatted sentence unless `condition` holds. Formats nothing when it does.
template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> sentence, Arguments&&... arguments) {
    if (!condition) throw UsageError(fmt::format(sentence, std::forward<Arguments>(arguments)...));
}

}  // namespace sinter
