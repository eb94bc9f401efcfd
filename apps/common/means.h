// Running means of a few named values, such as the losses of an epoch.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace sinter {

/// Means over images, collected batch by batch in double precision.
class Means {
public:
    /// The names must outlive the object: they are meant to be literals.
    explicit Means(std::initializer_list<std::string_view> names);

    /// Adds the means of a batch of `images` images, one for each name in their order. Throws UsageError for another
    /// number of values.
    void add(std::initializer_list<double> batch_means, std::int64_t images);
    /// The mean of a value so far; 0 before the first batch. Throws UsageError for a name that is not among its own.
    double operator[](std::string_view name) const;
    std::int64_t images() const { return images_; }
    void clear();

    /// The sums behind the means, for checkpoints: calls visit(name, sum) for each.
    template <class Visit>
    void visit_sums(Visit visit) {
        for (Sum& sum : sums_) visit(sum.name, sum.value);
    }
    template <class Visit>
    void visit_sums(Visit visit) const {
        for (const Sum& sum : sums_) visit(sum.name, sum.value);
    }
    void set_images(std::int64_t images) { images_ = images; }

private:
    struct Sum {
        std::string_view name;
        double value = 0;
    };
    std::vector<Sum> sums_;
    std::int64_t images_ = 0;
};

}  // namespace sinter
