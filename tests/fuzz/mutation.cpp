#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace sinter::fuzz {
namespace {

constexpr std::size_t kMaxBytes = 1 << 16;

/// Numbers at which readers go wrong.
constexpr std::array<std::uint64_t, 20> kNumbers = {0,
                                                    1,
                                                    2,
                                                    3,
                                                    7,
                                                    8,
                                                    10,
                                                    127,
                                                    128,
                                                    255,
                                                    256,
                                                    32767,
                                                    65535,
                                                    100'000'000,
                                                    0x7fffffff,
                                                    0x80000000,
                                                    0xffffffff,
                                                    0x7fffffffffffffff,
                                                    0x8000000000000000,
                                                    0xffffffffffffffff};

class Mutation {
public:
    Mutation(Input& input, const Input& other, std::mt19937_64& random)
        : input_(input), other_(other), random_(random) {}

    void change() {
        switch (below(10)) {
            case 0:
                return flip_bit();
            case 1:
                return set_byte();
            case 2:
                return set_number();
            case 3:
                return erase();
            case 4:
                return repeat();
            case 5:
                return insert(other_);
            case 6:
                return overwrite(other_);
            case 7:
                return set_digits();
            case 8:
                return insert_bytes();
            default:
                return truncate();
        }
    }

private:
    std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }
    std::size_t place() { return below(input_.size()); }
    auto at(std::size_t place) { return input_.begin() + static_cast<std::ptrdiff_t>(place); }
    /// Short more often than long.
    std::size_t length(std::size_t most) {
        return most == 0 ? 0 : 1 + below(1 + below(std::min<std::size_t>(most, 64))) % most;
    }

    void flip_bit() {
        if (!input_.empty()) input_[place()] ^= static_cast<std::uint8_t>(1u << below(8));
    }
    void set_byte() {
        if (!input_.empty()) input_[place()] = static_cast<std::uint8_t>(random_());
    }
    /// A number of 1, 2, 4 or 8 bytes, in one of both orders.
    void set_number() {
        std::array<std::uint8_t, 8> bytes{};
        const std::size_t size = std::size_t{1} << below(4);
        std::uint64_t number = kNumbers[below(kNumbers.size())] + below(3) - 1;
        std::memcpy(bytes.data(), &number, sizeof number);
        if (below(2) == 0) std::reverse(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        if (input_.size() < size) return;
        std::copy_n(bytes.begin(), size, at(below(input_.size() - size + 1)));
    }
    void erase() {
        if (input_.empty()) return;
        const std::size_t begin = place();
        input_.erase(at(begin), at(begin + length(input_.size() - begin)));
    }
    void repeat() {
        if (input_.empty()) return;
        const std::size_t begin = place();
        const Input part(at(begin), at(begin + length(input_.size() - begin)));
        for (std::size_t times = 1 + below(4); times > 0; --times) insert(begin, part);
    }
    void insert(const Input& from) {
        if (from.empty()) return;
        const std::size_t begin = below(from.size());
        const auto first = from.begin() + static_cast<std::ptrdiff_t>(begin);
        insert(below(input_.size() + 1),
               Input(first, first + static_cast<std::ptrdiff_t>(length(from.size() - begin))));
    }
    void insert(std::size_t place, const Input& part) {
        if (input_.size() + part.size() <= kMaxBytes) input_.insert(at(place), part.begin(), part.end());
    }
    void overwrite(const Input& from) {
        if (from.empty() || input_.empty()) return;
        const std::size_t begin = below(from.size()), to = place();
        const std::size_t count = length(std::min(from.size() - begin, input_.size() - to));
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(begin), count, at(to));
    }
    /// Puts another number in the place of one that stands in decimal digits.
    void set_digits() {
        if (input_.empty()) return;
        const auto is_digit = [](std::uint8_t byte) { return byte >= '0' && byte <= '9'; };
        const auto first = std::find_if(at(place()), input_.end(), is_digit);
        const auto last = std::find_if_not(first, input_.end(), is_digit);
        const std::size_t begin = static_cast<std::size_t>(first - input_.begin());
        std::string digits = std::to_string(kNumbers[below(kNumbers.size())] + below(3) - 1);
        if (below(4) == 0) digits.insert(0, "-");
        if (below(8) == 0) digits += "e999";
        input_.erase(first, last);
        insert(begin, input_of(digits));
    }
    void insert_bytes() {
        constexpr std::array<const char*, 16> kTexts = {"{", "}", "[", "]",  "\"", ",",    ":",        "\n",
                                                        "=", "#", "'", "\\", "\0", "\xff", "\xc3\xa4", "nan"};
        insert(below(input_.size() + 1), input_of(kTexts[below(kTexts.size())]));
    }
    void truncate() { input_.resize(below(input_.size() + 1)); }

    Input& input_;
    const Input& other_;
    std::mt19937_64& random_;
};

}  // namespace

void mutate(Input& input, const Input& other, std::mt19937_64& random) {
    Mutation mutation(input, other, random);
    for (std::size_t changes = 1 + random() % 4; changes > 0; --changes) mutation.change();
}

}  // namespace sinter::fuzz
