// The pictures that the run of a GAN leaves behind.
#pragma once

#include <filesystem>
#include <vector>

#include "core/random.h"
#include "models/gan/gan.h"

namespace sinter {

/// Draws pictures of the same latent codes whenever it is asked.
class GanPictures {
public:
    /// `seed` fixes the codes; grids hold `grid` x `grid` images. A conditional GAN is asked for its classes in turn,
    /// so that a column holds one class where the classes divide the grid.
    GanPictures(Gan& gan, Index grid, std::uint64_t seed);

    /// The images of the fixed codes, [grid^2, size, size, channels] in [0, 1].
    Tensor fixed_images();
    void write_grid(const std::filesystem::path& path, const Tensor& images) const;
    /// Each row walks between two codes along the great circle that normal codes of many numbers lie near (White,
    /// arXiv:1609.04468); a conditional GAN keeps to one class a row.
    void interpolations(const std::filesystem::path& path);

private:
    void write(const std::filesystem::path& path, const Tensor& images, Index columns) const;

    Gan& gan_;
    Index grid_;
    Tensor codes_, ends_;
};

/// Makes an animation of the pictures epoch-000.png to epoch-<last>.png in `samples`, those that are there.
void write_training_gif(const std::filesystem::path& gif, const std::filesystem::path& samples, std::int64_t last);

}  // namespace sinter
