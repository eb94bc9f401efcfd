// The loader: every image once an epoch, in an order that is new each epoch and the same for equal seeds.
#include "core/data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "tests/common/allocation_counter.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/core/data/numbered_set.h"

namespace sinter {
namespace {

using namespace tests;

constexpr PixelRange kBytes{1, 0};

/// The numbers of the images of the rest of the epoch, and the sizes of the batches.
struct Epoch {
    std::vector<int> images;
    std::vector<Index> batches;
};

Epoch rest_of_epoch(Loader& loader) {
    Epoch epoch;
    Tensor batch;
    while (loader.next(batch)) {
        EXPECT_EQ(batch.shape(), (Shape{batch.size(0), 2, 3, 1}));
        epoch.batches.push_back(batch.size(0));
        const std::vector<float> pixels = batch.to_floats();
        for (Index b = 0; b < batch.size(0); ++b)
            epoch.images.push_back(static_cast<int>(pixels[static_cast<std::size_t>(6 * b)]));
    }
    return epoch;
}

std::vector<int> order_of(Loader& loader, std::int64_t epoch, Index position = 0) {
    loader.start_epoch(epoch, position);
    return rest_of_epoch(loader).images;
}

std::vector<int> counting(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

TEST(Loader, ShowsEveryImageOnceAnEpochAndASmallLastBatch) {
    for (const Device device : {Device::cpu(), Device::reference()}) {
        const ImageSet images = numbered(100);
        Loader loader(images, device, {.batch_size = 32, .shuffle = true, .seed = 7});
        Loader raw(images, device, {.batch_size = 32, .shuffle = true, .seed = 7, .range = kBytes});
        EXPECT_EQ(raw.batches(), 4);
        EXPECT_EQ(raw.count(), 100);
        for (int e = 0; e < 3; ++e) {
            raw.start_epoch(e);
            Epoch epoch = rest_of_epoch(raw);
            EXPECT_EQ(epoch.batches, (std::vector<Index>{32, 32, 32, 4}));
            EXPECT_EQ(raw.position(), 100);
            EXPECT_NE(epoch.images, counting(100)) << "epoch " << e << " was not shuffled";
            std::sort(epoch.images.begin(), epoch.images.end());
            EXPECT_EQ(epoch.images, counting(100));
        }
    }
}

TEST(Loader, DeliversWholeImagesInTheRangeAskedFor) {
    const ImageSet images = numbered(9);
    for (const PixelRange range : {kUnitPixels, kSignedPixels, kBytes}) {
        Loader loader(images, Device::reference(), {.batch_size = 4, .range = range});
        Tensor batch;
        ASSERT_TRUE(loader.next(batch));
        ASSERT_TRUE(loader.next(batch));
        const std::vector<double> pixels = batch.to_doubles();  // images 4 to 7
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            EXPECT_NEAR(pixels[i], range.scale * images.pixels[24 + i] + range.offset, 1e-15);
        }
    }
    EXPECT_DOUBLE_EQ(kSignedPixels.scale * 255 + kSignedPixels.offset, 1);
    EXPECT_EQ(kUnitPixels.scale * 255 + kUnitPixels.offset, 1);
}

TEST(Loader, KeepsTheFilesOrderWithoutShuffle) {
    Loader loader(numbered(50), Device::cpu(), {.batch_size = 16, .range = kBytes});
    EXPECT_EQ(order_of(loader, 0), counting(50));
    EXPECT_EQ(order_of(loader, 1), counting(50));
}

TEST(Loader, OrdersDependOnSeedAndEpochAlone) {
    Loader loader(numbered(100), Device::cpu(), {.batch_size = 32, .shuffle = true, .seed = 7, .range = kBytes});
    Loader same(numbered(100), Device::cpu(), {.batch_size = 10, .shuffle = true, .seed = 7, .range = kBytes});
    Loader other(numbered(100), Device::cpu(), {.batch_size = 32, .shuffle = true, .seed = 8, .range = kBytes});
    Loader reference(numbered(100), Device::reference(),
                     {.batch_size = 32, .shuffle = true, .seed = 7, .range = kBytes});
    const std::vector<int> third = order_of(loader, 3);
    EXPECT_EQ(order_of(same, 3), third) << "the batch size changed the order";
    EXPECT_EQ(order_of(reference, 3), third) << "the device changed the order";
    EXPECT_NE(order_of(other, 3), third) << "the seed did not";
    EXPECT_NE(order_of(loader, 4), third) << "the epoch did not";
    EXPECT_EQ(order_of(loader, 3), third) << "the order depends on what was read before";
}

TEST(Loader, StartsInTheMiddleOfAnEpochAsIfItHadNeverStopped) {
    Loader loader(numbered(100), Device::cpu(), {.batch_size = 32, .shuffle = true, .seed = 7, .range = kBytes});
    const std::vector<int> whole = order_of(loader, 2);
    const std::vector<int> rest = order_of(loader, 2, 64);
    EXPECT_EQ(rest, std::vector<int>(whole.begin() + 64, whole.end()));
    EXPECT_TRUE(order_of(loader, 2, 100).empty());
}

TEST(Loader, ReusesTheMemoryOfTheBatch) {
    Loader loader(numbered(100), Device::cpu(), {.batch_size = 32, .shuffle = true, .seed = 7});
    Tensor batch;
    ASSERT_TRUE(loader.next(batch));
    const Tensor first = batch;
    ASSERT_TRUE(loader.next(batch));
    EXPECT_TRUE(batch.same(first));
}

TEST(Loader, TakesASetSmallerThanItsBatch) {
    Loader loader(numbered(5), Device::cpu(), {.batch_size = 32, .shuffle = true, .seed = 7, .range = kBytes});
    EXPECT_EQ(loader.batches(), 1);
    EXPECT_EQ(rest_of_epoch(loader).batches, (std::vector<Index>{5}));
}

TEST(Loader, LabelsGoWithTheirImages) {
    ImageSet images = numbered(100);
    images.classes = 256;
    for (std::int64_t i = 0; i < 100; ++i) images.labels.push_back(static_cast<std::uint8_t>(200 - i));
    for (const Device device : {Device::cpu(), Device::reference()}) {
        Loader loader(images, device, {.batch_size = 32, .shuffle = true, .seed = 7, .range = kBytes});
        Tensor batch;
        Buffer<std::int32_t> labels;
        int seen = 0;
        while (loader.next(batch, &labels)) {
            ASSERT_EQ(labels.count(), batch.size(0));
            const std::vector<float> pixels = batch.to_floats();
            const std::vector<std::int32_t> values = labels.to_vector();
            for (std::size_t b = 0; b < values.size(); ++b, ++seen) EXPECT_EQ(values[b], 200 - pixels[6 * b]);
        }
        EXPECT_EQ(seen, 100);
    }
    Tensor batch;
    Buffer<std::int32_t> labels;
    Loader unlabelled(numbered(5), Device::cpu(), {});
    EXPECT_THROW(unlabelled.next(batch, &labels), UsageError);
}

TEST(Loader, CanLeaveOutASmallLastBatch) {
    Loader loader(numbered(100), Device::cpu(), {.batch_size = 32, .range = kBytes, .drop_last = true});
    EXPECT_EQ(loader.batches(), 3);
    EXPECT_EQ(rest_of_epoch(loader).batches, (std::vector<Index>{32, 32, 32}));
    EXPECT_EQ(loader.position(), 96);
    loader.start_epoch(1, 64);
    EXPECT_EQ(rest_of_epoch(loader).batches, (std::vector<Index>{32}));
    Loader even(numbered(64), Device::cpu(), {.batch_size = 32, .range = kBytes, .drop_last = true});
    EXPECT_EQ(rest_of_epoch(even).batches, (std::vector<Index>{32, 32}));
    Loader few(numbered(5), Device::cpu(), {.batch_size = 32, .range = kBytes, .drop_last = true});
    EXPECT_EQ(rest_of_epoch(few).batches, (std::vector<Index>{5})) << "all there is makes one batch";
}

/// For every image of an epoch from `position` on: is it mirrored? Fails where it is neither the image nor its mirror.
std::vector<bool> mirrored(const Device device, std::uint64_t seed, std::int64_t epoch, Index position = 0) {
    const ImageSet images = numbered(100);
    Loader loader(images, device, {.batch_size = 16, .shuffle = true, .seed = seed, .range = kBytes, .flip = true});
    loader.start_epoch(epoch, position);
    std::vector<bool> flags;
    Tensor batch;
    while (loader.next(batch)) {
        const std::vector<float> pixels = batch.to_floats();
        for (std::size_t first = 0; first < pixels.size(); first += 6) {
            const bool flipped = pixels[first] > pixels[first + 2];  // numbers below 100 rise along a row
            flags.push_back(flipped);
            const std::size_t number = static_cast<std::size_t>(pixels[first + (flipped ? 2 : 0)]);
            for (std::size_t i = 0; i < 6; ++i) {
                const std::size_t from = flipped ? i / 3 * 3 + 2 - i % 3 : i;
                EXPECT_EQ(pixels[first + i], images.pixels[6 * number + from]);
            }
        }
    }
    return flags;
}

TEST(Loader, MirrorsHalfOfTheImagesAndOthersEveryEpoch) {
    const std::vector<bool> flags = mirrored(Device::cpu(), 7, 3);
    ASSERT_EQ(flags.size(), 100u);
    const auto count = std::count(flags.begin(), flags.end(), true);
    EXPECT_GT(count, 30);
    EXPECT_LT(count, 70);
    EXPECT_EQ(mirrored(Device::cpu(), 7, 3), flags);
    EXPECT_EQ(mirrored(Device::reference(), 7, 3), flags) << "the device changed it";
    EXPECT_NE(mirrored(Device::cpu(), 7, 4), flags) << "the epoch did not";
    EXPECT_NE(mirrored(Device::cpu(), 8, 3), flags) << "the seed did not";
    EXPECT_NE(std::vector<bool>(flags.begin(), flags.begin() + 16),
              std::vector<bool>(flags.begin() + 16, flags.begin() + 32))
        << "every batch is mirrored alike";
    EXPECT_EQ(mirrored(Device::cpu(), 7, 3, 32), std::vector<bool>(flags.begin() + 32, flags.end()))
        << "a resumed run mirrors others";
}

/// 60 images of 5 x 4 pixels, which all are different and not black.
ImageSet distinct_pixels() {
    ImageSet set;
    set.count = 60;
    set.height = 5;
    set.width = 4;
    set.name = "distinct";
    for (int i = 0; i < 60 * 20; ++i) set.pixels.push_back(static_cast<std::uint8_t>(1 + i % 20 + i / 20 * 4 % 200));
    return set;
}

/// How far each image of an epoch is moved, down and to the right. Fails where it is no image that was moved so far,
/// with black around it.
std::vector<std::pair<Index, Index>> moved(const Device device, const LoaderOptions& options, std::int64_t epoch,
                                           Index position = 0) {
    const ImageSet images = distinct_pixels();
    Loader loader(images, device, options);
    LoaderOptions still = options;
    still.shift = 0;
    Loader plain(images, device, still);
    loader.start_epoch(epoch, position);
    plain.start_epoch(epoch, position);
    std::vector<std::pair<Index, Index>> moves;
    const float black = static_cast<float>(options.range.offset);
    Tensor batch, before;
    while (loader.next(batch) && plain.next(before)) {
        const std::vector<float> now = batch.to_floats(), was = before.to_floats();
        for (std::size_t first = 0; first < now.size(); first += 20) {
            const auto is_moved_by = [&](Index down, Index right) {
                for (Index r = 0; r < 5; ++r) {
                    for (Index q = 0; q < 4; ++q) {
                        const Index from_r = r - down, from_q = q - right;
                        const bool is_inside = from_r >= 0 && from_r < 5 && from_q >= 0 && from_q < 4;
                        const float expected =
                            is_inside ? was[first + static_cast<std::size_t>(4 * from_r + from_q)] : black;
                        if (now[first + static_cast<std::size_t>(4 * r + q)] != expected) return false;
                    }
                }
                return true;
            };
            const std::size_t known = moves.size();
            for (Index down = -options.shift; down <= options.shift; ++down) {
                for (Index right = -options.shift; right <= options.shift; ++right)
                    if (is_moved_by(down, right)) moves.emplace_back(down, right);
            }
            EXPECT_EQ(moves.size(), known + 1) << "an image is not itself, moved by " << options.shift << " at most";
        }
    }
    return moves;
}

TEST(Loader, MovesImagesByOthersEveryEpoch) {
    const LoaderOptions options{.batch_size = 16, .shuffle = true, .seed = 7, .range = kSignedPixels, .shift = 2};
    const auto moves = moved(Device::cpu(), options, 3);
    ASSERT_EQ(moves.size(), 60u);
    for (Index distance = -2; distance <= 2; ++distance) {
        const auto count = [&](auto part) { return std::count_if(moves.begin(), moves.end(), part); };
        EXPECT_GT(count([&](const auto& move) { return move.first == distance; }), 3) << distance;
        EXPECT_GT(count([&](const auto& move) { return move.second == distance; }), 3) << distance;
    }
    EXPECT_EQ(moved(Device::reference(), options, 3), moves) << "the device changed it";
    EXPECT_NE(moved(Device::cpu(), options, 4), moves) << "the epoch did not";
    EXPECT_EQ(moved(Device::cpu(), options, 3, 32), (decltype(moves)(moves.begin() + 32, moves.end())))
        << "a resumed run moves others";
    LoaderOptions other = options;
    other.seed = 8;
    EXPECT_NE(moved(Device::cpu(), other, 3), moves) << "the seed did not";
    other = options;
    other.flip = true;  // `still` mirrors as well, so that the move is what is left
    EXPECT_EQ(moved(Device::cpu(), other, 3), moves) << "what is mirrored has nothing to do with it";
    other.range = kUnitPixels;
    EXPECT_EQ(moved(Device::cpu(), other, 3), moves);
}

TEST(Loader, RefusesToMoveImagesOutOfSight) {
    const ImageSet images = distinct_pixels();
    for (const Index shift : {-1, 4, 100}) {
        tests::expect_usage_error([&] { Loader(images, Device::cpu(), {.shift = shift}); },
                                  {"less pixels than the 4", std::to_string(shift)});
    }
}

/// All that a loader delivers in the rest of its epoch, batch after batch.
struct Delivered {
    std::vector<std::vector<float>> images;
    std::vector<std::vector<std::int32_t>> labels;

