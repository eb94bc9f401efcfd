// The reference queue: plain host memory, calls that finish before they return.
#include <cstring>
#include <new>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {

template <class Real>
void* RefQueue<Real>::allocate(std::size_t bytes) {
    return ::operator new(bytes);
}

template <class Real>
void RefQueue<Real>::release(void* memory) noexcept {
    ::operator delete(memory);
}

template <class Real>
void RefQueue<Real>::copy(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
}

template class RefQueue<double>;

}  // namespace sinter::kernels
