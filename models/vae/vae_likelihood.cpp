#include "models/vae/vae_likelihood.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/check.h"
#include "core/data/binarise.h"
#include "core/error.h"
#include "core/losses/vae.h"
#include "core/tape.h"
#include "kernels/philox.h"
#include "models/vae/importance_estimator.h"

namespace sinter {
namespace {

/// Images that the encoder takes at a time, always so many: the bits of a posterior do not depend on the images beside
/// it, and their number does not change them either.
constexpr Index kBatch = 100;

/// Rows that suit the decoder: as many as its bits are stable with, or more. Products of a dense one are at their best
/// with a few thousand. A convolutional one keeps its widest images, of 32 channels, for all of them, before and behind
/// a layer: 2 x 60 MB for 28 x 28 pixels, 2 x 315 MB for 64 x 64; those of a DCGAN have a quarter of the pixels. A GPU
/// wants more, as the host waits after each chunk, where the images are small.
Index usual_rows(const Vae& vae) {
    const VaeOptions& model = vae.options();
    const Index factor = vae.device() == Device::cpu() ? 1 : 8;
    constexpr Index kStable = ImportanceEstimator::kStableRows, kNumbers = Index{1} << 24;
    const auto rows = [&](Index numbers) { return std::clamp(factor * kNumbers / numbers, kStable, factor * kStable); };
    switch (model.architecture) {
        case VaeArchitecture::conv:
            return rows(model.height * model.width * 32);
        case VaeArchitecture::dcgan:
            return rows(model.height * model.width / 4 * model.base_width);
        case VaeArchitecture::dense:
            break;
    }
    return factor * 2500;
}

/// Images [first, first + count) as the model takes them, and black ones up to kBatch. The noise of an image is a draw
/// of its own, whose step is the number of the image.
Tensor load_images(const ImageSet& set, Index first, Index count, PixelScore score, std::uint64_t seed, Device device) {
    const Index size = set.bytes_per_image();
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * size));
    set.read(first, count, bytes.data());
    std::vector<float> values(static_cast<std::size_t>(kBatch * size));
    for (Index n = 0; n < count; ++n) {
        const kernels::RandomStream noise{seed, draws::kDequantisation, static_cast<std::uint64_t>(first + n)};
        for (Index i = 0; i < size; i += 4) {
            const kernels::PhiloxBlock block =
                score == PixelScore::density ? noise.block(static_cast<std::uint32_t>(i / 4)) : kernels::PhiloxBlock{};
            for (Index j = 0; j < std::min<Index>(4, size - i); ++j) {
                const auto place = static_cast<std::size_t>(n * size + i + j);
                const float byte = bytes[place];
                values[place] = score == PixelScore::density
                                    ? (byte + kernels::uniform_from<float>(block.word[j])) / 256
                                    : byte / 255;
            }
        }
    }
    return Tensor::from(std::span<const float>(values), {kBatch, set.height, set.width, set.channels}, device);
}

/// The labels of `images` of the batch that begins with image `first`, each for so many rows, or any label where the
/// set has no such image; none where the model is not conditional.
Buffer<std::int32_t> row_labels(const Vae& vae, const ImageSet& set, Index first, ImageRange images, Index repeats) {
    if (vae.options().classes == 0) return {};
    std::vector<std::int32_t> labels;
    for (Index n = 0; n < images.count; ++n) {
        const auto place = static_cast<std::size_t>(std::min(first + images.first + n, set.count - 1));
        labels.insert(labels.end(), static_cast<std::size_t>(repeats), set.labels[place]);
    }
    return {std::span<const std::int32_t>(labels), vae.device()};
}

