// The cache of decoded images. The first byte of an input says whether the rest is the whole file, or a description in
// JSON and what lies before it, to which the sums are put that a writer would put.
#include "core/data/formats/packed_images.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "core/files/files.h"
#include "core/files/pixel_file.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {
namespace {

constexpr const char* kKey = "key";
constexpr std::size_t kFooter = 24;

/// Pixels, labels and checksums, then a description, whose place is found by its first brace.
Input with_footer(std::span<const std::uint8_t> input) {
    Input file(input.begin(), input.end());
    const auto brace = std::find(input.begin(), input.end(), '{');
    const std::uint64_t bytes = static_cast<std::uint64_t>(input.end() - brace);
    const std::uint64_t sum = ::crc32_z(0, input.data() + (brace - input.begin()), bytes);
    for (const std::uint64_t number : {bytes, sum}) {
        Input eight(sizeof number);
        std::memcpy(eight.data(), &number, sizeof number);
        file.insert(file.end(), eight.begin(), eight.end());
    }
    const Input magic = input_of("sinterp2");
    file.insert(file.end(), magic.begin(), magic.end());
    return file;
}

}  // namespace

std::vector<Input> seeds() {
    const std::filesystem::path path = scratch_folder() / "seed.packed";
    DataSplits data;
    Input pixels(3 * 2 * 2);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i);
    for (const auto& [set, count] : {std::pair(&data.train, 2), {&data.test, 1}}) {
        set->count = count;
        set->height = set->width = 2;
        set->labels.assign(static_cast<std::size_t>(count), 1);
    }
    data.class_names = {"a", "b"};
    PackedImagesWriter writer(path, 4);
    writer.append(pixels);
    writer.finish(data, {"a remark"}, kKey);
    Input whole = {0}, described = {1};
    for (const std::byte byte : read_whole_file(path)) whole.push_back(std::to_integer<std::uint8_t>(byte));
    described.insert(described.end(), whole.begin() + 1, whole.end() - kFooter);
    return {whole, described};
}

void try_input(std::span<const std::uint8_t> input) {
    static ScratchFile file("images.packed");
    if (input.empty()) return;
    const std::span<const std::uint8_t> rest = input.subspan(1);
    file.write(input[0] % 2 == 0 ? Input(rest.begin(), rest.end()) : with_footer(rest));
    for (const auto place : {ImageRequest::Place::memory, ImageRequest::Place::file}) {
        const auto packed = read_packed_images(file.path(), kKey, place);
        if (!packed) return;
        for (const ImageSet* set : {&packed->data.train, &packed->data.test}) {
            Input pixels(static_cast<std::size_t>(set->count * set->bytes_per_image()));
            set->read(0, set->count, pixels.data());
            for (const std::uint8_t label : set->labels) expect(label < set->classes, "a label is of no class");
        }
    }
}

}  // namespace sinter::fuzz
