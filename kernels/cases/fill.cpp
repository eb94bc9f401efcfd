#include "kernels/cases/fill.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>
#include <utility>

namespace sinter::kernels {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
/// The kernels' own Philox is under test here, so it does not make its own inputs.
std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;

/// Word i of the sequence of `seed`. The seed is mixed first: neighbouring seeds would otherwise share a sequence,
/// shifted.
class Sequence {
public:
    explicit Sequence(std::uint64_t seed) : start_(mix(seed + kGolden)) {}

    std::uint64_t word(std::size_t i) const { return mix(start_ + (static_cast<std::uint64_t>(i) + 1) * kGolden); }
    /// In [0, 1).
    double unit(std::size_t i) const { return static_cast<double>(word(i) >> 11) * 0x1p-53; }

private:
    std::uint64_t start_;
};

[[noreturn]] void refuse(const char* type, const char* kinds) {
    throw std::invalid_argument(std::string("fill: a buffer of ") + type + " takes the kinds " + kinds +
                                "; set one in the case's input() or inout().");
}

/// An integer in [low, high).
double integer_between(double low, double high, double unit) { return low + std::floor((high - low) * unit); }

template <class Value, class Generate>
void generate(std::span<Value> values, const Generate& element) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Value>(element(i));
}

template <class Real>
void fill_any_reals(std::span<Real> values, const Fill& fill, std::uint64_t seed) {
    const Sequence sequence(seed);
    const double low = fill.low, high = fill.high;
    switch (fill.kind) {
        case Fill::uniform:
            // Rounding to float may land on `high`; a domain that excludes it (a probability below one) would break.
            return generate(values, [&](std::size_t i) {
                const float value = static_cast<float>(low + (high - low) * sequence.unit(i));
                return value < high || low >= high ? value : static_cast<float>(low);
            });
        case Fill::normal:
            // Box-Muller; 1 - unit is in (0, 1], where the logarithm is finite.
            return generate(values, [&](std::size_t i) {
                const double radius = std::sqrt(-2 * std::log(1 - sequence.unit(2 * i)));
                const double angle = 2 * std::numbers::pi * sequence.unit(2 * i + 1);
                return static_cast<float>(low + high * radius * std::cos(angle));
            });
        case Fill::integers:
            return generate(values, [&](std::size_t i) {
                return static_cast<float>(integer_between(low, high, sequence.unit(i)));
            });
        case Fill::constant:
            return generate(values, [&](std::size_t) { return static_cast<float>(low); });
        case Fill::nonfinite:
            return generate(values, [&](std::size_t i) {
                if (static_cast<double>(i) == low) return std::numeric_limits<float>::quiet_NaN();
                if (static_cast<double>(i) == high) return -std::numeric_limits<float>::infinity();
                return static_cast<float>(2 * sequence.unit(i) - 1);
            });
        case Fill::permutation:
            refuse("reals", "uniform, normal, integers, constant and nonfinite");
    }
}

template <class Integer>
void fill_any_integers(std::span<Integer> values, const Fill& fill, std::uint64_t seed) {
    const Sequence sequence(seed);
    switch (fill.kind) {
        case Fill::integers:
            return generate(values,
                            [&](std::size_t i) { return integer_between(fill.low, fill.high, sequence.unit(i)); });
        case Fill::constant:
            return generate(values, [&](std::size_t) { return fill.low; });
        case Fill::permutation:
            // Fisher-Yates. The modulo's bias is far below anything that a case could notice.
            generate(values, [](std::size_t i) { return i; });
            for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[sequence.word(i) % i]);
            return;
        case Fill::uniform:
        case Fill::normal:
        case Fill::nonfinite:
            refuse("integers", "integers, constant and permutation");
    }
}

template <class Value>
std::span<Value> elements(void* memory, const Argument& argument) {
    return {static_cast<Value*>(memory), static_cast<std::size_t>(argument.count)};
}

template <class Real>
void poison(void* memory, const Argument& argument) {
    if (argument.count == 0) return;
    if (argument.type == ElementType::real)
        generate(elements<Real>(memory, argument), [](std::size_t) { return std::numeric_limits<Real>::quiet_NaN(); });
    else
        std::memset(memory, 0xA5, buffer_size<Real>(argument));
}

}  // namespace

void fill_reals(std::span<float> values, const Fill& fill, std::uint64_t seed) { fill_any_reals(values, fill, seed); }
void fill_reals(std::span<double> values, const Fill& fill, std::uint64_t seed) { fill_any_reals(values, fill, seed); }

void fill_bytes(std::span<std::uint8_t> values, const Fill& fill, std::uint64_t seed) {
    fill_any_integers(values, fill, seed);
}
void fill_int32(std::span<std::int32_t> values, const Fill& fill, std::uint64_t seed) {
    fill_any_integers(values, fill, seed);
}
void fill_int64(std::span<std::int64_t> values, const Fill& fill, std::uint64_t seed) {
    fill_any_integers(values, fill, seed);
}
void fill_uint64(std::span<std::uint64_t> values, const Fill& fill, std::uint64_t seed) {
    fill_any_integers(values, fill, seed);
}

template <class Real>
void fill_argument(void* memory, const Argument& argument, std::uint64_t seed) {
    if (argument.role == Role::output) return poison<Real>(memory, argument);
    switch (argument.type) {
        case ElementType::real:
            return fill_reals(elements<Real>(memory, argument), argument.fill, seed);
        case ElementType::real64:
            return fill_reals(elements<double>(memory, argument), argument.fill, seed);
        case ElementType::byte:
            return fill_bytes(elements<std::uint8_t>(memory, argument), argument.fill, seed);
        case ElementType::int32:
            return fill_int32(elements<std::int32_t>(memory, argument), argument.fill, seed);
        case ElementType::int64:
            return fill_int64(elements<std::int64_t>(memory, argument), argument.fill, seed);
        case ElementType::uint64:
            return fill_uint64(elements<std::uint64_t>(memory, argument), argument.fill, seed);
    }
}

template void fill_argument<float>(void*, const Argument&, std::uint64_t);
template void fill_argument<double>(void*, const Argument&, std::uint64_t);

}  // namespace sinter::kernels
