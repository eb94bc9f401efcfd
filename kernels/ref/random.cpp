// Reference random draws.
#include "kernels/ref/random.h"

#include "kernels/permutation.h"
#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void random_uniform(RefQueue<Real>&, Real* y, Index count, double low, double high, const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    for (Index i = 0; i < count; ++i) {
        y[i] = static_cast<Real>(low) + static_cast<Real>(high - low) * ref::uniform_element<Real>(stream, i);
    }
}

template <class Real>
void random_normal(RefQueue<Real>&, Real* y, Index count, double mean, double stddev, const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    for (Index i = 0; i < count; ++i) {
        y[i] = static_cast<Real>(mean) + static_cast<Real>(stddev) * ref::normal_element<Real>(stream, i);
    }
}

template <class Real>
void random_bernoulli(RefQueue<Real>&, Real* y, const Real* probability, Index count, const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    for (Index i = 0; i < count; ++i) {
        y[i] = ref::uniform_element<Real>(stream, i) < probability[i] ? Real{1} : Real{0};
    }
}

template <class Real>
void dropout(RefQueue<Real>&, Real* y, const Real* x, Index count, double rate, const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    for (Index i = 0; i < count; ++i) {
        const bool dropped = ref::uniform_element<Real>(stream, i) < static_cast<Real>(rate);
        y[i] = dropped ? Real{0} : x[i] / static_cast<Real>(1 - rate);
    }
}

template <class Real>
void random_permutation(RefQueue<Real>&, std::int32_t* order, Index count, const RandomAddress& address) {
    const RandomStream stream = read_stream(address);
    const std::uint32_t size = static_cast<std::uint32_t>(count);
    if (size <= kMaxShuffled) return shuffle(order, size, stream);
    const KeyedPermutation permutation(size, stream);
    for (std::uint32_t i = 0; i < size; ++i) order[i] = static_cast<std::int32_t>(permutation(i));
}

SINTER_REF_INSTANTIATE(random_uniform);
SINTER_REF_INSTANTIATE(random_normal);
SINTER_REF_INSTANTIATE(random_bernoulli);
SINTER_REF_INSTANTIATE(dropout);
SINTER_REF_INSTANTIATE(random_permutation);

}  // namespace sinter::kernels
