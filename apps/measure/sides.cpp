#include "apps/measure/sides.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "core/console.h"
#include "core/data/find_data.h"
#include "core/data/fit.h"
#include "core/data/formats/image_array.h"
#include "core/data/formats/image_folder.h"
#include "core/error.h"

namespace sinter {
namespace {

void print_sentence(const std::string& sentence) { say("{}\n", sentence); }

Side side_of_set(const char* option, const std::string& place, SplitChoice split, const ImageRequest& request) {
    Side side;
    side.set = find_data(std::filesystem::path(place), request, print_sentence, fmt::format("{} says so", option));
    say("{}\n", side.set->source);
    const bool is_train = split == SplitChoice::train;
    side.images = is_train ? side.set->train : side.set->test;
    side.words =
        fmt::format("the {} {} images of {}", side.images.count, name_of(kSplitChoices, split), side.images.name);
    return side;
}

}  // namespace

Side load_side(const char* option, const std::string& place, SplitChoice split, const DataOptions& options) {
    ImageRequest request = options.images.request();
    request.show_progress = !options.quiet;
    if (is_data_set(place)) return side_of_set(option, place, split, request);

    Side side;
    std::error_code error;
    if (std::filesystem::is_directory(place, error)) {
        side.images = load_all_images(place, request, print_sentence);
        side.words = fmt::format("the {} images in {}", side.images.count, place);
        return side;
    }
    if (!std::filesystem::exists(place, error)) {
        throw DataError(fmt::format(
            "{} {}: expected a folder of images, a file of images or a data set, but there is nothing; check the path",
            option, place));
    }
    DataSplits fitted;
    fitted.train = load_image_array(place);
    fit_images(fitted, request);
    side.images = std::move(fitted.train);
    side.words = fmt::format("the {} images of {}", side.images.count, place);
    return side;
}

}  // namespace sinter
