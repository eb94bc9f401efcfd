#include "apps/classifier/evaluate.h"

#include <fmt/format.h>

#include "apps/measures/judge.h"
#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/train/metrics.h"

namespace sinter {

ExitCode evaluate_checkpoint(const OptionList& list, const ClassifierProgramOptions& options) {
    Judge judge(options.evaluate, choose_device(options));
    const ClassifierOptions& model = judge.options();
    const auto [data, warning] =
        find_checkpoint_data(judge.file(), judge.facts(), list, options, {model.height, model.width, model.channels});
    if (judge.task() == JudgeTask::classes && (data.test.labels.empty() || data.test.classes != model.classes)) {
        throw DataError(fmt::format("{}: the classifier knows {} classes, {} has {}; give its data with --data",
                                    judge.file(), model.classes, data.test.name, data.test.classes));
    }
    const Score test = judge.score_on(data.test);
    std::vector<MetricField> line = {{"split", "test"},
                                     {"images", data.test.count},
                                     {"data", data.test.name},
                                     {"loss", test.loss},
                                     {"accuracy", test.accuracy}};
    if (!warning.empty()) line.push_back({"warning", warning});
    answer_lines(format_metrics_line(line));
    return ExitCode::ok;
}

}  // namespace sinter
