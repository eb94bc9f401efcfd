#include "apps/vae/pictures.h"

#include <algorithm>
#include <cmath>

#include "apps/training/pictures.h"
#include "core/ops/random.h"
#include "core/pictures/png.h"
#include "core/tape.h"

namespace sinter {
namespace {

constexpr Index kSampleSide = 10;
constexpr Index kManifoldSide = 20;
constexpr Index kMaxClassesShown = 20;

/// The standard normal's quantile: the root of its distribution function, by bisection.
double normal_quantile(double probability) {
    double low = -8, high = 8;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < probability ? low : high) = middle;
    }
    return low;
}

}  // namespace

VaePictures::VaePictures(Vae& vae, const ImageSet& test, std::uint64_t seed) : vae_(vae), test_(test) {
    Generator generator(seed, vae.device(), draws::kPictures);
    const Index latent = vae.options().latent;
    if (vae.options().classes == 0) {
        fixed_codes_ = random_normal({kSampleSide * kSampleSide, latent}, 0, 1, generator);
        return;
    }
    const std::vector<float> drawn = random_normal({kSampleSide, latent}, 0, 1, generator).to_floats();
    std::vector<float> repeated;
    for (auto row = drawn.begin(); row != drawn.end(); row += latent) {
        for (std::int32_t label = 0; label < classes_shown(); ++label) {
            repeated.insert(repeated.end(), row, row + latent);
            fixed_labels_.push_back(label);
        }
    }
    fixed_codes_ = codes(repeated);
}

Index VaePictures::classes_shown() const { return std::min(vae_.options().classes, kMaxClassesShown); }

Tensor VaePictures::codes(const std::vector<float>& values) const {
    const Index latent = vae_.options().latent;
    return Tensor::from(std::span<const float>(values), {static_cast<Index>(values.size()) / latent, latent},
                        vae_.device());
}

/// Nothing where the model is not conditional.
Buffer<std::int32_t> VaePictures::on_device(const Labels& labels) const {
    if (vae_.options().classes == 0) return {};
    return {std::span<const std::int32_t>(labels), vae_.device()};
}

Tensor VaePictures::test_images(Index count) const {
    return images_of(test_, spread_over_classes(test_, count), vae_.device());
}

VaePictures::Labels VaePictures::test_labels(Index count) const {
    if (vae_.options().classes == 0) return {};
    return labels_of(test_, spread_over_classes(test_, count));
}

void VaePictures::write(const std::filesystem::path& path, const std::vector<float>& images, Index columns) {
    const VaeOptions& model = vae_.options();
    const Index count = static_cast<Index>(images.size()) / (model.height * model.width * model.channels);
    write_png_grid(path, std::span<const float>(images),
                   picture_layout(count, model.height, model.width, model.channels, columns));
}

void VaePictures::samples(const std::filesystem::path& path) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae_);
    write(path, vae_.decode(fixed_codes_, on_device(fixed_labels_)).to_floats(), fixed_codes_.size(0) / kSampleSide);
}

void VaePictures::reconstructions(const std::filesystem::path& path) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae_);
    const Tensor images = test_images(kReconstructionColumns * kReconstructionRows);
    const Buffer<std::int32_t> labels = on_device(test_labels(images.size(0)));
    write_reconstructions(path, images, vae_.decode(vae_.encode(images, labels), labels), kReconstructionColumns);
}

void VaePictures::finals(const Place& place) {
    interpolations(place("interpolations"));
    if (vae_.options().latent != 2) return;
    if (vae_.options().classes == 0) manifold(place("manifold"), 0);
    for (std::int32_t label = 0; label < classes_shown(); ++label)
        manifold(place("manifold-" + std::to_string(label)), label);
}

void VaePictures::interpolations(const std::filesystem::path& path) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae_);
    const Tensor images = test_images(2 * kInterpolationRows);
    const Labels labels = test_labels(images.size(0));
    const std::vector<float> ends = vae_.encode(images, on_device(labels)).to_floats();
    const std::size_t latent = static_cast<std::size_t>(vae_.options().latent), rows = ends.size() / latent / 2;
    std::vector<float> walk;
    Labels walk_labels;
    for (std::size_t row = 0; row < rows; ++row) {
        for (Index column = 0; column < kInterpolationColumns; ++column) {
            const float t = static_cast<float>(column) / (kInterpolationColumns - 1);
            for (std::size_t i = 0; i < latent; ++i) {
                const float from = ends[2 * row * latent + i], to = ends[(2 * row + 1) * latent + i];
                walk.push_back(from + t * (to - from));
            }
            // A class does not change by degrees: it is that of the nearer end.
            if (!labels.empty()) walk_labels.push_back(labels[2 * row + (t < 0.5f ? 0 : 1)]);
        }
    }
    if (walk.empty()) return;  // fewer than two test images
    write(path, vae_.decode(codes(walk), on_device(walk_labels)).to_floats(), kInterpolationColumns);
}

void VaePictures::manifold(const std::filesystem::path& path, std::int32_t label) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae_);
    std::vector<float> places;
    for (Index row = 0; row < kManifoldSide; ++row) {
        for (Index column = 0; column < kManifoldSide; ++column) {
            places.push_back(static_cast<float>(normal_quantile((column + 0.5) / kManifoldSide)));
            places.push_back(static_cast<float>(normal_quantile((row + 0.5) / kManifoldSide)));
        }
    }
    const Labels labels(kManifoldSide * kManifoldSide, label);
    write(path, vae_.decode(codes(places), on_device(labels)).to_floats(), kManifoldSide);
}

}  // namespace sinter
