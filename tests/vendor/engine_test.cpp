// How the vendor engine is loaded, chosen, captured, and how it fails.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "kernels/batch_norm.h"
#include "kernels/conv.h"
#include "kernels/cuda/runtime/device.cuh"
#include "kernels/gemm.h"
#include "kernels/vendor/engine.h"
#include "kernels/vendor/library.h"
#include "tests/common/temporary_folder.h"
#include "tests/emu/device.h"
#include "tests/vendor/engine_fixture.h"

namespace sinter::kernels {
namespace {

using Array = DeviceArray<float>;

/// count numbers in [-1, 1) that no tensor core can hold.
std::vector<float> numbers(Index count, unsigned seed) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
        seed = seed * 1664525u + 1013904223u;
        value = static_cast<float>(seed >> 8) * 0x1p-23f - 1.0f;
    }
    return values;
}

bool contains(const std::string& sentence, const std::string& part) { return sentence.find(part) != std::string::npos; }

TEST(VendorLibrary, AMissingOneIsNamedWithThePlacesThatWereSearched) {
    const TemporaryFolder empty;
    setenv("SINTER_VENDOR_PATH", ("/nowhere:" + empty.path().string()).c_str(), 1);
    const std::string sentence = sentence_of([] { const Library library("libcudnn.so.9"); });
    EXPECT_TRUE(contains(sentence, "libcudnn.so.9")) << sentence;
    EXPECT_TRUE(contains(sentence, "/nowhere, " + empty.path().string())) << sentence;
    EXPECT_TRUE(contains(sentence, "SINTER_VENDOR_PATH")) << sentence;
}

TEST(VendorLibrary, ABrokenFileIsToldWithTheReason) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "libcudnn.so.9") << "not a library";
    setenv("SINTER_VENDOR_PATH", folder.path().c_str(), 1);
    const std::string sentence = sentence_of([] { const Library library("libcudnn.so.9"); });
    EXPECT_TRUE(contains(sentence, "file too short") || contains(sentence, "invalid ELF header")) << sentence;
}

TEST(VendorLibrary, AMissingFunctionIsNamed) {
    setenv("SINTER_VENDOR_PATH", SINTER_STAND_INS, 1);
    const Library library("libcudnn.so.9");
    void (*function)() = nullptr;
    const std::string sentence = sentence_of([&] { library.find(function, "cudnnFold"); });
    EXPECT_TRUE(contains(sentence, "libcudnn.so.9 has no function cudnnFold")) << sentence;
}

TEST(VendorLibraryDeathTest, AQueueStaysWithItsOwnKernelsWhereTheLibrariesAreMissing) {
    // In a process of its own, in which nothing is loaded yet.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            setenv("SINTER_VENDOR_PATH", "/nowhere", 1);
            CudaQueue queue;
            const std::string sentence = sentence_of([&] { queue.set_engine(Engine::vendor); });
            std::fputs(sentence.c_str(), stderr);
            std::exit(queue.engine() == Engine::own && !queue.vendor() ? 0 : 1);
        },
        ::testing::ExitedWithCode(0), "libcublasLt.so.* could not be loaded from /nowhere");
}

/// A product of 5x6 and 6x7, a convolution of 2x6x6x4 to 3x3x8, a batch normalisation of its result.
struct Layers {
    static constexpr GemmShape kProduct{5, 7, 6};
    static constexpr ConvGeometry kConvolution = conv_geometry({2, 6, 6, 4}, {4, 4, 8}, {2, {1, 1}, {1, 1}});
    static constexpr MatrixShape kBatch{18, 8};

    explicit Layers(CudaQueue& of_queue)
        : queue(of_queue),
          a(queue, numbers(30, 1)),
          b(queue, numbers(42, 2)),
          c(queue, numbers(35, 3)),
          bias(queue, numbers(8, 4)),
          x(queue, numbers(kConvolution.input_count(), 5)),
          w(queue, numbers(kConvolution.weight_count(), 6)),
          y(queue, numbers(kConvolution.output_count(), 7)),
          dw(queue, numbers(kConvolution.weight_count(), 8)),
          dx(queue, numbers(kConvolution.input_count(), 9)),
          gamma(queue, numbers(8, 10)),
          rows(queue, std::vector<float>(32)),
          z(queue, std::vector<float>(144)) {}

