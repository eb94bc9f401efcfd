// --sample CHECKPOINT N: the option, and how the images that a trained model draws are numbered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/options/option_list.h"
#include "core/shape.h"

namespace sinter {

struct SampleRequest {
    std::string checkpoint;  ///< empty: not asked for
    Index count = 0;         ///< with by_class, of each class
    std::string only_class;  ///< name or number of the one class to be drawn; empty: all in turn
    bool by_class = false;   ///< into a folder for each class
};

/// Describes --sample, --class and --by-class.
void describe(OptionList& list, SampleRequest& request);

/// Throws UsageError for options that do not fit together.
void check(const SampleRequest& request);

/// Creates the folder for the images that the option `asked_by` asks for. Throws UsageError where none is given (--out)
/// or it already holds something, so that nothing is overwritten and no image of another model stands among the new
/// ones.
void prepare_sample_folder(const std::filesystem::path& folder, const std::string& asked_by = "--sample");

/// Images drawn at a time: the same for every N, so that the first images of a seed do not depend on it.
inline constexpr Index kSampleBatch = 100;

/// The step of draws::kPictures whose codes are those of a batch. Step 0 has the codes of the grids that a run draws:
/// no image of a grid is drawn again by --sample, whatever the seed.
inline std::uint64_t sample_step(Index batch) { return static_cast<std::uint64_t>(batch) + 1; }

/// The labels of images first, first + 1, ... of a conditional model, whose classes come in turn; none for 0 classes.
std::vector<std::int32_t> labels_in_turn(Index classes, Index first, Index count);

}  // namespace sinter
