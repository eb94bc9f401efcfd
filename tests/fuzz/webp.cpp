// WebP files.
#include "tests/fuzz/picture.h"

namespace sinter::fuzz {

std::vector<Input> seeds() { return pictures_with(".webp"); }

void try_input(std::span<const std::uint8_t> input) {
    static ScratchFile file("picture.webp");
    file.write(input);
    try_picture(file.path());
}

}  // namespace sinter::fuzz
