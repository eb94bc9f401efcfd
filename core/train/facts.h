// Reading what a checkpoint says about its model and its run; what it says is not believed before it was checked.
#pragma once

#include <string>
#include <vector>

#include "core/names.h"
#include "core/train/checkpoint.h"

namespace sinter {

/// Reads the facts of one checkpoint. Every function throws DataError, naming the file, where the fact is missing or
/// not of its kind.
class FactReader {
public:
    FactReader(const CheckpointFacts& facts, std::string file) : facts_(facts), file_(std::move(file)) {}

    const std::string& text(const std::string& name) const;
    /// The value that `table` has under the fact's text.
    template <class E, std::size_t N>
    E choice(const std::string& name, const Named<E> (&table)[N]) const {
        return value_of(table, one_of(name, names(table)), name);
    }
    std::int64_t whole_number(const std::string& name, std::int64_t least, std::int64_t most) const;
    /// A finite number.
    double number(const std::string& name) const;

    /// Throws DataError unless the checkpoint is of this model.
    void require_model(const std::string& model) const;
    /// Throws DataError where the file is too small to hold so many weights: asked before anybody makes a model of
    /// terabytes. `what` they belong to, such as "a layer of 400 x 784", is for the sentence.
    void require_room(double weights, const std::string& what) const;

private:
    const std::string& one_of(const std::string& name, const std::vector<std::string>& choices) const;

    const CheckpointFacts& facts_;
    std::string file_;
};

/// `text` as a whole number from `least` to `most`; throws DataError that names file and fact otherwise.
std::int64_t parse_whole_number(const std::string& text, std::int64_t least, std::int64_t most, const std::string& name,
                                const std::string& file);

}  // namespace sinter
