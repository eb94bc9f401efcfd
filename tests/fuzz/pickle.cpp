// A batch of CIFAR-10 as Python pickles it.
#include "core/data/formats/pickle.h"

#include "core/error.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {

std::vector<Input> seeds() {
    Input batch = input_of(
        "\x80\x02}q\x01(U\x06labelsq\x02]q\x03(K\x01K\x02"
        "eU\x04"
        "dataq\x04"
        "cnumpy\nndarray\n(K\x01tbT");
    const std::size_t bytes = 2 * 3072;
    for (int i = 0; i < 4; ++i) batch.push_back(static_cast<std::uint8_t>(bytes >> 8 * i));
    batch.insert(batch.end(), bytes, 7);
    const Input end = input_of("tbu.");
    batch.insert(batch.end(), end.begin(), end.end());
    return {batch, input_of("\x80\x04}.")};
}

void try_input(std::span<const std::uint8_t> input) {
    try {
        const PickledBatch batch = read_pickled_batch(std::as_bytes(input));
        expect(batch.labels.size() * 3072 == batch.pixels.size(), "there are not as many labels as images");
        const auto* const first = reinterpret_cast<const std::uint8_t*>(batch.pixels.data());
        expect(first >= input.data() && first + batch.pixels.size() <= input.data() + input.size(),
               "the pixels are not of the input");
    } catch (const PickleError& error) {
        throw DataError(error.what());
    }
}

}  // namespace sinter::fuzz
