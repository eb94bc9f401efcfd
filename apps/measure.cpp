// measure: says how good images are, by the measures of the field and a judge that knows the data, and how likely a VAE
// finds real images.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "apps/common/program.h"
#include "apps/measure/comparison.h"
#include "apps/measure/features.h"
#include "apps/measure/likelihood_report.h"
#include "apps/measure/memorisation.h"
#include "apps/measure/options.h"
#include "apps/measure/probe.h"
#include "apps/measure/report.h"
#include "apps/training/pictures.h"
#include "core/console.h"
#include "core/files/files.h"

namespace sinter {
namespace {

ExitCode compare_images(const OptionList& list, const MeasureOptions& options) {
    const Device device = choose_device(options);
    Comparison comparison = open_comparison(list, options, device);
    const ImageReport report =
        measure_comparison(comparison, {.seed = options.seed, .neighbours = options.neighbours}, device);
    options.json ? print_json(report) : print_table(report);
    flush_results();
    if (!options.out.empty() && !report.memorisation)
        say("--out: no neighbours.png, since the training images are not known; give the data set they are of\n");
    if (!options.out.empty() && report.memorisation) {
        ensure_folder(options.out);
        draw_neighbours(std::filesystem::path(options.out) / "neighbours.png", comparison, *report.memorisation);
    }
    if (!options.save_features.empty()) save_features(options.save_features, comparison, report.options);
    if (!options.save_reference.empty()) comparison.reference.save(options.save_reference);
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
