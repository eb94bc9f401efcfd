#include "apps/measure/likelihood_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/console.h"

namespace sinter {

void print_table(const LikelihoodReport& report) {
    answer("{}\non {}, pixels {}\n\n", report.checkpoint, report.data, report.pixels);
    for (const Measured& measured : likelihood_measures(report)) {
        std::string number = measured.name == "active_units" ? fmt::format("{:.0f}", measured.value)
                                                             : fmt::format("{:.3f}", measured.value);
        if (!std::isnan(measured.spread)) number += fmt::format(" +- {:.3f}", measured.spread);
        std::string warnings;
        for (const std::string& warning : measured.warnings) warnings += "  ! " + warning;
        answer("{:<34}{}{}\n", measured.label, number, warnings);
    }
    answer("{:<34}{}\n", "KL of each unit, nats", units_by_kl(report.found.units));
    answer("\n{}\n", likelihood_protocol(report));
    say("{:.0f} s for {} samples of {} images\n", report.seconds, report.found.samples, report.found.images);
}

void print_json(const LikelihoodReport& report) {
    nlohmann::ordered_json json = {{"checkpoint", report.checkpoint}, {"data", report.data},
                                   {"pixels", report.pixels},         {"images", report.found.images},
                                   {"samples", report.found.samples}, {"seed", report.seed}};
    std::vector<std::string> warnings;
    for (const Measured& measured : likelihood_measures(report)) {
        json[measured.name] = measured.value;
        if (!measured.spread_name.empty()) json[measured.name + "_" + measured.spread_name] = measured.spread;
        for (const std::string& warning : measured.warnings)
            if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
    }
    json["unit_kl"] = report.found.units.kl;
    json["seconds"] = report.seconds;
    json["warnings"] = warnings;
    answer_lines(json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace sinter
