#include "core/data/formats/cifar.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "core/data/describe.h"
#include "core/error.h"
#include "core/files/files.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32, kPlane = kSide * kSide, kImageBytes = 3 * kPlane, kRecordBytes = 1 + kImageBytes;
constexpr int kClasses = 10, kTrainFiles = 5;

std::string train_file(int number) { return fmt::format("data_batch_{}.bin", number); }
constexpr const char* kTestFile = "test_batch.bin";

bool has_a_file(const fs::path& folder) {
    std::error_code error;
    bool found = fs::exists(folder / kTestFile, error);
    for (int i = 1; i <= kTrainFiles; ++i) found = found || fs::exists(folder / train_file(i), error);
    return found;
}

fs::path place_of_files(const fs::path& folder) {
    return has_a_file(folder) ? folder : folder / "cifar-10-batches-bin";
}

/// Appends the records of a file, each plane by plane, to a set of interleaved pixels.
void append_file(const fs::path& file, ImageSet& set) {
    const std::vector<std::byte> bytes = read_whole_file(file);
    if (bytes.empty() || bytes.size() % kRecordBytes != 0) {
        throw DataError(fmt::format(
            "[data] {}: expected records of {} bytes each, the file's {} bytes end within record {} at byte "
            "{}; fetch the file again",
            file.string(), kRecordBytes, bytes.size(), bytes.size() / kRecordBytes,
            bytes.size() / kRecordBytes * kRecordBytes));
    }
    const std::size_t records = bytes.size() / kRecordBytes;
    std::size_t pixel = set.pixels.size();
    set.pixels.resize(pixel + records * kImageBytes);
    for (std::size_t record = 0; record < records; ++record) {
        const std::byte* from = bytes.data() + record * kRecordBytes;
        const int label = std::to_integer<int>(*from++);
        if (label >= kClasses) {
            throw DataError(
                fmt::format("[data] {}: expected a label of 0 to 9 at byte {}, came {}; is this CIFAR-10 in "
                            "its binary form?",
                            file.string(), record * kRecordBytes, label));
        }
        set.labels.push_back(static_cast<std::uint8_t>(label));
        for (std::size_t i = 0; i < kPlane; ++i)
            for (std::size_t channel = 0; channel < 3; ++channel)
                set.pixels[pixel++] = std::to_integer<std::uint8_t>(from[channel * kPlane + i]);
    }
    set.count += static_cast<std::int64_t>(records);
}

/// One name a line; numbers where the file is missing or holds something else.
std::vector<std::string> class_names(const fs::path& file) {
    std::vector<std::string> names;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        line.erase(std::find_if(line.rbegin(), line.rend(), [](char c) { return c != '\r' && c != ' '; }).base(),
                   line.end());
        if (!line.empty()) names.push_back(line);
    }
    return names.size() == kClasses ? names : numbered_classes(kClasses);
}

}  // namespace

bool holds_cifar10(const fs::path& folder) { return has_a_file(place_of_files(folder)); }

DataSplits load_cifar10(const fs::path& folder) {
    const fs::path place = place_of_files(folder);
    DataSplits data;
    for (ImageSet* set : {&data.train, &data.test}) {
        set->height = set->width = kSide;
        set->channels = 3;
        set->classes = kClasses;
        set->name = "cifar10";
    }
    for (int i = 1; i <= kTrainFiles; ++i) append_file(place / train_file(i), data.train);
    append_file(place / kTestFile, data.test);
    data.class_names = class_names(place / "batches.meta.txt");
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

}  // namespace sinter
