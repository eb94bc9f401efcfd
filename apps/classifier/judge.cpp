#include "apps/classifier/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "apps/measures/responses.h"
#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/data/formats/image_folder.h"
#include "core/error.h"
#include "core/options/facts.h"
#include "core/statistics/frechet.h"
#include "core/train/metrics.h"
#include "models/classifier_options.h"

namespace sinter {
namespace {

void print_sentence(const std::string& sentence) { say("{}\n", sentence); }

std::string size_text(Index height, Index width, Index channels) {
    return fmt::format("{}x{} pixels and {} channel{}", width, height, channels, channels == 1 ? "" : "s");
}

/// A classifier from its checkpoint.
struct Judge {
    Judge(const std::string& checkpoint, Device device)
        : file(find_checkpoint(checkpoint).string()),
          facts(read_checkpoint_facts(file)),
          unused_noise(0, device),
          classifier(classifier_from_facts(facts, file), unused_noise, unused_noise),
          part{"", &classifier, nullptr} {
        load_checkpoint(file, {&part, 1});
    }

    /// Throws DataError unless it can classify the generated images as they are.
    void require_fit(const ImageSet& set) const {
        const ClassifierOptions& model = classifier.options();
        if (set.height != model.height || set.width != model.width || set.channels != model.channels) {
            throw DataError(
                fmt::format("{}: the classifier takes images of {}, those of {} have {}; give images of "
                            "that size, or a classifier that was trained on such images",
                            file, size_text(model.height, model.width, model.channels), set.name,
                            size_text(set.height, set.width, set.channels)));
        }
    }

    /// The data that it is tested on, fitted to it.
    CheckpointData find_data(const OptionList& list, const ClassifierProgramOptions& options) const {
        const ClassifierOptions& model = classifier.options();
        CheckpointData found =
            find_checkpoint_data(file, facts, list, options, ImageSize{model.height, model.width, model.channels});
        const DataSplits& data = found.data;
        if (data.test.labels.empty() || data.test.classes != model.classes) {
            throw DataError(fmt::format("{}: the classifier knows {} classes, {} has {}; give its data with --data",
                                        file, model.classes, data.test.name, data.test.classes));
        }
        return found;
    }

    /// What it makes of the first `most` images of a set. Throws DataError where that is not finite.
    Responses respond_to(const ImageSet& set, Index most, const LoaderOptions& order) {
        Loader batches(set, unused_noise.device(), order);
        Responses responses = respond(classifier, batches, most);
        if (!all_finite(responses)) {
            throw DataError(
                fmt::format("{}: expected finite features and logits, those of the images of {} hold NaN or "
                            "infinity; use the checkpoint of a training that did not diverge",
                            file, set.name));
        }
        return responses;
    }

