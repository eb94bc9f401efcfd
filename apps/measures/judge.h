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
#include "models/classifier/classifier.h"

namespace sinter {

/// What a judge has learned to tell: the classes of labelled images, or by how much an image was turned (Gidaris et
/// al., arXiv:1803.07728), for images without labels.
enum class JudgeTask { classes, rotations };
inline constexpr Named<JudgeTask> kJudgeTasks[] = {{"classes", JudgeTask::classes},
                                                   {"rotations", JudgeTask::rotations}};

/// Who judged, and how much that is worth.
struct JudgeStanding {
    std::string name;                  ///< "classifier on mnist, 60000 images"
    bool knows_classes = true;         ///< else there are no measures of classes
    double accuracy = 1;               ///< share of real images not trained on whose task it does right; NaN: untested
    bool knows_these = true;           ///< whether it was trained on data of the same content
    bool knows_other_classes = false;  ///< than the real images have
    bool has_seen_real = false;        ///< whether it has learned from the very real images of a comparison
};
/// A judge that is right less often has learned too little for its features to mean anything.
inline constexpr double kLeastAccuracy = 0.8;

/// A fact of judges that hold out images.
inline constexpr const char* kHeldOut = "judge.held_out";

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

    /// Whether held_out_images() of its training images are new to it.
    bool holds_out() const { return facts_.contains(kHeldOut); }

    /// What tells its checkpoint from others: judges of the same data have the same name.
    std::string content() const;

    /// Throws DataError unless it takes images of this size.
    void require_fit(const ImageSet& set) const;
    /// Its responses to the first `most` images of a set in the order of `loader`. Throws DataError where they are not
    /// finite.
    Responses respond_to(const ImageSet& set, Index most,
                         const LoaderOptions& loader = {.batch_size = kEvaluationBatch});
    Responses respond_to(const ImageSet& set) { return respond_to(set, set.count); }
    /// How well it does its task on images, which are labelled where the task is `classes`.
    Score score_on(const ImageSet& set);
    /// How far it can be trusted about data whose test images it is tried on: they must be of its size. Data of other
    /// classes, or without labels for a judge that knows classes, leave its accuracy unknown.
    JudgeStanding standing_on(const DataSplits& data);

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

/// What a judge of this data learns: its classes, if it has two or more.
JudgeTask task_for(const DataSplits& data);

/// Those training images that a judge of ours does not learn from, a fifth in a random order: new to it, they show what
/// the measures say of real images. And those that it does.
ImageSet held_out_images(const ImageSet& training);
ImageSet learned_images(const ImageSet& training);

/// What a judge is trained on.
struct JudgeRequest {
    const DataSplits& data;  ///< as they are judged: fitted
    bool hold_out = true;    ///< whether it learns from learned_images() alone
    bool show_progress = true;
};

/// The checkpoint of the judge for this data, from the cache folder; trained now where it is not there, which is said.
/// Equal pixels and labels have one judge. Throws Error where the cache folder cannot be written.
std::string find_judge(const JudgeRequest& request, Device device);

}  // namespace sinter
