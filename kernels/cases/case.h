// One description of a kernel call that serves as its test on every backend, its thread and guard checks, and its
// benchmark. A family's cases stand in kernels/cases/<family>.cpp; tests/kernels and apps/kernel_bench run them all.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract.h"
#include "kernels/gemm.h"
#include "kernels/geometry.h"

namespace sinter::kernels {

enum class ElementType { real, real64, byte, int32, int64, uint64 };
enum class Role { input, output, inout };

/// How an input (or the old content of an inout) is filled, from a fixed seed; reals are rounded to float first, so
/// every backend sees equal numbers. Outputs are filled with NaN (reals) or 0xA5 bytes before the call.
struct Fill {
    enum Kind { uniform, normal, integers, constant, permutation, nonfinite } kind = uniform;
    double low = -1;  ///< uniform, integers: smallest; normal: mean; constant: the value; nonfinite: where NaN stands
    double high = 1;  ///< uniform: largest; normal: standard deviation; integers: one past the largest;
                      ///< nonfinite: where -infinity stands in an otherwise uniform buffer in [-1, 1)
};

/// |result - reference| <= absolute + relative * |reference|, for every output element.
struct Tolerance {
    double absolute = 0;
    double relative = 0;
    std::string reason;  ///< where the bound comes from, printed when it is broken
};

/// One buffer of a call.
struct Argument {
    std::string name;
    Role role;
    ElementType type;
    Index count;
    Fill fill;
    std::optional<Tolerance> tolerance;  ///< of this output where it differs from the case's
};

/// The buffers of one call, in the order in which the case declared them.
template <class Real>
struct Buffers {
    std::vector<void*> data;

    Real* real(int i) const { return static_cast<Real*>(data[static_cast<std::size_t>(i)]); }
    double* real64(int i) const { return static_cast<double*>(data[static_cast<std::size_t>(i)]); }
    std::uint8_t* bytes(int i) const { return static_cast<std::uint8_t*>(data[static_cast<std::size_t>(i)]); }
    std::int32_t* int32(int i) const { return static_cast<std::int32_t*>(data[static_cast<std::size_t>(i)]); }
    std::int64_t* int64(int i) const { return static_cast<std::int64_t*>(data[static_cast<std::size_t>(i)]); }
    std::uint64_t* uint64(int i) const { return static_cast<std::uint64_t*>(data[static_cast<std::size_t>(i)]); }
};

/// One of the three kernels of a convolution.
enum class ConvPass { forward, input_gradient, weight_gradient };

/// A call of one of these kernels, without an epilogue.
struct ConvCall {
    ConvPass pass;
    ConvGeometry geometry;
};

/// A kernel call at one size. Built with the chained setters:
///
///     KernelCase("elementwise", "add", "n=1000")
///         .output("y", n).input("a", n).input("b", n)
///         .moves(3 * 4 * n).computes(n)
///         .within(0, 1e-7, "one rounding")
///         .runs([=](auto& queue, auto b) { add(queue, b.real(0), b.real(1), b.real(2), n); });
class KernelCase {
public:
    KernelCase(std::string family_name, std::string kernel_name, std::string size_text)
        : family(std::move(family_name)), kernel(std::move(kernel_name)), size(std::move(size_text)) {}

