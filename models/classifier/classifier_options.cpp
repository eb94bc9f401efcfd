#include "models/classifier/classifier_options.h"

#include <fmt/format.h>

#include "core/data/image_set.h"
#include "core/options/facts.h"

namespace sinter {
namespace {

/// Of how many values the layer that gives the features takes its sums; no layer has more weights than it for each of
/// them.
Index inputs_of_features(const ClassifierOptions& options) {
    switch (options.architecture) {
        case ClassifierArchitecture::small:  // the images of the second convolution, a quarter as long each side
            return (options.height + 3) / 4 * ((options.width + 3) / 4) * 2 * options.base_width;
        case ClassifierArchitecture::deep:  // 3 x 3 pixels of the last stage
            break;
    }
    return 9 * 4 * options.base_width;
}

}  // namespace

void describe(OptionList& list, ClassifierOptions& options) {
    list.set_model_kind("classifier");
    list.section("Model");
    list.model("arch", options.architecture, kClassifierArchitectures, "Layers of the classifier").before("small");
    list.fact("height", options.height).from(8, kMaxPixelsPerSide);
    list.fact("width", options.width).from(8, kMaxPixelsPerSide);
    list.fact("channels", options.channels).from(1, 4);
    list.fact("classes", options.classes).from(2, kMaxClasses);
    list.fact("base-width", options.base_width).from(1, 1024);
    list.fact("features", options.features).from(1, 4096);
}

ClassifierOptions classifier_from_facts(const CheckpointFacts& facts, const std::string& file) {
    ClassifierOptions options;
    OptionList list;
    describe(list, options);
    read_model_facts(list, facts, file);

    const Index inputs = inputs_of_features(options);
    FactReader(facts, file)
        .require_room(static_cast<double>(inputs * options.features),
                      fmt::format("a layer of {} x {}", options.features, inputs));
    return options;
}

}  // namespace sinter
