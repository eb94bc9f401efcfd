#include "apps/vae_gan/options.h"

#include "apps/gan/usual_image_size.h"
#include "apps/training/training_setup.h"
#include "core/check.h"

namespace sinter {
namespace {

void describe_optimizers(OptionList& list, VaeGanProgramOptions& options) {
    list.section("Training");
    list.fixed("lr-e", options.lr_e, "Learning rate of the encoder").positive().usually("as --lr");
    list.fixed("lr-g", options.lr_g, "Learning rate of the generator").positive().usually("as --lr");
    list.fixed("lr-d", options.lr_d, "Learning rate of the discriminator").positive().usually("as --lr");
    list.fixed("beta1", options.beta1, "Adam's decay of the mean gradient").fraction();
    list.fixed("beta2", options.beta2, "Adam's decay of the mean squared gradient").fraction();
    list.fixed("flip", options.flip, "Mirror half of the images left to right, others every epoch");
}

}  // namespace

void describe(OptionList& list, VaeGanProgramOptions& options) {
    describe_training(list, options);
    describe_optimizers(list, options);
    describe_channels(list, options.images);
    describe_fitting(list, options.images.fitting);
    describe(list, options.model);
    list.free("conditional", options.conditional,
              "Give the class of an image to all networks, and draw images of a given class; needs data with labels");
    list.find("size")->usually("64, 32 or 28 for dcgan, the first that the data reaches; 16 for data of up to 16");
    list.find("latent")->usually("20 on grey images, 128 on colour");
    list.find("discriminator-norm")->usually("layer");
    describe(list, options.training);
    describe_measuring(list, options);
    describe_pictures(list, options);
    list.free("grid", options.grid, "Images a side of the sample grids").from(1, 64);
    describe(list, options.sample);
    describe_run(list, options);
    list.find("precision")->usually("auto: tf32 on a device with tensor cores, else fp32");
}

void settle_options(const OptionList& list, VaeGanProgramOptions& options) {
    GanOptions& networks = options.model.networks;
    require_image_size(networks.architecture, networks.size);  // before images are fitted to it
    list.otherwise(options.lr_e, options.lr);
    list.otherwise(options.lr_g, options.lr);
    list.otherwise(options.lr_d, options.lr);
    options.training.clip_norm = options.clip_norm;
    require(networks.discriminator_norm != DiscriminatorNorm::batch ||
                published_norm(networks.architecture, networks.size) == DiscriminatorNorm::batch,
            "--discriminator-norm batch: is for --arch dcgan on other sizes than 28; use layer, or leave it out");
    require(options.batch_size >= 2,
            "--batch-size 1: batch normalisation compares the images of a batch and needs at least two");
}

DataSplits find_training_images(const OptionList& list, VaeGanProgramOptions& options) {
    GanOptions& networks = options.model.networks;
    if (list.is_given(networks.size)) {
        options.images.height = options.images.width = networks.size;
        return find_training_data(options);
    }
    DataSplits data = find_training_data(options, [&](std::int64_t height, std::int64_t width) {
        return usual_image_size(networks.architecture, height, width);
    });
    networks.size = data.train.height;
    settle_options(list, options);
    return data;
}

void fit_model(const OptionList& list, VaeGanProgramOptions& options, const ImageSet& images) {
    GanOptions& networks = options.model.networks;
    networks.channels = images.channels;
    networks.classes = options.conditional ? labelled_classes(images) : 0;
    list.otherwise(networks.latent, networks.channels == 1 ? 20 : 128);
}

}  // namespace sinter
