#include "apps/mnist_vae/pictures.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/io/png.h"
#include "core/ops/random.h"
#include "core/tape.h"

namespace sinter {
namespace {

constexpr Index kSampleSide = 10, kReconstructionColumns = 10, kReconstructionRows = 4;
constexpr Index kInterpolationRows = 8, kInterpolationColumns = 12, kManifoldSide = 20;

/// The standard normal's quantile: the root of its distribution function, by bisection.
double normal_quantile(double probability) {
    double low = -8, high = 8;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < probability ? low : high) = middle;
    }
    return low;
}

Index columns_of(const Tensor& matrix) { return matrix.size(1); }

}  // namespace

VaePictures::VaePictures(Vae& vae, const ImageSet& test, std::uint64_t seed) : vae_(vae), test_(test) {
    Generator generator(seed, vae.device(), draws::kPictures);
    fixed_codes_ = random_normal({kSampleSide * kSampleSide, vae.options().latent}, 0, 1, generator);
}

Tensor VaePictures::test_images(Index count) const {
    count = std::min(count, test_.count);
    const Index size = test_.bytes_per_image();
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * size));
    test_.read(0, count, pixels.data());
    std::vector<float> values(pixels.size());
    std::transform(pixels.begin(), pixels.end(), values.begin(),
                   [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255; });
    return Tensor::from(std::span<const float>(values), {count, size}, fixed_codes_.device());
}

void VaePictures::write(const std::filesystem::path& path, const std::vector<float>& images, Index columns) {
    GridLayout layout;
    layout.count = static_cast<Index>(images.size()) / test_.bytes_per_image();
    layout.height = test_.height;
    layout.width = test_.width;
    layout.channels = test_.channels;
    layout.columns = columns;
    layout.scale = std::max<Index>(1, 56 / std::max(test_.height, test_.width));
    write_png_grid(path, std::span<const float>(images), layout);
}

void VaePictures::samples(const std::filesystem::path& path) {
    const NoGrad no_grad;
    write(path, vae_.decode(fixed_codes_).to_floats(), kSampleSide);
}

void VaePictures::reconstructions(const std::filesystem::path& path) {
    const NoGrad no_grad;
    const Tensor images = test_images(kReconstructionColumns * kReconstructionRows);
    const std::vector<float> originals = images.to_floats();
    const std::vector<float> rebuilt = vae_.decode(vae_.encode(images)).to_floats();
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(kReconstructionColumns * columns_of(images));
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(originals.size());
    std::vector<float> rows;
    for (std::ptrdiff_t first = 0; first < size; first += row) {
        const std::ptrdiff_t end = std::min(first + row, size);
        rows.insert(rows.end(), originals.begin() + first, originals.begin() + end);
        rows.insert(rows.end(), rebuilt.begin() + first, rebuilt.begin() + end);
    }
    write(path, rows, std::min<Index>(kReconstructionColumns, images.size(0)));
}

void VaePictures::interpolations(const std::filesystem::path& path) {
    const NoGrad no_grad;
    const Tensor images = test_images(2 * kInterpolationRows);
    const std::vector<float> codes = vae_.encode(images).to_floats();
    const Index latent = vae_.options().latent, rows = images.size(0) / 2;
    std::vector<float> walk;
    for (Index row = 0; row < rows; ++row) {
        for (Index column = 0; column < kInterpolationColumns; ++column) {
            const float t = static_cast<float>(column) / (kInterpolationColumns - 1);
            for (Index i = 0; i < latent; ++i) {
                const float from = codes[static_cast<std::size_t>(2 * row * latent + i)];
                const float to = codes[static_cast<std::size_t>((2 * row + 1) * latent + i)];
                walk.push_back(from + t * (to - from));
            }
        }
    }
    if (walk.empty()) return;  // fewer than two test images
    const Tensor z =
        Tensor::from(std::span<const float>(walk), {rows * kInterpolationColumns, latent}, fixed_codes_.device());
    write(path, vae_.decode(z).to_floats(), kInterpolationColumns);
}

void VaePictures::manifold(const std::filesystem::path& path) {
    if (vae_.options().latent != 2) throw UsageError("[manifold] a picture of the manifold needs a latent size of 2");
    const NoGrad no_grad;
    std::vector<float> codes;
    for (Index row = 0; row < kManifoldSide; ++row) {
        for (Index column = 0; column < kManifoldSide; ++column) {
            codes.push_back(static_cast<float>(normal_quantile((column + 0.5) / kManifoldSide)));
            codes.push_back(static_cast<float>(normal_quantile((row + 0.5) / kManifoldSide)));
        }
    }
    const Tensor z =
        Tensor::from(std::span<const float>(codes), {kManifoldSide * kManifoldSide, 2}, fixed_codes_.device());
    write(path, vae_.decode(z).to_floats(), kManifoldSide);
}

}  // namespace sinter
