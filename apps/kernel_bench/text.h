// Numbers as people read them, in aligned tables, and what both reports of kernel_bench say alike.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/roofs/bandwidth.h"

namespace sinter::bench {

/// A rate or a share that has no meaning for a case, such as the FLOP/s of a copy, is absent: "-" in the table, null in
/// JSON.
using Value = std::optional<double>;

/// Three significant digits and a unit: "850 ns", "12.3 us", "1.24 ms".
std::string time_text(double seconds);
/// "256 KiB", "16 MiB".
std::string bytes_text(double bytes);
/// In units of a billion, with a digit behind the point.
std::string giga_text(Value value);
std::string percent_text(Value share);
std::string ratio_text(Value ratio);

using Row = std::vector<std::string>;

/// Columns as wide as their widest cell; the first `left` columns are aligned to the left, the others to the right.
std::string align(const std::vector<Row>& rows, std::size_t left);

/// A line for each kind of traffic, a column for each second working set.
std::string format_bandwidth(const BandwidthCurve& curve);

/// The same as JSON, every working set in bytes and bytes per second.
nlohmann::ordered_json bandwidth_json(const BandwidthCurve& curve);
nlohmann::ordered_json number_json(Value value);
/// "read", "write", "triad" or "update".
const char* name(Traffic traffic);

}  // namespace sinter::bench
