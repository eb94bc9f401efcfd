// Where a training run stands: what a checkpoint remembers beside the parameters, so that a resumed run goes on as if
// it had not been interrupted.
#pragma once

#include <span>
#include <string>

#include "apps/training/best_epoch.h"
#include "apps/training/means.h"
#include "apps/training/training_options.h"
#include "apps/training/trouble.h"
#include "core/data/loader.h"
#include "core/train/checkpoint.h"

namespace sinter {

struct RunState {
    std::int64_t step = 0;      ///< training steps taken
    std::int64_t epoch = 1;     ///< the epoch under way, from 1
    std::int64_t position = 0;  ///< images of it done
    Means means;                ///< of the epoch under way
    BestEpoch best;             ///< of those before
    TroubleWatch troubles;
    std::int64_t images_before = 0;  ///< of these, before the run was resumed
    double train_seconds = 0;        ///< spent in training steps of the epoch under way since then
    double seconds = 0;              ///< since the run began, without the time between interruption and resumption

    double images_per_second() const { return static_cast<double>(means.images() - images_before) / train_seconds; }
    /// Goes to the start of the next epoch.
    void begin_next_epoch();

    /// Adds to facts, or reads from them; reading throws DataError where one is missing or out of its range. Numbers
    /// survive exactly. No clock is among them: a checkpoint is a function of the run.
    void save(CheckpointFacts& facts) const;
    void load(const CheckpointFacts& facts, const std::string& file);
};

/// Whether --patience ends the run here, between two epochs.
bool is_out_of_patience(const TrainingOptions& options, const RunState& at);

/// Saves `parts` with `facts` and those of `at` as the checkpoint of `run`. Throws DivergedError, after a line in the
/// metrics, where an array is no longer finite; the checkpoint before is left as it was then.
void save_run(RunFolder& run, std::span<const CheckpointPart> parts, CheckpointFacts facts, const RunState& at);

/// Puts `parts` and `at` where the last checkpoint of `run` left them, and the files of the run as well; leaves all at
/// the beginning where there is no checkpoint yet. `fixed_facts` must stand in the checkpoint as they are; those of
/// `list` that it is too old to have count as before(). The best epoch begins anew where the checkpoint does not know
/// that of the number which `options` ask for, or its file is gone. Throws UsageError where an option differs or the
/// run has no epoch to go or takes none of the steps to be profiled, DataError where the checkpoint is damaged; nothing
/// on the disk has changed then.
void resume_run(RunFolder& run, std::span<const CheckpointPart> parts, const OptionList& list,
                const CheckpointFacts& fixed_facts, const TrainingOptions& options, const Loader& batches,
                RunState& at);

}  // namespace sinter
