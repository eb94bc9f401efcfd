#include "apps/kernel_bench/onednn.h"

#ifdef SINTER_ONEDNN
#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <type_traits>

#include "apps/kernel_bench/library.h"
#include "apps/roofs/timing.h"
#include "core/error.h"

#define SINTER_TEXT(x) #x
#define SINTER_EXPAND(x) SINTER_TEXT(x)

// The functions of the C interface, which dlsym can find, that are used here: version 3 made memory descriptors opaque
// and merged an operation's descriptor with its primitive's.
#if DNNL_VERSION_MAJOR == 2
#define SINTER_ONEDNN_VERSIONED(X)                 \
    X(dnnl_memory_desc_init_by_tag)                \
    X(dnnl_convolution_forward_desc_init)          \
    X(dnnl_convolution_backward_data_desc_init)    \
    X(dnnl_convolution_backward_weights_desc_init) \
    X(dnnl_primitive_desc_create)
#else
#define SINTER_ONEDNN_VERSIONED(X)                          \
    X(dnnl_memory_desc_create_with_tag)                     \
    X(dnnl_memory_desc_destroy)                             \
    X(dnnl_convolution_forward_primitive_desc_create)       \
    X(dnnl_convolution_backward_data_primitive_desc_create) \
    X(dnnl_convolution_backward_weights_primitive_desc_create)
#endif
#define SINTER_ONEDNN_FUNCTIONS(X)        \
    SINTER_ONEDNN_VERSIONED(X)            \
    X(dnnl_version)                       \
    X(dnnl_engine_create)                 \
    X(dnnl_engine_destroy)                \
    X(dnnl_stream_create)                 \
    X(dnnl_stream_destroy)                \
    X(dnnl_stream_wait)                   \
    X(dnnl_memory_create)                 \
    X(dnnl_memory_destroy)                \
    X(dnnl_primitive_desc_query_md)       \
    X(dnnl_primitive_desc_destroy)        \
    X(dnnl_reorder_primitive_desc_create) \
    X(dnnl_primitive_create)              \
    X(dnnl_primitive_destroy)             \
    X(dnnl_primitive_execute)

namespace sinter::bench {
namespace {

using kernels::ConvCall;
using kernels::ConvGeometry;
using kernels::ConvPass;

void check(dnnl_status_t status, const char* what) {
    if (status == dnnl_success) return;
    throw Error(
        fmt::format("oneDNN could not {} (status {}); --no-peer leaves it out.", what, static_cast<int>(status)));
}

// What its functions take as a memory descriptor, and an owner of one.
#if DNNL_VERSION_MAJOR == 2
using Layout = const dnnl_memory_desc_t*;
#else
using Layout = const_dnnl_memory_desc_t;
#endif
using LayoutOwner = std::shared_ptr<std::remove_pointer_t<Layout>>;
using Memory = std::shared_ptr<dnnl_memory>;
using Primitive = std::shared_ptr<dnnl_primitive>;
using PrimitiveDescriptor = std::shared_ptr<dnnl_primitive_desc>;

}  // namespace

/// The loaded functions, an engine and a stream.
struct OneDnn::Library {
#define SINTER_ONEDNN_MEMBER(function) decltype(&::function) function = nullptr;
    SINTER_ONEDNN_FUNCTIONS(SINTER_ONEDNN_MEMBER)
#undef SINTER_ONEDNN_MEMBER
    dnnl_engine_t engine = nullptr;
    dnnl_stream_t stream = nullptr;

