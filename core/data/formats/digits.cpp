// Procedural digits: random deformation of pen strokes, and an anti-aliased pen. The strokes stand in digit_glyphs.cpp.
//
// Every machine must draw the same bytes. So random numbers come from integers, and the arithmetic is float with the
// four operations and sqrt alone, which IEEE 754 defines to the last bit (the build forbids fused multiply-adds). sin,
// cos and the std:: distributions are not defined so and do not appear.
#include "core/data/formats/digits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <future>
#include <limits>
#include <vector>

#include "core/data/describe.h"
#include "core/data/formats/digit_glyphs.h"
#include "kernels/runtime/machine.h"

namespace sinter {
namespace {

constexpr int kSide = 28;  // pixels of an image's side, as in MNIST
constexpr int kPixels = kSide * kSide;
constexpr int kDigits = 10;

// ---- Random numbers ----

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Random {
public:
    /// The generator of item `index` of a stream.
    Random(std::uint64_t stream, std::uint64_t index) : state_(mix(mix(stream) + index)) {}

    /// Uniform in [0, count), for a small count.
    int below(int count) { return static_cast<int>((next() >> 32) * static_cast<std::uint64_t>(count) >> 32); }
    /// Uniform in [low, high).
    float uniform(float low, float high) {
        return low + (high - low) * (static_cast<float>(next() >> 40) * (1.0f / 16777216.0f));
    }
    /// Nearly normal with mean 0: the sum of three uniform numbers, so at most 3 deviations long.
    float bell(float deviation) {
        const float a = uniform(-1, 1);
        const float b = uniform(-1, 1);
        const float c = uniform(-1, 1);
        return deviation * (a + b + c);
    }

private:
    static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;

    static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    std::uint64_t next() { return mix(state_ += kGolden); }

    std::uint64_t state_;
};

// ---- From anchors to line segments ----

struct Point {
    float x, y;
};

/// A straight piece of a stroke, and the pen's radius there.
struct Segment {
    Point from, to;
    float radius;
};

/// The shape of one image's hand: an affine map and a gentle bend of the plane. Every point of a glyph goes through it.
struct Hand {
    float width, slant, cosine, sine, bend_x, bend_y, pinch;

    explicit Hand(Random& random) {
        width = 1.04f + random.bell(.2f);
        slant = .13f + random.bell(.17f);
        // A rotation by 2 atan(t), without trigonometry.
        const float t = random.bell(.05f);
        cosine = (1 - t * t) / (1 + t * t);
        sine = 2 * t / (1 + t * t);
        bend_x = random.bell(.2f);
        bend_y = random.bell(.2f);
        pinch = random.bell(.22f);
    }

    Point apply(Point p) const {
        const float u = p.x - .3f;
        const float v = p.y - .5f;
        const float x = width * (u * (1 + pinch * v) + bend_x * v * v) - slant * v;
        const float y = v + bend_y * u * u;
        return {cosine * x - sine * y, sine * x + cosine * y};
    }
};

/// A point of the Catmull-Rom spline from b to c, whose neighbours are a and d, at t in [0, 1].
float catmull_rom(float a, float b, float c, float d, float t) {
    return .5f * (2 * b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))));
}

