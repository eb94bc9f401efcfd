#include "apps/dcgan/sample.h"

#include <fmt/format.h>

#include "apps/dcgan/networks.h"
#include "apps/dcgan/pictures.h"
#include "core/console.h"
#include "core/ops/random.h"
#include "models/gan_options.h"

namespace sinter {

ExitCode sample_checkpoint(const DcganOptions& options) {
    const Device device = choose_device(options, kUsualPrecision);
    const std::string file = find_checkpoint(options.sample.checkpoint).string();
    const CheckpointFacts facts = read_checkpoint_facts(file);
    const GanOptions model = gan_from_facts(facts, file);
    Generator init(0, device);
    Gan gan(model, init, init);
    DrawingGan drawing(gan, has_moving_average(facts, file));
    load_checkpoint(file, checkpoint_parts(gan, drawing));

    prepare_sample_folder(options.out);
    Generator codes(options.seed, device, draws::kPictures);
    const auto draw = [&](Index batch) {
        codes.start_step(sample_step(batch));
        return draw_images(drawing.gan(), random_normal({kSampleBatch, model.latent}, 0, 1, codes),
                           labels_in_turn(model.classes, batch * kSampleBatch, kSampleBatch));
    };
    write_samples(options.out, options.sample.count, model.classes, draw);
    answer("{} images: {}\n", options.sample.count, options.out);
    return ExitCode::ok;
}

}  // namespace sinter
