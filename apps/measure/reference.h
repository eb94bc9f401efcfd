// The real images of a comparison as a judge sees them, and the file that keeps them (--save-reference): they need not
// be had, or looked at, again.
#pragma once

#include <cstdint>
#include <string>

#include "apps/measures/judge.h"
#include "apps/measures/responses.h"

namespace sinter {

/// Real images as a judge sees them: all that --save-reference keeps.
struct Reference {
    std::string words;    ///< "the 10000 test images of mnist"
    std::string content;  ///< content_hash() of their data set, empty where they are of none
    Responses real;
    std::string yardstick_words;  ///< "10000 training images of mnist"
    Responses yardstick;          ///< real images that are measured beside the others
    Responses yardstick_against;  ///< what these are measured against, where that is not `real`
    JudgeStanding judge;
    std::string judge_file;
    std::string judge_content;  ///< Judge::content(); empty in files that were saved before it was kept

    /// Makes one half of the real images, drawn by `seed`, the yardstick for the other: for images of no data set.
    void halve(std::uint64_t seed);

    /// Writes it as safetensors. Throws Error where the file cannot be written.
    void save(const std::string& file) const;
    /// Reads it. Throws DataError where it is damaged or no such file.
    static Reference load(const std::string& file);
};

}  // namespace sinter
