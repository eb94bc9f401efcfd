#include "apps/dcgan/start_from_vae.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>

#include "core/check.h"
#include "core/console.h"
#include "core/error.h"
#include "core/train/checkpoint.h"
#include "core/train/run_folder.h"
#include "models/hybrids/vae_to_gan.h"
#include "models/vae/vae_options.h"

namespace sinter {
namespace {

constexpr const char *kGeneratorFrom = "--generator-from", *kDiscriminatorFrom = "--discriminator-from";

/// The VAE of a checkpoint, by its facts.
VaeOptions dcgan_vae_of(const std::string& checkpoint) {
    const std::string file = find_checkpoint(checkpoint).string();
    const VaeOptions vae = vae_from_facts(read_checkpoint_facts(file), file);
    if (vae.architecture != VaeArchitecture::dcgan) {
        throw DataError(
            fmt::format("{}: expected a VAE whose decoder has a DCGAN's form, found a {} one; train one with mnist_vae "
                        "--arch dcgan",
                        file, name_of(kVaeArchitectures, vae.architecture)));
    }
    return vae;
}

/// Sets what follows from a VAE, unless it `is_settled` and must be the same already.
template <class T>
void follow(const char* from, const char* option, T& field, std::int64_t value, bool is_settled) {
    require(!is_settled || field == value, "{} {}: the VAE of {} has {}; leave the option out, or give another VAE",
            option, field, from, value);
    field = value;
}

void follow_sizes(const char* from, const VaeOptions& vae, const OptionList& list, DcganOptions& options,
                  bool are_settled) {
    GanOptions& model = options.model;
    require(model.architecture == GanArchitecture::dcgan,
            "{}: the VAE has a DCGAN's form; leave the option out, or use --arch dcgan", from);
    follow(from, "--size", model.size, vae.height, are_settled || list.is_given(model.size));
    follow(from, "--base-width", model.base_width, vae.base_width, are_settled || list.is_given(model.base_width));
    follow(from, "--channels", options.images.channels, vae.channels, options.images.channels != 0);
}

}  // namespace

void follow_vae(const OptionList& list, DcganOptions& options) {
    if (options.resume) return;
    if (!options.generator_from.empty()) {
        const VaeOptions vae = dcgan_vae_of(options.generator_from);
        follow_sizes(kGeneratorFrom, vae, list, options, /*are_settled=*/false);
        follow(kGeneratorFrom, "--latent", options.model.latent, vae.latent, list.is_given(options.model.latent));
        require(vae.classes > 0 || !options.conditional,
                "--conditional: the VAE of {} knows no classes; leave the option out, or train the VAE with it, too",
                kGeneratorFrom);
        options.conditional = vae.classes > 0;
    }
    if (!options.discriminator_from.empty()) {
        follow_sizes(kDiscriminatorFrom, dcgan_vae_of(options.discriminator_from), list, options,
                     /*are_settled=*/!options.generator_from.empty());
    }
}

void start_from_vae(const DcganOptions& options, Gan& gan) {
    if (options.resume && RunFolder::has_checkpoint(options.out)) return;
    const Device device = gan.generator().device();
    if (!options.generator_from.empty()) {
        const std::string file = find_checkpoint(options.generator_from).string();
        const std::unique_ptr<Vae> vae = load_vae(file, device);
        if (vae->options().classes != gan.options().classes) {
            throw DataError(fmt::format("{}: the VAE knows {} classes, the data has {}; give its data with --data",
                                        file, vae->options().classes, gan.options().classes));
        }
        start_generator(gan, *vae);
        say("the generator starts as the decoder of {}\n", file);
    }
    if (!options.discriminator_from.empty()) {
        const std::string file = find_checkpoint(options.discriminator_from).string();
        const StartedArrays arrays = start_discriminator(gan, *load_vae(file, device));
        require(!arrays.taken.empty(), "{}: nothing of the encoder of {} fits the discriminator; leave the option out",
                kDiscriminatorFrom, file);
        say("the discriminator starts as the encoder of {}: {}; drawn anew: {}\n", file, fmt::join(arrays.taken, ", "),
            fmt::join(arrays.left, ", "));
    }
}

}  // namespace sinter
