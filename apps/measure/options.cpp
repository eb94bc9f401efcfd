#include "apps/measure/options.h"

#include <filesystem>
#include <utility>

#include "core/check.h"

namespace sinter {
namespace {

/// Throws UsageError where no file can be made at the path that an option gives, or its name does not end as it should.
void check_file(const char* option, const std::string& file, const char* ending) {
    if (file.empty()) return;
    require(std::filesystem::path(file).extension() == ending, "{}: expected a name that ends in {}, came {}", option,
            ending, file);
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    std::error_code ignored;
    require(std::filesystem::is_directory(folder, ignored), "{}: there is no folder {}", option, folder.string());
    require(!std::filesystem::is_directory(file, ignored), "{}: expected a file, {} is a folder", option, file);
}

}  // namespace

void describe(OptionList& list, MeasureOptions& options) {
    list.section("What to measure");
    list.once("checkpoint", options.checkpoint,
              "A model, by its checkpoint or the folder of its run: it draws the images. Default: the newest run in "
              "runs/")
        .shown_as("CHECKPOINT");
    list.once("samples", options.samples, "How many it draws. Default: as many as there are real images").from(2);
    list.once("reconstructions", options.reconstructions,
              "Measure what the checkpoint of a model with an encoder (VAE, VAE-GAN, BiGAN) makes of the real images, "
              "in place of samples");
    describe(list, options.prior);
    list.once("images", options.side_images,
              "Images to measure in place of a checkpoint's: a folder, an IDX or .npy file, or a data set; or, where "
              "--against is "
              "the same, a .npy file of features [count, size], which need no judge")
        .shown_as("IMAGES");
    list.once("images-split", options.images_split, kSplitChoices, "Of --images, where it is a data set");
    list.once("against", options.side_against,
              "The real images: as --images, or a file of --save-reference. Default: the test images of --data")
        .shown_as("IMAGES");
    list.once("against-split", options.against_split, kSplitChoices, "Of --against, where it is a data set");
    describe(list, options.likelihood);
    list.once(
        "probe", options.probe,
        "Measure the latent codes of a VAE, a VAE-GAN or a BiGAN instead: how well a nearest neighbour and a linear "
        "classifier tell the classes by them");
    describe_data(list, options);
    describe_size(list, options.images);
    describe_channels(list, options.images);
    describe_fitting(list, options.images.fitting);
    list.section("How");
    list.once("classifier", options.classifier,
              "The judge, whose features are compared: a checkpoint of classifier. Default: one that is trained on the "
              "data, once, and kept in the cache")
        .shown_as("CHECKPOINT");
    list.once("precision-neighbours", options.neighbours.precision, "k of precision and recall").from(1, 1000);
    list.once("density-neighbours", options.neighbours.density, "k of density and coverage").from(1, 1000);
    list.once("seed", options.seed, "Seed of samples, subsets and orders; the same seed gives the same numbers");
    list.once("strict", options.strict, "End with exit code 3 where a number has a warning");
    list.section("Output");
    list.once("json", options.json, "Print one line of JSON in place of the table");
    list.once("out", options.out, "Write neighbours.png there, the images nearest to training images above those")
        .shown_as("FOLDER");
    list.once("save-features", options.save_features,
              "Write the features as this file, and beside it logits, those of the real images, and the subsets of KID")
        .shown_as("FILE.npy");
    list.once("save-reference", options.save_reference, "Write what is needed of the real images, for --against")
        .shown_as("FILE.safetensors");
    list.section("Device");
    list.once("quiet", options.quiet, "No progress on stderr");
    describe(list, static_cast<DeviceOptions&>(options));
}

void check_options(const OptionList& list, const MeasureOptions& options) {
    require(options.checkpoint.empty() || options.side_images.empty(),
            "--checkpoint and --images: expected one of them, since both say what is measured");
    const bool is_of_codes = options.probe || options.likelihood.samples > 0;
    require(!options.probe || options.likelihood.samples == 0, "--probe and --nll: expected one of them");
    require(options.likelihood.images == 0 || options.likelihood.samples > 0,
            "--nll-images: says on how many images --nll is measured; give that, or leave it out");
    if (is_of_codes) {
        const std::pair<const char*, bool> given[] = {{"--images", !options.side_images.empty()},
                                                      {"--against", !options.side_against.empty()},
                                                      {"--samples", options.samples > 0},
                                                      {"--reconstructions", options.reconstructions},
                                                      {"--prior", options.prior.is_mixture()},
                                                      {"--classifier", !options.classifier.empty()},
                                                      {"--out", !options.out.empty()},
                                                      {"--save-features", !options.save_features.empty()},
                                                      {"--save-reference", !options.save_reference.empty()}};
        for (const auto& [name, is_given] : given)
            require(!is_given, "{}: --probe and --nll are about a --checkpoint and --data; leave it out", name);
    }
    require(options.samples == 0 || options.side_images.empty(),
            "--samples: is for a checkpoint, which draws; leave it out with --images");
    require(!options.reconstructions ||
                (options.side_images.empty() && options.samples == 0 && !options.prior.is_mixture()),
            "--reconstructions: are what a checkpoint makes of the real images, one each; leave out --images, "
            "--samples and --prior");
    require(!options.prior.is_mixture() || options.side_images.empty(),
            "--prior: is for a checkpoint, which draws; leave it out with --images");
    require(!list.is_given(options.images_split) || !options.side_images.empty(),
            "--images-split: says which images of --images; give that, or leave it out");
    require(!list.is_given(options.against_split) || !options.side_against.empty(),
            "--against-split: says which images of --against; give that, or leave it out");
    require(
        options.side_images.empty() || !options.side_against.empty() || !options.data.empty(),
        "--images: expected --against with the real images, or --data with the data set whose test images they are");
    check_file("--save-features", options.save_features, ".npy");
    check_file("--save-reference", options.save_reference, ".safetensors");
}

}  // namespace sinter
