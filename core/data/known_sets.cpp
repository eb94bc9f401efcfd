#include "core/data/known_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/data/describe.h"
#include "core/error.h"

namespace sinter {
namespace {

constexpr int kClasses = 10;  // of each

}  // namespace

// The content of MNIST is that of the published files: their bytes, once unpacked, gave it.
std::span<const KnownSet> known_sets() {
    static const std::array<KnownSet, 4> sets = {
        {{"mnist", {"mnist", "MNIST"}, 60000, 10000, 28, 1, "da3cbd559e3726b8", {}},
         {"fashion-mnist",
          {"fashion-mnist", "fashion_mnist", "FashionMNIST"},
          60000,
          10000,
          28,
          1,
          "",
          {"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}},
         {"kmnist",
          {"kmnist", "KMNIST"},
          60000,
          10000,
          28,
          1,
          "",
          {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"}},
         {"cifar10",
          {"cifar10", "cifar-10", "CIFAR10", "cifar-10-batches-bin", "cifar-10-batches-py"},
          50000,
          10000,
          32,
          3,
          "",
          {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}}}};
    return sets;
}

const KnownSet* find_known_set(std::string_view name) {
    const std::span<const KnownSet> sets = known_sets();
    const auto found = std::find_if(sets.begin(), sets.end(), [&](const KnownSet& set) { return set.name == name; });
    return found == sets.end() ? nullptr : &*found;
}

bool is_name_of_set(std::string_view word) { return word == "digits" || find_known_set(word) != nullptr; }

void require_known_set(const KnownSet& set, const DataSplits& data, const std::filesystem::path& folder) {
    const auto refuse = [&](const std::string& found) {
        throw DataError(
            fmt::format("[data] {}: expected the published {}, found {}; put its files there, or give "
                        "another set as the path of its folder, such as ./{}",
                        folder.string(), set.name, found, set.name));
    };
    const ImageSet &train = data.train, &test = data.test;
    if (train.count != set.train || test.count != set.test || train.height != set.side || train.width != set.side ||
        train.channels != set.channels || train.classes != kClasses)
        refuse(fmt::format("{} in {} classes", describe(data), train.classes));
    if (*set.content && data.content != set.content) refuse("images or labels that differ from its own");
    for (const KnownSet& other : known_sets()) {
        if (*other.content && other.name != set.name && data.content == other.content) refuse(other.name);
    }
}

}  // namespace sinter