    Library() = default;
    ~Library() {
        if (stream) dnnl_stream_destroy(stream);
        if (engine) dnnl_engine_destroy(engine);
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    /// Whether all functions are there.
    bool load(void* library) {
        bool complete = true;
#define SINTER_ONEDNN_LOAD(function)                              \
    function = symbol<decltype(&::function)>(library, #function); \
    complete = complete && function != nullptr;
        SINTER_ONEDNN_FUNCTIONS(SINTER_ONEDNN_LOAD)
#undef SINTER_ONEDNN_LOAD
        return complete;
    }

    LayoutOwner layout(const dnnl_dims_t dims, dnnl_format_tag_t tag) const {
#if DNNL_VERSION_MAJOR == 2
        const auto descriptor = std::make_shared<dnnl_memory_desc_t>();
        check(dnnl_memory_desc_init_by_tag(descriptor.get(), 4, dims, dnnl_f32, tag), "describe memory");
        return descriptor;
#else
        dnnl_memory_desc_t descriptor = nullptr;
        check(dnnl_memory_desc_create_with_tag(&descriptor, 4, dims, dnnl_f32, tag), "describe memory");
        return LayoutOwner(descriptor, dnnl_memory_desc_destroy);
#endif
    }

    /// Memory of its own, or `data` where that is not null.
    Memory memory(Layout layout, const float* data = nullptr) const {
        dnnl_memory_t memory = nullptr;
        void* handle = data ? const_cast<float*>(data) : DNNL_MEMORY_ALLOCATE;
        check(dnnl_memory_create(&memory, layout, engine, handle), "allocate memory");
        return Memory(memory, dnnl_memory_destroy);
    }

    PrimitiveDescriptor own(dnnl_primitive_desc_t descriptor) const {
        return PrimitiveDescriptor(descriptor, dnnl_primitive_desc_destroy);
    }

    Primitive primitive(const PrimitiveDescriptor& descriptor) const {
        dnnl_primitive_t primitive = nullptr;
        check(dnnl_primitive_create(&primitive, descriptor.get()), "create a primitive");
        return Primitive(primitive, dnnl_primitive_destroy);
    }

    void execute(const Primitive& primitive, std::initializer_list<dnnl_exec_arg_t> arguments) const {
        check(dnnl_primitive_execute(primitive.get(), stream, static_cast<int>(arguments.size()), arguments.begin()),
              "run a primitive");
        check(dnnl_stream_wait(stream), "finish a primitive");
    }

    /// Copies from one layout to another.
    void reorder(const Memory& to, Layout to_layout, const Memory& from, Layout from_layout) const {
        dnnl_primitive_desc_t descriptor = nullptr;
        check(dnnl_reorder_primitive_desc_create(&descriptor, from_layout, engine, to_layout, engine, nullptr),
              "describe a change of layout");
        execute(primitive(own(descriptor)), {{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}});
    }

    PrimitiveDescriptor describe(const ConvCall& call, Layout x, Layout w, Layout y) const;
    Convolution prepare(const ConvCall& call, const float* a, const float* b, dnnl_format_tag_t images) const;
};

namespace {

struct Dims {
    dnnl_dims_t x, w, y;
};

/// In oneDNN's logical order, whatever the layout: images NCHW, weights OIHW.
Dims dims(const ConvGeometry& g) {
    return {{g.batch, g.in_channels, g.height, g.width},
            {g.out_channels, g.in_channels, g.kernel_height, g.kernel_width},
            {g.batch, g.out_channels, g.out_height, g.out_width}};
}

}  // namespace

PrimitiveDescriptor OneDnn::Library::describe(const ConvCall& call, Layout x, Layout w, Layout y) const {
    const ConvGeometry& g = call.geometry;
    const dnnl_dims_t strides = {g.stride, g.stride}, before = {g.pad_top, g.pad_left};
    const dnnl_dims_t after = {(g.out_height - 1) * g.stride + g.kernel_height - g.height - g.pad_top,
                               (g.out_width - 1) * g.stride + g.kernel_width - g.width - g.pad_left};
    constexpr auto kAnyAlgorithm = dnnl_convolution_auto;
    constexpr const char* kWhat = "describe a convolution";
    dnnl_primitive_desc_t descriptor = nullptr;
#if DNNL_VERSION_MAJOR == 2
    const auto create = [&](const dnnl_convolution_desc_t& operation, dnnl_primitive_desc_t hint) {
        check(dnnl_primitive_desc_create(&descriptor, &operation, nullptr, engine, hint), kWhat);
        return own(descriptor);
    };
    dnnl_convolution_desc_t operation;
    check(dnnl_convolution_forward_desc_init(&operation, dnnl_forward_training, kAnyAlgorithm, x, w, nullptr, y,
                                             strides, before, after),
          kWhat);
    const PrimitiveDescriptor forward = create(operation, nullptr);
    if (call.pass == ConvPass::forward) return forward;
    if (call.pass == ConvPass::input_gradient)
        check(dnnl_convolution_backward_data_desc_init(&operation, kAnyAlgorithm, x, w, y, strides, before, after),
              kWhat);
    else
        check(dnnl_convolution_backward_weights_desc_init(&operation, kAnyAlgorithm, x, w, nullptr, y, strides, before,
                                                          after),
              kWhat);
    return create(operation, forward.get());
#else
    const dnnl_dims_t dilates = {0, 0};
    check(dnnl_convolution_forward_primitive_desc_create(&descriptor, engine, dnnl_forward_training, kAnyAlgorithm, x,
                                                         w, nullptr, y, strides, dilates, before, after, nullptr),
          kWhat);
    const PrimitiveDescriptor forward = own(descriptor);
    if (call.pass == ConvPass::forward) return forward;
    if (call.pass == ConvPass::input_gradient)
        check(dnnl_convolution_backward_data_primitive_desc_create(&descriptor, engine, kAnyAlgorithm, x, w, y, strides,
                                                                   dilates, before, after, forward.get(), nullptr),
              kWhat);
    else
        check(dnnl_convolution_backward_weights_primitive_desc_create(&descriptor, engine, kAnyAlgorithm, x, w, nullptr,
                                                                      y, strides, dilates, before, after, forward.get(),
                                                                      nullptr),
              kWhat);
    return own(descriptor);
#endif
}

OneDnn::Convolution OneDnn::Library::prepare(const ConvCall& call, const float* a, const float* b,
                                             dnnl_format_tag_t images) const {
    const Dims size = dims(call.geometry);
    const PrimitiveDescriptor descriptor = describe(
        call, layout(size.x, images).get(), layout(size.w, dnnl_format_tag_any).get(), layout(size.y, images).get());

    struct Operand {
        int argument;
        dnnl_query_t query;
        LayoutOwner ours;
    };
    const LayoutOwner x = layout(size.x, dnnl_nhwc), w = layout(size.w, dnnl_hwio), y = layout(size.y, dnnl_nhwc);
    // The result and the two operands, in the order of kernels/conv.h.
    std::array<Operand, 3> operands;
    if (call.pass == ConvPass::forward)
        operands = {{{DNNL_ARG_DST, dnnl_query_dst_md, y},
                     {DNNL_ARG_SRC, dnnl_query_src_md, x},
                     {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, w}}};
    else if (call.pass == ConvPass::input_gradient)
        operands = {{{DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, x},
                     {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, y},
                     {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, w}}};
    else
        operands = {{{DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md, w},
                     {DNNL_ARG_SRC, dnnl_query_src_md, x},
                     {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, y}}};

    const auto theirs = [&](const Operand& operand) {
        return dnnl_primitive_desc_query_md(descriptor.get(), operand.query, 0);
    };
    std::array<Memory, 3> memories;
    for (std::size_t i = 0; i < 3; ++i) memories[i] = memory(theirs(operands[i]));
    for (std::size_t i = 1; i < 3; ++i)
        reorder(memories[i], theirs(operands[i]), memory(operands[i].ours.get(), i == 1 ? a : b),
                operands[i].ours.get());

    const auto run = [this, work = primitive(descriptor), operands, memories] {
        execute(work, {{operands[0].argument, memories[0].get()},
                       {operands[1].argument, memories[1].get()},
                       {operands[2].argument, memories[2].get()}});
    };
    const ConvGeometry& g = call.geometry;
    const auto count = static_cast<std::size_t>(call.pass == ConvPass::forward          ? g.output_count()
                                                : call.pass == ConvPass::input_gradient ? g.input_count()
                                                                                        : g.weight_count());
    const auto result = [this, descriptor, operand = operands[0], from = memories[0], count] {
        std::vector<float> values(count);
        reorder(memory(operand.ours.get(), values.data()), operand.ours.get(), from,
                dnnl_primitive_desc_query_md(descriptor.get(), operand.query, 0));
        return values;
    };
    return {run, result};
}

std::optional<OneDnn> OneDnn::find(int threads) {
    constexpr int kKeepUsersChoice = 0;
    setenv("GOMP_SPINCOUNT", "1000", kKeepUsersChoice);  // tens of microseconds instead of milliseconds
    void* file = open_library({"libdnnl.so." SINTER_EXPAND(DNNL_VERSION_MAJOR), "libdnnl.so"});
    if (!file) return std::nullopt;
    const auto library = std::make_shared<Library>();
    const auto set_threads = symbol<void (*)(int)>(file, "omp_set_num_threads");
    // Threads of another kind than OpenMP's could not be made as many as ours.
    if (!library->load(file) || !set_threads) return std::nullopt;
    const dnnl_version_t& version = *library->dnnl_version();
    if (version.major != DNNL_VERSION_MAJOR) return std::nullopt;
    set_threads(thread_count(threads));
    check(library->dnnl_engine_create(&library->engine, dnnl_cpu, 0), "start");
    check(library->dnnl_stream_create(&library->stream, library->engine, dnnl_stream_default_flags), "start");
    return OneDnn(library, fmt::format("oneDNN {}.{}.{}", version.major, version.minor, version.patch));
}

const char* OneDnn::absence() { return "oneDNN " SINTER_EXPAND(DNNL_VERSION_MAJOR) " with OpenMP is not installed"; }

OneDnn::Convolution OneDnn::convolution(const ConvCall& call, const float* a, const float* b) const {
    std::array<Convolution, 2> candidates = {library_->prepare(call, a, b, dnnl_format_tag_any),
                                             library_->prepare(call, a, b, dnnl_nhwc)};
    const std::array<std::function<void()>, 2> calls = {candidates[0].run, candidates[1].run};
    const std::vector<Timing> timings = time_calls(calls, {.min_seconds = 0, .min_samples = 3});
    return std::move(candidates[timings[0].seconds <= timings[1].seconds ? 0 : 1]);
}

}  // namespace sinter::bench

#else

namespace sinter::bench {

struct OneDnn::Library {};

std::optional<OneDnn> OneDnn::find(int) { return std::nullopt; }

const char* OneDnn::absence() { return "oneDNN's headers were not found at build time (libdnnl-dev)"; }

OneDnn::Convolution OneDnn::convolution(const kernels::ConvCall&, const float*, const float*) const { return {}; }

}  // namespace sinter::bench
#endif
