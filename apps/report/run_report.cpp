#include "apps/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "apps/common/config_file.h"
#include "apps/common/data_facts.h"
#include "apps/common/measure_kinds.h"
#include "apps/common/shell_word.h"
#include "apps/report/chart.h"
#include "apps/report/html.h"
#include "apps/report/metrics_lines.h"
#include "core/error.h"
#include "core/files/files.h"
#include "core/train/checkpoint.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// A number and the name of its line; none: its own, or that of the split where it is the only one.
struct ChartNumber {
    const char* name;
    const char* label = nullptr;
};

/// Numbers that belong into one picture.
struct ChartKind {
    const char* title;
    std::vector<ChartNumber> numbers;
    const char* note;
};
const ChartKind kChartKinds[] = {
    {"Loss", {{"loss"}}, "Minus the evidence lower bound or the cross-entropy, in nats per image; lower is better."},
    {"Reconstruction",
     {{"recon"}},
     "How far the decoded images are from the originals: in nats per image, or in features of a discriminator."},
    {"KL divergence", {{"kl"}}, "How much the codes say about their images, in nats; near 0 they say nothing."},
    {"Losses of the two networks",
     {{"loss_d"}, {"loss_g"}},
     "Of discriminator and generator. They show the balance of the two, not how good the images are."},
    {"Verdicts of the discriminator",
     {{"d_real"}, {"d_fake"}},
     "On real and on generated images. Equal where it cannot tell them apart."},
    {"Distance of reconstructions",
     {{"reconstruction", "own image"}, {"reconstruction_control", "another"}},
     "Mean distance of G(E(x)) from x, and from other images."},
    {"Ratio of these", {{"reconstruction_ratio"}}, "1 where a reconstruction says nothing about its original."},
    {"Held players",
     {{"held_d"}, {"held_g"}},
     "Share of the steps in which a network did not learn, since it was too far ahead."},
    {"Accuracy", {{"accuracy"}}, "Share of the images whose class is found."},
    {"Frechet distance", {{"frechet"}}, "Of the features of drawn images from those of real ones; 0 is best."},
    {"KID", {{"kid"}}, "The same by a kernel, without a bias; 0 is best, and it may be slightly negative."},
    {"Precision and recall",
     {{"precision"}, {"recall"}},
     "Share of the drawn images that look real, and of the real ones that are within reach."},
    {"Density and coverage",
     {{"density"}, {"coverage"}},
     "Real images around each drawn one, and the share of the real ones that have a drawn one near them."},
    {"Active units", {{"active_units"}}, "Latent units that say something about the images."},
    {"Speed", {{"images_per_second"}}, "Training images a second."},
};

constexpr std::string_view kNoCurve = "seconds";
constexpr std::uintmax_t kMaxPictureBytes = 2'200'000;  // three megabytes as base64 and with the rest
constexpr int kMaxEarlierPictures = 5;

ChartLine line_of(const std::vector<MetricsLine>& metrics, const std::string& number, std::string_view split,
                  const std::string& name) {
    ChartLine line{name, {}};
    for (const MetricsLine& one : metrics) {
        const std::optional<double> value = one.split == split ? one.number(number) : std::nullopt;
        if (value) line.points.push_back({static_cast<double>(one.epoch), *value});
    }
    return line;
}

/// The chart of these numbers, each on the splits that have it; empty where none has.
std::string chart_of(const std::vector<MetricsLine>& metrics, const ChartKind& kind) {
    Chart chart{kind.title, "epoch"};
    for (const ChartNumber& number : kind.numbers) {
        for (const char* split : {"train", "test", "measure"}) {
            if (split != std::string_view("train") && std::string_view(number.name) == "images_per_second") continue;
            const char* const label = number.label ? number.label : kind.numbers.size() == 1 ? split : number.name;
            ChartLine line = line_of(metrics, number.name, split, label);
            if (!line.points.empty() && chart.lines.size() < kMaxChartLines) chart.lines.push_back(std::move(line));
        }
    }
    if (chart.lines.size() == 1) chart.lines.front().name.clear();  // the heading says it
    const std::string drawn = line_chart(chart);
    if (drawn.empty()) return "";
    return fmt::format("<figure>\n<h3>{}</h3>\n{}<figcaption>{}</figcaption>\n</figure>\n", escape_html(kind.title),
                       drawn, escape_html(kind.note));
}

std::string curves(const std::vector<MetricsLine>& metrics) {
    std::string drawn;
    std::set<std::string> known = {std::string(kNoCurve)};
    for (const ChartKind& kind : kChartKinds) {
        drawn += chart_of(metrics, kind);
        for (const ChartNumber& number : kind.numbers) known.insert(number.name);
    }
    for (const MetricsLine& line : metrics) {  // of a program that has more
        for (const auto& [name, value] : line.numbers)
            if (known.insert(name).second) drawn += chart_of(metrics, {name.c_str(), {{name.c_str()}}, ""});
    }
    return drawn.empty() ? "" : "<h2>Curves</h2>\n<div class=\"grid\">\n" + drawn + "</div>\n";
}

