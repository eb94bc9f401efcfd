// What is compared: the responses of one judge to the images that are measured, to the real ones, and to those that
// serve as a yardstick.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/measure/options.h"
#include "apps/measures/image_measures.h"
#include "apps/measures/judge.h"

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

    /// Writes it as safetensors. Throws Error where the file cannot be written.
    void save(const std::string& file) const;
    /// Reads it. Throws DataError where it is damaged or no such file.
    static Reference load(const std::string& file);
};

struct Comparison {
    std::string words;  ///< of the images that are measured
    ImageSet images;    ///< none where features were given
    Responses responses;
    Reference reference;
    std::unique_ptr<Judge> judge;      ///< none where features were given
    std::optional<ImageSet> training;  ///< the training images of the real ones, where they are known
    bool real_is_training = false;     ///< whether the real images are those
    std::string warning;               ///< about the data of a checkpoint; empty for none
};

/// Finds both sides and the judge as the options ask, and asks the judge. Throws DataError where a side cannot be had,
/// has fewer than two images, or is of another size.
Comparison open_comparison(const OptionList& list, const MeasureOptions& options, Device device);

/// The checkpoint that --checkpoint names, else that of the newest run in runs/. Throws UsageError where there is none.
std::string checkpoint_to_measure(const MeasureOptions& options);

}  // namespace sinter
