// Where a run of mnist_vae stands: what a checkpoint remembers beside the parameters, so that a resumed run goes on as
// if it had not been interrupted.
#pragma once

#include <string>

#include "core/train/checkpoint.h"

namespace sinter {

/// Sums over the images of an epoch so far.
struct LossSums {
    double loss = 0, recon = 0, kl = 0;
    std::int64_t images = 0;

    void add(double batch_loss, double batch_recon, double batch_kl, std::int64_t batch);
    double mean(double sum) const { return images > 0 ? sum / static_cast<double>(images) : 0; }
};

struct RunState {
    std::int64_t step = 0;      ///< training steps taken
    std::int64_t epoch = 1;     ///< the epoch under way, from 1
    std::int64_t position = 0;  ///< images of it done
    LossSums sums;              ///< of the epoch under way
    double train_seconds = 0;   ///< spent in training steps of the epoch under way
    double seconds = 0;         ///< since the run began, without the time between interruption and resumption

    /// Adds to facts, or reads from them; reading throws DataError where one is missing or no number. Numbers survive
    /// exactly.
    void save(CheckpointFacts& facts) const;
    static RunState load(const CheckpointFacts& facts, const std::string& file);
};

}  // namespace sinter
