// Running means of a few named numbers, such as the losses of an epoch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/train/metrics.h"
#include "core/train/readings.h"

namespace sinter {

/// Means over images, collected batch by batch in double precision. A number joins when it first comes.
class Means {
public:
    /// Adds the numbers of a batch of `images` images. NaN: this batch does not have the number. fields() keeps the
    /// order of the last batch.
    void add(std::span<const NamedNumber> batch_means, std::int64_t images);
    /// The mean of a number so far; 0 where no batch had it. Throws UsageError for a name that never came.
    double operator[](std::string_view name) const;
    /// All of them, as a line of metrics.jsonl has them.
    std::vector<MetricField> fields() const;
    /// The number of images added.
    std::int64_t images() const { return images_; }
    void clear() { *this = {}; }

    /// What a checkpoint keeps: the images, and for each number a sum over so many of them.
    struct Sum {
        std::string name;
        double total = 0;
        std::int64_t images = 0;
    };
    const std::vector<Sum>& sums() const { return sums_; }
    /// Goes on from there.
    void resume_at(std::int64_t images, std::vector<Sum> sums);

private:
    Sum& sum_at(std::size_t place, std::string_view name);

    std::vector<Sum> sums_;
    std::int64_t images_ = 0;
};

}  // namespace sinter
