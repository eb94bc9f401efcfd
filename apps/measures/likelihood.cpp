#include "apps/measures/likelihood.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "apps/common/stopwatch.h"
#include "apps/vae/open_vae.h"
#include "core/check.h"
#include "core/count_progress.h"

namespace sinter {
namespace {

/// A mutual information so near the logarithm of the number of images may be larger.
constexpr double kNearLimit = 1;
/// q(z) is the mean over so many posteriors at least.
constexpr Index kLeastImages = 2000;

bool is_loss(const VaeLikelihood& found) { return found.score == PixelScore::loss; }

double information_limit(const VaeLikelihood& found) { return std::log(static_cast<double>(found.images)); }

std::string number_of_images(const LikelihoodReport& report) {
    if (report.found.images == report.test_images) return fmt::format("all {} test images", report.test_images);
    return fmt::format("the first {} of {} test images", report.found.images, report.test_images);
}

std::string words_of(PixelScore score) {
    switch (score) {
        case PixelScore::probability:
            return "The images are binary, so this is the probability of an image.";
        case PixelScore::density:
            return "This is a density, with its constants, of images dequantised once: (byte + u) / 256 with u uniform "
                   "in [0, 1). In bits per dimension, 8 bits are added for that scale.";
        case PixelScore::loss:
            return "The pixels are grey, so this is a cross-entropy and no likelihood: set it beside no published one.";
    }
    return {};
}

}  // namespace

void describe(OptionList& list, LikelihoodOptions& options) {
    list.once("nll", options.samples,
              "Measure the likelihood of a VAE's test images: the importance-weighted bound with so many samples of "
              "each; published numbers have 5000")
        .from(1)
        .shown_as("SAMPLES");
    list.once("nll-images", options.images, "On the first so many test images. Default: all").from(1);
}

LikelihoodReport measure_likelihood(const std::string& checkpoint, const OptionList& list, const DataOptions& options,
                                    const LikelihoodOptions& asked, std::uint64_t seed, Device device) {
    require(asked.samples >= 1, "--nll: expected one sample of each image or more, got {}", asked.samples);
    const OpenedVae opened = open_vae(checkpoint, list, options, device);
    const ImageSet& test = opened.data.test;
    LikelihoodReport report;
    report.checkpoint = opened.file;
    report.data = test.name;
    report.pixels = opened.pixels;
    report.test_images = test.count;
    report.seed = seed;
    if (!opened.warning.empty()) report.warnings.push_back(opened.warning);

    const Index images = asked.images == 0 ? test.count : std::min(asked.images, test.count);
    CountProgress progress("Likelihood", "images", images, !options.quiet);
    Index told = 0;
    const auto tell = [&](Index done) {
        for (; told < done; ++told) progress.count();
    };
    const Stopwatch watch;
    try {
        report.found = measure_likelihood(*opened.vae, test,
                                          {.samples = asked.samples, .images = images, .seed = seed, .tell = tell});
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: {}", opened.file, error.what()));
    }
    report.seconds = watch.seconds();
    if (opened.vae->options().classes > 0)
        report.warnings.push_back("given the class: this is log p(x | y), which is larger than log p(x)");
    constexpr Index kFewImages = 10;  // the variance over fewer says little
    if (report.found.units.active == 0 && images >= kFewImages)
        report.warnings.push_back(
            "no unit of the code is active: the posterior has collapsed, or the model has hardly learned yet");
    return report;
}

std::vector<Measured> likelihood_measures(const LikelihoodReport& report) {
    const VaeLikelihood& found = report.found;
    std::vector<Measured> measured;
    const auto add = [&](std::string name, double value, double error = Measured::kNone) -> Measured& {
        measured.push_back({std::move(name), value, error, std::isnan(error) ? "" : "error", {}, report.warnings});
        return measured.back();
    };
    const std::string prefix = is_loss(found) ? "loss" : "nll";
    Measured& bound = add(prefix, found.nll(), found.curve.back().standard_error);
    if (is_loss(found)) {
        bound.warnings.push_back(
            fmt::format("grey pixels: a loss, no likelihood; its floor on these images is {:.2f}", found.grey_floor));
    } else {
        add("elbo", found.elbo(), found.curve.front().standard_error);
        add("bits_per_dim", found.bits_per_dim);
    }
    add("distortion", found.distortion);
    add("rate", found.split.rate);
    add("mutual_information", found.split.mutual_information);
    add("marginal_kl", found.split.marginal_kl);
    // Both are one estimate: what the first lacks at its limit, the second has too much.
    for (std::size_t i = measured.size() - 2; i < measured.size(); ++i) {
        if (information_limit(found) - found.split.mutual_information < kNearLimit) {
            measured[i].warnings.push_back(
                fmt::format("at the limit of log {} images = {:.2f}: the mutual information may be larger",
                            found.images, information_limit(found)));
        }
        if (found.images < kLeastImages)
            measured[i].warnings.push_back(fmt::format("{} images, {} are needed", found.images, kLeastImages));
    }
    add("active_units", static_cast<double>(found.units.active));
    for (const ImportanceBound& point : found.curve)
        add(fmt::format("{}_{}", prefix, point.samples), -point.mean, point.standard_error);
    return measured;
}

std::string likelihood_protocol(const LikelihoodReport& report) {
    const VaeLikelihood& found = report.found;
    return fmt::format(
        "-L_K of {} on {} of {}, pixels {}: L_K = log 1/K sum p(x, z_k) / q(z_k | x), z_k from q(z | x), K = {}, seed "
        "{}; "
        "the mean over images with its standard error. L_K is a lower bound of log p(x) in the mean, and rises with K. "
        "{} The ELBO is L_1 over all K samples; fewer samples are disjoint groups of the same. Rate is the analytic KL "
        "divergence of q(z | x) from the prior; its mutual information is estimated with one sample of each of the {} "
        "images, and at most log {} = {:.2f}. A unit is active if the variance of its mean over the images is above "
        "{}.",
        report.checkpoint, number_of_images(report), report.data, report.pixels, found.samples, report.seed,
        words_of(found.score), found.images, found.images, information_limit(found), kActiveVariance);
}

std::string units_by_kl(const LatentUnits& units) {
    std::vector<std::size_t> order(units.kl.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return units.kl[a] > units.kl[b]; });
    std::string text;
    for (const std::size_t unit : order)
        text += fmt::format("{}{}: {:.2f}", text.empty() ? "" : ", ", unit, units.kl[unit]);
    return text;
}

}  // namespace sinter
