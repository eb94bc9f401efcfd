#include "apps/vae/open_vae.h"

#include <algorithm>
#include <utility>

#include "apps/training/training_setup.h"
#include "core/data/binarise.h"
#include "core/train/checkpoint.h"
#include "core/train/run_folder.h"
#include "models/vae/vae_options.h"

namespace sinter {
namespace {

/// That of --binarize where the program has it and it is given, else that of the run.
Binarisation wanted_binarisation(const OptionList& list, const CheckpointFacts& facts, const std::string& file) {
    const auto given = std::find_if(list.options().begin(), list.options().end(),
                                    [](const Option& option) { return option.name == "binarize" && option.is_given; });
    if (given == list.options().end()) return binarisation_of(facts, file);
    return value_of(kBinarisations, given->text(), "--binarize: expected");
}

}  // namespace

OpenedVae open_vae(const std::string& checkpoint, const OptionList& list, const DataOptions& options, Device device) {
    OpenedVae opened;
    opened.file = find_checkpoint(checkpoint).string();
    opened.vae = load_vae(opened.file, device);
    opened.facts = read_checkpoint_facts(opened.file);
    const VaeOptions& model = opened.vae->options();
    const Binarisation how = wanted_binarisation(list, opened.facts, opened.file);
    CheckpointData found =
        find_checkpoint_data(opened.file, opened.facts, list, options, {model.height, model.width, model.channels});
    opened.data = std::move(found.data);
    opened.warning = std::move(found.warning);
    opened.pixels = describe(how, opened.data.test);
    binarise(opened.data, how);
    return opened;
}

}  // namespace sinter