void add_stroke(std::vector<Segment>& segments, const Stroke& stroke, const Hand& hand, float jitter, float radius,
                Random& random) {
    std::vector<Point> points;
    for (const Anchor& anchor : stroke) {
        const float dx = random.bell(jitter);
        const float dy = random.bell(jitter);
        points.push_back({.01f * static_cast<float>(anchor.x) + dx, .01f * static_cast<float>(anchor.y) + dy});
    }
    // Pressure changes along a stroke.
    const float pressure_from = 1 + random.bell(.09f);
    const float pressure_to = 1 + random.bell(.09f);

    constexpr int kPieces = 4;  // line segments between two anchors: two or three pixels long, so curves look smooth
    const std::size_t last = points.size() - 1;
    Point from = hand.apply(points[0]);
    for (std::size_t i = 0; i < last; ++i) {
        // At an end or a corner, the spline sees the anchor twice and so keeps no direction.
        const Point before = i == 0 || stroke[i].corner ? points[i] : points[i - 1];
        const Point after = i + 1 == last || stroke[i + 1].corner ? points[i + 1] : points[i + 2];
        for (int piece = 1; piece <= kPieces; ++piece) {
            const float t = static_cast<float>(piece) / kPieces;
            const Point to = hand.apply({catmull_rom(before.x, points[i].x, points[i + 1].x, after.x, t),
                                         catmull_rom(before.y, points[i].y, points[i + 1].y, after.y, t)});
            const float along = (static_cast<float>(i) + t) / static_cast<float>(last);
            segments.push_back({from, to, radius * (pressure_from + along * (pressure_to - pressure_from))});
            from = to;
        }
    }
}

/// Scales a drawing so that its ink spans `size` pixels in the longer direction, and moves its centre of mass to
/// `centre`, as MNIST's makers did.
void fit(std::vector<Segment>& segments, float size, float radius, Point centre) {
    constexpr float kFar = std::numeric_limits<float>::max();
    Point low = {kFar, kFar}, high = {-kFar, -kFar}, mass = {0, 0};
    float total = 0;
    for (const auto& [a, b, r] : segments) {
        low = {std::min({low.x, a.x, b.x}), std::min({low.y, a.y, b.y})};
        high = {std::max({high.x, a.x, b.x}), std::max({high.y, a.y, b.y})};
        const float length = std::sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
        mass = {mass.x + length * .5f * (a.x + b.x), mass.y + length * .5f * (a.y + b.y)};
        total += length;
    }
    const float scale = (size - 2 * radius) / std::max(high.x - low.x, high.y - low.y);
    const Point middle = {mass.x / total, mass.y / total};
    const auto move = [&](Point p) {
        return Point{centre.x + scale * (p.x - middle.x), centre.y + scale * (p.y - middle.y)};
    };
    for (Segment& segment : segments) segment = {move(segment.from), move(segment.to), segment.radius};
}

// ---- From line segments to pixels ----

/// Draws the segments with a round pen whose edge fades over `softness` pixels; full ink has the value `ink`.
void draw(std::uint8_t* pixels, const std::vector<Segment>& segments, float softness, float ink) {
    // Groups of a constant size, without branches, are twice as quick as skipping the pixels out of reach, and a
    // compiler may make vectors of them. A group may run past the right edge, into columns that nobody reads.
    constexpr int kGroup = 4, kStride = kSide + kGroup;
    // How far inside the outer rim of the pen's edge each pixel's centre lies; overlapping pieces do not add up.
    std::array<float, kSide * kStride> depth{};
    for (const auto& [a, b, radius] : segments) {
        const float reach = radius + .5f * softness;
        const auto pixel_at = [](float position) { return std::clamp(static_cast<int>(position), 0, kSide); };
        const int x_begin = pixel_at(std::min(a.x, b.x) - reach), x_end = pixel_at(std::max(a.x, b.x) + reach + 1);
        const int y_begin = pixel_at(std::min(a.y, b.y) - reach), y_end = pixel_at(std::max(a.y, b.y) + reach + 1);
        const float dx = b.x - a.x, dy = b.y - a.y;
        const float length2 = dx * dx + dy * dy;
        const float inverse = length2 > 0 ? 1 / length2 : 0;
        for (int y = y_begin; y < y_end; ++y) {
            const float py = static_cast<float>(y) + .5f - a.y;
            for (int x = x_begin; x < x_end; x += kGroup) {
                float* at = &depth[static_cast<std::size_t>(y * kStride + x)];
                for (int i = 0; i < kGroup; ++i) {
                    const float px = static_cast<float>(x + i) + .5f - a.x;
                    const float along = (px * dx + py * dy) * inverse;
                    const float t = std::min(std::max(along, 0.f), 1.f);
                    const float ex = px - t * dx, ey = py - t * dy;
                    at[i] = std::max(at[i], reach - std::sqrt(ex * ex + ey * ey));
                }
            }
        }
    }
    for (int y = 0; y < kSide; ++y) {
        const float* row = &depth[static_cast<std::size_t>(y * kStride)];
        for (int x = 0; x < kSide; ++x)
            pixels[y * kSide + x] = static_cast<std::uint8_t>(std::min(row[x] / softness, 1.f) * ink + .5f);
    }
}

