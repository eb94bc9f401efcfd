#include "models/hybrids/vae_to_gan.h"

#include <algorithm>
#include <string_view>

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/tape.h"

namespace sinter {
namespace {

/// The arrays of a part of the VAE, under the names that they have in a network of a GAN.
std::vector<Parameter> arrays_below(const Vae& vae, std::string_view prefix) {
    require(vae.options().architecture == VaeArchitecture::dcgan,
            "[vae_to_gan] expected a VAE of a DCGAN's form, got a {} one",
            name_of(kVaeArchitectures, vae.options().architecture));
    std::vector<Parameter> found;
    for (Parameter array : vae.state()) {
        if (!array.name.starts_with(prefix)) continue;
        array.name.erase(0, prefix.size());
        found.push_back(std::move(array));
    }
    return found;
}

/// The array of this name and shape; null where there is none.
const Parameter* find(const std::vector<Parameter>& arrays, std::string_view name, const Shape& shape) {
    const auto found = std::find_if(arrays.begin(), arrays.end(), [&](const Parameter& array) {
        return array.name == name && array.tensor.shape() == shape;
    });
    return found == arrays.end() ? nullptr : &*found;
}

}  // namespace

void start_generator(Gan& gan, const Vae& vae) {
    const std::vector<Parameter> decoder = arrays_below(vae, "decoder.");
    std::vector<Parameter> generator = gan.generator().state();
    for (const Parameter& array : generator) {
        require(decoder.size() == generator.size() && find(decoder, array.name, array.tensor.shape()),
                "[vae_to_gan] the decoder has no '{}' of shape {}, which the generator has; make the GAN of the VAE's "
                "size, latent code, base width and classes",
                array.name, array.tensor.shape());
    }
    const NoGrad no_grad;
    const std::string logits = gan.generator().parameters().back().name;  // the last layer has no bias
    for (Parameter& array : generator) {
        const Tensor& from = find(decoder, array.name, array.tensor.shape())->tensor;
        array.tensor.assign(array.name == logits ? 0.5 * from : from);
    }
}

StartedArrays start_discriminator(Gan& gan, const Vae& vae) {
    constexpr std::string_view kUnderSpectralNorm = "_orig";  // see LinearOptions::spectral_norm
    const std::vector<Parameter> encoder = arrays_below(vae, "encoder.");
    StartedArrays arrays;
    for (Parameter& array : gan.discriminator().state()) {
        std::string_view name = array.name;
        if (name.ends_with(kUnderSpectralNorm)) name.remove_suffix(kUnderSpectralNorm.size());
        const Parameter* from = find(encoder, name, array.tensor.shape());
        if (from) array.tensor.assign(from->tensor);
        (from ? arrays.taken : arrays.left).push_back(array.name);
    }
    return arrays;
}

}  // namespace sinter