void require_fit(const VaeOptions& model, const ImageSet& set) {
    if (set.height != model.height || set.width != model.width || set.channels != model.channels) {
        throw DataError(
            fmt::format("[likelihood] the model takes images of {}x{}x{}, those of {} have {}x{}x{}; fit "
                        "them to the model",
                        model.width, model.height, model.channels, set.name, set.width, set.height, set.channels));
    }
    const bool has_labels = std::ssize(set.labels) == set.count && set.classes <= model.classes;
    if (model.classes > 0 && !has_labels) {
        throw DataError(fmt::format("[likelihood] the model knows {} classes, {} has {}; give its data", model.classes,
                                    set.name, set.labels.empty() ? 0 : set.classes));
    }
}

void require_finite(const VaeLikelihood& measured) {
    const bool are_finite = std::isfinite(measured.nll()) && std::isfinite(measured.elbo()) &&
                            std::isfinite(measured.split.rate) && std::isfinite(measured.split.mutual_information);
    if (are_finite) return;
    throw DataError(
        "[likelihood] expected finite likelihoods and codes, the model gives NaN or infinity; use the checkpoint of a "
        "training that did not diverge");
}

}  // namespace

PixelScore pixel_score(Likelihood likelihood, const ImageSet& images) {
    switch (likelihood) {
        case Likelihood::gaussian:
            return PixelScore::density;
        case Likelihood::bernoulli:
            break;
    }
    return is_binary(images) ? PixelScore::probability : PixelScore::loss;
}

double bits_per_dim(double nll, Index dimensions, PixelScore score) {
    const double bits = nll / (static_cast<double>(dimensions) * std::numbers::ln2);
    switch (score) {
        case PixelScore::density:
            return bits + 8;
        case PixelScore::loss:
            return std::nan("");
        case PixelScore::probability:
            break;
    }
    return bits;
}

VaeLikelihood measure_likelihood(Vae& vae, const ImageSet& set, const LikelihoodRequest& request) {
    require(request.images >= 0 && request.rows >= 0,
            "[likelihood] expected a number of images and rows, got {} and {}", request.images, request.rows);
    require_fit(vae.options(), set);
    const NoGrad no_grad;
    const Evaluating evaluating(vae);
    VaeLikelihood measured;
    measured.score = pixel_score(vae.options().likelihood, set);
    measured.images = request.images == 0 ? set.count : std::min(request.images, set.count);
    measured.samples = request.samples;
    ImportanceEstimator estimator(request.samples, request.rows == 0 ? usual_rows(vae) : request.rows, request.seed,
                                  vae.device());
    const Index latent = vae.options().latent;
    std::vector<float> heads, codes;
    Generator noise(request.seed, vae.device(), draws::kImportance);
    for (Index first = 0; first < measured.images; first += kBatch) {
        const Index count = std::min(kBatch, measured.images - first);
        const Tensor images = load_images(set, first, count, measured.score, request.seed, vae.device());
        const Tensor posteriors =
            vae.heads(images, row_labels(vae, set, first, {0, kBatch}, 1)).view({count, 2 * latent});
        estimator.add(posteriors, [&](const Tensor& z, ImageRange range) {
            const Tensor of_range =
                images.view({range.count, set.height, set.width, set.channels}, range.first * set.bytes_per_image());
            return vae.log_likelihoods(z, of_range, row_labels(vae, set, first, range, z.size(0) / range.count));
        });
        noise.start_step(static_cast<std::uint64_t>(first));
        const std::vector<float> z = importance_samples(posteriors, 0, 1, noise).z.to_floats();
        const std::vector<float> rows = posteriors.to_floats();
        codes.insert(codes.end(), z.begin(), z.end());
        heads.insert(heads.end(), rows.begin(), rows.end());
        if (request.tell) request.tell(first + count);
    }
    measured.curve = estimator.curve().bounds();
    measured.distortion = estimator.distortion();
    measured.units = latent_units(heads, latent);
    measured.split = split_rate(heads, codes, latent, cpu_threads());
    require_finite(measured);
    measured.bits_per_dim = bits_per_dim(measured.nll(), set.bytes_per_image(), measured.score);
    if (measured.score == PixelScore::loss) measured.grey_floor = grey_floor(set, measured.images);
    return measured;
}

}  // namespace sinter
