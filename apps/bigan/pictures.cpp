#include "apps/bigan/pictures.h"

#include <algorithm>

#include "apps/generators/image_generator.h"
#include "apps/generators/sampling.h"
#include "apps/training/pictures.h"
#include "core/pictures/png.h"
#include "core/tape.h"

namespace sinter {

BiGanPictures::BiGanPictures(BiGan& bigan, const ImageSet& test, Index grid, std::uint64_t seed)
    : bigan_(bigan), test_(test), grid_(grid) {
    Generator generator(seed, bigan.generator().device(), draws::kPictures);
    codes_ = bigan.draw_codes(grid * grid, generator);
}

Tensor BiGanPictures::fixed_images() {
    const NoGrad no_grad;
    const Evaluating evaluating(bigan_.generator());
    const BiGanOptions& model = bigan_.options();
    const Index count = codes_.size(0);
    std::vector<float> values;
    for (Index first = 0; first < count; first += kSampleBatch) {
        const Index here = std::min(kSampleBatch, count - first);
        const std::vector<float> images =
            bigan_.generate(codes_.view({here, model.latent}, first * model.latent)).to_floats();
        values.insert(values.end(), images.begin(), images.end());
    }
    return Tensor::from(std::span<const float>(values), {count, model.size, model.size, model.channels},
                        codes_.device());
}

void BiGanPictures::write_grid(const std::filesystem::path& path, const Tensor& images) const {
    write(path, images.to_floats(), grid_);
}

void BiGanPictures::reconstructions(const std::filesystem::path& path) {
    const std::vector<Index> shown = spread_over_classes(test_, kReconstructionColumns * kReconstructionRows);
    const Tensor originals = images_of(test_, shown, codes_.device());
    write_reconstructions(path, originals, rebuild(bigan_, originals), kReconstructionColumns);
}

void BiGanPictures::write(const std::filesystem::path& path, const std::vector<float>& images, Index columns) const {
    const BiGanOptions& model = bigan_.options();
    const Index count = std::ssize(images) / (model.size * model.size * model.channels);
    write_png_grid(path, std::span<const float>(images),
                   picture_layout(count, model.size, model.size, model.channels, columns));
}

}  // namespace sinter
