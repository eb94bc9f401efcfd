// --sample CHECKPOINT N: images drawn by a trained model, one PNG file each.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "core/tensor.h"

namespace sinter {

struct SampleRequest {
    std::string checkpoint;  ///< empty: not asked for
    Index count = 0;
};

/// Adds --sample to a program's command line.
void add_sample_option(CLI::App& app, SampleRequest& request);

/// Creates the folder for the images. Throws UsageError where none is given (--out) or it already holds something, so
/// that nothing is overwritten and no image of another model stands among the new ones.
void prepare_sample_folder(const std::filesystem::path& folder);

/// Images drawn at a time: the same for every N, so that the first images of a seed do not depend on it.
inline constexpr Index kSampleBatch = 100;

/// Writes 00000.png, 00001.png, ...: `draw(batch)` gives kSampleBatch images [count, height, width, channels] in
/// [0, 1]; the last ones are left out where there are more than asked for. `mark`, if given, is asked for each image
/// and stands in its name as 00000-<mark>.png.
void write_samples(const std::filesystem::path& folder, Index count, const std::function<Tensor(Index batch)>& draw,
                   const std::function<std::string(Index image)>& mark = {});

}  // namespace sinter
