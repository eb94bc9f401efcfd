#include "apps/measures/run_measures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sinter {
namespace {

/// The numbers that go into the metrics; see kCriteria in apps/training/best_epoch.h.
constexpr const char* kNumbers[] = {"frechet", "kid", "precision", "recall", "density", "coverage"};

}  // namespace

RunMeasures::RunMeasures(const TrainingOptions& options, const DataSplits& data, Device device) : seed_(options.seed) {
    if (options.measure_every == 0) return;
    const JudgeTask task = data.test.classes >= 2 ? JudgeTask::classes : JudgeTask::rotations;
    judge_.emplace(find_judge({data, task, !options.quiet}, device), device);
    standing_.name = judge_->name();
    standing_.knows_classes = task == JudgeTask::classes;
    standing_.accuracy = judge_->score_on(data.test, judge_->respond_to(data.test)).accuracy;
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
    for (const char* name : kNumbers) {
        const auto found =
            std::find_if(measured.begin(), measured.end(), [&](const Measured& m) { return m.name == name; });
        if (found == measured.end()) continue;
        result.numbers.push_back({name, found->value});
        for (const std::string& warning : found->warnings)
            if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
    }
    result.warnings = fmt::format("{}", fmt::join(warnings, "; "));
    return result;
}

}  // namespace sinter
