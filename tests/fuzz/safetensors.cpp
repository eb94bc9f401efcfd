// Safetensors files: what is accepted covers its data exactly once, in arrays of the size that their shapes say.
#include "core/files/safetensors.h"

#include <algorithm>

#include "core/files/files.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {

std::vector<Input> seeds() {
    const std::vector<float> weight = {1, 2, 3, 4, 5, 6};
    const std::vector<double> moment = {0.5};
    const std::vector<SafetensorsEntry> entries = {{"weight", "F32", {2, 3}, std::as_bytes(std::span(weight))},
                                                   {"moment", "F64", {1, 1}, std::as_bytes(std::span(moment))},
                                                   {"none", "U8", {0}, {}}};
    const ScratchFile file("seed.safetensors");
    std::vector<Input> inputs;
    for (const SafetensorsMetadata& facts :
         {SafetensorsMetadata{}, {{"format", "sinter checkpoint 2"}, {"step", "3"}}}) {
        write_safetensors(file.path(), entries, facts);
        Input input;
        for (const std::byte byte : read_whole_file(file.path())) input.push_back(std::to_integer<std::uint8_t>(byte));
        inputs.push_back(input);
    }
    return inputs;
}

void try_input(std::span<const std::uint8_t> input) {
    const Bytes bytes = std::as_bytes(input);
    const SafetensorsFile file = SafetensorsFile::parse({bytes.begin(), bytes.end()}, "input");
    std::size_t covered = 0;
    for (const SafetensorsEntry& entry : file.entries()) {
        std::size_t size = safetensors_element_size(entry.dtype);
        for (const std::int64_t length : entry.shape) size *= static_cast<std::size_t>(length);
        expect(entry.data.size() == size, "an array has another size than its shape");
        expect(file.find(entry.name) == &entry, "an array is not found by its name");
        covered += size;
    }
    expect(covered < bytes.size(), "arrays lie outside of the file");
}

}  // namespace sinter::fuzz
