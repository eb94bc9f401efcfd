// Reference convolution and its gradients: the definition, one product at a time.
#include "kernels/conv.h"

#include <vector>

#include "kernels/ref/activation.h"
#include "kernels/ref/instantiate.h"

namespace sinter::kernels {
namespace {

/// Calls visit(x, w, y), offsets into the three arrays, for every product of the convolution whose x lies inside the
/// image.
template <class Visit>
void for_each_product(const ConvGeometry& g, const Visit& visit) {
    for (Index n = 0; n < g.batch; ++n) {
        for (Index i = 0; i < g.out_height; ++i) {
            for (Index j = 0; j < g.out_width; ++j) {
                for (Index a = 0; a < g.kernel_height; ++a) {
                    for (Index b = 0; b < g.kernel_width; ++b) {
                        const Index p = i * g.stride + a - g.pad_top, q = j * g.stride + b - g.pad_left;
                        if (p < 0 || p >= g.height || q < 0 || q >= g.width) continue;
                        const Index x = ((n * g.height + p) * g.width + q) * g.in_channels;
                        const Index w = (a * g.kernel_width + b) * g.in_channels * g.out_channels;
                        const Index y = ((n * g.out_height + i) * g.out_width + j) * g.out_channels;
                        for (Index c = 0; c < g.in_channels; ++c) {
                            for (Index o = 0; o < g.out_channels; ++o) visit(x + c, w + c * g.out_channels + o, y + o);
                        }
                    }
                }
            }
        }
    }
}

/// to = f(accumulate * to + sum + bias), channels innermost
template <class Real>
void finish(Real* to, const std::vector<Real>& sum, Index channels, const Epilogue<Real>& epilogue) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
        Real value = sum[i];
        if (epilogue.accumulate) value += to[i];
        if (epilogue.bias) value += epilogue.bias[static_cast<Index>(i) % channels];
        to[i] = ref::activate(epilogue.activation, value);
    }
}

}  // namespace

template <class Real>
void conv_forward(RefQueue<Real>&, Real* y, const Real* x, const Real* w, const ConvGeometry& geometry,
                  const Epilogue<Real>& epilogue) {
    std::vector<Real> sum(static_cast<std::size_t>(geometry.output_count()));
    for_each_product(geometry,
                     [&](Index xi, Index wi, Index yi) { sum[static_cast<std::size_t>(yi)] += x[xi] * w[wi]; });
    finish(y, sum, geometry.out_channels, epilogue);
}

template <class Real>
void conv_input_gradient(RefQueue<Real>&, Real* dx, const Real* dy, const Real* w, const ConvGeometry& geometry,
                         const Epilogue<Real>& epilogue) {
    std::vector<Real> sum(static_cast<std::size_t>(geometry.input_count()));
    for_each_product(geometry,
                     [&](Index xi, Index wi, Index yi) { sum[static_cast<std::size_t>(xi)] += dy[yi] * w[wi]; });
    finish(dx, sum, geometry.in_channels, epilogue);
}

template <class Real>
void conv_weight_gradient(RefQueue<Real>&, Real* dw, const Real* x, const Real* dy, const ConvGeometry& geometry,
                          bool accumulate) {
    std::vector<Real> sum(static_cast<std::size_t>(geometry.weight_count()));
    for_each_product(geometry,
                     [&](Index xi, Index wi, Index yi) { sum[static_cast<std::size_t>(wi)] += x[xi] * dy[yi]; });
    for (std::size_t i = 0; i < sum.size(); ++i) dw[i] = accumulate ? dw[i] + sum[i] : sum[i];
}

SINTER_REF_INSTANTIATE(conv_forward);
SINTER_REF_INSTANTIATE(conv_input_gradient);
SINTER_REF_INSTANTIATE(conv_weight_gradient);

}  // namespace sinter::kernels
