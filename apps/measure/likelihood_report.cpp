#include "apps/measure/likelihood_report.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "apps/measure/json.h"
#include "core/console.h"

namespace sinter {
namespace {

struct Label {
    std::string_view name;
    const char* label;
};
constexpr Label kLabels[] = {{"loss", "Importance-weighted loss, nats"},
                             {"nll", "Negative log-likelihood, nats"},
                             {"elbo", "Evidence lower bound, nats"},
                             {"bits_per_dim", "Bits per dimension"},
                             {"distortion", "Distortion, nats"},
                             {"rate", "Rate, nats"},
                             {"mutual_information", "  of it mutual information"},
                             {"marginal_kl", "  of it KL(q(z) || p(z))"}};

std::string label_of(const Measured& measured, const LikelihoodReport& report) {
    for (const Label& row : kLabels)
        if (measured.name == row.name) return row.label;
    if (measured.name == "active_units") return fmt::format("Active units of {}", report.found.units.kl.size());
    const std::string samples = measured.name.substr(measured.name.rfind('_') + 1);  // nll_10, a point of the curve
    return fmt::format("  with {} sample{}", samples, samples == "1" ? "" : "s");
}

}  // namespace

void print_table(const LikelihoodReport& report) {
    answer("{}\non {}, pixels {}\n\n", report.checkpoint, report.data, report.pixels);
    for (const Measured& measured : likelihood_measures(report)) {
        std::string number = fmt::format("{:.{}f}", measured.value, measured.name == "active_units" ? 0 : 3);
        if (!std::isnan(measured.spread)) number += fmt::format(" +- {:.3f}", measured.spread);
        std::string warnings;
        for (const std::string& warning : measured.warnings) warnings += "  ! " + warning;
        answer("{:<34}{}{}\n", label_of(measured, report), number, warnings);
    }
    answer("{:<34}{}\n", "KL of each unit, nats", units_by_kl(report.found.units));
    answer("\n{}\n", likelihood_protocol(report));
    say("{:.0f} s for {} samples of {} images\n", report.seconds, report.found.samples, report.found.images);
}

void print_json(const LikelihoodReport& report) {
    nlohmann::ordered_json json = {{"checkpoint", report.checkpoint}, {"data", report.data},
                                   {"pixels", report.pixels},         {"images", report.found.images},
                                   {"samples", report.found.samples}, {"seed", report.seed}};
    const std::vector<Measured> measured = likelihood_measures(report);
    std::vector<std::string> warnings;
    add_measured(json, measured);
    add_warnings(warnings, measured);
    json["unit_kl"] = report.found.units.kl;
    json["seconds"] = report.seconds;
    json["warnings"] = warnings;
    print_json_line(json);
}

}  // namespace sinter
