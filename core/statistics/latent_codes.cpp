#include "core/statistics/latent_codes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "core/check.h"
#include "core/statistics/log_sum_exp.h"
#include "kernels/likelihood.h"
#include "kernels/runtime/thread_pool.h"
#include "kernels/vae.h"

namespace sinter {
namespace {

constexpr Index kRowsOfTask = 32, kColumnsOfBlock = 512;

Index rows_of(std::span<const float> heads, Index latent) {
    require(latent >= 1 && !heads.empty() && std::ssize(heads) % (2 * latent) == 0,
            "[latent_codes] expected heads of 2 x {} numbers an image, got {} numbers", latent, heads.size());
    return std::ssize(heads) / (2 * latent);
}

/// NaN stays.
double clamped(float log_variance) {
    const double limit = kernels::kLogVarianceLimit, x = log_variance;
    return x > limit ? limit : x < -limit ? -limit : x;
}

/// The posteriors of all images, unit by unit: what is beside each other in memory is the same unit of neighbours.
struct Posteriors {
    Posteriors(std::span<const float> heads, Index latent_units)
        : count(rows_of(heads, latent_units)), latent(latent_units), constants(static_cast<std::size_t>(count)) {
        means.resize(constants.size() * static_cast<std::size_t>(latent));
        half_precisions.resize(means.size());
        for (Index n = 0; n < count; ++n) {
            const float* const row = heads.data() + n * 2 * latent;
            double& constant = constants[static_cast<std::size_t>(n)];
            for (Index l = 0; l < latent; ++l) {
                const double log_variance = clamped(row[latent + l]);
                const auto place = static_cast<std::size_t>(l * count + n);
                means[place] = row[l];
                half_precisions[place] = 0.5 * std::exp(-log_variance);
                constant -= 0.5 * (log_variance + kernels::kLogTwoPi);
            }
        }
    }

    /// log q(z | x) of images [first, first + columns).
    void log_densities(double* to, const float* z, Index first, Index columns) const {
        std::copy_n(constants.data() + first, columns, to);
        for (Index l = 0; l < latent; ++l) {
            const double* const mean = means.data() + l * count + first;
            const double* const half_precision = half_precisions.data() + l * count + first;
            const double at = z[l];
            for (Index j = 0; j < columns; ++j) {
                const double distance = at - mean[j];
                to[j] -= half_precision[j] * distance * distance;
            }
        }
    }

    Index count, latent;
    std::vector<double> means, half_precisions;  ///< [latent, images]
    std::vector<double> constants;               ///< [images]
};

}  // namespace

double LatentUnits::rate() const { return std::accumulate(kl.begin(), kl.end(), 0.0); }

LatentUnits latent_units(std::span<const float> heads, Index latent) {
    const Index count = rows_of(heads, latent);
    const double n = static_cast<double>(count);
    LatentUnits units;
    for (Index l = 0; l < latent; ++l) {
        double sum = 0, kl = 0, squares = 0;
        for (Index i = 0; i < count; ++i) {
            const double mu = heads[static_cast<std::size_t>(i * 2 * latent + l)];
            const double log_variance = clamped(heads[static_cast<std::size_t>(i * 2 * latent + latent + l)]);
            sum += mu;
            kl += 0.5 * (mu * mu + std::expm1(log_variance) - log_variance);
        }
        for (Index i = 0; i < count; ++i) {
            const double difference = heads[static_cast<std::size_t>(i * 2 * latent + l)] - sum / n;
            squares += difference * difference;
        }
        units.mean_variance.push_back(squares / n);
        units.kl.push_back(kl / n);
        units.active += squares / n > kActiveVariance ? 1 : 0;
    }
    return units;
}

RateSplit split_rate(std::span<const float> heads, std::span<const float> z, Index latent, int threads) {
    const Posteriors posteriors(heads, latent);
    const Index count = posteriors.count;
    require(std::ssize(z) == count * latent,
            "[latent_codes] expected a sample of {} numbers of each of {} images, got {}", latent, count, z.size());
    std::vector<double> information(static_cast<std::size_t>(count));  // log q(z | x) - log q(z) of each image
    kernels::ThreadPool pool(threads);
    pool.run((count + kRowsOfTask - 1) / kRowsOfTask, [&](std::int64_t task, int) {
        const Index begin = task * kRowsOfTask, rows = std::min(kRowsOfTask, count - begin);
        LogSumExp sums[kRowsOfTask];
        double own[kRowsOfTask], densities[kColumnsOfBlock];
        // A block of posteriors stays in the cache for all rows of the task.
        for (Index first = 0; first < count; first += kColumnsOfBlock) {
            const Index columns = std::min(kColumnsOfBlock, count - first);
            for (Index i = 0; i < rows; ++i) {
                const Index row = begin + i;
                posteriors.log_densities(densities, z.data() + row * latent, first, columns);
                if (row >= first && row < first + columns) own[i] = densities[row - first];
                for (Index j = 0; j < columns; ++j) sums[i].add(densities[j]);
            }
        }
        for (Index i = 0; i < rows; ++i) {
            information[static_cast<std::size_t>(begin + i)] =
                own[i] - (sums[i].value() - std::log(static_cast<double>(count)));
        }
    });
    RateSplit split;
    split.rate = latent_units(heads, latent).rate();
    split.mutual_information =
        std::accumulate(information.begin(), information.end(), 0.0) / static_cast<double>(count);
    split.marginal_kl = split.rate - split.mutual_information;
    return split;
}

}  // namespace sinter
