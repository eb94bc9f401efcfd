// The facts of a checkpoint: the input has one a line, NAME=VALUE.
#include "core/options/facts.h"

#include "apps/common/measure_kinds.h"
#include "apps/training/run_state.h"
#include "apps/training/training_setup.h"
#include "models/classifier/classifier_options.h"
#include "models/gan/gan_options.h"
#include "models/vae/vae_options.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {
namespace {

template <class Options>
CheckpointFacts facts_of_model() {
    Options options;
    OptionList list;
    describe(list, options);
    return facts_of(list);
}

Input input_of(CheckpointFacts facts) {
    const NamedNumber numbers[] = {{"loss", 3.5}, {"kl", 1}};
    RunState at;
    at.means.add(numbers, 10);
    at.best = BestEpoch("loss", 0);
    at.best.look(3.5, 1);
    at.troubles.find_standstill(at.means, 1);
    at.troubles.rings({"outputs_collapsed", "few images"});
    at.save(facts);
    facts["model.class_names"] = "[\"zero\",\"one\"]";
    std::string text;
    for (const auto& [name, value] : facts) text.append(name).append("=").append(value).append("\n");
    return fuzz::input_of(text);
}

CheckpointFacts parse(std::span<const std::uint8_t> input) {
    CheckpointFacts facts;
    std::string line;
    for (const std::uint8_t byte : input) {
        if (byte != '\n') {
            line += static_cast<char>(byte);
            continue;
        }
        const std::size_t end = line.find('=');
        if (end != std::string::npos) facts[line.substr(0, end)] = line.substr(end + 1);
        line.clear();
    }
    return facts;
}

}  // namespace

std::vector<Input> seeds() {
    return {input_of(facts_of_model<VaeOptions>()), input_of(facts_of_model<GanOptions>()),
            input_of(facts_of_model<ClassifierOptions>())};
}

void try_input(std::span<const std::uint8_t> input) {
    static ScratchFile file("checkpoint");  // whose size tells how many weights there can be
    const CheckpointFacts facts = parse(input);
    const std::string name = file.path().string();
    file.write(Input(1 << 12));
    RunState at;
    at.load(facts, name);
    expect(at.step >= 0 && at.epoch >= 1 && at.position >= 0, "a run stands where none can stand");
    expect(at.best.name().empty() || find_measure_kind(at.best.name()), "a best epoch by a number that is none");
    expect(at.best.epoch() >= 0 && at.best.epochs_since() >= 0, "a best epoch that is none");
    class_names_of(facts, name);
    const auto model = facts.find("model");
    if (model == facts.end()) return;
    if (model->second == "vae")
        vae_from_facts(facts, name);
    else if (model->second == "gan")
        gan_from_facts(facts, name);
    else if (model->second == "classifier")
        classifier_from_facts(facts, name);
}

}  // namespace sinter::fuzz
