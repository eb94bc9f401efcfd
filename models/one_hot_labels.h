// Class labels beside the numbers of a network, one-hot: what makes a VAE or an encoder conditional.
#pragma once

#include "core/buffer.h"
#include "core/tensor.h"

namespace sinter {

class OneHotLabels {
public:
    /// For labels below `classes`; 0: there are none.
    OneHotLabels(Index classes, Device device);

    /// [x, one-hot labels] of x [batch, columns] and a label for each row: [batch, columns + classes]. Without classes
    /// x itself, and no labels. Throws UsageError for another number of labels.
    Tensor append(const Tensor& x, const Buffer<std::int32_t>& labels) const;

private:
    Index classes_;
    Tensor identity_;  ///< row c is class c: the identity matrix [classes, classes]
};

}  // namespace sinter
