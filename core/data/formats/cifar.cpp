#include "core/data/formats/cifar.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "core/data/describe.h"
#include "core/data/formats/pickle.h"
#include "core/error.h"
#include "core/files/files.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32, kPlane = kSide * kSide, kImageBytes = 3 * kPlane, kRecordBytes = 1 + kImageBytes;
constexpr int kClasses = 10, kTrainFiles = 5;

/// The two forms, by the ending of their files and the folder that they are published in.
struct Form {
    const char *ending, *folder;
    bool is_pickled;
};
constexpr Form kForms[] = {{".bin", "cifar-10-batches-bin", false}, {"", "cifar-10-batches-py", true}};

/// The files of five batches and of the test batch.
std::vector<std::string> file_names(const Form& form) {
    std::vector<std::string> names;
    for (int i = 1; i <= kTrainFiles; ++i) names.push_back(fmt::format("data_batch_{}{}", i, form.ending));
    names.push_back(fmt::format("test_batch{}", form.ending));
    return names;
}

struct Place {
    fs::path folder;
    const Form* form = nullptr;
};

/// Where one of the files lies, and in which form; no form where there is none.
Place place_of_files(const fs::path& folder) {
    for (const Form& form : kForms) {
        for (const fs::path& place : {folder, folder / form.folder}) {
            for (const std::string& name : file_names(form)) {
                std::error_code error;
                if (fs::is_regular_file(place / name, error)) return {place, &form};
            }
        }
    }
    return {folder, nullptr};
}

/// Appends images that lie plane by plane to a set of interleaved pixels.
void append_image(const std::byte* planes, int label, ImageSet& set) {
    const std::size_t first = set.pixels.size();
    set.pixels.resize(first + kImageBytes);
    for (std::size_t i = 0; i < kPlane; ++i)
        for (std::size_t channel = 0; channel < 3; ++channel)
            set.pixels[first + 3 * i + channel] = std::to_integer<std::uint8_t>(planes[channel * kPlane + i]);
    set.labels.push_back(static_cast<std::uint8_t>(label));
    ++set.count;
}

void append_records(const fs::path& file, ImageSet& set) {
    const std::vector<std::byte> bytes = read_whole_file(file);
    if (bytes.empty() || bytes.size() % kRecordBytes != 0) {
        throw DataError(fmt::format(
            "[data] {}: expected records of {} bytes each, the file's {} bytes end within record {} at byte "
            "{}; fetch the file again",
            file.string(), kRecordBytes, bytes.size(), bytes.size() / kRecordBytes,
            bytes.size() / kRecordBytes * kRecordBytes));
    }
    set.pixels.reserve(set.pixels.size() + bytes.size());
    for (std::size_t at = 0; at < bytes.size(); at += kRecordBytes) {
        const int label = std::to_integer<int>(bytes[at]);
        if (label >= kClasses) {
            throw DataError(
                fmt::format("[data] {}: expected a label of 0 to 9 at byte {}, came {}; is this CIFAR-10 in "
                            "its binary form?",
                            file.string(), at, label));
        }
        append_image(bytes.data() + at + 1, label, set);
    }
}

void append_pickle(const fs::path& file, ImageSet& set) {
    const std::vector<std::byte> bytes = read_whole_file(file);
    try {
        const PickledBatch batch = read_pickled_batch(bytes);
        set.pixels.reserve(set.pixels.size() + batch.pixels.size());
        for (std::size_t i = 0; i < batch.labels.size(); ++i) {
            if (batch.labels[i] >= kClasses)
                throw PickleError(fmt::format("expected labels of 0 to 9, came {}", batch.labels[i]));
            append_image(batch.pixels.data() + i * kImageBytes, static_cast<int>(batch.labels[i]), set);
        }
    } catch (const PickleError& error) {
        throw DataError(
            fmt::format("[data] {}: expected a batch of CIFAR-10 as Python pickles it: {}; fetch the file again",
                        file.string(), error.what()));
    }
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

bool holds_cifar10(const fs::path& folder) { return place_of_files(folder).form != nullptr; }

DataSplits load_cifar10(const fs::path& folder) {
    Place place = place_of_files(folder);
    if (!place.form) place.form = &kForms[0];
    DataSplits data;
    for (ImageSet* set : {&data.train, &data.test}) {
        set->height = set->width = kSide;
        set->channels = 3;
        set->classes = kClasses;
        set->name = "cifar10";
    }
    const std::vector<std::string> files = file_names(*place.form);
    const auto append = place.form->is_pickled ? append_pickle : append_records;
    for (const std::string& file : files) append(place.folder / file, file == files.back() ? data.test : data.train);
    data.class_names = class_names(place.folder / "batches.meta.txt");
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

}  // namespace sinter
