#include "models/classifier_facts.h"

#include <fmt/format.h>

#include "core/data/image_set.h"
#include "core/train/facts.h"

namespace sinter {

void add_model_facts(CheckpointFacts& facts, const ClassifierOptions& options) {
    facts["model"] = "classifier";
    facts["model.height"] = std::to_string(options.height);
    facts["model.width"] = std::to_string(options.width);
    facts["model.channels"] = std::to_string(options.channels);
    facts["model.classes"] = std::to_string(options.classes);
    facts["model.base_width"] = std::to_string(options.base_width);
    facts["model.features"] = std::to_string(options.features);
}

ClassifierOptions classifier_from_facts(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    reader.require_model("classifier");
    ClassifierOptions options;
    options.height = reader.whole_number("model.height", 8, kMaxPixelsPerSide);
    options.width = reader.whole_number("model.width", 8, kMaxPixelsPerSide);
    options.channels = reader.whole_number("model.channels", 1, 4);
    options.classes = reader.whole_number("model.classes", 2, kMaxClasses);
    options.base_width = reader.whole_number("model.base_width", 1, 1024);
    options.features = reader.whole_number("model.features", 1, 4096);

    // Its largest matrix takes the images of the second convolution, which are a quarter as long each side.
    const Index inputs = (options.height + 3) / 4 * ((options.width + 3) / 4) * 2 * options.base_width;
    reader.require_room(static_cast<double>(inputs * options.features),
                        fmt::format("a layer of {} x {}", options.features, inputs));
    return options;
}

}  // namespace sinter
