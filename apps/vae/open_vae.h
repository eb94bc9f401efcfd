// The VAE of a checkpoint with the images that it was trained and tested on: what everything that looks at a trained
// one begins with.
#pragma once

#include <memory>
#include <string>

#include "apps/training/image_options.h"
#include "core/data/image_set.h"
#include "core/device.h"
#include "core/options/facts.h"
#include "core/options/option_list.h"
#include "models/vae/vae.h"

namespace sinter {

struct OpenedVae {
    std::string file;
    CheckpointFacts facts;
    std::unique_ptr<Vae> vae;
    DataSplits data;      ///< fitted to the model, and binarised: training images that are drawn in every step are grey
    std::string pixels;   ///< what the binarisation has made of them, in words
    std::string warning;  ///< of find_checkpoint_data()
};

/// Opens a checkpoint, or the last one of a run's folder, and finds its data as find_checkpoint_data() does; the images
/// are fitted and binarised as the run had them, where an option of `list` is not given. Throws DataError where the
/// file is damaged or of another kind of model, or the data cannot be found or is not that of the checkpoint.
OpenedVae open_vae(const std::string& checkpoint, const OptionList& list, const DataOptions& options, Device device);

}  // namespace sinter