/// The last numbers of each split, and what was said on the way.
std::string results(const std::vector<MetricsLine>& metrics) {
    std::string cells, warnings;
    for (const char* split : {"train", "test", "measure"}) {
        const auto last = std::find_if(metrics.rbegin(), metrics.rend(), [&](const MetricsLine& line) {
            return line.split == split && line.event.empty();
        });
        if (last == metrics.rend()) continue;
        for (const auto& [name, value] : last->numbers) {
            if (name == kNoCurve || (name == "images_per_second" && split != std::string_view("train"))) continue;
            const MeasureKind* const kind = split == std::string_view("measure") ? find_measure_kind(name) : nullptr;
            std::string label = kind ? kind->label : name == "images_per_second" ? "images a second" : name;
            std::replace(label.begin(), label.end(), '_', ' ');
            cells += fmt::format("<div><dt>{}{}</dt><dd>{:.5g}</dd></div>\n", escape_html(label),
                                 split == std::string_view("test") ? ", test" : "", value);
        }
        if (!last->warnings.empty())
            warnings += fmt::format("<p class=\"warning\">{}</p>\n", escape_html(last->warnings));
    }
    for (const MetricsLine& line : metrics) {
        if (!line.event.empty()) {
            warnings += fmt::format("<p class=\"warning\">Epoch {}, step {}: {}</p>\n", line.epoch, line.step,
                                    escape_html(line.event));
        }
    }
    return (cells.empty() ? "" : "<dl class=\"numbers\">\n" + cells + "</dl>\n") + warnings;
}

/// The numbers of all lines, for whoever wants to read them.
std::string table(const std::vector<MetricsLine>& metrics) {
    std::vector<std::string> names;
    for (const MetricsLine& line : metrics)
        for (const auto& [name, value] : line.numbers)
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    if (names.empty()) return "";
    std::string text =
        "<h2>Numbers</h2>\n<details><summary>All lines of metrics.jsonl</summary>\n<div class=\"scroll\" "
        "tabindex=\"0\" role=\"region\" aria-label=\"All numbers\"><table>\n<tr><th scope=\"col\">images"
        "</th><th scope=\"col\">epoch</th><th scope=\"col\">step</th>";
    for (const std::string& name : names) text += "<th scope=\"col\">" + escape_html(name) + "</th>";
    text += "</tr>\n";
    for (const MetricsLine& line : metrics) {
        if (!line.event.empty()) continue;
        text += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td>", escape_html(line.split), line.epoch, line.step);
        for (const std::string& name : names) {
            const std::optional<double> value = line.number(name);
            text += value ? fmt::format("<td>{:.6g}</td>", *value) : "<td></td>";
        }
        text += "</tr>\n";
    }
    return text + "</table></div></details>\n";
}

/// The pictures of a folder whose names begin like this, in the order of their names.
std::vector<fs::path> pictures_of(const fs::path& folder, bool of_epochs) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const bool is_of_epoch = entry.path().filename().string().starts_with("epoch-");
        if (entry.path().extension() == ".png" && is_of_epoch == of_epochs) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// Puts pictures into the page as long as there is room for their bytes.
class Pictures {
public:
    explicit Pictures(fs::path run) : run_(std::move(run)) {}

    std::string figure(const fs::path& file, const std::string& alt, const std::string& caption) {
        std::error_code ignored;
        const std::uintmax_t bytes = fs::file_size(file, ignored);
        const std::string name = file.lexically_relative(run_).generic_string();
        if (ignored || bytes > left_)
            return fmt::format("<p class=\"soft\">{}: in {}</p>\n", escape_html(caption), escape_html(name));
        left_ -= bytes;
        return fmt::format("<figure><img alt=\"{}\" src=\"{}\"><figcaption>{}</figcaption></figure>\n",
                           escape_html(alt), png_uri(file), escape_html(caption));
    }

private:
    fs::path run_;
    std::uintmax_t left_ = kMaxPictureBytes;
};

/// "epoch 12" of epoch-012.png
std::string epoch_of(const fs::path& file) {
    const std::string digits = file.stem().string().substr(6);
    const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    return "epoch " + digits.substr(first);
}

/// " The classes come in turn: 0, 1, ..." of a conditional model.
std::string told_classes(const CheckpointFacts& facts, const std::string& file) {
    const auto classes = facts.find("model.classes");
    if (classes == facts.end() || classes->second == "0") return "";
    constexpr std::size_t kMaxNames = 20;
    const std::vector<std::string> names = class_names_of(facts, file);
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kMaxNames); ++i) text += (i ? ", " : "") + names[i];
    return text.empty() ? "" : " The classes come in turn: " + text + (names.size() > kMaxNames ? ", ..." : "") + ".";
}

struct NamedPicture {
    const char *prefix, *title, *caption;
};
constexpr NamedPicture kNamedPictures[] = {
    {"interpolations", "Interpolations", "Each row walks from one code to another."},
    {"manifold", "The latent space", "Images at the quantiles of the prior, for a code of two numbers."},
};

