// Running means of a few named values, such as the losses of an epoch.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/train/metrics.h"

namespace sinter {

/// Means over images, collected batch by batch in double precision.
class Means {
public:
    /// The names must outlive the object: they are meant to be literals.
    explicit Means(std::initializer_list<std::string_view> names);

    /// Adds the means of a batch of `images` images, one for each name in their order; NaN stands for a value that this
    /// batch does not have. Throws UsageError for another number of values.
    void add(std::initializer_list<double> batch_means, std::int64_t images);
    /// The mean of a value so far; 0 before the first batch. Throws UsageError for a name that is not among its own.
    double operator[](std::string_view name) const;
    /// All of them in their order, as a line of metrics.jsonl has them.
    std::vector<MetricField> fields() const;
    /// The number of images added.
    std::int64_t images() const { return images_; }
    void clear();

    /// Calls visit(name, number) for every number that it consists of: "images", then "<name>" and "<name>.images" for
    /// each value. What a checkpoint keeps.
    template <class Visit>
    void visit(Visit visit) {
        visit_numbers(*this, visit);
    }
    template <class Visit>
    void visit(Visit visit) const {
        visit_numbers(*this, visit);
    }

private:
    struct Sum {
        std::string_view name;
        double total = 0;
        std::int64_t images = 0;
    };
    template <class Self, class Visit>
    static void visit_numbers(Self& self, Visit visit) {
        visit(std::string("images"), self.images_);
        for (auto& sum : self.sums_) {
            visit(std::string(sum.name), sum.total);
            visit(std::string(sum.name) + ".images", sum.images);
        }
    }

    std::vector<Sum> sums_;
    std::int64_t images_ = 0;
};

}  // namespace sinter
