// What --measure-every measures: the images that a model draws while it is trained, by the judge and the measures of
// the program measure, on fewer images.
#pragma once

#include <optional>

#include "apps/generators/image_generator.h"
#include "apps/measures/image_measures.h"
#include "apps/measures/judge.h"
#include "apps/training/training_run.h"

namespace sinter {

class RunMeasures {
public:
    /// Images that are drawn, and test images that they are compared with.
    static constexpr Index kImages = 2000;

    /// Finds the judge for the data, or trains it, and shows it the test images, of which it takes kImages in an order
    /// that the run's seed draws; nothing without --measure-every. `data` is as people see it, not binarised.
    RunMeasures(const TrainingOptions& options, const DataSplits& data, Device device);

    /// The numbers of kImages images that `draw` draws of this kind.
    Measurement of(const GeneratedKind& kind, const DrawBatch& draw);

private:
    std::uint64_t seed_;
    std::optional<Judge> judge_;
    JudgeStanding standing_;
    Responses real_;
};

}  // namespace sinter
