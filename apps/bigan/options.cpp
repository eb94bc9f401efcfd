#include "apps/bigan/options.h"

#include "apps/gan/usual_image_size.h"
#include "apps/training/training_setup.h"
#include "core/check.h"

namespace sinter {
namespace {

Index usual_image_size(BiGanArchitecture architecture, std::int64_t height, std::int64_t width) {
    switch (architecture) {
        case BiGanArchitecture::conv:
            return usual_image_size(GanArchitecture::dcgan, height, width);
        case BiGanArchitecture::mlp:
            break;
    }
    return usual_image_size(GanArchitecture::dense, height, width);
}

}  // namespace

void describe(OptionList& list, BiGanProgramOptions& options) {
    describe_training(list, options);
    list.section("Training");
    list.fixed("lr-g", options.lr_g, "Learning rate of generator and encoder").positive().usually("as --lr");
    list.fixed("lr-d", options.lr_d, "Learning rate of the discriminator").positive().usually("as --lr");
    list.fixed("beta1", options.beta1, "Adam's decay of the mean gradient").fraction();
    list.fixed("beta2", options.beta2, "Adam's decay of the mean squared gradient").fraction();
    describe_channels(list, options.images);
    describe_fitting(list, options.images.fitting);
    describe(list, options.model);
    list.find("size")->usually(
        "the data's own, up to 64; for conv 64, 32 or 28, the first that the data reaches, or 16 for data of up to 16");
    describe_measuring(list, options);
    describe_pictures(list, options);
    list.free("grid", options.grid, "Images a side of the sample grids").from(1, 64);
    describe(list, options.sample);
    describe_run(list, options);
}

void settle_options(const OptionList& list, BiGanProgramOptions& options) {
    require_image_size(options.model.architecture, options.model.size);  // before images are fitted to it
    list.otherwise(options.lr_g, options.lr);
    list.otherwise(options.lr_d, options.lr);
    require(options.batch_size >= 2,
            "--batch-size 1: batch normalisation compares the images of a batch and needs at least two");
}

DataSplits find_training_images(const OptionList& list, BiGanProgramOptions& options) {
    BiGanOptions& model = options.model;
    if (list.is_given(model.size)) options.images.height = options.images.width = model.size;
    DataSplits data = find_training_data(options, [&model](std::int64_t height, std::int64_t width) {
        return usual_image_size(model.architecture, height, width);
    });
    model.size = data.train.height;
    model.channels = data.train.channels;
    return data;
}

}  // namespace sinter