void draw_digit(std::uint8_t* pixels, int digit, Random random) {
    const std::vector<Glyph>& forms = digit_glyphs()[static_cast<std::size_t>(digit)];
    const Glyph& glyph = forms[static_cast<std::size_t>(random.below(static_cast<int>(forms.size())))];
    const Hand hand(random);
    const float jitter = random.uniform(.01f, .038f);
    const float radius = random.uniform(.8f, 1.3f) + std::abs(random.bell(.3f));
    const float softness = random.uniform(.8f, 1.5f);
    const float ink = 255 - std::abs(random.bell(8));
    const float size = random.uniform(18.6f, 20.4f);
    const float centre_x = .5f * kSide + random.bell(.3f);
    const float centre_y = .5f * kSide + random.bell(.3f);

    std::vector<Segment> segments;
    for (const Stroke& stroke : glyph) add_stroke(segments, stroke, hand, jitter, radius, random);
    fit(segments, size, radius, {centre_x, centre_y});
    draw(pixels, segments, softness, ink);
}

// ---- The set ----

/// Images [10 * decade, 10 * decade + 10) of a split, or as many as the set has: each digit once, in random order.
void draw_decade(ImageSet& set, std::uint64_t stream, std::int64_t decade) {
    std::array<int, kDigits> order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    Random shuffle(stream + 1, static_cast<std::uint64_t>(decade));
    for (int i = kDigits - 1; i > 0; --i)
        std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(shuffle.below(i + 1))]);
    for (int i = 0; i < kDigits; ++i) {
        const std::int64_t image = decade * kDigits + i;
        if (image >= set.count) return;
        const int digit = order[static_cast<std::size_t>(i)];
        set.labels[static_cast<std::size_t>(image)] = static_cast<std::uint8_t>(digit);
        draw_digit(set.pixels.data() + image * kPixels, digit, Random(stream, static_cast<std::uint64_t>(image)));
    }
}

/// A split draws its images from `stream` and their order from `stream` + 1.
ImageSet make_split(std::int64_t count, std::uint64_t stream, int threads) {
    ImageSet set;
    set.count = count;
    set.height = set.width = kSide;
    set.name = "digits";
    set.classes = kDigits;
    set.pixels.resize(static_cast<std::size_t>(count * kPixels));
    set.labels.resize(static_cast<std::size_t>(count));

    const std::int64_t decades = (count + kDigits - 1) / kDigits;
    std::atomic<std::int64_t> next = 0;
    const auto work = [&] {
        for (std::int64_t decade = next++; decade < decades; decade = next++) draw_decade(set, stream, decade);
    };
    std::vector<std::future<void>> helpers;
    // One that cannot be started finds nothing to do when its result is asked for.
    for (int i = 1; i < threads; ++i) helpers.push_back(std::async(std::launch::async | std::launch::deferred, work));
    work();
    for (std::future<void>& helper : helpers) helper.get();
    return set;
}

}  // namespace

DataSplits make_digits(std::int64_t train_count, std::int64_t test_count, int threads) {
    if (threads <= 0) threads = kernels::usable_cores();
    constexpr std::uint64_t kTrainStream = 1, kTestStream = 3;
    DataSplits data;
    data.train = make_split(train_count, kTrainStream, threads);
    data.test = make_split(test_count, kTestStream, threads);
    data.class_names = numbered_classes(kDigits);
    data.source = fmt::format("The embedded set digits, {} + {} images of {} x {}, drawn by this program.", train_count,
                              test_count, kSide, kSide);
    return data;
}

}  // namespace sinter