    void multiply() { gemm(queue, c.data(), a.data(), b.data(), kProduct, {bias.data(), {ActivationKind::tanh}}); }
    void convolve() {
        conv_forward(queue, y.data(), x.data(), w.data(), kConvolution,
                     {bias.data(), {ActivationKind::leaky_relu, 0.3f}});
    }
    void differentiate() {
        conv_weight_gradient(queue, dw.data(), x.data(), y.data(), kConvolution, true);
        conv_input_gradient(queue, dx.data(), y.data(), w.data(), kConvolution, {});
    }
    void normalise() {
        float* const row = rows.data();
        batch_norm_forward(queue, z.data(), row, row + 8, row + 16, row + 24, y.data(), gamma.data(), bias.data(),
                           kBatch, {});
    }
    void all() {
        multiply();
        convolve();
        differentiate();
        normalise();
    }
    std::vector<std::vector<float>> results() const {
        return {c.values(), y.values(), dw.values(), dx.values(), rows.values(), z.values()};
    }

    CudaQueue& queue;
    Array a, b, c, bias, x, w, y, dw, dx, gamma, rows, z;
};

TEST_F(VendorEngine, CapturedCallsGiveTheBitsOfPlainOnes) {
    Layers plain(queue), captured(queue);
    plain.all();
    const long heuristics = cublaslt->heuristics + cudnn->heuristics;
    EXPECT_EQ(heuristics, 4) << "one for each shape and pass";

    cudaGraph_t graph = nullptr;
    cudaGraphExec_t step = nullptr;
    ASSERT_EQ(cudaStreamBeginCapture(queue.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    captured.all();
    ASSERT_EQ(cudaStreamEndCapture(queue.stream(), &graph), cudaSuccess);
    EXPECT_EQ(cublaslt->heuristics + cudnn->heuristics, heuristics) << "shapes that are known are not asked for again";
    ASSERT_EQ(cudaGraphInstantiate(&step, graph, 0), cudaSuccess);
    for (int repeat = 0; repeat < 2; ++repeat) {
        ASSERT_EQ(cudaGraphLaunch(step, queue.stream()), cudaSuccess);
        EXPECT_EQ(captured.results(), plain.results());
        plain.all();
    }
    cudaGraphExecDestroy(step);
    cudaGraphDestroy(graph);
}

TEST_F(VendorEngine, EveryCallHasItsOwnBias) {
    Layers layers(queue);
    const Array zeros(queue, std::vector<float>(7)), ones(queue, std::vector<float>(7, 1.0f));
    const auto product = [&](const Array& bias) {
        gemm(queue, layers.c.data(), layers.a.data(), layers.b.data(), Layers::kProduct, {bias.data(), {}});
        return layers.c.values();
    };
    const std::vector<float> without = product(zeros), with = product(ones);
    for (std::size_t i = 0; i < with.size(); ++i) EXPECT_EQ(with[i], without[i] + 1);
    EXPECT_EQ(cublaslt->heuristics, 1);
}

TEST_F(VendorEngine, ItCanBeLeftAndTakenUpAgainAndMovesWithItsQueue) {
    Layers layers(queue);
    layers.multiply();
    EXPECT_EQ(cublaslt->calls, 1);
    queue.set_engine(Engine::own);
    layers.all();
    EXPECT_EQ(cublaslt->calls + cudnn->calls, 1);
    queue.set_engine(Engine::vendor);
    EXPECT_EQ(queue.vendor()->calls_done, 1);
    layers.multiply();
    EXPECT_EQ(cublaslt->calls, 2);
    EXPECT_EQ(cublaslt->heuristics, 1);

    CudaQueue moved = std::move(queue);
    EXPECT_EQ(moved.engine(), Engine::vendor);
    EXPECT_NE(moved.vendor(), nullptr);
    queue = std::move(moved);
    layers.multiply();
    EXPECT_EQ(cublaslt->calls, 3);
}

TEST_F(VendorEngine, WhereNoAlgorithmFitsSinterComputes) {
    Layers by_vendor(queue), own(queue);
    by_vendor.all();
    const long calls = cublaslt->calls + cudnn->calls;
    CudaQueue other;
    other.set_engine(Engine::vendor);
    cublaslt->no_algorithm = cudnn->no_algorithm = true;
    Layers left(other);
    left.multiply();
    left.convolve();
    left.differentiate();
    EXPECT_EQ(cublaslt->calls + cudnn->calls, calls);
    EXPECT_EQ(other.vendor()->calls_done, 0);
    const auto expected = by_vendor.results(), results = left.results();
    for (std::size_t array = 0; array < 4; ++array) {
        for (std::size_t i = 0; i < results[array].size(); ++i) {
            ASSERT_NEAR(results[array][i], expected[array][i], 1e-4) << array << ' ' << i;
        }
    }
}

TEST_F(VendorEngine, AFailureIsASentence) {
    Layers layers(queue);
    cublaslt->fail_next = true;
    EXPECT_EQ(sentence_of([&] { layers.multiply(); }),
              "[vendor] multiplying matrices of 5x6 and 6x7 with cuBLASLt: the function failed to launch on the GPU "
              "(status 13)");
    const auto told = [&](const auto& call) {
        cudnn->fail_next = true;
        return sentence_of(call);
    };
    const std::string status = " with cuDNN: CUDNN_STATUS_EXECUTION_FAILED (the stand-in was told to)";
    const std::string images = "images of 2x6x6x4 to 3x3x8";
    EXPECT_EQ(told([&] { layers.convolve(); }), "[vendor] convolving " + images + status);
    EXPECT_EQ(told([&] { layers.differentiate(); }), "[vendor] taking the weight gradient of " + images + status);
    EXPECT_EQ(told([&] { layers.normalise(); }), "[vendor] normalising a batch of 18x8" + status);
    EXPECT_EQ(sentence_of([&] { layers.all(); }), "") << "the next call is another one";
}

/// A number as an operand keeps it.
float rounded(float value, Precision precision) {
    if (precision == Precision::tf32) return stand_in::as_tf32(value);
    if (precision == Precision::bf16) return stand_in::as_bf16(value);
    return value;
}

TEST_F(VendorEngine, ProductsRoundTheirOperandsAsThePrecisionSays) {
    const auto [m, n, k, transpose_a, transpose_b] = Layers::kProduct;
    const std::vector<float> a = numbers(m * k, 1), b = numbers(k * n, 2);
    for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16}) {
        queue.set_precision(precision);
        Layers layers(queue);
        gemm(queue, layers.c.data(), layers.a.data(), layers.b.data(), Layers::kProduct, {});
        const std::vector<float> c = layers.c.values();
        for (Index i = 0; i < m * n; ++i) {
            float sum = 0;
            for (Index p = 0; p < k; ++p) {
                sum += rounded(a[static_cast<std::size_t>(i / n * k + p)], precision) *
                       rounded(b[static_cast<std::size_t>(p * n + i % n)], precision);
            }
            ASSERT_EQ(c[static_cast<std::size_t>(i)], sum) << static_cast<int>(precision) << ' ' << i;
        }
    }
}

