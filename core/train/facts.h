// Reading what a checkpoint says about its model and its run; what it says is not believed before it was checked.
#pragma once

#include <initializer_list>
#include <string>

#include "core/train/checkpoint.h"

namespace sinter {

/// Reads the facts of one checkpoint. Every function throws DataError, naming the file, where the fact is missing or
/// not of its kind.
class FactReader {
public:
    FactReader(const CheckpointFacts& facts, std::string file) : facts_(facts), file_(std::move(file)) {}

    const std::string& text(const std::string& name) const;
    /// One of `choices`.
    const std::string& choice(const std::string& name, std::initializer_list<const char*> choices) const;
    std::int64_t whole_number(const std::string& name, std::int64_t least, std::int64_t most) const;
    /// A finite number.
    double number(const std::string& name) const;

    /// Throws DataError unless the checkpoint is of this model.
    void require_model(const std::string& model) const;
    /// Throws DataError where the file is too small to hold so many weights: asked before anybody makes a model of
    /// terabytes. `what` they belong to, such as "a layer of 400 x 784", is for the sentence.
    void require_room(double weights, const std::string& what) const;

private:
    const CheckpointFacts& facts_;
    std::string file_;
};

/// `text` as a whole number from `least` to `most`; throws DataError that names file and fact otherwise.
std::int64_t parse_whole_number(const std::string& text, std::int64_t least, std::int64_t most, const std::string& name,
                                const std::string& file);

}  // namespace sinter
