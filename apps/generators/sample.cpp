#include "apps/generators/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/generators/image_generator.h"
#include "core/check.h"
#include "core/console.h"
#include "core/data/class_folders.h"
#include "core/files/files.h"
#include "core/options/parse_number.h"
#include "core/pictures/png.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// The label that --class names, by the name of its class or by its number; nothing where all classes are meant.
std::optional<std::int32_t> wanted_label(const SampleRequest& request, const GeneratedKind& kind) {
    const std::string& name = request.only_class;
    if (name.empty()) return std::nullopt;
    require(kind.classes > 0, "--class {}: {} is not conditional and draws no class that is asked for; leave it out",
            name, kind.file);
    const auto named = std::find(kind.class_names.begin(), kind.class_names.end(), name);
    if (named != kind.class_names.end()) return static_cast<std::int32_t>(named - kind.class_names.begin());
    std::int32_t label = 0;
    require(parse_number(name, label) && label >= 0 && label < kind.classes,
            "--class: {} has no class '{}'; it has {}, or give a number from 0 to {}", kind.file, name,
            fmt::join(kind.class_names, ", "), kind.classes - 1);
    return label;
}

/// Where the images of a request go, by their number.
class Places {
public:
    /// Creates the folders of the classes.
    Places(const fs::path& folder, const SampleRequest& request, const GeneratedKind& kind,
           std::optional<std::int32_t> only)
        : folder_(folder), classes_(kind.classes), only_(only) {
        if (request.by_class) class_folders_ = class_folders(kind.class_names);
        for (const std::string& name : class_folders_) ensure_folder(folder_ / name);
    }

    fs::path of(Index image) const {
        if (classes_ == 0) return folder_ / fmt::format("{:05}.png", image);
        const Index label = only_ ? *only_ : image % classes_;
        if (class_folders_.empty()) return folder_ / fmt::format("{:05}-{}.png", image, label);
        return folder_ / class_folders_[static_cast<std::size_t>(label)] / fmt::format("{:05}.png", image / classes_);
    }

private:
    fs::path folder_;
    Index classes_;
    std::optional<std::int32_t> only_;
    std::vector<std::string> class_folders_;  ///< by label, with --by-class
};

void write_batch(const Tensor& images, Index first, Index count, const Places& places) {
    const std::vector<float> values = images.to_floats();
    const GridLayout one{
        .count = 1, .height = images.size(1), .width = images.size(2), .channels = images.size(3), .padding = 0};
    const std::size_t size = static_cast<std::size_t>(one.height * one.width * one.channels);
    for (Index i = 0; i < count; ++i) {
        const auto pixels = std::span(values).subspan(static_cast<std::size_t>(i) * size, size);
        write_new_file(places.of(first + i), encode_png(arrange_grid(pixels, one)));
    }
}

}  // namespace

ExitCode sample_checkpoint(const OptionList& list, const TrainingOptions& options, const SampleRequest& request,
                           Device device, const PriorChoice& prior) {
    const std::string model = model_kind_of(request.checkpoint);
    if (model != list.model_kind()) {
        throw DataError(
            fmt::format("{}: expected a checkpoint of a {}, found one of '{}'; give it to the program that "
                        "trained it",
                        request.checkpoint, list.model_kind(), model));
    }
    const std::unique_ptr<ImageGenerator> generator = load_generator(request.checkpoint, device, options.seed);
    const GeneratedKind& kind = generator->kind();
    const std::optional<std::int32_t> only = wanted_label(request, kind);
    require(!request.by_class || kind.classes > 0,
            "--by-class: {} is not conditional, its images have no classes; leave it out", kind.file);
    prepare_sample_folder(options.out);
    if (prior.is_mixture()) generator->use_prior(find_prior(request.checkpoint, prior, options, device), prior.text());
    const Places places(options.out, request, kind, only);
    const Index count = request.by_class ? request.count * kind.classes : request.count;
    for (Index first = 0; first < count; first += kSampleBatch) {
        const std::vector<std::int32_t> labels =
            only ? std::vector<std::int32_t>(kSampleBatch, *only) : labels_in_turn(kind.classes, first, kSampleBatch);
        write_batch(generator->draw(first / kSampleBatch, labels), first, std::min(kSampleBatch, count - first),
                    places);
    }
    answer("{} images: {}\n", count, options.out);
    return ExitCode::ok;
}

}  // namespace sinter
