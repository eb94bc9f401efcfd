// sinter's weights are [height, width, in, out] (HWIO), cuDNN's channels-last filters [out, height, width, in]. As
// matrices, [taps in, out] and [out, taps in], one is the transpose of the other: a weight is turned into scratch
// memory before a call, and the gradient of a weight after it. In native form neither is.
#include "kernels/vendor/cudnn_conv.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "kernels/elementwise.h"
#include "kernels/gather.h"
#include "kernels/vendor/passes.h"

namespace sinter::kernels {
namespace {

constexpr std::size_t kWorkspaceLimit = std::size_t{256} << 20;
constexpr float kZero = 0, kOne = 1;

/// cuDNN pads as much after as before. Where sinter's outputs are those of such a padding, both mean the same sums:
/// neither looks at what the last stride leaves over.
bool is_symmetric(Index size, Index outputs, Index kernel, Index stride, Index pad) {
    return outputs == conv_output_size(size, kernel, stride, {pad, pad});
}

bool maps(const ConvGeometry& g) {
    const Index largest = std::max({g.input_count(), g.output_count(), g.weight_count()});
    return g.input_count() > 0 && g.output_count() > 0 && fits_cudnn(largest) &&
           is_symmetric(g.height, g.out_height, g.kernel_height, g.stride, g.pad_top) &&
           is_symmetric(g.width, g.out_width, g.kernel_width, g.stride, g.pad_left);
}

std::size_t weight_bytes(const ConvGeometry& g) { return static_cast<std::size_t>(g.weight_count()) * sizeof(float); }

MatrixShape weight_matrix(const ConvGeometry& g) { return {g.taps() * g.in_channels, g.out_channels}; }

/// cuDNN rounds no float32 of memory to bf16: under sinter's contract TF32, which keeps three more bits, stands in for
/// it.
Precision precision_of(const CudaQueue& queue, VendorForm form) {
    const bool stands_in = queue.precision() == Precision::bf16 && form == VendorForm::contract;
    return stands_in ? Precision::tf32 : queue.precision();
}

/// Whether the result is complete, or a pass over it in float32 may complete it.
bool can_finish(const Epilogue<float>& epilogue, Precision precision) {
    return precision != Precision::bf16 || (!epilogue.bias && epilogue.activation.kind == ActivationKind::identity);
}

std::string text(const ConvGeometry& g) {
    return "images of " + std::to_string(g.batch) + "x" + std::to_string(g.height) + "x" + std::to_string(g.width) +
           "x" + std::to_string(g.in_channels) + " to " + std::to_string(g.out_height) + "x" +
           std::to_string(g.out_width) + "x" + std::to_string(g.out_channels);
}

/// A weight as cuDNN reads it: turned in scratch memory, or the array itself in native form.
class Filter {
public:
    Filter(CudaQueue& queue, const float* w, const ConvGeometry& g, VendorForm form)
        : turned_(queue, form == VendorForm::native ? 0 : weight_bytes(g)), data_(w) {
        if (form == VendorForm::native) return;
        transpose(queue, turned_.as<float>(), w, weight_matrix(g));
        data_ = turned_.as<float>();
    }