    KernelCase& output(std::string name, Index count, ElementType type = ElementType::real) {
        arguments.push_back({std::move(name), Role::output, type, count, {}, {}});
        return *this;
    }
    KernelCase& input(std::string name, Index count, Fill fill = {}, ElementType type = ElementType::real) {
        arguments.push_back({std::move(name), Role::input, type, count, fill, {}});
        return *this;
    }
    KernelCase& inout(std::string name, Index count, Fill fill = {}, ElementType type = ElementType::real) {
        arguments.push_back({std::move(name), Role::inout, type, count, fill, {}});
        return *this;
    }
    /// Gives the argument declared last a bound of its own.
    KernelCase& bounded(Tolerance bound) {
        arguments.back().tolerance = std::move(bound);
        return *this;
    }
    /// Bytes that any implementation must read and write.
    KernelCase& moves(double count) {
        bytes = count;
        return *this;
    }
    /// Floating-point operations; a multiply-add counts as two. Set for compute-bound kernels only.
    KernelCase& computes(double count) {
        flops = count;
        return *this;
    }
    /// Says that the call is a matrix product C = op(A) op(B) of this shape, with C, A and B the arguments 0, 1 and 2,
    /// so that the benchmark can time a BLAS on the same matrices. The BLAS leaves out whatever epilogue the case has.
    KernelCase& multiplies(const GemmShape& shape) {
        gemm_shape = shape;
        return *this;
    }
    /// Says that the call is this pass of a convolution and nothing more (no epilogue, nothing accumulated), with the
    /// arguments 0, 1 and 2 as in kernels/conv.h, so that the benchmark can time another library on the same images.
    KernelCase& convolves(ConvPass pass, const ConvGeometry& geometry) {
        conv_call = {pass, geometry};
        return *this;
    }
    KernelCase& within(double absolute, double relative, std::string reason) {
        tolerance = {absolute, relative, std::move(reason)};
        return *this;
    }
    KernelCase& within(Tolerance bound) {
        tolerance = std::move(bound);
        return *this;
    }
    /// `call` is a generic lambda (queue, buffers): instantiated here for every backend.
    template <class Call>
    KernelCase& runs(Call call) {
#ifdef SINTER_HAS_CUDA
        run_cuda = [call](CudaQueue& queue, const Buffers<float>& buffers) { call(queue, buffers); };
#endif
        run_cpu = [call](CpuQueue& queue, const Buffers<float>& buffers) { call(queue, buffers); };
        run_reference = [call](RefQueue<double>& queue, const Buffers<double>& buffers) { call(queue, buffers); };
        return *this;
    }
    /// Keeps the case off CUDA devices, for sizes that only the CPU's blocking makes interesting. To be called after
    /// runs(), which says what a device runs.
    KernelCase& only_on_cpu() {
#ifdef SINTER_HAS_CUDA
        run_cuda = nullptr;
#endif
        return *this;
    }
    /// Says that the kernel computes exponentials, logarithms or sines. Their last bits are each machine's own, so
    /// results on a CUDA device need not have the bits of the emulated one.
    KernelCase& uses_transcendentals(bool whether = true) {
        transcendental = whether;
        return *this;
    }
    std::string name() const { return family + "/" + kernel + "/" + size; }

    std::string family, kernel, size;
    std::vector<Argument> arguments;
    double bytes = 0, flops = 0;
    bool transcendental = false;
    std::optional<GemmShape> gemm_shape;
    std::optional<ConvCall> conv_call;
    Tolerance tolerance;
    std::function<void(CpuQueue&, const Buffers<float>&)> run_cpu;
    std::function<void(RefQueue<double>&, const Buffers<double>&)> run_reference;
#ifdef SINTER_HAS_CUDA
    std::function<void(CudaQueue&, const Buffers<float>&)> run_cuda;  ///< empty where the case is not for the device
#endif
};

using CaseList = std::vector<KernelCase>;

/// Which sizes a family adds. Tests get awkward ones: 0, 1, lane-1 .. 2 lanes+1, odd ones. Benchmarks get those of the
/// models' layers (batch 128, for DCGAN 64 batch 64) and large ones.
enum class Purpose { test, benchmark };

/// The cases of all families; the list of families stands in kernels/cases/cases.cpp.
CaseList all_cases(Purpose purpose);

void add_gemm_cases(CaseList& cases, Purpose purpose);
/// Sizes with every tail and view of the tiled product. They are small enough to run on each tile and in each
/// precision.
void add_gemm_tile_cases(CaseList& cases);
void add_conv_tile_cases(CaseList& cases);

void add_dot_products_cases(CaseList& cases, Purpose purpose);
void add_activation_cases(CaseList& cases, Purpose purpose);
void add_elementwise_cases(CaseList& cases, Purpose purpose);
void add_reduce_cases(CaseList& cases, Purpose purpose);
void add_loss_cases(CaseList& cases, Purpose purpose);
void add_random_cases(CaseList& cases, Purpose purpose);
void add_vae_cases(CaseList& cases, Purpose purpose);
void add_likelihood_cases(CaseList& cases, Purpose purpose);
void add_optimizer_cases(CaseList& cases, Purpose purpose);
void add_gather_cases(CaseList& cases, Purpose purpose);
void add_conv_cases(CaseList& cases, Purpose purpose);
void add_batch_norm_cases(CaseList& cases, Purpose purpose);
void add_layer_norm_cases(CaseList& cases, Purpose purpose);
void add_pool_cases(CaseList& cases, Purpose purpose);
void add_embedding_cases(CaseList& cases, Purpose purpose);
void add_augment_cases(CaseList& cases, Purpose purpose);

}  // namespace sinter::kernels
