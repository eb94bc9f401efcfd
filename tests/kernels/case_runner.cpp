#include "tests/kernels/case_runner.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <sstream>

#include "kernels/cases/fill.h"
#include "tests/kernels/guarded_buffer.h"

#ifdef SINTER_CUDA_EMULATED
#include "kernels/emu/schedule.h"
#endif

namespace sinter::kernels {
namespace {

template <class Value>
Value element(const std::vector<std::byte>& bytes, Index i) {
    Value value;
    std::memcpy(&value, bytes.data() + static_cast<std::size_t>(i) * sizeof(Value), sizeof(Value));
    return value;
}

/// Any element as a double: exact for reals, bytes and 32-bit integers, and for 64-bit ones of the size of an index.
template <class Real>
double as_double(const std::vector<std::byte>& bytes, ElementType type, Index i) {
    switch (type) {
        case ElementType::real:
            return static_cast<double>(element<Real>(bytes, i));
        case ElementType::real64:
            return element<double>(bytes, i);
        case ElementType::byte:
            return element<std::uint8_t>(bytes, i);
        case ElementType::int32:
            return element<std::int32_t>(bytes, i);
        case ElementType::int64:
            return static_cast<double>(element<std::int64_t>(bytes, i));
        case ElementType::uint64:
            return static_cast<double>(element<std::uint64_t>(bytes, i));
    }
    return 0;
}

/// Written so that a NaN on one side alone is never accepted.
bool accepted(double got, double expected, const Tolerance& tolerance) {
    if (std::isnan(expected)) return std::isnan(got);
    if (std::abs(expected) > static_cast<double>(std::numeric_limits<float>::max())) {
        return std::isinf(got) && std::signbit(got) == std::signbit(expected);  // float overflows where double does not
    }
    return std::abs(got - expected) <= tolerance.absolute + tolerance.relative * std::abs(expected);
}

/// By how many bytes argument `a` starts behind a boundary.
std::size_t offset_of(const KernelCase& test, std::size_t a, Placement placement) {
    const bool shifted = placement == Placement::shifted || (placement == Placement::alternating && a % 2 == 1);
    return shifted ? element_size<float>(test.arguments[a].type) : 0;
}

/// Notes what argument `a` shows of a call that wrote where it may not.
void note_damage(CaseRun& run, const KernelCase& test, std::size_t a, bool intact, const Contents& initial) {
    const Argument& argument = test.arguments[a];
    if (!intact) run.damage = test.name() + " wrote outside of " + argument.name;
    if (argument.role == Role::input && run.contents[a] != initial[a]) {
        run.damage = test.name() + " changed its input " + argument.name;
    }
}

std::string place(const KernelCase& test, const Argument& argument, Index i) {
    return test.name() + ", " + argument.name + "[" + std::to_string(i) + "] of " + std::to_string(argument.count);
}

}  // namespace

template <class Real>
Contents initial_contents(const KernelCase& test) {
    Contents contents;
    for (std::size_t a = 0; a < test.arguments.size(); ++a) {
        contents.emplace_back(buffer_size<Real>(test.arguments[a]));
        fill_argument<Real>(contents.back().data(), test.arguments[a], a);
    }
    return contents;
}

template Contents initial_contents<float>(const KernelCase&);
template Contents initial_contents<double>(const KernelCase&);

Contents run_reference(const KernelCase& test) {
    Contents contents = initial_contents<double>(test);
    Buffers<double> buffers;
    for (std::vector<std::byte>& argument : contents) buffers.data.push_back(argument.data());
    RefQueue<double> queue;
    test.run_reference(queue, buffers);
    return contents;
}

CaseRun run_on_cpu(const KernelCase& test, CpuQueue& queue, const Contents& initial, Placement placement) {
    std::vector<std::unique_ptr<GuardedBuffer>> memory;
    Buffers<float> buffers;
    for (std::size_t a = 0; a < initial.size(); ++a) {
        const std::size_t offset = offset_of(test, a, placement);
        memory.push_back(std::make_unique<GuardedBuffer>(initial[a].size(), offset));
        if (!initial[a].empty()) std::memcpy(memory[a]->data(), initial[a].data(), initial[a].size());
        buffers.data.push_back(memory[a]->data());
    }
    test.run_cpu(queue, buffers);

    CaseRun run;
    for (std::size_t a = 0; a < memory.size(); ++a) {
        run.contents.emplace_back(memory[a]->data(), memory[a]->data() + memory[a]->bytes());
        note_damage(run, test, a, memory[a]->intact(), initial);
    }
    return run;
}

#ifdef SINTER_HAS_CUDA

CaseRun run_on_cuda(const KernelCase& test, CudaQueue& queue, const Contents& initial, Placement placement) {
    // A guard in front of the data and, on a real device, one behind. The emulated one has its own guard behind every
    // allocation, which also sees reads under the address sanitizer.
    constexpr std::size_t kFront = 256;
#ifdef SINTER_CUDA_EMULATED
    constexpr std::size_t kBack = 0;
#else
    constexpr std::size_t kBack = 256;
#endif
    constexpr std::byte kGuard{0xFF};  // NaN
    std::vector<std::byte*> blocks;
    Buffers<float> buffers;
    for (std::size_t a = 0; a < initial.size(); ++a) {
        const std::size_t front = kFront + offset_of(test, a, placement);
        std::vector<std::byte> block(front + initial[a].size() + kBack, kGuard);
        std::copy(initial[a].begin(), initial[a].end(), block.begin() + static_cast<std::ptrdiff_t>(front));
        blocks.push_back(static_cast<std::byte*>(queue.allocate(block.size())));
        queue.upload(blocks[a], block.data(), block.size());
        buffers.data.push_back(blocks[a] + front);
    }
    test.run_cuda(queue, buffers);

    CaseRun run;
    for (std::size_t a = 0; a < blocks.size(); ++a) {
        const auto front = static_cast<std::ptrdiff_t>(kFront + offset_of(test, a, placement));
        std::vector<std::byte> block(static_cast<std::size_t>(front) + initial[a].size() + kBack);
        queue.download(block.data(), blocks[a], block.size());
        queue.release(blocks[a]);
        const auto begin = block.begin() + front, end = begin + static_cast<std::ptrdiff_t>(initial[a].size());
        run.contents.emplace_back(begin, end);
        const auto stands = [&](std::byte guard) { return guard == kGuard; };
        const bool intact = std::all_of(block.begin(), begin, stands) && std::all_of(end, block.end(), stands);
        note_damage(run, test, a, intact, initial);
    }
    return run;
}

#endif

std::optional<std::string> compare(const KernelCase& test, const Contents& result, const Contents& reference) {
    for (std::size_t a = 0; a < test.arguments.size(); ++a) {
        const Argument& argument = test.arguments[a];
        if (argument.role == Role::input) continue;
        const Tolerance& tolerance = argument.tolerance ? *argument.tolerance : test.tolerance;
        for (Index i = 0; i < argument.count; ++i) {
            const double got = as_double<float>(result[a], argument.type, i);
            const double expected = as_double<double>(reference[a], argument.type, i);
            if (accepted(got, expected, tolerance)) continue;
            std::ostringstream sentence;
            sentence.precision(10);
            sentence << place(test, argument, i) << ": got " << got << ", expected " << expected << " within "
                     << tolerance.absolute << " + " << tolerance.relative << " * |expected| (" << tolerance.reason
                     << "); the difference is " << got - expected;
            return sentence.str();
        }
    }
    return std::nullopt;
}

std::optional<std::string> compare_bits(const KernelCase& test, const Contents& result, const Contents& expected) {
    for (std::size_t a = 0; a < test.arguments.size(); ++a) {
        const Argument& argument = test.arguments[a];
        if (result[a] == expected[a]) continue;
        const std::size_t size = element_size<float>(argument.type);
        Index i = 0;
        const auto offset = [&] { return static_cast<std::size_t>(i) * size; };
        while (std::memcmp(result[a].data() + offset(), expected[a].data() + offset(), size) == 0) ++i;
        std::ostringstream sentence;
        sentence.precision(10);
        sentence << place(test, argument, i) << ": got " << as_double<float>(result[a], argument.type, i)
                 << ", but the first run, on aligned memory, gave " << as_double<float>(expected[a], argument.type, i);
        return sentence.str();
    }
    return std::nullopt;
}

#ifdef SINTER_HAS_CUDA

namespace {

#ifdef SINTER_CUDA_EMULATED
/// Runs the threads of every block, and the blocks, in another order: one for each placement of the buffers.
void use_schedule(Placement placement) {
    using emu::Schedule;
    emu::set_schedule({placement == Placement::aligned   ? Schedule::forward
                       : placement == Placement::shifted ? Schedule::reversed
                                                         : Schedule::shuffled});
}
#else
void use_schedule(Placement) {}  // a device has its own
#endif

}  // namespace

std::optional<std::string> check_on_cuda(const KernelCase& test, CudaQueue& queue) {
    const Contents initial = initial_contents<float>(test);
    std::optional<Contents> first;
    for (const Placement placement : {Placement::aligned, Placement::shifted, Placement::alternating}) {
        use_schedule(placement);
        const CaseRun run = run_on_cuda(test, queue, initial, placement);
        if (run.damage) return run.damage;
        const auto difference =
            first ? compare_bits(test, run.contents, *first) : compare(test, run.contents, run_reference(test));
        if (difference) return difference;
        if (!first) first = run.contents;
    }
    return std::nullopt;
}

#endif

}  // namespace sinter::kernels