std::string pictures(const fs::path& run, const std::string& classes) {
    Pictures page(run);
    std::string text;
    const std::vector<fs::path> samples = pictures_of(run / "samples", true);
    const std::vector<fs::path> reconstructions = pictures_of(run / "reconstructions", true);
    if (!samples.empty()) {
        text += page.figure(samples.back(), "Grid of images that the model drew, " + epoch_of(samples.back()),
                            fmt::format("What the model draws, {}.{}", epoch_of(samples.back()), classes));
    }
    if (!reconstructions.empty()) {
        text += page.figure(
            reconstructions.back(),
            "Rows of test images, each above its reconstruction, " + epoch_of(reconstructions.back()),
            fmt::format("Test images, each above its reconstruction, {}.", epoch_of(reconstructions.back())));
    }
    for (const fs::path& file : pictures_of(run / "samples", false)) {
        const std::string name = file.stem().string();
        const auto known = std::find_if(std::begin(kNamedPictures), std::end(kNamedPictures),
                                        [&](const NamedPicture& one) { return name.starts_with(one.prefix); });
        const bool is_known = known != std::end(kNamedPictures);
        text += page.figure(file, is_known ? known->title : name, is_known ? known->caption : name);
    }
    if (text.empty()) return "";
    text = "<h2>Pictures</h2>\n<div class=\"grid\">\n" + text + "</div>\n";
    if (samples.size() < 2) return text;
    // A few of the earlier ones, evenly apart, the first among them.
    const std::size_t earlier = samples.size() - 1, shown = std::min<std::size_t>(earlier, kMaxEarlierPictures);
    text += "<details><summary>The same codes in earlier epochs</summary>\n<div class=\"grid\">\n";
    for (std::size_t i = 0; i < shown; ++i) {
        const fs::path& file = samples[i * earlier / shown];
        text += page.figure(file, "Grid of images that the model drew, " + epoch_of(file), epoch_of(file));
    }
    return text + "</div></details>\n";
}

std::string commands(const std::string& program, const fs::path& run, const fs::path& config_file) {
    const std::string folder = shell_word(run.string()), config = shell_word(config_file.string());
    const auto has_limit = [&](const char* option) {
        const std::string limit = config_value(config_file, option);
        return !limit.empty() && limit != "0";
    };
    const bool is_timed = has_limit("max-time");
    std::string text =
        fmt::format("# again{}\n./run {} --config {} --out runs/again\n",
                    is_timed ? ", as far as --max-time lets it come" : ", with the same bits", program, config);
    const std::string schedule = config_value(config_file, "lr-schedule");
    if (has_limit("max-steps") || is_timed) {
        text += fmt::format("# further, to its last epoch\n./run {} --resume --out {} --max-steps 0 --max-time 0\n",
                            program, folder);
    } else if (schedule.empty() || schedule == "constant") {  // others have come to their end
        text += fmt::format("# further\n./run {} --resume --out {} --epochs N\n", program, folder);
    }
    if (program != "classifier") {
        text += fmt::format(
            "# how good it is\n./run measure --checkpoint {0}\n# images\n./run {1} --sample {0} 100 --out drawn\n",
            folder, program);
    }
    return "<h2>Commands</h2>\n" + html_lines(text);
}

std::string as_text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string run_report(const fs::path& run) {
    const fs::path config = run / "config.toml", metrics_file = run / "metrics.jsonl";
    const fs::path checkpoint = run / "checkpoints" / "last.safetensors";
    if (!fs::exists(config)) {
        throw DataError(
            fmt::format("{}: expected the folder of a run, there is no config.toml; give such a folder", run.string()));
    }
    const std::string program = config_value(config, "program");
    const std::vector<MetricsLine> metrics =
        fs::exists(metrics_file) ? read_metrics(metrics_file) : std::vector<MetricsLine>();
    const CheckpointFacts facts = fs::exists(checkpoint) ? read_checkpoint_facts(checkpoint) : CheckpointFacts();
    const auto fact = [&](const char* name) {
        const auto found = facts.find(name);
        return found == facts.end() ? std::string() : found->second;
    };
    const std::string data = fact(kDataName), name = fs::absolute(run).lexically_normal().filename().string();
    const std::string title = data.empty() ? program : program + " on " + data;

    std::string body =
        fmt::format("<h1>{}</h1>\n<p class=\"soft\">{}{}</p>\n", escape_html(title, 300), escape_html(name, 300),
                    metrics.empty() ? "" : fmt::format(", {} steps", metrics.back().step));
    body += results(metrics);
    body += curves(metrics);
    body += pictures(run, told_classes(facts, checkpoint.string()));
    body += commands(program, run, config);
    body += "<h2>Options</h2>\n<details><summary>config.toml</summary>\n" +
            html_lines(as_text(read_whole_file(config))) + "</details>\n";
    body += table(metrics);
    return html_page(title, body);
}

fs::path write_run_report(const fs::path& run) {
    const fs::path page = run / "report.html";
    write_file_atomically(page, std::string_view(run_report(run)));
    return page;
}

}  // namespace sinter
