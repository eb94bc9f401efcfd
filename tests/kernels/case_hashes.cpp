#include "tests/kernels/case_hashes.h"

#ifdef SINTER_HAS_CUDA

#include <cmath>
#include <cstring>
#include <iomanip>
#include <limits>
#include <span>

#include "tests/kernels/case_runner.h"

namespace sinter::kernels {
namespace {

/// FNV-1a.
class Hash {
public:
    void add(std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes) {
            value_ ^= static_cast<std::uint64_t>(byte);
            value_ *= 0x100000001b3;
        }
    }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xcbf29ce484222325;
};

/// The sign and the payload of a NaN are each machine's own.
template <class Real>
void unify_nans(std::span<std::byte> reals) {
    for (std::size_t i = 0; i < reals.size(); i += sizeof(Real)) {
        Real value = 0;
        std::memcpy(&value, &reals[i], sizeof value);
        if (!std::isnan(value)) continue;
        value = std::numeric_limits<Real>::quiet_NaN();
        std::memcpy(&reals[i], &value, sizeof value);
    }
}

}  // namespace

void write_case_hashes(std::ostream& out, CudaQueue& queue, const CaseList& cases) {
    for (const KernelCase& test : cases) {
        if (!test.run_cuda) continue;
        CaseRun run = run_on_cuda(test, queue, initial_contents<float>(test), Placement::aligned);
        Hash hash;
        for (std::size_t a = 0; a < test.arguments.size(); ++a) {
            if (test.arguments[a].role == Role::input) continue;
            if (test.arguments[a].type == ElementType::real) unify_nans<float>(run.contents[a]);
            if (test.arguments[a].type == ElementType::real64) unify_nans<double>(run.contents[a]);
            hash.add(run.contents[a]);
        }
        out << std::hex << std::setfill('0') << std::setw(16) << hash.value() << ' ' << (test.transcendental ? "~" : "")
            << test.name() << '\n';
    }
}

}  // namespace sinter::kernels

#endif
