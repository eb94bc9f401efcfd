#include "core/data/fit.h"

#include <utility>
#include <vector>

#include "core/check.h"
#include "core/device.h"
#include "core/pictures/image_file.h"
#include "core/pictures/image_fitter.h"
#include "kernels/runtime/machine.h"
#include "kernels/runtime/thread_pool.h"

namespace sinter {

void check_request(const ImageRequest& request) {
    const auto fits = [](std::int64_t size) { return size >= 0 && size <= kMaxImageSide; };
    require(fits(request.height) && fits(request.width) && (request.height == 0) == (request.width == 0),
            "[data] expected a width and a height of 1 to {} pixels, or neither, got {} x {}", kMaxImageSide,
            request.width, request.height);
    require(request.fitting.range >= 0 && request.fitting.range <= kWholeRange,
            "[data] expected a range of 16 bits up to {}, got {}", kWholeRange, request.fitting.range);
    require(request.channels == 0 || request.channels == 1 || request.channels == 3,
            "[data] expected 1 channel (grey), 3 (colour) or 0 (as the data has it), got {}", request.channels);
}

void fit_images(DataSplits& data, const ImageRequest& request) {
    check_request(request);
    kernels::ThreadPool pool(cpu_threads());
    for (ImageSet* set : {&data.train, &data.test}) {
        if (set->count == 0) continue;
        const std::int64_t height = request.height ? request.height : set->height;
        const std::int64_t width = request.width ? request.width : set->width;
        const std::int64_t channels = request.channels ? request.channels : set->channels;
        if (height == set->height && width == set->width && channels == set->channels) continue;

        const std::int64_t bytes = height * width * channels;
        const std::int64_t available = kernels::available_memory();
        if (available > 0 && set->count * bytes > available) {
            throw DataError(
                fmt::format("[data] {}: {} images fitted to {} x {} take {:.1f} GB, memory has room for {:.1f}; "
                            "choose a smaller size",
                            set->name, set->count, width, height, 1e-9 * static_cast<double>(set->count * bytes),
                            1e-9 * static_cast<double>(available)));
        }
        std::vector<std::uint8_t> fitted(static_cast<std::size_t>(set->count * bytes));
        struct Worker {
            ImageFitter fitter;
            std::vector<std::uint8_t> image;
        };
        std::vector<Worker> workers(
            static_cast<std::size_t>(pool.threads()),
            {ImageFitter(set->height, set->width, height, width, request.fitting.fit,
                         request.fitting.background.value_or(kBlack)),
             std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * set->channels))});
        pool.run(set->count, [&](std::int64_t i, int thread) {
            Worker& worker = workers[static_cast<std::size_t>(thread)];
            worker.fitter.fit(set->pixels.data() + i * set->bytes_per_image(), set->channels, worker.image.data());
            convert_channels(worker.image.data(), set->channels, fitted.data() + i * bytes, channels, height * width);
        });
        set->pixels = std::move(fitted);
        set->height = height;
        set->width = width;
        set->channels = channels;
    }
}

}  // namespace sinter
