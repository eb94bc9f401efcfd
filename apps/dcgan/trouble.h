// The two ways in which a GAN's training goes wrong without a number that is not finite, and how to see them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/training/means.h"
#include "core/data/image_set.h"
#include "core/train/checkpoint.h"
#include "models/gan_training.h"

namespace sinter {

/// Mean over the images of the distance to the nearest other one, as the root of the mean squared difference of pixels
/// in [0, 1]. It is small where the images are few ones again and again, and also where they are many of one kind.
double nearest_distance(const std::vector<float>& images, Index count);

/// Something to tell the user about.
struct Trouble {
    std::string event;     ///< for metrics.jsonl: "discriminator_saturated" or "outputs_collapsed"
    std::string sentence;  ///< what was seen and what to do
};

/// Decides when trouble is told: after kPatience epochs of it in a row, once, and again when it comes back after an
/// epoch without it. Healthy networks have single epochs of it, the first ones above all.
class Alarm {
public:
    static constexpr std::int64_t kPatience = 3;

    /// `epochs`: how many the trouble has lasted, as a checkpoint remembers.
    explicit Alarm(std::int64_t epochs = 0) : epochs_(epochs) {}
    /// Whether to tell now, after an epoch with or without trouble.
    bool rings(bool trouble);
    std::int64_t epochs() const { return epochs_; }

private:
    std::int64_t epochs_;
};

/// Whether the discriminator told real from fake without effort for a whole epoch, whose means of loss_d, d_real and
/// d_fake are given: the generator's gradient vanishes then.
std::optional<Trouble> find_saturation(const Means& epoch, const GanTrainingOptions& options);

/// Compares images that the generator draws with as many real ones: when those of the generator lie much nearer to
/// each other, it maps most codes to few images.
class DiversityJudge {
public:
    /// `count`: how many images are compared.
    DiversityJudge(const ImageSet& real, Index count);
    std::optional<Trouble> find_collapse(const Tensor& generated) const;

private:
    Index count_;
    double real_distance_ = 0;
};

/// Looks for both troubles after every epoch of a run, and tells of one that lasts.
class TroubleWatch {
public:
    /// `real`: images of the data set, of which `count` are compared with as many drawn ones.
    TroubleWatch(const ImageSet& real, Index count, const GanTrainingOptions& options)
        : options_(options), diversity_(real, count) {}

    /// Goes on where the checkpoint left it; no facts: at the beginning. Throws DataError where they are damaged.
    void resume_at(const CheckpointFacts& facts, const std::string& file, std::int64_t epoch);
    /// How many epochs each trouble has lasted, for the checkpoint.
    CheckpointFacts facts() const;

    /// What is to be told after an epoch with these means, whose generator draws these images.
    std::vector<Trouble> look(const Means& epoch, const Tensor& images);

private:
    GanTrainingOptions options_;
    DiversityJudge diversity_;
    Alarm saturation_, collapse_;
};

}  // namespace sinter
