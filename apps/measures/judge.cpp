#include "apps/measures/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "apps/measures/judge_training.h"
#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/data/describe.h"
#include "core/data/subset.h"
#include "core/error.h"
#include "core/files/cache_folder.h"
#include "core/files/files.h"
#include "core/files/sha256.h"
#include "core/statistics/random_order.h"
#include "core/train/checkpoint.h"
#include "models/classifier/classifier_options.h"

namespace sinter {
namespace {

constexpr const char* kTask = "judge.task";
// Of the judges in the cache: to be raised when another recipe or network makes others of the same data.
constexpr int kVersion = 1;
constexpr std::int64_t kHeldOutParts = 5;  // one of them is held out, ...
constexpr std::uint64_t kHeldOutSeed = 1;  // ... for ever the same: a judge of any version may be asked about it
constexpr Index kMostTurned = 20'000;      ///< images that a judge of rotations is trained or tested on, before turning

std::string size_text(Index height, Index width, Index channels) {
    return fmt::format("{}x{} pixels and {} channel{}", width, height, channels, channels == 1 ? "" : "s");
}

/// The task in the facts of a checkpoint; that of the program classifier, which writes none, is `classes`.
JudgeTask task_of(const CheckpointFacts& facts, const std::string& file) {
    const auto fact = facts.find(kTask);
    if (fact == facts.end()) return JudgeTask::classes;
    for (const Named<JudgeTask>& row : kJudgeTasks) {
        if (fact->second == row.name) return row.value;
    }
    throw DataError(fmt::format("{}: '{}' is no value of {}; the file is damaged", file, fact->second, kTask));
}

/// Pixel (y, x) of the image turned by a quarter `turns` times, counter-clockwise.
void turn(const std::uint8_t* from, std::uint8_t* to, const ImageSet& set, int turns) {
    const std::int64_t height = set.height, width = set.width, channels = set.channels;
    for (std::int64_t y = 0; y < height; ++y) {
        for (std::int64_t x = 0; x < width; ++x) {
            const std::int64_t from_y[] = {y, x, height - 1 - y, width - 1 - x};
            const std::int64_t from_x[] = {x, width - 1 - y, width - 1 - x, y};
            std::copy_n(from + (from_y[turns] * width + from_x[turns]) * channels, channels,
                        to + (y * width + x) * channels);
        }
    }
}

/// The places of the part that is held out, or of the rest, in ascending order.
std::vector<Index> places_of_part(Index count, bool held_out) {
    std::vector<Index> order = random_order(count, kHeldOutSeed);
    const auto middle = order.begin() + (count - count / kHeldOutParts);
    std::vector<Index> places(held_out ? middle : order.begin(), held_out ? order.end() : middle);
    std::sort(places.begin(), places.end());
    return places;
}

}  // namespace

Judge::Judge(const std::string& checkpoint, Device device)
    : file_(find_checkpoint(checkpoint).string()),
      facts_(read_checkpoint_facts(file_)),
      unused_noise_(0, device),
      classifier_(classifier_from_facts(facts_, file_), unused_noise_, unused_noise_),
      task_(task_of(facts_, file_)) {
    const CheckpointPart part{"", &classifier_, nullptr};
    load_checkpoint(file_, {&part, 1});
}

std::vector<std::string> Judge::class_names() const {
    return task_ == JudgeTask::classes ? class_names_of(facts_, file_) : std::vector<std::string>();
}

std::string Judge::name() const {
    const auto data = facts_.find(kDataName);
    return fmt::format("{} {}", task_ == JudgeTask::classes ? "classifier on" : "rotations of",
                       data == facts_.end() ? "unknown data" : data->second);
}

std::string Judge::content() const {
    const std::vector<std::byte> bytes = read_whole_file(file_);
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}).substr(0, 16);
}

void Judge::require_fit(const ImageSet& set) const {
    const ClassifierOptions& model = options();
    if (set.height == model.height && set.width == model.width && set.channels == model.channels) return;
    throw DataError(fmt::format(
        "{}: the judge takes images of {}, those of {} have {}; give images of that size, or a classifier that was "
        "trained on such images",
        file_, size_text(model.height, model.width, model.channels), set.name,
        size_text(set.height, set.width, set.channels)));
}

