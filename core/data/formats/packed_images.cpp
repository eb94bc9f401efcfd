#include "core/data/formats/packed_images.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/pixel_file.h"
#include "core/pictures/image_file.h"
#include "kernels/runtime/machine.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::array<char, 8> kMagic = {'s', 'i', 'n', 't', 'e', 'r', 'p', '2'};

/// The last bytes of the file.
struct Footer {
    std::uint64_t json_bytes = 0;
    std::uint64_t json_crc = 0;
    std::array<char, 8> magic = kMagic;
};

template <class T>
unsigned long crc(std::span<const T> values, unsigned long before = 0) {
    if (values.empty()) return before;  // to which zlib would prefer 0
    return ::crc32_z(before, reinterpret_cast<const Bytef*>(values.data()), values.size_bytes());
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

unsigned long labels_crc(const DataSplits& data) {
    return crc<std::uint8_t>(data.test.labels, crc<std::uint8_t>(data.train.labels));
}

/// More than any set has: their product fits into 63 bits.
constexpr std::int64_t kMaxImages = std::int64_t{1} << 31, kMaxSide = kMaxImageSide;

class Reader {
public:
    explicit Reader(const fs::path& path) : path_(path), file_(std::make_shared<PixelFile>(path)) {}

    std::optional<PackedImages> read(const std::string& key, ImageRequest::Place place) {
        try {
            const json description = read_description();
            if (description.at("key") != key) return std::nullopt;
            return build(description, place);
        } catch (const json::exception& error) {
            throw damaged(fmt::format("its description lacks something ({})", error.what()));
        }
    }

private:
    DataError damaged(const std::string& what) const {
        return DataError(
            fmt::format("[data] {}: expected decoded images, the file is damaged: {}", path_.string(), what));
    }

    json read_description() {
        Footer footer;
        if (file_->bytes() < sizeof footer) throw damaged("it is too short");
        file_->read(file_->bytes() - sizeof footer, {reinterpret_cast<std::uint8_t*>(&footer), sizeof footer});
        if (footer.magic != kMagic) throw damaged("it does not end as it should");
        if (footer.json_bytes > file_->bytes() - sizeof footer)
            throw damaged("its description is longer than the file");
        std::string text(footer.json_bytes, '\0');
        file_->read(file_->bytes() - sizeof footer - footer.json_bytes,
                    {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
        if (crc(bytes_of(text)) != footer.json_crc) throw damaged("the checksum of its description is wrong");
        described_ = file_->bytes() - sizeof footer - footer.json_bytes;
        return json::parse(text);
    }

    PackedImages build(const json& description, ImageRequest::Place place) {
        PackedImages packed;
        DataSplits& data = packed.data;
        data.class_names = description.at("class_names").get<std::vector<std::string>>();
        data.skipped = whole_number(description, "skipped", 0, kMaxImages);
        data.range = static_cast<int>(whole_number(description, "range", 0, kWholeRange));
        if (data.class_names.size() > kMaxClasses) throw damaged("it names too many classes");
        packed.remarks = description.at("remarks").get<std::vector<std::string>>();
        std::uint64_t offset = 0;
        for (const auto& [set, name] : {std::pair{&data.train, "train"}, std::pair{&data.test, "test"}}) {
            set->count = whole_number(description, name, 0, kMaxImages);
            set->height = whole_number(description, "height", 1, kMaxSide);
            set->width = whole_number(description, "width", 1, kMaxSide);
            set->channels = whole_number(description, "channels", 1, 4);
            set->classes = static_cast<int>(data.class_names.size());
            set->file = file_;
            set->file_offset = offset;
            offset += bytes_of_pixels(*set);
        }
        const std::uint64_t pixels_end = offset;
        if (pixels_end > described_) throw damaged("it is too short for its counts");
        for (ImageSet* set : {&data.train, &data.test}) {
            if (data.class_names.empty()) continue;
            read_next(offset, set->labels, set->count);
            for (const std::uint8_t label : set->labels)
                if (label >= set->classes) throw damaged("a label is of no class");
        }
        for (ImageSet* set : {&data.train, &data.test}) read_next(offset, set->checksums, set->count);
        if (offset != described_) throw damaged("its length does not fit its counts");
        if (labels_crc(data) != description.at("labels_crc")) throw damaged("the checksum of its labels is wrong");
        if (crc<std::uint32_t>(data.test.checksums, crc<std::uint32_t>(data.train.checksums)) !=
            description.at("checksums_crc"))
            throw damaged("the checksum of its checksums is wrong");

        if (belongs_in_memory(static_cast<std::int64_t>(pixels_end), place)) {
            for (ImageSet* set : {&data.train, &data.test}) {
                std::vector<std::uint8_t> pixels(bytes_of_pixels(*set));
                set->read(0, set->count, pixels.data());
                set->pixels = std::move(pixels);
                set->checksums.clear();
                set->file.reset();
            }
        }
        return packed;
    }

    std::int64_t whole_number(const json& description, const char* name, std::int64_t least, std::int64_t most) const {
        const json& number = description.at(name);
        const bool is_whole =
            number.is_number_integer() &&
            (!number.is_number_unsigned() || number.get<std::uint64_t>() <= static_cast<std::uint64_t>(most));
        if (!is_whole || number.get<std::int64_t>() < least || number.get<std::int64_t>() > most)
            throw damaged(fmt::format("expected a whole number from {} to {} as '{}'", least, most, name));
        return number.get<std::int64_t>();
    }

    /// Reads `count` values from `offset` on, which moves behind them.
    template <class T>
    void read_next(std::uint64_t& offset, std::vector<T>& values, std::int64_t count) const {
        const std::uint64_t bytes = static_cast<std::uint64_t>(count) * sizeof(T);
        if (bytes > described_ - offset) throw damaged("it is too short for its counts");
        values.resize(static_cast<std::size_t>(count));
        file_->read(offset, {reinterpret_cast<std::uint8_t*>(values.data()), bytes});
        offset += bytes;
    }

    static std::uint64_t bytes_of_pixels(const ImageSet& set) {
        return static_cast<std::uint64_t>(set.count * set.bytes_per_image());
    }

    fs::path path_;
    std::shared_ptr<const PixelFile> file_;
    std::uint64_t described_ = 0;  // where the description begins
};

}  // namespace

PackedImagesWriter::PackedImagesWriter(const fs::path& file, std::int64_t bytes_per_image)
    : file_(file), bytes_per_image_(static_cast<std::size_t>(bytes_per_image)) {}

void PackedImagesWriter::append(std::span<const std::uint8_t> pixels) {
    for (std::size_t at = 0; at < pixels.size(); at += bytes_per_image_)
        checksums_.push_back(pixel_checksum(pixels.subspan(at, bytes_per_image_)));
    file_.write(std::as_bytes(pixels));
}

void PackedImagesWriter::finish(const DataSplits& data, const std::vector<std::string>& remarks,
                                const std::string& key) {
    const json description = {{"key", key},
                              {"train", data.train.count},
                              {"test", data.test.count},
                              {"height", data.train.height},
                              {"width", data.train.width},
                              {"channels", data.train.channels},
                              {"class_names", data.class_names},
                              {"skipped", data.skipped},
                              {"range", data.range},
                              {"remarks", remarks},
                              {"labels_crc", labels_crc(data)},
                              {"checksums_crc", crc<std::uint32_t>(checksums_)}};
    // Names of files need not be UTF-8, which JSON wants.
    const std::string text = description.dump(-1, ' ', false, json::error_handler_t::replace);
    const Footer footer{.json_bytes = text.size(), .json_crc = crc(bytes_of(text))};
    file_.write(std::as_bytes(std::span(data.train.labels)));
    file_.write(std::as_bytes(std::span(data.test.labels)));
    file_.write(std::as_bytes(std::span(checksums_)));
    file_.write(std::as_bytes(bytes_of(text)));
    file_.write(std::as_bytes(std::span(&footer, 1)));
    file_.commit();
}

std::optional<PackedImages> read_packed_images(const fs::path& file, const std::string& key,
                                               ImageRequest::Place place) {
    std::error_code error;
    if (!fs::exists(file, error)) return std::nullopt;
    return Reader(file).read(key, place);
}

PackedImages read_own_packed_images(const fs::path& file, const std::string& key, ImageRequest::Place place) {
    std::optional<PackedImages> packed = read_packed_images(file, key, place);
    if (!packed) {
        throw DataError(fmt::format(
            "[data] {}: expected the images that were just decoded, another process has replaced or removed "
            "them; start again, with a SINTER_CACHE_DIR of its own for each process if this happens often",
            file.string()));
    }
    return std::move(*packed);
}

bool belongs_in_memory(std::int64_t bytes, ImageRequest::Place place) {
    if (place != ImageRequest::Place::automatic) return place == ImageRequest::Place::memory;
    // Memory holds the set, the copy that a loader puts on the device, and as much again for everything else.
    const std::int64_t available = kernels::available_memory();
    return available == 0 || bytes < available / 3;
}

}  // namespace sinter