TEST_F(VendorEngine, ConvolutionsUseTensorCoresUnlessExact) {
    // A kernel of one pixel on images of one pixel: a product of 5x8 and 8x4.
    constexpr ConvGeometry g = conv_geometry({5, 1, 1, 8}, {1, 1, 4});
    const std::vector<float> x = numbers(40, 1), w = numbers(32, 2);
    const Array x_array(queue, x), w_array(queue, w), y_array(queue, std::vector<float>(20));
    for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16}) {
        const Precision meant = precision == Precision::fp32 ? Precision::fp32 : Precision::tf32;
        queue.set_precision(precision);
        conv_forward(queue, y_array.data(), x_array.data(), w_array.data(), g, {});
        const std::vector<float> y = y_array.values();
        for (std::size_t i = 0; i < 20; ++i) {
            float sum = 0;
            for (std::size_t c = 0; c < 8; ++c)
                sum += rounded(x[i / 4 * 8 + c], meant) * rounded(w[c * 4 + i % 4], meant);
            ASSERT_EQ(y[i], sum) << static_cast<int>(precision) << ' ' << i;
        }
    }
    EXPECT_EQ(cudnn->heuristics, 2) << "bf16 shares the plan of TF32";
}

/// The numbers as a library holds them in native form: bf16, two in the place of one float, or as they are.
std::vector<float> in_native_form(const std::vector<float>& values, bool is_bf16) {
    std::vector<float> memory(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) stand_in::set_number(memory.data(), i, is_bf16, values[i]);
    return memory;
}

