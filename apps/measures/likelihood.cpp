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

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// A mutual information so near the logarithm of the number of images may be larger.
constexpr double kNearLimit = 0.1;

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
    if (report.found.units.active == 0)
        report.warnings.push_back(
            "no unit of the code is active: the posterior has collapsed, or the model has hardly learned yet");
    return report;
}

std::vector<Measured> likelihood_measures(const LikelihoodReport& report) {
    const VaeLikelihood& found = report.found;
    std::vector<Measured> measured;
    const auto add = [&](std::string name, std::string label, double value, double error = kNone) -> Measured& {
        measured.push_back(
            {std::move(name), std::move(label), value, error, std::isnan(error) ? "" : "error", {}, report.warnings});
        return measured.back();
    };
    const std::string prefix = is_loss(found) ? "loss" : "nll";
    Measured& bound = add(prefix, is_loss(found) ? "Importance-weighted loss, nats" : "Negative log-likelihood, nats",
                          found.nll(), found.curve.back().standard_error);
    if (is_loss(found)) {
        bound.warnings.push_back(
            fmt::format("grey pixels: a loss, no likelihood; its floor on these images is {:.2f}", found.grey_floor));
    } else {
        add("elbo", "Evidence lower bound, nats", found.elbo(), found.curve.front().standard_error);
        add("bits_per_dim", "Bits per dimension", found.bits_per_dim);
    }
    add("distortion", "Distortion, nats", found.distortion);
    add("rate", "Rate, nats", found.split.rate);
    Measured& information = add("mutual_information", "of it mutual information", found.split.mutual_information);
    if (information_limit(found) - found.split.mutual_information < kNearLimit) {
        information.warnings.push_back(
            fmt::format("at its limit, log {} = {:.2f}: it may be larger", found.images, information_limit(found)));
    }
    add("marginal_kl", "of it KL(q(z) || p(z))", found.split.marginal_kl);
    add("active_units", fmt::format("Active units of {}", found.units.kl.size()),
        static_cast<double>(found.units.active));
    for (const ImportanceBound& point : found.curve) {
        add(fmt::format("{}_{}", prefix, point.samples),
            fmt::format("with {} sample{}", point.samples, point.samples == 1 ? "" : "s"), -point.mean,
            point.standard_error);
    }
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
