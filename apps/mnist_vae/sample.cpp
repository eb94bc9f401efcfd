#include "apps/mnist_vae/sample.h"

#include <fmt/format.h>

#include <memory>

#include "core/console.h"
#include "core/ops/random.h"
#include "core/tape.h"
#include "models/vae_options.h"

namespace sinter {

ExitCode sample_checkpoint(const MnistVaeOptions& options) {
    const NoGrad no_grad;
    const Device device = choose_device(options);
    const std::unique_ptr<Vae> vae = load_vae(find_checkpoint(options.sample.checkpoint).string(), device);
    const Index classes = vae->options().classes;
    prepare_sample_folder(options.out);
    Generator noise(options.seed, device, draws::kPictures);
    const auto draw = [&](Index batch) {
        noise.start_step(sample_step(batch));
        const std::vector<std::int32_t> labels = labels_in_turn(classes, batch * kSampleBatch, kSampleBatch);
        return vae->decode(random_normal({kSampleBatch, vae->options().latent}, 0, 1, noise),
                           Buffer<std::int32_t>(std::span<const std::int32_t>(labels), device));
    };
    write_samples(options.out, options.sample.count, classes, draw);
    answer("{} images: {}\n", options.sample.count, options.out);
    return ExitCode::ok;
}

}  // namespace sinter
