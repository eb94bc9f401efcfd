#include "apps/gan/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/gan/drawing_gan.h"
#include "apps/generators/sampling.h"
#include "apps/training/pictures.h"
#include "core/ops/random.h"
#include "core/pictures/gif.h"
#include "core/pictures/image_file.h"
#include "core/pictures/png.h"

namespace sinter {
namespace {

/// The point at `t` in [0, 1] on the great circle from a to b; on the straight line where they are parallel.
void append_slerp(std::vector<float>& walk, std::span<const float> a, std::span<const float> b, double t) {
    double aa = 0, bb = 0, ab = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        aa += double(a[i]) * a[i];
        bb += double(b[i]) * b[i];
        ab += double(a[i]) * b[i];
    }
    const double angle = std::acos(std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0)), sine = std::sin(angle);
    const double from = sine > 1e-6 ? std::sin((1 - t) * angle) / sine : 1 - t;
    const double to = sine > 1e-6 ? std::sin(t * angle) / sine : t;
    for (std::size_t i = 0; i < a.size(); ++i) walk.push_back(static_cast<float>(from * a[i] + to * b[i]));
}

}  // namespace

GanPictures::GanPictures(Gan& gan, Index grid, std::uint64_t seed) : gan_(gan), grid_(grid) {
    Generator generator(seed, gan.generator().device(), draws::kPictures);
    codes_ = random_normal({grid * grid, gan.options().latent}, 0, 1, generator);
    ends_ = random_normal({2 * kInterpolationRows, gan.options().latent}, 0, 1, generator);
}

Tensor GanPictures::fixed_images() {
    return generate_images(gan_, codes_, labels_in_turn(gan_.options().classes, 0, codes_.size(0)));
}

void GanPictures::write_grid(const std::filesystem::path& path, const Tensor& images) const {
    write(path, images, grid_);
}

void GanPictures::interpolations(const std::filesystem::path& path) {
    const std::vector<float> ends = ends_.to_floats();
    const std::size_t latent = static_cast<std::size_t>(gan_.options().latent);
    const std::vector<std::int32_t> label_of_row = labels_in_turn(gan_.options().classes, 0, kInterpolationRows);
    std::vector<float> walk;
    std::vector<std::int32_t> labels;
    for (std::size_t row = 0; row < kInterpolationRows; ++row) {
        const auto end = [&](std::size_t i) { return std::span(ends).subspan((2 * row + i) * latent, latent); };
        for (Index column = 0; column < kInterpolationColumns; ++column)
            append_slerp(walk, end(0), end(1), static_cast<double>(column) / (kInterpolationColumns - 1));
        if (!label_of_row.empty()) labels.insert(labels.end(), kInterpolationColumns, label_of_row[row]);
    }
    const Tensor codes =
        Tensor::from(std::span<const float>(walk), {kInterpolationRows * kInterpolationColumns, gan_.options().latent},
                     codes_.device());
    write(path, generate_images(gan_, codes, labels), kInterpolationColumns);
}

void GanPictures::write(const std::filesystem::path& path, const Tensor& images, Index columns) const {
    const GridLayout layout = picture_layout(images.size(0), images.size(1), images.size(2), images.size(3), columns);
    write_png_grid(path, std::span<const float>(images.to_floats()), layout);
}

void write_training_gif(const std::filesystem::path& gif, const std::filesystem::path& samples, std::int64_t last) {
    std::vector<Picture> frames;
    for (std::int64_t epoch = 0; epoch <= last; ++epoch) {
        const std::filesystem::path file = samples / fmt::format("epoch-{:03}.png", epoch);
        if (std::filesystem::exists(file)) frames.push_back(read_image(file));
    }
    if (!frames.empty()) write_gif(gif, frames);
}

}  // namespace sinter
