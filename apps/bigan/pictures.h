// The pictures that the run of a bidirectional GAN leaves behind.
#pragma once

#include <filesystem>
#include <vector>

#include "core/data/image_set.h"
#include "models/hybrids/bigan.h"

namespace sinter {

class BiGanPictures {
public:
    /// `seed` fixes the codes of drawn images; their grids hold `grid` x `grid`. `test`: what is reconstructed; it must
    /// outlive this.
    BiGanPictures(BiGan& bigan, const ImageSet& test, Index grid, std::uint64_t seed);

    /// The images of the fixed codes, [grid^2, size, size, channels] in [0, 1].
    Tensor fixed_images();
    void write_grid(const std::filesystem::path& path, const Tensor& images) const;
    /// Rows of test images x, each with the row of their G(E(x)) below it.
    void reconstructions(const std::filesystem::path& path);

private:
    void write(const std::filesystem::path& path, const std::vector<float>& images, Index columns) const;

    BiGan& bigan_;
    const ImageSet& test_;
    Index grid_;
    Tensor codes_;
};

}  // namespace sinter
