// Convolution and its gradients on the CPU: three views of one blocked matrix product.
//
//   forward          y [pixels, out] = patches of x [pixels, taps in] times w [taps in, out]
//   input gradient   one phase of dx [pixels, in] = patches of dy [pixels, taps out] times its part of w [taps out, in]
//   weight gradient  dw^T [out, taps in] = dy^T [out, pixels] times patches of x [pixels, taps in]
//
// A stride s makes s * s phases of the input, each with its own taps: no zero is multiplied and nothing is scattered.
// The weight gradient is computed transposed, because a patch is then packed as the wide operand, whose runs are as
// long as a tile is wide. The result is small and is turned at the end.
//
// Two kinds go other ways: grey and colour images (conv_thin-inl.h), and convolutions that need far fewer products by
// minimal filtering (winograd.cpp), which are all wide ones of the DCGANs, unless the queue is asked for exact sums.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/conv.h"
#include "kernels/cpu/conv_thin-inl.h"
#include "kernels/cpu/minimal_filter/winograd.h"
#include "kernels/cpu/product/conv_operands-inl.h"
#include "kernels/gather.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

PatchGrid patches_of_input(const float* x, const ConvGeometry& g) {
    return {x,        g.height,   g.width,     g.in_channels,   g.out_height,   g.out_width,
            g.stride, -g.pad_top, -g.pad_left, g.kernel_height, g.kernel_width, 1};
}

void forward_product(CpuQueue& queue, float* y, const float* x, const float* w, const ConvGeometry& g,
                     const Epilogue<float>& epilogue) {
    const PatchRows patches{patches_of_input(x, g)};
    const PlainOperand weight{w, g.out_channels, false};
    blocked_product(queue, PlainOutput{y, g.out_channels}, patches, weight, g.batch * g.out_height * g.out_width,
                    g.out_channels, g.taps() * g.in_channels, epilogue);
}

/// The taps of a kernel that reach one phase along one axis: coordinates p with p = phase (mod stride).
struct PhaseTaps {
    Index first = 0;  ///< the smallest such tap; the others follow every `stride`
    Index count = 0;
    Index output = 0;  ///< the output that the first tap takes to the phase's first coordinate

    PhaseTaps(Index phase, Index pad, Index kernel, Index stride) {
        first = (phase + pad) % stride;
        count = first < kernel ? (kernel - first + stride - 1) / stride : 0;
        output = (phase + pad - first) / stride;
    }
};

void input_gradient_product(CpuQueue& queue, float* dx, const float* dy, const float* w, const ConvGeometry& g,
                            const Epilogue<float>& epilogue) {
    const bool whole_image = g.out_height == 1 && g.out_width == 1 && g.kernel_height == g.height &&
                             g.kernel_width == g.width && g.pad_top == 0 && g.pad_left == 0;
    if (whole_image && !epilogue.bias) {
        // Every pixel meets one tap only: a plain product, as in the first layer of a generator.
        const Index pixels = g.taps() * g.in_channels;
        return blocked_product(queue, PlainOutput{dx, pixels}, PlainOperand{dy, g.out_channels, true},
                               PlainOperand{w, g.out_channels, true}, g.batch, pixels, g.out_channels, epilogue);
    }
    if (g.in_channels >= 1 && g.in_channels <= kThinChannels) return thin_input_gradient(queue, dx, dy, w, g, epilogue);
    for (Index phase_y = 0; phase_y < std::min(g.stride, g.height); ++phase_y) {
        for (Index phase_x = 0; phase_x < std::min(g.stride, g.width); ++phase_x) {
            const PhaseTaps y(phase_y, g.pad_top, g.kernel_height, g.stride);
            const PhaseTaps x(phase_x, g.pad_left, g.kernel_width, g.stride);
            const Index rows = (g.height - phase_y + g.stride - 1) / g.stride;
            const Index columns = (g.width - phase_x + g.stride - 1) / g.stride;
            const PatchRows patches{{dy, g.out_height, g.out_width, g.out_channels, rows, columns, 1, y.output,
                                     x.output, y.count, std::max<Index>(x.count, 1), -1}};
            const PhaseWeight weight{w,       g.kernel_width, g.in_channels, g.out_channels,
                                     y.first, x.first,        g.stride,      std::max<Index>(x.count, 1)};
            const PhaseOutput out{dx, g.height, g.width, g.in_channels, rows, columns, g.stride, phase_y, phase_x};
            blocked_product(queue, out, patches, weight, g.batch * rows * columns, g.in_channels,
                            y.count * x.count * g.out_channels, epilogue);
        }
    }
}

void weight_gradient_product(CpuQueue& queue, float* dw, const float* x, const float* dy, const ConvGeometry& g,
                             bool accumulate) {
    if (has_thin_patches(g)) return thin_weight_gradient(queue, dw, x, dy, g, accumulate);
    const Scratch scratch(queue, static_cast<std::size_t>(g.weight_count()) * sizeof(float));
    float* const turned = scratch.as<float>();
    const MatrixShape shape{g.taps() * g.in_channels, g.out_channels};
    if (accumulate) transpose(queue, turned, dw, shape);
    Epilogue<float> epilogue;
    epilogue.accumulate = accumulate;
    const PlainOperand upstream{dy, g.out_channels, false};
    const PatchColumns patches{patches_of_input(x, g)};
    blocked_product(queue, PlainOutput{turned, shape.rows}, upstream, patches, g.out_channels, shape.rows,
                    g.batch * g.out_height * g.out_width, epilogue);
    transpose(queue, dw, turned, {shape.columns, shape.rows});
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(forward_product);
HWY_EXPORT(input_gradient_product);
HWY_EXPORT(weight_gradient_product);

namespace {

std::optional<WinogradPlan> plan_of(const CpuQueue& queue, const ConvGeometry& geometry) {
    if (queue.convolution_method() == ConvolutionMethod::exact) return std::nullopt;
    return winograd_plan(geometry);
}

}  // namespace

void conv_forward(CpuQueue& queue, Real* y, const Real* x, const Real* w, const ConvGeometry& geometry,
                  const Epilogue<Real>& epilogue) {
    if (const auto plan = plan_of(queue, geometry)) return winograd_forward(queue, y, x, w, *plan, epilogue);
    HWY_DYNAMIC_DISPATCH(forward_product)(queue, y, x, w, geometry, epilogue);
}

void conv_input_gradient(CpuQueue& queue, Real* dx, const Real* dy, const Real* w, const ConvGeometry& geometry,
                         const Epilogue<Real>& epilogue) {
    if (const auto plan = plan_of(queue, geometry)) return winograd_input_gradient(queue, dx, dy, w, *plan, epilogue);
    HWY_DYNAMIC_DISPATCH(input_gradient_product)(queue, dx, dy, w, geometry, epilogue);
}

void conv_weight_gradient(CpuQueue& queue, Real* dw, const Real* x, const Real* dy, const ConvGeometry& geometry,
                          bool accumulate) {
    if (geometry.weight_count() == 0) return;
    if (const auto plan = plan_of(queue, geometry))
        return winograd_weight_gradient(queue, dw, x, dy, *plan, accumulate);
    HWY_DYNAMIC_DISPATCH(weight_gradient_product)(queue, dw, x, dy, geometry, accumulate);
}

}  // namespace sinter::kernels
#endif
