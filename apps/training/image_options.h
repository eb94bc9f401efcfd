// The options that say what becomes of the images of a data set.
#pragma once

#include <string>

#include "core/data/image_set.h"
#include "core/names.h"
#include "core/options/option_list.h"

namespace sinter {

inline constexpr Named<Fit> kFits[] = {
    {"crop", Fit::crop, "the middle"}, {"pad", Fit::pad, "all of it, in a frame"}, {"stretch", Fit::stretch}};

struct ImageOptions {
    std::int64_t width = 0, height = 0;  ///< 0: as the data has it
    std::int64_t channels = 0;           ///< 0: as the data has it
    Fitting fitting;
    std::int64_t labels_per_class = 0;  ///< training images of each class; 0: all

    /// These wishes, for find_data().
    ImageRequest request() const;
};

/// Which images a program takes, and how.
struct DataOptions {
    std::string data;     ///< empty: find one
    ImageOptions images;  ///< what becomes of its images
    bool quiet = false;   ///< no progress on stderr
};

/// Describes --data.
void describe_data(OptionList& list, DataOptions& options);
/// Describes --labels-per-class.
void describe_labels(OptionList& list, ImageOptions& options);
/// Describes --size, in pixels a side or as WIDTHxHEIGHT.
void describe_size(OptionList& list, ImageOptions& options);
/// Describes --channels.
void describe_channels(OptionList& list, ImageOptions& options);
/// Describes --fit, --background and --range.
void describe_fitting(OptionList& list, Fitting& fitting);

}  // namespace sinter