    bool operator==(const Delivered&) const = default;
};

Delivered rest_of(Loader& loader) {
    Delivered all;
    Tensor images;
    Buffer<std::int32_t> labels;
    while (loader.next(images, &labels)) {
        all.images.push_back(images.to_floats());
        all.labels.push_back(labels.to_vector());
    }
    return all;
}

TEST(StreamingLoader, DeliversTheSameBitsAsFromMemory) {
    const TemporaryFolder folder;
    const ImageSet memory = labelled(100), file = in_file(memory, folder);
    ASSERT_TRUE(file.pixels.empty());
    for (const Device device : {Device::cpu(), Device::reference()}) {
        for (const Index batch : {1, 16, 32, 100, 200}) {
            for (const bool shuffle : {false, true}) {
                const LoaderOptions options{.batch_size = batch,
                                            .shuffle = shuffle,
                                            .seed = 7,
                                            .drop_last = batch == 16,
                                            .flip = shuffle,
                                            .shift = shuffle ? 1 : 0};
                Loader a(memory, device, options), b(file, device, options);
                EXPECT_EQ(a.batches(), b.batches());
                for (const std::int64_t epoch : {3, 0}) {
                    a.start_epoch(epoch);
                    b.start_epoch(epoch);
                    EXPECT_EQ(rest_of(a), rest_of(b)) << batch << " " << shuffle;
                    EXPECT_EQ(a.position(), b.position());
                }
                a.start_epoch(5, 64);
                b.start_epoch(5, 64);
                EXPECT_EQ(rest_of(a), rest_of(b)) << "from the middle";
            }
        }
    }
}

TEST(StreamingLoader, OrdersALargeSetAsInMemory) {
    const TemporaryFolder folder;
    ImageSet memory = labelled(5000);  // more than kernels/permutation.h shuffles by a table
    for (std::uint8_t& label : memory.labels) label %= 20;
    const ImageSet file = in_file(memory, folder);
    const LoaderOptions options{.batch_size = 512, .shuffle = true, .seed = 7};
    Loader a(memory, Device::cpu(), options), b(file, Device::cpu(), options);
    for (const std::int64_t epoch : {0, 1}) {
        a.start_epoch(epoch);
        b.start_epoch(epoch);
        EXPECT_EQ(rest_of(a), rest_of(b)) << epoch;
    }
}

TEST(StreamingLoader, MayBeLeftAndStartedAgainAtAnyTime) {
    const TemporaryFolder folder;
    const ImageSet memory = labelled(100), file = in_file(memory, folder);
    const LoaderOptions options{.batch_size = 8, .shuffle = true, .seed = 7};
    Loader a(memory, Device::cpu(), options), b(file, Device::cpu(), options);
    Tensor images;
    for (int round = 0; round < 50; ++round) {
        b.start_epoch(round);
        for (int i = 0; i < round % 5; ++i) b.next(images);
        const Loader forgotten(file, Device::cpu(), options);
    }
    a.start_epoch(2);
    b.start_epoch(2);
    EXPECT_EQ(rest_of(a), rest_of(b));
}

TEST(StreamingLoader, AllocatesNothingAfterTheFirstEpoch) {
    const TemporaryFolder folder;
    Loader loader(in_file(labelled(100), folder), Device::cpu(),
                  {.batch_size = 8, .shuffle = true, .flip = true, .shift = 1});
    Tensor images;
    Buffer<std::int32_t> labels;
    const auto epoch = [&](std::int64_t number) {
        loader.start_epoch(number);
        while (loader.next(images, &labels)) {
        }
    };
    epoch(1);
    epoch(2);
    const std::int64_t before = allocations();
    epoch(3);
    EXPECT_EQ(allocations(), before);
}

TEST(StreamingLoader, AFileThatCannotBeReadIsAnErrorOfNext) {
    const TemporaryFolder folder;
    const ImageSet file = in_file(labelled(100), folder);
    std::filesystem::resize_file(folder.path() / "set.packed", 40 * 6 + 3);
    Loader loader(file, Device::cpu(), {.batch_size = 8, .range = kBytes});
    Tensor images;
    for (int batch = 0; batch < 5; ++batch) {
        ASSERT_TRUE(loader.next(images)) << "images 0 to 39 are whole";
        EXPECT_EQ(images.to_floats()[0], 8 * batch);
    }
    for (int again = 0; again < 2; ++again) EXPECT_THROW(loader.next(images), DataError);
    loader.start_epoch(0);
    EXPECT_TRUE(loader.next(images));
}

TEST(Loader, RefusesEmptySetsAndWrongPlaces) {
    EXPECT_THROW(Loader(numbered(0), Device::cpu(), {.batch_size = 32, .shuffle = true}), UsageError);
    EXPECT_THROW(Loader(numbered(5), Device::cpu(), {.batch_size = 0, .shuffle = true}), UsageError);
    Loader loader(numbered(5), Device::cpu(), {.batch_size = 2, .shuffle = true});
    EXPECT_THROW(loader.start_epoch(0, 6), UsageError);
    EXPECT_THROW(loader.start_epoch(0, -1), UsageError);
}

TEST(Loader, RefusesLabelsThatNoClassHas) {
    ImageSet set = numbered(3);
    set.labels = {0, 1, 2};
    set.classes = 3;
    EXPECT_NO_THROW(Loader(set, Device::cpu(), {}));
    set.classes = 2;
    try {
        Loader(set, Device::cpu(), {});
        ADD_FAILURE() << "a label that an embedding of 2 classes has no row for";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("image 2 of the set 'numbered' has the label 2"), std::string::npos)
            << error.what();
    }
    set.labels = {0, 1};
    EXPECT_THROW(Loader(set, Device::cpu(), {}), UsageError);
}

}  // namespace
}  // namespace sinter
