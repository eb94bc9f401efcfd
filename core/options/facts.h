// Reading what a checkpoint says about its model and its run; what it says is not believed before it was checked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace sinter {

/// Facts in words: step, epoch, position, seed, whatever the program needs to go on.
using CheckpointFacts = std::map<std::string, std::string>;

/// More than any counter of a run comes to: steps, epochs, images.
inline constexpr std::int64_t kMaxCount = 1'000'000'000'000'000;

/// Reads the facts of one checkpoint. Every function throws DataError, naming the file, where the fact is missing or
/// not of its kind.
class FactReader {
public:
    FactReader(const CheckpointFacts& facts, std::string file) : facts_(facts), file_(std::move(file)) {}

    const std::string& text(const std::string& name) const;
    std::int64_t whole_number(const std::string& name, std::int64_t least, std::int64_t most) const;
    /// A finite number.
    double number(const std::string& name) const;

    /// Throws DataError where the file is too small to hold so many weights: asked before anybody makes a model of
    /// terabytes. `what` they belong to, such as "a layer of 400 x 784", is for the sentence.
    void require_room(double weights, const std::string& what) const;

private:
    const CheckpointFacts& facts_;
    std::string file_;
};

}  // namespace sinter
