#include "core/statistics/k_means.h"

#include <algorithm>
#include <limits>

#include "core/check.h"
#include "core/ops/random.h"

namespace sinter {
namespace {

constexpr int kMostSteps = 300;
constexpr Index kRowsOfTask = 512;

class KMeans {
public:
    KMeans(std::span<const float> vectors, Index size, Index clusters, kernels::ThreadPool& pool)
        : vectors_(vectors),
          size_(size),
          clusters_(clusters),
          count_(std::ssize(vectors) / size),
          pool_(pool),
          nearest_(static_cast<std::size_t>(count_), 0),
          distances_(static_cast<std::size_t>(count_), std::numeric_limits<double>::infinity()) {}

    /// One centre after another, each chosen by one of the numbers, which are uniform in [0, 1).
    void choose_centres(const std::vector<double>& uniforms) {
        append_centre(std::min(count_ - 1, static_cast<Index>(uniforms[0] * static_cast<double>(count_))));
        for (Index k = 1; k < clusters_; ++k) {
            double total = 0;
            for (const double distance : distances_) total += distance;
            // Where all vectors are centres already, any will do.
            Index chosen = k % count_;
            double below = 0;
            for (Index i = 0; i < count_ && total > 0; ++i) {
                if (distance(i) == 0) continue;
                chosen = i;
                below += distance(i);
                if (uniforms[static_cast<std::size_t>(k)] * total < below) break;
            }
            append_centre(chosen);
        }
    }

    void take_steps() {
        for (int step = 0; step < kMostSteps; ++step) {
            if (!fill_clusters()) break;
            move_centres();
            const std::vector<Index> before = nearest_;
            find_nearest(0);
            if (nearest_ == before) break;
        }
    }

    const std::vector<Index>& nearest() const { return nearest_; }

private:
    double& distance(Index i) { return distances_[static_cast<std::size_t>(i)]; }
    Index& nearest(Index i) { return nearest_[static_cast<std::size_t>(i)]; }
    Index& size_of(Index cluster) { return sizes_[static_cast<std::size_t>(cluster)]; }
    std::span<const float> vector(Index i) const {
        return vectors_.subspan(static_cast<std::size_t>(i * size_), static_cast<std::size_t>(size_));
    }

    void append_centre(Index i) {
        const std::span<const float> from = vector(i);
        centres_.insert(centres_.end(), from.begin(), from.end());
        find_nearest(std::ssize(centres_) / size_ - 1);
    }

    /// Compares each vector with the centres from `first` on; those before it have been, unless it is 0.
    void find_nearest(Index first) {
        const Index centres = std::ssize(centres_) / size_;
        pool_.run((count_ + kRowsOfTask - 1) / kRowsOfTask, [&](std::int64_t task, int) {
            const Index end = std::min(count_, (task + 1) * kRowsOfTask);
            for (Index i = task * kRowsOfTask; i < end; ++i) {
                if (first == 0) distance(i) = std::numeric_limits<double>::infinity();
                const float* const x = vectors_.data() + i * size_;
                for (Index k = first; k < centres; ++k) {
                    const double* const centre = centres_.data() + k * size_;
                    double squares = 0;
                    for (Index d = 0; d < size_; ++d) squares += (x[d] - centre[d]) * (x[d] - centre[d]);
                    if (squares >= distance(i)) continue;
                    distance(i) = squares;
                    nearest(i) = k;
                }
            }
        });
    }

    /// Gives each empty cluster the vector that is farthest from its centre and not alone there. False where all of
    /// these are at their centres: then there are no better clusters.
    bool fill_clusters() {
        sizes_.assign(static_cast<std::size_t>(clusters_), 0);
        for (const Index k : nearest_) ++size_of(k);
        for (Index k = 0; k < clusters_; ++k) {
            if (size_of(k) > 0) continue;
            Index farthest = -1;
            for (Index i = 0; i < count_; ++i) {
                if (size_of(nearest(i)) > 1 && distance(i) > (farthest < 0 ? 0 : distance(farthest))) farthest = i;
            }
            if (farthest < 0) return false;
            --size_of(nearest(farthest));
            ++size_of(k);
            nearest(farthest) = k;
            distance(farthest) = 0;
        }
        return true;
    }

    void move_centres() {
        std::fill(centres_.begin(), centres_.end(), 0.0);
        for (Index i = 0; i < count_; ++i) {
            for (Index d = 0; d < size_; ++d)
                centres_[static_cast<std::size_t>(nearest(i) * size_ + d)] += vector(i)[static_cast<std::size_t>(d)];
        }
        for (std::size_t i = 0; i < centres_.size(); ++i)
            centres_[i] /= static_cast<double>(size_of(static_cast<Index>(i) / size_));
    }

    std::span<const float> vectors_;
    Index size_, clusters_, count_;
    kernels::ThreadPool& pool_;
    std::vector<double> centres_;    ///< [centres, size]
    std::vector<Index> nearest_;     ///< of each vector: its centre
    std::vector<double> distances_;  ///< squared, from that
    std::vector<Index> sizes_;       ///< of the clusters
};

}  // namespace

std::vector<Index> k_means(std::span<const float> vectors, Index size, Index clusters, std::uint64_t seed,
                           kernels::ThreadPool& pool) {
    require(size >= 1 && std::ssize(vectors) % size == 0 && clusters >= 1 && std::ssize(vectors) / size >= clusters,
            "[k-means] expected vectors of {} numbers, one at least for each of {} clusters, got {} numbers", size,
            clusters, vectors.size());
    Generator numbers(seed, Device::cpu(), draws::kClusters);
    KMeans clustering(vectors, size, clusters, pool);
    clustering.choose_centres(random_uniform({clusters}, 0, 1, numbers).to_doubles());
    clustering.take_steps();
    return clustering.nearest();
}

}  // namespace sinter
