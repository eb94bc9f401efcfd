#include "apps/training/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "core/check.h"
#include "core/files/files.h"
#include "core/pictures/png.h"

namespace sinter {
namespace {

std::string file_name(Index image, Index classes) {
    return classes > 0 ? fmt::format("{:05}-{}.png", image, image % classes) : fmt::format("{:05}.png", image);
}

}  // namespace

void describe(OptionList& list, SampleRequest& request) {
    const auto text = [&request] { return request.checkpoint; };
    const auto read = [&request](std::span<const std::string> words) -> std::optional<BadValue> {
        Index count = 0;
        if (const auto bad = Option(Role::once, "", &count, "").from(1, 10'000'000).read(words.back())) return bad;
        request = {words.front(), count};
        return std::nullopt;
    };
    list.once("sample", CustomField{&request, 2, text, read},
              "Draw N images with this checkpoint instead of training: 00000.png, 00001.png, ... in --out")
        .shown_as("CHECKPOINT N");
}

void prepare_sample_folder(const std::filesystem::path& folder, const std::string& asked_by) {
    require(!folder.empty(), "{}: expected --out with the folder for the images", asked_by);
    ensure_folder(folder);
    require(std::filesystem::is_empty(folder), "{}: {} is not empty; give another --out, so that nothing in it is lost",
            asked_by, folder.string());
}

std::vector<std::int32_t> labels_in_turn(Index classes, Index first, Index count) {
    std::vector<std::int32_t> labels;
    for (Index image = first; image < first + count && classes > 0; ++image)
        labels.push_back(static_cast<std::int32_t>(image % classes));
    return labels;
}

void write_samples(const std::filesystem::path& folder, Index count, Index classes,
                   const std::function<Tensor(Index batch)>& draw) {
    for (Index first = 0; first < count; first += kSampleBatch) {
        const Tensor images = draw(first / kSampleBatch);
        const std::vector<float> values = images.to_floats();
        const GridLayout one{
            .count = 1, .height = images.size(1), .width = images.size(2), .channels = images.size(3), .padding = 0};
        const std::size_t size = static_cast<std::size_t>(one.height * one.width * one.channels);
        const Index here = std::min({kSampleBatch, images.size(0), count - first});
        for (Index i = 0; i < here; ++i) {
            const auto pixels = std::span(values).subspan(static_cast<std::size_t>(i) * size, size);
            write_new_file(folder / file_name(first + i, classes), encode_png(arrange_grid(pixels, one)));
        }
    }
}

}  // namespace sinter
