#include "core/data/formats/amat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "core/data/describe.h"
#include "core/error.h"
#include "core/files/files.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 28;
constexpr const char *kTrain = "binarized_mnist_train.amat", *kValid = "binarized_mnist_valid.amat",
                     *kTest = "binarized_mnist_test.amat";

bool is_there(const fs::path& file) {
    std::error_code error;
    return fs::is_regular_file(file, error);
}

/// The images of one file, read byte by byte: every word is one character, so memory is that of the text.
class AmatReader {
public:
    explicit AmatReader(fs::path file) : file_(std::move(file)), text_(read_whole_file(file_)) {}

    ImageSet read() {
        ImageSet set;
        set.height = set.width = kSide;
        set.pixels.reserve(text_.size() / 2);
        while (at_ < text_.size()) {
            read_line(set.pixels);
            ++set.count;
        }
        if (set.count == 0) fail("expected an image a line, came an empty file");
        return set;
    }

private:
    char character() const { return at_ < text_.size() ? static_cast<char>(text_[at_]) : '\n'; }
    static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

    void read_line(std::vector<std::uint8_t>& pixels) {
        ++line_;
        std::int64_t words = 0;
        for (bool is_apart = true; character() != '\n'; ++at_) {
            const char c = character();
            if (is_space(c)) {
                is_apart = true;
                continue;
            }
            if ((c != '0' && c != '1') || !is_apart)
                fail(fmt::format("expected a word 0 or 1, came '{}' at byte {}", word(), at_));
            if (++words <= kSide * kSide) pixels.push_back(c == '1' ? 255 : 0);
            is_apart = false;
        }
        ++at_;
        if (words != kSide * kSide) fail(fmt::format("expected {} words, came {}", kSide * kSide, words));
    }

    /// The word around this place, or what of it is short.
    std::string word() const {
        constexpr std::ptrdiff_t kMost = 16;
        const auto begins = [&](std::ptrdiff_t i) { return i == 0 || is_end(static_cast<std::size_t>(i) - 1); };
        std::ptrdiff_t first = static_cast<std::ptrdiff_t>(at_);
        while (!begins(first) && static_cast<std::ptrdiff_t>(at_) - first < kMost) --first;
        std::string found;
        for (auto i = static_cast<std::size_t>(first); i < text_.size() && !is_end(i) && std::ssize(found) < kMost; ++i)
            found.push_back(static_cast<char>(text_[i]));
        return found;
    }
    bool is_end(std::size_t i) const {
        const char c = static_cast<char>(text_[i]);
        return is_space(c) || c == '\n';
    }

    [[noreturn]] void fail(const std::string& sentence) const {
        throw DataError(fmt::format("[data] {}, line {}: {}; is this binarised MNIST, as published in text?",
                                    file_.string(), std::max<std::int64_t>(line_, 1), sentence));
    }

    fs::path file_;
    std::vector<std::byte> text_;
    std::size_t at_ = 0;
    std::int64_t line_ = 0;
};

}  // namespace

bool holds_amat(const fs::path& folder) {
    const char* const files[] = {kTrain, kValid, kTest};
    return std::any_of(std::begin(files), std::end(files), [&](const char* file) { return is_there(folder / file); });
}

DataSplits load_amat(const fs::path& folder) {
    DataSplits data;
    data.train = AmatReader(folder / kTrain).read();
    data.test = AmatReader(folder / kTest).read();
    data.train.name = data.test.name = "binarized_mnist";
    if (is_there(folder / kValid)) data.details.push_back(fmt::format("{} left aside", kValid));
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

}  // namespace sinter
