// The file of decoded images where another sinter wrote it: an earlier one, or one that runs at the same time.
#include "core/data/formats/packed_images.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/data/formats/image_folder.h"
#include "core/files/sha256.h"
#include "tests/common/data_files.h"
#include "tests/common/environment.h"
#include "tests/common/errors.h"
#include "tests/common/image_files.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

/// Three images of the values 0, 1 and 2, of which the last is the test image.
class PackedImagesOfOthers : public testing::Test {
protected:
    PackedImagesOfOthers() {
        for (std::uint8_t i = 0; i < 3; ++i)
            write_file(set_ / ("0" + std::to_string(i) + ".png"), png_bytes(plain_image(4, 4, 1, i)));
        data_ = load_image_folder(set_, {}, {});
        cache_ = fs::directory_iterator(folder_ / "cache/images")->path();
    }
    void write(const DataSplits& data, const std::string& key) const {
        PackedImagesWriter writer(cache_, data.train.bytes_per_image());
        writer.append(data.train.pixels);
        writer.append(data.test.pixels);
        writer.finish(data, {}, key);
    }
    /// A line of the text that the key of a set is the hash of.
    std::string line_of(const std::string& file) const {
        struct stat status {};
        EXPECT_EQ(::stat((set_ / file).c_str(), &status), 0);
        return file + " " + std::to_string(status.st_size) + " " +
               std::to_string(status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec) + " 0\n";
    }

    TemporaryFolder folder_;
    fs::path set_ = folder_ / "set", cache_;
    ScopedEnvironment environment_{"SINTER_CACHE_DIR", (folder_ / "cache").string()};
    DataSplits data_;
};

TEST_F(PackedImagesOfOthers, AnEarlierDecoderIsNotTrusted) {
    // The key as it was before it had the version of the decoder.
    const std::string text = "0 0 0\n" + line_of("00.png") + line_of("01.png") + "\n" + line_of("02.png") + "\n";
    DataSplits old = data_;
    for (ImageSet* set : {&old.train, &old.test}) set->pixels.assign(set->pixels.size(), 200);
    write(old, sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    EXPECT_EQ(load_image_folder(set_, {}, {}).train.pixels, data_.train.pixels);
}

TEST_F(PackedImagesOfOthers, AFileReplacedBeforeItIsReadIsAnError) {
    const auto read_mine = [&] { return read_own_packed_images(cache_, "mine", ImageRequest::Place::file); };
    expect_says(data_error(read_mine), {cache_.string(), "another process has replaced or removed", "start again"});
    fs::remove(cache_);
    expect_says(data_error(read_mine), {cache_.string(), "another process"});
    write(data_, "mine");
    EXPECT_EQ(read_mine().data.train.count, 2);
}

}  // namespace
}  // namespace sinter
