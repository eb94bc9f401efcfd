#include "apps/measure/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/common/measure_kinds.h"
#include "apps/measure/json.h"
#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/data/describe.h"
#include "core/statistics/manifolds.h"

namespace sinter {
namespace {

std::string number_text(const Measured& measured) {
    const int digits = measure_kind(measured.name).digits;
    if (std::isnan(measured.value)) return "-";
    const auto text = [&](double number) {
        return digits < 0 ? fmt::format("{:.4g}", number) : fmt::format("{:.{}f}", number, digits);
    };
    return std::isnan(measured.spread) ? text(measured.value) : text(measured.value) + " +- " + text(measured.spread);
}

void print_line(const Measured& measured, const Measured* real) {
    const MeasureKind& kind = measure_kind(measured.name);
    std::string end = measured.left_out.empty() ? kind.note : "left out: " + measured.left_out;
    const auto add = [&](const std::string& warning) { end += (end.empty() ? "! " : "  ! ") + warning; };
    for (const std::string& warning : measured.warnings) add(warning);
    for (const std::string& warning : real ? real->warnings : std::vector<std::string>()) {
        const auto& told = measured.warnings;
        if (std::find(told.begin(), told.end(), warning) == told.end()) add("real: " + warning);
    }
    const std::string line =
        fmt::format("{:<26}{:<25}{:<25}{}", kind.label, number_text(measured), real ? number_text(*real) : "", end);
    answer("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
}

void print_shares(const ImageReport& report) {
    const Comparison& c = report.comparison;
    std::vector<std::string> names = c.judge->class_names();
    if (names.size() != report.shares.size()) names = numbered_classes(static_cast<int>(report.shares.size()));
    for (std::size_t label = 0; label < report.shares.size(); ++label) {
        answer("{:<26}{:<25}{}\n", "taken for " + names[label], fmt::format("{:.1f} %", 100 * report.shares[label]),
               report.real_shares.empty() ? "" : fmt::format("{:.1f} %", 100 * report.real_shares[label]));
    }
}

void print_protocol(const ImageReport& report) {
    const Comparison& c = report.comparison;
    const Reference& reference = c.reference;
    const BallSizes& k = report.options.neighbours;
    const auto line = [](const char* subject, const std::string& text) { answer("  {:<20}{}\n", subject, text); };
    answer("\nProtocol, seed {}\n", report.options.seed);
    line("features", fmt::format("{} numbers, {}", reference.real.size,
                                 c.judge ? "those before the logits of the judge, of images of 8 bits a channel"
                                         : "as they were given"));
    if (c.judge) line("images", "as they are drawn; a VAE draws the means of the pixels");
    line("Frechet distance",
         "|mu1 - mu2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), unbiased covariances; +- by the jackknife over tenths");
    line("KID", fmt::format("kernel (x y / {} + 1)^3, unbiased, {} subsets of {}; +- the deviation of the subsets",
                            reference.real.size, kernel_subsets(report.options), kKernelSubsetSize));
    line("precision, recall",
         fmt::format("k = {}, closed balls; +- the standard error over the images, the others given", k.precision));
    line("density, coverage",
         fmt::format("k = {}, open balls; of equal distributions coverage {:.3f} is expected; +- as above", k.density,
                     expected_coverage(c.responses.images, reference.real.images, k.density)));
    if (reference.judge.knows_classes)
        line("inception score", fmt::format("by this judge, {} parts; +- the deviation of the parts", kScoreParts));
    if (report.memorisation)
        line("nearest", fmt::format("of {} training images, in features; 'real' are {}", c.training->count,
                                    c.real_is_training ? reference.yardstick_words : "the real images themselves"));
    if (!reference.yardstick_words.empty())
        line("real", reference.yardstick_words +
                         (reference.yardstick_against.images > 0 ? "" : ", against the same real images"));
    if (c.judge && c.judge->task() == JudgeTask::rotations)
        line("no classes", "the images have no labels: the judge learned by how much an image is turned");
}

}  // namespace

ImageReport measure_comparison(Comparison& comparison, const MeasuringOptions& options, Device device) {
    const Reference& reference = comparison.reference;
    ImageReport report{comparison, options, 0, {}, {}, {}, {}, {}};
    report.equal_share =
        comparison.judge ? share_of_equal_images(comparison.images) : share_of_equal_features(comparison.responses);
    report.measured =
        measure_images(comparison.responses, reference.real, report.equal_share, reference.judge, options, device);
    const Responses& yardstick = reference.yardstick;
    if (yardstick.images >= 2) {
        const Responses& against =
            reference.yardstick_against.images > 0 ? reference.yardstick_against : reference.real;
        report.yardstick = measure_images(yardstick, against, 0, reference.judge, options, device);
    }
    if (reference.judge.knows_classes) {
        report.shares = class_shares(comparison.responses);
        report.real_shares = class_shares(yardstick.images > 0 ? yardstick : reference.real);
    }
    if (comparison.training) report.memorisation = find_memorisation(comparison, device);
    return report;
}

std::vector<std::string> warnings_of(const ImageReport& report) {
    std::vector<std::string> all;
    add_once(all, report.comparison.warning);
    add_warnings(all, report.measured);
    if (report.memorisation) add_warnings(all, {report.memorisation->copies, report.memorisation->exact_copies});
    return all;
}

void print_table(const ImageReport& report) {
    const Comparison& c = report.comparison;
    const Reference& reference = c.reference;
    answer("{}\nagainst {}\n", c.words, reference.words);
    if (c.judge) {
        const std::string right =
            std::isnan(reference.judge.accuracy)
                ? std::string(!reference.judge.knows_other_classes
                                  ? "untested, for want of real images with labels or unseen ones"
                                  : "it knows other classes than the real images have")
                : fmt::format("right on {:.2f} % of real images that it has not seen", 100 * reference.judge.accuracy);
        answer("judge: {}, {} ({})\n", reference.judge.name, right, reference.judge_file);
    }
    if (!c.warning.empty()) answer("! {}\n", c.warning);
    answer("\n{:<26}{:<25}{}\n", "", "images", report.yardstick.empty() ? "" : "real");
    answer("{:<26}{:<25}{}\n", "count", c.responses.images,
           report.yardstick.empty() ? "" : std::to_string(reference.yardstick.images));
    for (const Measured& measured : report.measured) print_line(measured, find(report.yardstick, measured.name));
    if (report.memorisation) {
        const Memorisation& found = *report.memorisation;
        print_line(found.distance, &found.real_distance);
        print_line(found.copies, nullptr);
        print_line(found.exact_copies, nullptr);
    }
    if (c.judge) print_shares(report);
    print_protocol(report);
}

void print_json(const ImageReport& report) {
    const Comparison& c = report.comparison;
    const Reference& reference = c.reference;
    nlohmann::ordered_json json = {{"measured", c.words},
                                   {"against", reference.words},
                                   {"images", c.responses.images},
                                   {"real_images", reference.real.images},
                                   {"seed", report.options.seed}};
    add_measured(json, report.measured);
    if (report.memorisation) {
        add_measured(json,
                     {report.memorisation->distance, report.memorisation->copies, report.memorisation->exact_copies});
        json["real_nearest_training"] = report.memorisation->real_distance.value;
    }
    json["equal_images"] = report.equal_share;
    if (!report.shares.empty()) json["class_shares"] = report.shares;
    if (!report.yardstick.empty()) {
        nlohmann::ordered_json& real = json["real"];
        real = {{"images", reference.yardstick_words}};
        add_measured(real, report.yardstick);
        if (!report.real_shares.empty()) real["class_shares"] = report.real_shares;
    }
    json["features"] = reference.real.size;
    if (c.judge) {
        json["judge"] = {{"name", reference.judge.name},
                         {"checkpoint", reference.judge_file},
                         {"content", c.judge->content()},
                         {"accuracy", reference.judge.accuracy}};
    }
    json["warnings"] = warnings_of(report);
    print_json_line(json);
}

}  // namespace sinter