Responses Judge::respond_to(const ImageSet& set, Index most, const LoaderOptions& loader) {
    require_fit(set);
    Loader batches(set, unused_noise_.device(), loader);
    Responses responses = respond(classifier_, batches, most);
    if (!all_finite(responses)) {
        throw DataError(fmt::format(
            "{}: expected finite features and logits, those of the images of {} hold NaN or infinity; use the "
            "checkpoint of a training that did not diverge",
            file_, set.name));
    }
    return responses;
}

Score Judge::score_on(const ImageSet& set) {
    switch (task_) {
        case JudgeTask::classes:
            return score(respond_to(set), set.labels);
        case JudgeTask::rotations: {
            const ImageSet turned = turned_images(set, kMostTurned);
            return score(respond_to(turned), turned.labels);
        }
    }
    return {};
}

JudgeStanding Judge::standing_on(const DataSplits& data) {
    require_fit(data.test);
    JudgeStanding standing;
    standing.name = name();
    standing.knows_classes = task_ == JudgeTask::classes;
    const bool has_labels = task_for(data) == JudgeTask::classes;
    const bool has_other_classes = standing.knows_classes && has_labels && data.test.classes != options().classes;
    const auto content = facts_.find(kDataContent);
    const bool is_of_other_data = content != facts_.end() && !data.content.empty() && content->second != data.content;
    standing.knows_these = !is_of_other_data;
    standing.knows_other_classes = has_other_classes;
    const bool can_be_tried = !standing.knows_classes || (has_labels && !has_other_classes);
    standing.accuracy = can_be_tried ? score_on(data.test).accuracy : std::numeric_limits<double>::quiet_NaN();
    return standing;
}

JudgeTask task_for(const DataSplits& data) {
    return data.test.classes >= 2 ? JudgeTask::classes : JudgeTask::rotations;
}

ImageSet turned_images(const ImageSet& set, Index most) {
    const bool is_square = set.height == set.width;
    const int turns = is_square ? 4 : 2;
    ImageSet turned;
    turned.height = set.height;
    turned.width = set.width;
    turned.channels = set.channels;
    turned.name = set.name;
    turned.classes = turns;
    const Index count = std::min(most, set.count), bytes = set.bytes_per_image();
    turned.count = turns * count;
    turned.pixels.resize(static_cast<std::size_t>(turned.count * bytes));
    turned.labels.resize(static_cast<std::size_t>(turned.count));
    std::vector<std::uint8_t> image(static_cast<std::size_t>(bytes));
    for (Index i = 0; i < count; ++i) {
        set.read(i, 1, image.data());
        for (int t = 0; t < turns; ++t) {
            const Index place = i * turns + t;
            turn(image.data(), turned.pixels.data() + place * bytes, set, is_square ? t : 2 * t);
            turned.labels[static_cast<std::size_t>(place)] = static_cast<std::uint8_t>(t);
        }
    }
    return turned;
}

ImageSet held_out_images(const ImageSet& training) {
    return images_at(training, places_of_part(training.count, /*held_out=*/true));
}
ImageSet learned_images(const ImageSet& training) {
    return images_at(training, places_of_part(training.count, /*held_out=*/false));
}

std::string find_judge(const JudgeRequest& request, Device device) {
    const std::filesystem::path cache = cache_folder();
    if (cache.empty()) {
        throw UsageError(
            "a judge is trained once and kept, but neither SINTER_CACHE_DIR nor HOME names a cache folder; set one, or "
            "give a judge with --classifier");
    }
    const DataSplits& data = request.data;
    // The pixels as they are judged: another --size or --fit makes other images.
    const JudgeTask task = task_for(data);
    const std::string key = fmt::format("{}-{}{}-{}", content_hash(data), name_of(kJudgeTasks, task),
                                        request.hold_out ? "" : "-all", kVersion);
    const std::filesystem::path file = cache / "judges" / (key + ".safetensors");
    if (std::filesystem::exists(file)) return file.string();
    ensure_folder(file.parent_path());

    const ImageSet learned = request.hold_out ? learned_images(data.train) : data.train;
    CheckpointFacts facts;
    if (request.hold_out) facts[kHeldOut] = fmt::format("1/{}", kHeldOutParts);
    switch (task) {
        case JudgeTask::classes:
            train_judge(learned, data, facts, file, device, true, request.show_progress);
            break;
        case JudgeTask::rotations:
            facts[kTask] = "rotations";
            facts[kClassNames] = "[]";
            train_judge(turned_images(learned, kMostTurned), data, facts, file, device, false, request.show_progress);
            break;
    }
    return file.string();
}

}  // namespace sinter
