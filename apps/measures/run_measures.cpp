#include "apps/measures/run_measures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "apps/common/measure_kinds.h"

namespace sinter {
RunMeasures::RunMeasures(const TrainingOptions& options, const DataSplits& data, Device device) : seed_(options.seed) {
    if (options.measure_every == 0) return;
    if (options.keep_best == "kid" && data.test.count < kKernelSubsetSize) {
        throw UsageError(fmt::format("--keep-best kid: needs {} test images, {} has {}; go by frechet",
                                     kKernelSubsetSize, data.test.name, data.test.count));
    }
    if (options.dry_run) return;  // which never measures, and writes nothing
    judge_.emplace(find_judge({.data = data, .show_progress = !options.quiet}, device), device);
    standing_ = judge_->standing_on(data);
    real_ = judge_->respond_to(data.test, std::min(kImages, data.test.count),
                               {.batch_size = kEvaluationBatch, .shuffle = true, .seed = options.seed});
}

Measurement RunMeasures::of(const GeneratedKind& kind, const DrawBatch& draw) {
    const ImageSet images = draw_images(kind, draw, real_.images);
    const std::vector<Measured> measured =
        measure_images(judge_->respond_to(images), real_, share_of_equal_images(images), standing_,
                       {.seed = seed_, .quick = true}, judge_->device());
    Measurement result;
    std::vector<std::string> warnings;
    for (const std::string_view name : measure_names(is_measured_while_training)) {
        const Measured* const found = find(measured, name);
        if (!found || std::isnan(found->value)) continue;       // left out
        result.numbers.push_back({name.data(), found->value});  // a literal of the table
        for (const std::string& warning : found->warnings) add_once(warnings, warning);
    }
    result.warnings = fmt::format("{}", fmt::join(warnings, "; "));
    return result;
}

}  // namespace sinter
