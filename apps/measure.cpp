// measure: says how good images are, by the measures of the field and a judge that knows the data, and how likely a VAE
// finds real images.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "apps/common/program.h"
#include "apps/measure/comparison.h"
#include "apps/measure/likelihood_report.h"
#include "apps/measure/memorisation.h"
#include "apps/measure/options.h"
#include "apps/measure/probe.h"
#include "apps/measure/report.h"
#include "apps/training/pictures.h"
#include "core/console.h"
#include "core/files/files.h"
#include "core/files/npy.h"
#include "core/statistics/class_measures.h"
#include "core/statistics/kernel_distance.h"

namespace sinter {
namespace {

/// Writes what the numbers are computed from: the features as FILE.npy and those of the real images as FILE.real.npy,
/// the logits as FILE.logits.npy with the order of the inception score's parts as FILE.order.npy, and the subsets of
/// KID as FILE.subsets.npy [2, subsets, size].
void save_features(const std::filesystem::path& file, const Comparison& comparison, std::uint64_t seed) {
    const auto beside = [&](const char* ending) { return std::filesystem::path(file).replace_extension(ending); };
    const auto write = [&](const char* ending, const std::vector<float>& values, Index rows) {
        write_npy<float>(beside(ending), values, {rows, static_cast<Index>(values.size()) / rows});
    };
    const Responses &images = comparison.responses, &real = comparison.reference.real;
    write(".npy", images.features, images.images);
    write(".real.npy", real.features, real.images);
    if (comparison.reference.judge.knows_classes) {
        write(".logits.npy", images.logits, images.images);
        write_npy<Index>(beside(".order.npy"), split_order(images.images, seed), {images.images});
    }
    if (std::min(images.images, real.images) < kKernelSubsetSize) return;
    const KernelDistanceOptions options{kernel_subsets({}), kKernelSubsetSize, seed};
    std::vector<Index> subsets = draw_subsets(images.images, 0, options);
    const std::vector<Index> of_real = draw_subsets(real.images, 1, options);
    subsets.insert(subsets.end(), of_real.begin(), of_real.end());
    write_npy<Index>(beside(".subsets.npy"), subsets, {2, options.subsets, options.subset_size});
}

ExitCode compare_images(const OptionList& list, const MeasureOptions& options) {
    const Device device = choose_device(options);
    Comparison comparison = open_comparison(list, options, device);
    const Reference& reference = comparison.reference;
    const MeasuringOptions measuring{.seed = options.seed, .neighbours = options.neighbours};
    ImageReport report{comparison, {}, {}, {}, {}, {}, measuring, 0};
    report.equal_share = comparison.images.count > 0 ? share_of_equal_images(comparison.images)
                                                     : share_of_equal_features(comparison.responses);
    report.measured =
        measure_images(comparison.responses, reference.real, report.equal_share, reference.judge, measuring, device);
    if (reference.yardstick.images >= 2) {
        const Responses& against =
            reference.yardstick_against.images > 0 ? reference.yardstick_against : reference.real;
        report.yardstick = measure_images(reference.yardstick, against, 0, reference.judge, measuring, device);
    }
    if (reference.judge.knows_classes) {
        report.shares = class_shares(comparison.responses);
        report.real_shares = class_shares(reference.yardstick.images > 0 ? reference.yardstick : reference.real);
    }
    if (comparison.training) report.memorisation = find_memorisation(comparison, device);

    options.json ? print_json(report) : print_table(report);
    flush_results();
    if (!options.out.empty() && !report.memorisation)
        say("--out: no neighbours.png, since the training images are not known; give the data set they are of\n");
    if (!options.out.empty() && report.memorisation) {
        ensure_folder(options.out);
        draw_neighbours(std::filesystem::path(options.out) / "neighbours.png", comparison, *report.memorisation);
    }
    if (!options.save_features.empty()) save_features(options.save_features, comparison, options.seed);
    if (!options.save_reference.empty()) reference.save(options.save_reference);
    return options.strict && !warnings_of(report).empty() ? ExitCode::data : ExitCode::ok;
}

ExitCode find_likelihood(const OptionList& list, const MeasureOptions& options) {
    const Device device = choose_device(options);
    const LikelihoodReport report =
        measure_likelihood(checkpoint_to_measure(options), list, options, options.likelihood, options.seed, device);
    options.json ? print_json(report) : print_table(report);
    const std::vector<Measured> measures = likelihood_measures(report);
    const bool is_warned = std::any_of(measures.begin(), measures.end(),
                                       [](const Measured& measured) { return !measured.warnings.empty(); });
    return options.strict && is_warned ? ExitCode::data : ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    MeasureOptions options;
    OptionList list("measure");
    describe(list, options);
    const char* description =
        "Says how good the images of a model are: distances, coverage and memorisation, by a judge that knows the "
        "data.";
    return run_program(list, description, argc, argv, [&] {
        check_options(list, options);
        if (options.likelihood.samples > 0) return find_likelihood(list, options);
        if (options.probe) return probe_codes(list, options);
        return compare_images(list, options);
    });
}
