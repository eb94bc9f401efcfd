// The judge of images: a classifier whose features the measures compare. It is one that the user names, or one that is
// trained for the data at hand, once, and kept in the cache folder.
#pragma once

#include <string>
#include <vector>

#include "apps/measures/responses.h"
#include "core/data/image_set.h"
#include "core/names.h"
#include "core/options/facts.h"
#include "core/random.h"
#include "models/classifier.h"

namespace sinter {

/// What a judge has learned to tell: the classes of labelled images, or by how much an image was turned (Gidaris et
/// al., arXiv:1803.07728), for images without labels.
enum class JudgeTask { classes, rotations };
inline constexpr Named<JudgeTask> kJudgeTasks[] = {{"classes", JudgeTask::classes},
                                                   {"rotations", JudgeTask::rotations}};

/// A classifier from its checkpoint.
class Judge {
public:
    /// Throws DataError where the file is damaged or of another program.
    Judge(const std::string& checkpoint, Device device);

    const std::string& file() const { return file_; }
    const CheckpointFacts& facts() const { return facts_; }
    const ClassifierOptions& options() const { return classifier_.options(); }
    JudgeTask task() const { return task_; }
    Device device() const { return unused_noise_.device(); }
    /// The names of its classes; empty where its data had none.
    std::vector<std::string> class_names() const;
    /// "classifier on mnist, 60000 images", "rotations of flowers, 900 images"
    std::string name() const;

    /// What tells its checkpoint from others: judges of the same data have the same name.
    std::string content() const;

    /// Throws DataError unless it takes images of this size.
    void require_fit(const ImageSet& set) const;
    /// Its responses to the first `most` images of a set in the order of `loader`. Throws DataError where they are not
    /// finite.
    Responses respond_to(const ImageSet& set, Index most,
                         const LoaderOptions& loader = {.batch_size = kEvaluationBatch});
    Responses respond_to(const ImageSet& set) { return respond_to(set, set.count); }
    /// How well it does its task on images, labelled where the task is `classes`; `responses` are those to the images,
    /// which other tasks do not look at.
    Score score_on(const ImageSet& set, const Responses& responses);

private:
    std::string file_;
    CheckpointFacts facts_;
    Generator unused_noise_;
    Classifier classifier_;
    JudgeTask task_;
};

/// The images turned by 0, 90, 180 and 270 degrees with that for labels; those that are not square by 0 and 180. At
/// most the first `most` of them, in memory.
ImageSet turned_images(const ImageSet& set, Index most);

/// What a judge is trained on.
struct JudgeRequest {
    const DataSplits& data;  ///< as they are judged: fitted
    JudgeTask task = JudgeTask::classes;
    bool show_progress = true;
};

/// The checkpoint of the judge for this data, from the cache folder; trained now where it is not there, which is said.
/// Equal pixels and labels have one judge. Throws Error where the cache folder cannot be written.
std::string find_judge(const JudgeRequest& request, Device device);

}  // namespace sinter
