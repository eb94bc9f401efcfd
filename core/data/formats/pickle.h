// Python's pickles, as far as a batch of CIFAR-10 goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace sinter {

/// A batch: images of 3072 bytes (32 x 32 of red, of green, of blue) and their labels.
struct PickledBatch {
    std::span<const std::byte> pixels;  ///< in the content that was read
    std::vector<std::int64_t> labels;
};

/// Where a pickle is none that is known here, as a clause with the offset.
struct PickleError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads a pickled dictionary of protocol 2 to 5 with the keys data (an array of bytes) and labels (a list of whole
/// numbers). Nothing of it is run: it looks for what follows these two keys. Throws PickleError.
PickledBatch read_pickled_batch(std::span<const std::byte> content);

}  // namespace sinter
