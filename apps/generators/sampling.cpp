#include "apps/generators/sampling.h"

#include <optional>
#include <span>
#include <vector>

#include "core/check.h"
#include "core/files/files.h"

namespace sinter {

void describe(OptionList& list, SampleRequest& request) {
    const auto text = [&request] { return request.checkpoint; };
    const auto read = [&request](std::span<const std::string> words) -> std::optional<BadValue> {
        Index count = 0;
        if (const auto bad = Option(Role::once, "", &count, "").from(1, 10'000'000).read(words.back())) return bad;
        request.checkpoint = words.front();
        request.count = count;
        return std::nullopt;
    };
    list.once("sample", CustomField{&request, 2, text, read},
              "Draw N images with this checkpoint instead of training: 00000.png, 00001.png, ... in --out")
        .shown_as("CHECKPOINT N");
    list.once("class", request.only_class,
              "With --sample of a conditional model: draw this class alone, by its name or its number")
        .shown_as("NAME");
    list.once("by-class", request.by_class,
              "With --sample of a conditional model: N images of each class, in a folder of its name in --out, which "
              "--data and classifier --add read");
}

void check(const SampleRequest& request) {
    const bool draws = !request.checkpoint.empty();
    require(draws || request.only_class.empty(),
            "--class: belongs to --sample CHECKPOINT N; give both, or leave it out");
    require(draws || !request.by_class, "--by-class: belongs to --sample CHECKPOINT N; give both, or leave it out");
    require(request.only_class.empty() || !request.by_class,
            "--class and --by-class: expected one of them, a single class or a folder for each");
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

}  // namespace sinter
