#include "apps/measure/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/data/describe.h"
#include "core/statistics/manifolds.h"

namespace sinter {
namespace {

/// How a measure is printed for people.
struct Shown {
    const char* name;
    int digits;
    const char* note;
};
constexpr Shown kShown[] = {{"frechet", 3, "0 is best"},
                            {"kid", 3, "0 is best, may be slightly negative"},
                            {"precision", 4, "of the images, looking real"},
                            {"recall", 4, "of the real ones, within reach"},
                            {"density", 4, "1 for equal distributions"},
                            {"coverage", 4, ""},
                            {"inception_score", 3, "1 to the number of classes"},
                            {"confidence", 4, ""},
                            {"nearest_training", 3, "median distance"},
                            {"copies", 4, "0.01 for new images"}};

const Shown& shown(const std::string& name) {
    return *std::find_if(std::begin(kShown), std::end(kShown), [&](const Shown& s) { return name == s.name; });
}

std::string number_text(const Measured& measured) {
    const Shown& form = shown(measured.name);
    if (std::isnan(measured.value)) return "-";
    const std::string value = fmt::format("{:.{}f}", measured.value, form.digits);
    if (std::isnan(measured.spread)) return value;
    return fmt::format("{} +- {:.{}f}", value, measured.spread, form.digits);
}

const Measured* find(const std::vector<Measured>& all, const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Measured& m) { return m.name == name; });
    return found == all.end() ? nullptr : &*found;
}

void print_line(const Measured& measured, const Measured* real, const std::string& note) {
    std::string end = note;
    if (!measured.left_out.empty()) end = "left out: " + measured.left_out;
    for (const std::string& warning : measured.warnings) end += (end.empty() ? "! " : "  ! ") + warning;
    const std::string line =
        fmt::format("{:<26}{:<22}{:<22}{}", measured.label, number_text(measured), real ? number_text(*real) : "", end);
    answer("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
}

void print_shares(const ImageReport& report) {
    const Comparison& c = report.comparison;
    std::vector<std::string> names = c.judge->class_names();
    if (names.size() != report.shares.size()) names = numbered_classes(static_cast<int>(report.shares.size()));
    for (std::size_t label = 0; label < report.shares.size(); ++label) {
        answer("{:<26}{:<22}{}\n", "taken for " + names[label], fmt::format("{:.1f} %", 100 * report.shares[label]),
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
    line("Frechet distance",
         "|mu1 - mu2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), unbiased covariances; +- by the jackknife over tenths");
    line("KID", fmt::format("kernel (x y / {} + 1)^3, unbiased, {} subsets of {}; +- the deviation of the subsets",
                            reference.real.size, kernel_subsets(report.options), kKernelSubsetSize));
    line("precision, recall", fmt::format("k = {}, closed balls; +- the standard error over the images", k.precision));
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

nlohmann::ordered_json number(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

void add_measured(nlohmann::ordered_json& json, const std::vector<Measured>& all) {
    for (const Measured& measured : all) {
        json[measured.name] = number(measured.value);
        if (!measured.spread_name.empty()) json[measured.name + "_" + measured.spread_name] = number(measured.spread);
        if (!measured.left_out.empty()) json[measured.name + "_left_out"] = measured.left_out;
    }
}

}  // namespace

std::vector<std::string> warnings_of(const ImageReport& report) {
    std::vector<std::string> all;
    const auto add = [&](const std::string& warning) {
        if (!warning.empty() && std::find(all.begin(), all.end(), warning) == all.end()) all.push_back(warning);
    };
    add(report.comparison.warning);
    for (const Measured& measured : report.measured)
        for (const std::string& warning : measured.warnings) add(warning);
    if (report.memorisation)
        for (const std::string& warning : report.memorisation->copies.warnings) add(warning);
    return all;
}

void print_table(const ImageReport& report) {
    const Comparison& c = report.comparison;
    const Reference& reference = c.reference;
    answer("{}\nagainst {}\n", c.words, reference.words);
    if (c.judge) {
        const std::string right =
            std::isnan(reference.judge.accuracy)
                ? std::string(reference.judge.knows_these
                                  ? "untested, for want of real images with labels or unseen ones"
                                  : "it knows other classes than the real images have")
                : fmt::format("right on {:.2f} % of real images that it has not seen", 100 * reference.judge.accuracy);
        answer("judge: {}, {} ({})\n", reference.judge.name, right, reference.judge_file);
    }
    if (!c.warning.empty()) answer("! {}\n", c.warning);
    answer("\n{:<26}{:<22}{}\n", "", "images", report.yardstick.empty() ? "" : "real");
    answer("{:<26}{:<22}{}\n", "count", c.responses.images,
           report.yardstick.empty() ? "" : std::to_string(reference.yardstick.images));
    for (const Measured& measured : report.measured)
        print_line(measured, find(report.yardstick, measured.name), shown(measured.name).note);
    if (report.memorisation) {
        const Memorisation& found = *report.memorisation;
        print_line(found.distance, &found.real_distance, shown(found.distance.name).note);
        print_line(found.copies, nullptr, shown(found.copies.name).note);
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
        add_measured(json, {report.memorisation->distance, report.memorisation->copies});
        json["real_nearest_training"] = number(report.memorisation->real_distance.value);
    }
    json["equal_images"] = number(report.equal_share);
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
                         {"accuracy", number(reference.judge.accuracy)}};
    }
    json["warnings"] = warnings_of(report);
    answer_lines(json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace sinter
