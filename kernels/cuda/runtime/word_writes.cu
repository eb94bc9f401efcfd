#include "kernels/cuda/runtime/word_writes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/cuda/runtime/launch.cuh"

namespace sinter::kernels {

namespace {

constexpr std::size_t kWord = sizeof(unsigned);

__global__ void write_words_kernel(const __grid_constant__ WordWrites::Words words) {
    const int i = static_cast<int>(threadIdx.x);
    if (i < words.count) *words.to[i] = words.value[i];
}

}  // namespace

bool WordWrites::fits(const void* to, std::size_t bytes) {
    return bytes <= kMaxWords * kWord && bytes % kWord == 0 && reinterpret_cast<std::uintptr_t>(to) % kWord == 0;
}

bool WordWrites::note(void* to, const void* from_host, std::size_t bytes) {
    const int count = static_cast<int>(bytes / kWord);
    if (words_.count + count > kMaxWords) return false;
    for (int i = 0; i < count; ++i) {
        unsigned* const word = static_cast<unsigned*>(to) + i;
        // The threads that write have no order, so each word stands only once.
        unsigned** const end = words_.to + words_.count;
        unsigned** const place = std::find(words_.to, end, word);
        if (place == end) ++words_.count;
        *place = word;
        std::memcpy(words_.value + (place - words_.to), static_cast<const std::byte*>(from_host) + i * kWord, kWord);
    }
    return true;
}

void WordWrites::launch(CudaQueue& queue) {
    // The words are forgotten first: a launch asks for the queue's stream, which asks for this launch.
    const Words words = std::exchange(words_, {});
    try {
        sinter::kernels::launch<write_words_kernel>(queue, 1, kMaxWords, 0, words);
    } catch (...) {
        words_ = words;
        throw;
    }
}

}  // namespace sinter::kernels