std::vector<float> from_native_form(const std::vector<float>& memory, bool is_bf16) {
    std::vector<float> values(memory.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = stand_in::number(memory.data(), i, is_bf16);
    return values;
}

/// [rows, columns] as [columns, rows].
std::vector<float> turned(const std::vector<float>& values, std::size_t columns) {
    const std::size_t rows = values.size() / columns;
    std::vector<float> result(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) result[i % columns * rows + i / columns] = values[i];
    return result;
}

/// Small integers, which sums of products keep exact in bf16 too.
std::vector<float> small_integers(Index count, unsigned seed) {
    std::vector<float> values = numbers(count, seed);
    for (float& value : values) value = std::round(value * 1.5f);
    return values;
}

/// What a call computes and how many nodes it puts into a graph.
template <class Call>
std::size_t nodes_of(CudaQueue& queue, const Call& call) {
    call();  // plans
    cudaGraph_t graph = nullptr;
    std::size_t nodes = 0;
    EXPECT_EQ(cudaStreamBeginCapture(queue.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    call();
    EXPECT_EQ(cudaStreamEndCapture(queue.stream(), &graph), cudaSuccess);
    EXPECT_EQ(cudaGraphGetNodes(graph, nullptr, &nodes), cudaSuccess);
    cudaGraphDestroy(graph);
    return nodes;
}

TEST_F(VendorEngine, NativeConvolutionsAreTheLibraryAlone) {
    constexpr ConvGeometry g = conv_geometry({2, 5, 5, 3}, {3, 3, 4}, {2, {1, 1}, {1, 1}});
    const std::vector<float> x = small_integers(g.input_count(), 1), w = small_integers(g.weight_count(), 2),
                             dy = small_integers(g.output_count(), 3);
    const auto results = [&](bool is_native, bool is_bf16) {
        const auto array = [&](const std::vector<float>& values) {
            return Array(queue, is_native ? in_native_form(values, is_bf16) : values);
        };
        const Array y(queue, std::vector<float>(dy.size())), dx(queue, std::vector<float>(x.size())),
            dw(queue, std::vector<float>(w.size()));
        const Array x_array = array(x), dy_array = array(dy), w_array = array(is_native ? turned(w, 4) : w);
        const auto forward = [&] { conv_forward(queue, y.data(), x_array.data(), w_array.data(), g, {}); };
        const auto input = [&] { conv_input_gradient(queue, dx.data(), dy_array.data(), w_array.data(), g, {}); };
        const auto weight = [&] { conv_weight_gradient(queue, dw.data(), x_array.data(), dy_array.data(), g, false); };
        const std::size_t each = is_native ? 1 : 2;
        EXPECT_EQ(nodes_of(queue, forward), each);
        EXPECT_EQ(nodes_of(queue, input), each);
        EXPECT_EQ(nodes_of(queue, weight), each);
        const auto values = [&](const Array& of) {
            return is_native ? from_native_form(of.values(), is_bf16) : of.values();
        };
        return std::vector{values(y), values(dx), is_native ? turned(values(dw), 27) : values(dw)};
    };
    const auto expected = results(false, false);
    for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16}) {
        queue.set_precision(precision);
        queue.vendor()->form = VendorForm::native;
        EXPECT_EQ(results(true, precision == Precision::bf16), expected) << static_cast<int>(precision);
    }
}

TEST_F(VendorEngine, InBf16ANativeConvolutionLeavesItsEpilogueToNobody) {
    constexpr ConvGeometry g = conv_geometry({5, 1, 1, 8}, {1, 1, 4});
    const Array x(queue, std::vector<float>(40)), w(queue, std::vector<float>(32)), y(queue, std::vector<float>(20));
    queue.set_precision(Precision::bf16);
    queue.vendor()->form = VendorForm::native;
    conv_forward(queue, y.data(), x.data(), w.data(), g, {nullptr, {ActivationKind::relu}});
    EXPECT_EQ(queue.vendor()->calls_done, 0) << "passes over float32 would read bf16";
}

TEST_F(VendorEngine, NativeBf16OperandsOfProductsAreReadAsTheyLie) {
    const auto [m, n, k, transpose_a, transpose_b] = Layers::kProduct;
    const std::vector<float> a = numbers(m * k, 1), b = numbers(k * n, 2);
    queue.set_precision(Precision::bf16);
    const Array a_array(queue, a), b_array(queue, b), a_native(queue, in_native_form(a, true)),
        b_native(queue, in_native_form(b, true)), c(queue, std::vector<float>(35)), native(queue, c.values());
    EXPECT_EQ(nodes_of(queue, [&] { gemm(queue, c.data(), a_array.data(), b_array.data(), Layers::kProduct, {}); }), 3)
        << "two are rounded first";
    queue.vendor()->form = VendorForm::native;
    EXPECT_EQ(
        nodes_of(queue, [&] { gemm(queue, native.data(), a_native.data(), b_native.data(), Layers::kProduct, {}); }),
        1);
    EXPECT_EQ(native.values(), c.values());
}

}  // namespace
}  // namespace sinter::kernels
