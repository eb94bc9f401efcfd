// The pictures that a VAE run leaves behind.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "core/data/image_set.h"
#include "models/vae/vae.h"

namespace sinter {

/// Draws grids of images with one model, of the size that the model has. A conditional model gives every image the
/// class that is asked for; what a picture shows of many classes stops at the first 20.
class VaePictures {
public:
    /// `seed` fixes the latent codes of samples(), so that grids of different epochs show the same codes.
    VaePictures(Vae& vae, const ImageSet& test, std::uint64_t seed);

    /// 10 x 10 images decoded from the prior; of a conditional model a column for each class, each row of one code.
    void samples(const std::filesystem::path& path);
    /// Rows of test images, each with the row of their reconstructions below it.
    void reconstructions(const std::filesystem::path& path);

    /// Where the picture of this name goes.
    using Place = std::function<std::filesystem::path(const std::string& name)>;
    /// What is drawn once: "interpolations", and the map of a two-dimensional latent space as "manifold", or
    /// "manifold-<class>" for each class of a conditional model.
    void finals(const Place& place);

private:
    using Labels = std::vector<std::int32_t>;

    /// Each row walks in a straight line between the codes of two test images, which stand at its ends.
    void interpolations(const std::filesystem::path& path);
    /// 20 x 20 images at the quantiles of the prior.
    void manifold(const std::filesystem::path& path, std::int32_t label);

    Index classes_shown() const;
    Tensor test_images(Index count) const;
    Labels test_labels(Index count) const;
    Tensor codes(const std::vector<float>& values) const;
    Buffer<std::int32_t> on_device(const Labels& labels) const;
    void write(const std::filesystem::path& path, const std::vector<float>& images, Index columns);

    Vae& vae_;
    const ImageSet& test_;
    Tensor fixed_codes_;
    Labels fixed_labels_;
};

}  // namespace sinter
