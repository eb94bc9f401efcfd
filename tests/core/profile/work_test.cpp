// What an observer is told of kernel calls: name, layer, phase, bytes and multiply-adds, forward and backward.
#include "core/profile/work.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ops/linear.h"
#include "core/ops/reduce.h"
#include "core/profile/range.h"
#include "core/tape.h"

namespace sinter {
namespace {

class Calls : public WorkObserver {
public:
    void begin_work(const Work& work) override { works.push_back(work); }
    void end_work() override { ++ended; }

    const Work* find(const std::string& phase, const std::string& kernel) const {
        for (const Work& work : works)
            if (phase == work.phase && kernel == work.kernel) return &work;
        return nullptr;
    }

    std::vector<Work> works;
    std::size_t ended = 0;
};

TEST(Work, IsToldOfEveryCallWithItsLayer) {
    const Device device = Device::cpu();
    Tensor w = Tensor::full({3, 4}, 1, device), b = Tensor::full({4}, 1, device);
    w.set_requires_grad(true);
    b.set_requires_grad(true);
    const Tensor x = Tensor::full({5, 3}, 2, device);

    Calls calls;
    phase("forward");
    const Tensor y = [&] {
        const Scope outer("encoder");
        const Scope inner("hidden");
        return linear(x, w, b);
    }();
    const Tensor loss = sum(y);
    phase("backward");
    backward(loss);
    phase(nullptr);

    const Work* const forward = calls.find("forward", "gemm");
    ASSERT_TRUE(forward);
    EXPECT_EQ(forward->part->path, "encoder.hidden");
    EXPECT_EQ(forward->multiply_adds, 5 * 3 * 4);
    EXPECT_EQ(forward->bytes, 4 * (5 * 4 + 5 * 3 + 3 * 4 + 4)) << "y, x, w, b";
    const Work* const gradients = calls.find("backward", "linear_parameter_gradients");
    ASSERT_TRUE(gradients);
    EXPECT_EQ(gradients->part->path, "encoder.hidden") << "the layer that was computed, though no scope is open";
    EXPECT_EQ(calls.find("forward", "sum_all")->part->path, "");
    EXPECT_EQ(calls.ended, calls.works.size());
}

TEST(Work, CountsFillsAndCopies) {
    Calls calls;
    const Tensor x = Tensor::zeros({100}, Device::cpu());
    EXPECT_EQ(calls.works.back().kernel, std::string("fill"));
    EXPECT_EQ(calls.works.back().bytes, 400);
    Tensor(x).assign(Tensor::full({100}, 1, Device::cpu()));
    EXPECT_EQ(calls.works.back().kernel, std::string("copy"));
    EXPECT_EQ(calls.works.back().bytes, 800);
}

TEST(Work, IsToldToNobodyAfterTheObserversEnd) {
    { const Calls gone; }
    EXPECT_EQ(WorkObserver::current(), nullptr);
    Tensor::zeros({1}, Device::cpu());
}

/// Of ranges, for the trace of the host.
class Ranges : public RangeObserver {
public:
    void begin_range(const char* name) override { text += std::string("(") + name; }
    void end_range() override { text += ")"; }

    std::string text;
};

TEST(Scope, OpensAgainWithAllOfItsRanges) {
    const Part* part = nullptr;
    {
        const Scope outer("decoder");
        const Scope inner("logits");
        part = &Scope::current();
    }
    EXPECT_EQ(Scope::path(), "");
    const Scope elsewhere("loss");
    Ranges ranges;
    {
        const Scope again(*part);
        EXPECT_EQ(Scope::path(), "decoder.logits");
    }
    EXPECT_EQ(Scope::path(), "loss");
    EXPECT_EQ(ranges.text, "(decoder(logits))");
    const Scope inner("logits");
    EXPECT_NE(&Scope::current(), part) << "a part is known by all of its names";
}

}  // namespace
}  // namespace sinter
