// metrics.jsonl as a resumed run reads it.
#include "core/train/metrics.h"

#include <cmath>

#include "core/files/files.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {

std::vector<Input> seeds() {
    const MetricField fields[] = {{"step", std::int64_t{40}}, {"split", "train"}, {"loss", 1.5}, {"seconds", 2.5}};
    const std::string line = format_metrics_line(fields);
    return {input_of(line), input_of(line + line + "{\"step\":90,\"event\":\"diverged\"}\n" + "{\"half a li")};
}

void try_input(std::span<const std::uint8_t> input) {
    static ScratchFile file("metrics.jsonl");
    file.write(input);
    MetricsWriter metrics(file.path(), /*append=*/true);
    const double seconds = metrics.truncate_after_step(50);
    expect(seconds >= 0 && std::isfinite(seconds), "the seconds are no time");
    const std::vector<std::byte> left = read_whole_file(file.path());
    expect(left.empty() || left.back() == std::byte{'\n'}, "half a line is left");
}

}  // namespace sinter::fuzz
