#include "apps/measure/json.h"

#include "core/console.h"

namespace sinter {

void add_measured(nlohmann::ordered_json& json, const std::vector<Measured>& all) {
    for (const Measured& measured : all) {
        json[measured.name] = measured.value;
        if (!measured.spread_name.empty()) json[measured.name + "_" + measured.spread_name] = measured.spread;
        if (!measured.left_out.empty()) json[measured.name + "_left_out"] = measured.left_out;
    }
}

void print_json_line(const nlohmann::ordered_json& json) {
    answer_lines(json.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace sinter
