#include "apps/measure/probe.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "apps/generators/image_codes.h"
#include "apps/measure/comparison.h"
#include "apps/measure/json.h"
#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/data/binarise.h"
#include "core/data/loader.h"
#include "core/error.h"
#include "core/statistics/logistic_regression.h"
#include "core/statistics/neighbours.h"
#include "core/train/checkpoint.h"
#include "core/train/run_folder.h"

namespace sinter {
namespace {

constexpr Index kBatch = 500;
/// Batches that an untrained encoder takes the statistics of its batch normalisation from.
constexpr int kStatisticsPasses = 20;

/// The features of training and test images.
struct Features {
    std::string name;
    Index size = 0;
    std::vector<float> train, test;
};

/// What `features_of` (Tensor -> Tensor [batch, size]) makes of all images of a set, in their order.
template <class FeaturesOf>
std::vector<float> collect(const ImageSet& set, Device device, const FeaturesOf& features_of) {
    Loader batches(set, device, {.batch_size = kBatch});
    Tensor images;
    std::vector<float> all;
    for (batches.start_epoch(0); batches.next(images);) {
        const std::vector<float> some = features_of(images).to_floats();
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

template <class FeaturesOf>
Features features_of_both(const std::string& name, const DataSplits& data, Device device,
                          const FeaturesOf& features_of) {
    Features found{name, 0, collect(data.train, device, features_of), collect(data.test, device, features_of)};
    found.size = std::ssize(found.train) / data.train.count;
    for (const std::vector<float>* values : {&found.train, &found.test}) {
        if (std::all_of(values->begin(), values->end(), [](float value) { return std::isfinite(value); })) continue;
        throw DataError(fmt::format(
            "expected finite {}, found NaN or infinity; use the checkpoint of a training that did not diverge", name));
    }
    return found;
}

struct Accuracies {
    std::string name;
    Index size = 0;
    double neighbour = 0, linear = 0;
    bool has_converged = true;
};

double accuracy(const std::vector<Index>& predicted, const std::vector<std::uint8_t>& labels) {
    double right = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) right += predicted[i] == labels[i];
    return right / static_cast<double>(labels.size());
}

Accuracies probe(const Features& features, const DataSplits& data, Device device) {
    std::vector<Index> predicted;
    for (const Neighbour& nearest :
         nearest_neighbours({features.test, features.size, device}, {features.train, features.size, device}))
        predicted.push_back(data.train.labels[static_cast<std::size_t>(nearest.index)]);
    const LogisticRegression linear(features.train, data.train.labels, data.train.classes, device);
    return {features.name, features.size, accuracy(predicted, data.test.labels),
            accuracy(linear.predict(features.test), data.test.labels), linear.has_converged()};
}

void print(const CodesKind& kind, const DataSplits& data, const std::string& warning,
           const std::vector<Accuracies>& rows) {
    answer("{}\non {}: {} training and {} test images, {} classes\n{}\n", kind.file, data.train.name, data.train.count,
           data.test.count, data.train.classes, warning.empty() ? "" : fmt::format("! {}\n", warning));
    answer("{:<28}{:>8}{:>14}{:>22}\n", "test accuracy", "numbers", "1 neighbour", "logistic regression");
    for (const Accuracies& row : rows) {
        answer("{:<28}{:>8}{:>12.2f} %{:>20.2f} %{}\n", row.name, row.size, 100 * row.neighbour, 100 * row.linear,
               row.has_converged ? "" : "  ! not converged");
    }
    answer(
        "\nProtocol\n  codes               {}\n"
        "  features            what the layer before the codes gives\n"
        "  1 neighbour         the class of the nearest training image, by Euclidean distance\n"
        "  logistic regression multinomial, standardised features, weights decayed by {:g}, to a gradient below {:g}\n"
        "  standard error      {:.2f} % at an accuracy of 90 %\n",
        kind.codes, LogisticOptions().l2, LogisticOptions().tolerance,
        100 * std::sqrt(0.09 / static_cast<double>(data.test.count)));
}

void print_json(const std::string& file, const DataSplits& data, const std::string& warning,
                const std::vector<Accuracies>& rows) {
    nlohmann::ordered_json json = {{"checkpoint", file},
                                   {"data", data.train.name},
                                   {"training_images", data.train.count},
                                   {"test_images", data.test.count}};
    for (const Accuracies& row : rows) {
        json[row.name] = {{"size", row.size},
                          {"neighbour_accuracy", row.neighbour},
                          {"linear_accuracy", row.linear},
                          {"linear_has_converged", row.has_converged}};
    }
    json["warnings"] = warning.empty() ? std::vector<std::string>() : std::vector<std::string>{warning};
    print_json_line(json);
}

}  // namespace

ExitCode probe_codes(const OptionList& list, const MeasureOptions& options) {
    const Device device = choose_device(options);
    const std::string file = find_checkpoint(checkpoint_to_measure(options)).string();
    const auto coder = load_coder(file, device), untrained = untrained_coder(file, device, options.seed);
    if (coder->kind().classes > 0) {
        throw DataError(fmt::format(
            "{}: the encoder of a conditional model is told the class, so its codes need not know it; --probe is for "
            "models that were trained without --conditional",
            file));
    }
    const CheckpointFacts facts = read_checkpoint_facts(file);
    auto [data, warning] = find_checkpoint_data(file, facts, list, options, coder->kind().size);
    binarise(data, binarisation_of(facts, file));
    if (data.train.classes < 2) {
        throw DataError(
            fmt::format("--probe: expected labelled images, those of {} have no classes; give others with --data",
                        data.train.name));
    }
    Loader batches(data.train, device, {.batch_size = kBatch, .shuffle = true, .drop_last = true});
    untrained->estimate_statistics(batches, kStatisticsPasses);
    std::vector<Accuracies> rows;
    const auto add = [&](const std::string& name, const auto& features_of) {
        rows.push_back(probe(features_of_both(name, data, device, features_of), data, device));
    };
    add("codes", [&](const Tensor& images) { return coder->codes(images); });
    add("features", [&](const Tensor& images) { return coder->features(images); });
    add("pixels", [](const Tensor& images) { return images.view({images.size(0), images.count() / images.size(0)}); });
    add("codes, untrained encoder", [&](const Tensor& images) { return untrained->codes(images); });
    add("features, untrained encoder", [&](const Tensor& images) { return untrained->features(images); });
    options.json ? print_json(file, data, warning, rows) : print(coder->kind(), data, warning, rows);
    return options.strict && !warning.empty() ? ExitCode::data : ExitCode::ok;
}

}  // namespace sinter
