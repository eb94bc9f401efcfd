// .npy files, as arrays and as images.
#include "core/files/npy.h"

#include "core/data/formats/image_array.h"
#include "tests/common/data_files.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {

std::vector<Input> seeds() {
    const Input data(48, 0);
    const auto header = [](std::string_view type, std::string_view shape) {
        return "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': " + std::string(shape) +
               ", }\n";
    };
    return {tests::npy_file(header("<f4", "(2, 2, 3)"), data), tests::npy_file(header("|u1", "(4, 3, 2, 2)"), data, 2),
            tests::npy_file(header("<f8", "(6,)"), data), tests::npy_file(header("<i8", "()"), Input(8, 1), 3)};
}

void try_input(std::span<const std::uint8_t> input) {
    static ScratchFile file("array.npy");
    file.write(input);
    const NpyArray array = read_npy(file.path());
    std::int64_t count = 1;
    for (const std::int64_t size : array.shape) count *= size;
    expect(count == array.count(), "the count is not the product of the sizes");
    expect(count == 0 ? array.data.empty() : array.data.size() % static_cast<std::size_t>(count) == 0,
           "the bytes are no whole number for each element");
    expect(array.data.size() <= input.size(), "there are more bytes than the file has");

    const ImageSet images = load_image_array(file.path());
    expect(images.count > 0 && images.channels > 0, "there is no image");
    expect(std::ssize(images.pixels) == images.count * images.bytes_per_image(), "there are not all pixels");
}

}  // namespace sinter::fuzz