    std::string file;
    CheckpointFacts facts;
    Generator unused_noise;
    Classifier classifier;
    CheckpointPart part;
};

/// The generated images, as they are. Throws DataError where there are fewer than two, or they differ in size.
ImageSet read_generated(const std::filesystem::path& folder) {
    const ImageSet images = load_all_images(folder, {}, print_sentence);
    if (images.count < 2) {
        throw DataError(
            fmt::format("--judge: expected two images or more in {}, found {}; give the folder that the "
                        "generator's --sample wrote",
                        folder.string(), images.count));
    }
    return images;
}

FeatureStatistics statistics_of(const Responses& responses) {
    return feature_statistics(responses.features, static_cast<Index>(responses.features.size()) / responses.images);
}

/// All that judge_images() finds out.
struct Verdict {
    Index images, test_images, training_images;
    Impression generated, real;  ///< what the classifier takes the generated and the test images for
    double test_accuracy;
    double distance;           ///< between generated and test images
    double training_distance;  ///< between training and test images
};

void print_json(const Verdict& verdict, const std::string& data, const std::string& warning) {
    std::vector<MetricField> fields = {{"split", "generated"},
                                       {"images", verdict.images},
                                       {"confidence", verdict.generated.confidence},
                                       {"frechet", verdict.distance},
                                       {"frechet_training", verdict.training_distance},
                                       {"training_images", verdict.training_images},
                                       {"data", data},
                                       {"test_images", verdict.test_images},
                                       {"test_accuracy", verdict.test_accuracy}};
    std::vector<std::string> names;
    for (std::size_t label = 0; label < verdict.generated.shares.size(); ++label)
        names.push_back(fmt::format("share_{}", label));
    for (std::size_t label = 0; label < names.size(); ++label)
        fields.push_back({names[label], verdict.generated.shares[label]});
    if (!warning.empty()) fields.push_back({"warning", warning});
    answer_lines(format_metrics_line(fields));
}

void print_table(const Verdict& verdict, const std::vector<std::string>& class_names) {
    say("{:<24}{:>12}{:>14}\n", "", "generated", "test images");
    say("{:<24}{:>12}{:>14}\n", "images", verdict.images, verdict.test_images);
    for (std::size_t label = 0; label < verdict.generated.shares.size(); ++label) {
        const std::string name = label < class_names.size() ? class_names[label] : std::to_string(label);
        say("{:<24}{:>10.1f} %{:>12.1f} %\n", "taken for " + name, 100 * verdict.generated.shares[label],
            100 * verdict.real.shares[label]);
    }
    say("{:<24}{:>12.4f}{:>14.4f}\n", "mean top confidence", verdict.generated.confidence, verdict.real.confidence);
    say("{:<24}{:>12.3f}{:>14.3f} ({} training images)\n", "Frechet distance", verdict.distance,
        verdict.training_distance, verdict.training_images);
}

void print_protocol(const Verdict& verdict, const Judge& judge, const ImageSet& generated, const ImageSet& test,
                    const ClassifierProgramOptions& options) {
    say("Protocol: features are the {} activations before the logits of {} (trained on {}; accuracy on these "
        "test images {:.2f} %). The Frechet distance |mu1 - mu2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), with "
        "unbiased covariances, is between the {} generated images in {} (8 bits a channel, {}) and all {} test "
        "images of {}; beside it, between {} training images (drawn by seed {}) and the same test images.\n",
        judge.classifier.options().features, judge.file, FactReader(judge.facts, judge.file).text("--data"),
        100 * verdict.test_accuracy, verdict.images, generated.name,
        size_text(generated.height, generated.width, generated.channels), verdict.test_images, test.name,
        verdict.training_images, options.seed);
}

}  // namespace

ExitCode evaluate_checkpoint(const OptionList& list, const ClassifierProgramOptions& options) {
    Judge judge(options.evaluate, choose_device(options));
    const auto [data, warning] = judge.find_data(list, options);
    const Responses responses = judge.respond_to(data.test, data.test.count, {.batch_size = kEvaluationBatch});
    const Score test = score(responses, data.test.labels);
    std::vector<MetricField> line = {{"split", "test"},
                                     {"images", data.test.count},
                                     {"data", data.test.name},
                                     {"loss", test.loss},
                                     {"accuracy", test.accuracy}};
    if (!warning.empty()) line.push_back({"warning", warning});
    answer_lines(format_metrics_line(line));
    return ExitCode::ok;
}

ExitCode judge_images(const OptionList& list, const ClassifierProgramOptions& options) {
    if (options.checkpoint.empty()) {
        throw UsageError(
            "--judge: expected --checkpoint with the classifier that judges; train one with: classifier "
            "--data DIR --out DIR");
    }
    Judge judge(options.checkpoint, choose_device(options));
    const ImageSet generated = read_generated(options.judge);
    judge.require_fit(generated);
    const auto [data, warning] = judge.find_data(list, options);

    const auto responses_to = [&](const ImageSet& set, Index most, bool shuffle) {
        return judge.respond_to(set, most, {.batch_size = kEvaluationBatch, .shuffle = shuffle, .seed = options.seed});
    };
    const Responses to_generated = responses_to(generated, generated.count, false);
    const Responses to_test = responses_to(data.test, data.test.count, false);
    const Responses to_training = responses_to(data.train, generated.count, true);
    const FeatureStatistics test = statistics_of(to_test);

    Verdict verdict;
    verdict.images = to_generated.images;
    verdict.test_images = to_test.images;
    verdict.training_images = to_training.images;
    verdict.generated = impression(to_generated);
    verdict.real = impression(to_test);
    verdict.test_accuracy = score(to_test, data.test.labels).accuracy;
    verdict.distance = frechet_distance(statistics_of(to_generated), test);
    verdict.training_distance = frechet_distance(statistics_of(to_training), test);
    print_json(verdict, data.test.name, warning);
    const std::vector<std::string> names = class_names_of(judge.facts, judge.file);
    print_table(verdict, names.empty() ? data.class_names : names);
    print_protocol(verdict, judge, generated, data.test, options);
    return ExitCode::ok;
}

}  // namespace sinter