    const float* data() const { return data_; }

private:
    CudaScratch turned_;
    const float* data_;
};

/// Whether cuDNN can read or write a weight of that form: what is turned is turned into aligned memory.
bool reaches(const float* w, VendorForm form) { return form == VendorForm::contract || in_quads(w); }

/// Whether an algorithm may be taken. It must give the same bits every time, and in exact mode it must use no tensor
/// cores. None may round operands to half precision, whose range is smaller.
template <class Candidate>
bool allowed(const Candidate& candidate, bool exact) {
    if (candidate.status != CUDNN_STATUS_SUCCESS || candidate.determinism != CUDNN_DETERMINISTIC) return false;
    if (candidate.mathType == CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION) return false;
    return !exact || candidate.mathType != CUDNN_TENSOR_OP_MATH;
}

/// Asks the heuristic `find` for algorithms, the fastest first, and takes the first one that is allowed and for which
/// `workspace_of` answers with a size within the limit.
template <class Candidate, class Find, class WorkspaceOf>
bool choose(int& algorithm, std::size_t& workspace, const ConvolutionDescriptor& convolution, bool exact,
            const Find& find, const WorkspaceOf& workspace_of) {
    Candidate candidates[16];
    int count = 0;
    const cudnnStatus_t status = find(static_cast<int>(std::size(candidates)), &count, candidates);
    if (CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED) return false;
    cudnn().check(status, "choosing an algorithm");
    for (int i = 0; i < count; ++i) {
        const Candidate& candidate = candidates[i];
        if (!allowed(candidate, exact)) continue;
        if (!exact) {
            cudnn().check(cudnn().SetConvolutionMathType(convolution, candidate.mathType), "choosing an algorithm");
        }
        if (workspace_of(candidate.algo, &workspace) != CUDNN_STATUS_SUCCESS || workspace > kWorkspaceLimit) continue;
        algorithm = candidate.algo;
        return true;
    }
    return false;
}

}  // namespace

void CudnnConvolutions::describe(Plan& plan, const ConvGeometry& g, Precision precision) {
    const cudnnDataType_t type = precision == Precision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    describe_images(plan.x, {g.batch, g.height, g.width, g.in_channels}, type);
    describe_images(plan.y, {g.batch, g.out_height, g.out_width, g.out_channels}, type);
    cudnn().check(cudnn().SetFilter4dDescriptor(plan.w, type, CUDNN_TENSOR_NHWC, static_cast<int>(g.out_channels),
                                                static_cast<int>(g.in_channels), static_cast<int>(g.kernel_height),
                                                static_cast<int>(g.kernel_width)),
                  "describing a weight");
    const auto stride = static_cast<int>(g.stride);
    cudnn().check(
        cudnn().SetConvolution2dDescriptor(plan.convolution, static_cast<int>(g.pad_top), static_cast<int>(g.pad_left),
                                           stride, stride, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
        "describing a convolution");
    // The default allows TF32.
    const cudnnMathType_t math = precision == Precision::fp32   ? CUDNN_FMA_MATH
                                 : precision == Precision::tf32 ? CUDNN_DEFAULT_MATH
                                                                : CUDNN_TENSOR_OP_MATH;
    cudnn().check(cudnn().SetConvolutionMathType(plan.convolution, math), "describing a convolution");
}

void CudnnConvolutions::choose_algorithm(Plan& plan, Pass pass, bool exact) {
    const Cudnn& library = cudnn();
    const TensorDescriptor &x = plan.x, &y = plan.y;
    const FilterDescriptor& w = plan.w;
    const ConvolutionDescriptor& convolution = plan.convolution;
    switch (pass) {
        case Pass::forward:
            plan.supported = choose<cudnnConvolutionFwdAlgoPerf_t>(
                plan.algorithm, plan.workspace, convolution, exact,
                [&](auto... results) {
                    return library.GetConvolutionForwardAlgorithm_v7(handle_, x, w, convolution, y, results...);
                },
                [&](auto algorithm, std::size_t* bytes) {
                    return library.GetConvolutionForwardWorkspaceSize(handle_, x, w, convolution, y, algorithm, bytes);
                });
            return;
        case Pass::input_gradient:
            plan.supported = choose<cudnnConvolutionBwdDataAlgoPerf_t>(
                plan.algorithm, plan.workspace, convolution, exact,
                [&](auto... results) {
                    return library.GetConvolutionBackwardDataAlgorithm_v7(handle_, w, y, convolution, x, results...);
                },
                [&](auto algorithm, std::size_t* bytes) {
                    return library.GetConvolutionBackwardDataWorkspaceSize(handle_, w, y, convolution, x, algorithm,
                                                                           bytes);
                });
            return;
        case Pass::weight_gradient:
            plan.supported = choose<cudnnConvolutionBwdFilterAlgoPerf_t>(
                plan.algorithm, plan.workspace, convolution, exact,
                [&](auto... results) {
                    return library.GetConvolutionBackwardFilterAlgorithm_v7(handle_, x, y, convolution, w, results...);
                },
                [&](auto algorithm, std::size_t* bytes) {
                    return library.GetConvolutionBackwardFilterWorkspaceSize(handle_, x, y, convolution, w, algorithm,
                                                                             bytes);
                });
            return;
    }
}

const CudnnConvolutions::Plan& CudnnConvolutions::plan_for(const Key& key) {
    if (const auto known = plans_.find(key); known != plans_.end()) return known->second;
    Plan plan;
    describe(plan, key.geometry, key.precision);
    choose_algorithm(plan, key.pass, key.precision == Precision::fp32);
    return plans_.emplace(key, std::move(plan)).first->second;
}

bool CudnnConvolutions::forward(CudaQueue& queue, float* y, const float* x, const float* w, const ConvGeometry& g,
                                const Epilogue<float>& epilogue, VendorForm form) {
    const Precision precision = precision_of(queue, form);
    if (!maps(g) || !in_quads(x) || !in_quads(y) || !reaches(w, form) || !can_finish(epilogue, precision)) return false;
    const Plan& plan = plan_for({g, Pass::forward, precision});
    if (!plan.supported) return false;
    const Filter filter(queue, w, g, form);
    const CudaScratch workspace(queue, plan.workspace);
    cudnn().check(
        cudnn().ConvolutionForward(handle_, &kOne, plan.x, x, plan.w, filter.data(), plan.convolution,
                                   static_cast<cudnnConvolutionFwdAlgo_t>(plan.algorithm), workspace.as<void>(),
                                   plan.workspace, epilogue.accumulate ? &kOne : &kZero, plan.y, y),
        [&] { return "convolving " + text(g); });
    bias_activation_forward(queue, y, epilogue.bias, {g.output_count() / g.out_channels, g.out_channels},
                            epilogue.activation);
    return true;
}

bool CudnnConvolutions::input_gradient(CudaQueue& queue, float* dx, const float* dy, const float* w,
                                       const ConvGeometry& g, const Epilogue<float>& epilogue, VendorForm form) {
    const Precision precision = precision_of(queue, form);
    if (!maps(g) || !in_quads(dx) || !in_quads(dy) || !reaches(w, form) || !can_finish(epilogue, precision))
        return false;
    const Plan& plan = plan_for({g, Pass::input_gradient, precision});
    if (!plan.supported) return false;
    const Filter filter(queue, w, g, form);
    const CudaScratch workspace(queue, plan.workspace);
    cudnn().check(cudnn().ConvolutionBackwardData(handle_, &kOne, plan.w, filter.data(), plan.y, dy, plan.convolution,
                                                  static_cast<cudnnConvolutionBwdDataAlgo_t>(plan.algorithm),
                                                  workspace.as<void>(), plan.workspace,
                                                  epilogue.accumulate ? &kOne : &kZero, plan.x, dx),
                  [&] { return "taking the input gradient of " + text(g); });
    bias_activation_forward(queue, dx, epilogue.bias, {g.input_count() / g.in_channels, g.in_channels},
                            epilogue.activation);
    return true;
}

bool CudnnConvolutions::weight_gradient(CudaQueue& queue, float* dw, const float* x, const float* dy,
                                        const ConvGeometry& g, bool accumulate, VendorForm form) {
    if (!maps(g) || !in_quads(x) || !in_quads(dy) || !reaches(dw, form)) return false;
    const Plan& plan = plan_for({g, Pass::weight_gradient, precision_of(queue, form)});
    if (!plan.supported) return false;
    const auto compute = [&](float* gradient, bool adds) {
        const CudaScratch workspace(queue, plan.workspace);
        cudnn().check(cudnn().ConvolutionBackwardFilter(handle_, &kOne, plan.x, x, plan.y, dy, plan.convolution,
                                                        static_cast<cudnnConvolutionBwdFilterAlgo_t>(plan.algorithm),
                                                        workspace.as<void>(), plan.workspace, adds ? &kOne : &kZero,
                                                        plan.w, gradient),
                      [&] { return "taking the weight gradient of " + text(g); });
    };
    if (form == VendorForm::native) {
        compute(dw, accumulate);
        return true;
    }
    const CudaScratch gradient(queue, weight_bytes(g));
    compute(gradient.as<float>(), false);
    const auto [rows, columns] = weight_matrix(g);
    if (!accumulate) {
        transpose(queue, dw, gradient.as<float>(), {columns, rows});
        return true;
    }
    const CudaScratch turned(queue, weight_bytes(g));
    transpose(queue, turned.as<float>(), gradient.as<float>(), {columns, rows});
    add(queue, dw, dw, turned.as<float>(), g.weight_count());
    return true;
}

}  // namespace sinter::kernels
