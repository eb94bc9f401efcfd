// The pictures that a VAE run leaves behind.
#pragma once

#include <filesystem>

#include "core/data/image_set.h"
#include "models/vae.h"

namespace sinter {

/// Draws grids of images with one model; height, width and channels come from the data set.
class VaePictures {
public:
    /// `seed` fixes the latent codes of samples(), so that grids of different epochs show the same codes.
    VaePictures(Vae& vae, const ImageSet& test, std::uint64_t seed);

    /// 10 x 10 images decoded from the prior.
    void samples(const std::filesystem::path& path);
    /// Rows of test images, each with the row of their reconstructions below it.
    void reconstructions(const std::filesystem::path& path);
    /// Each row walks in a straight line between the codes of two test images, which stand at its ends.
    void interpolations(const std::filesystem::path& path);
    /// 20 x 20 images at the quantiles of a two-dimensional prior. Throws UsageError for other latent sizes.
    void manifold(const std::filesystem::path& path);

private:
    Tensor test_images(Index count) const;
    void write(const std::filesystem::path& path, const std::vector<float>& images, Index columns);

    Vae& vae_;
    const ImageSet& test_;
    Tensor fixed_codes_;
};

}  // namespace sinter
