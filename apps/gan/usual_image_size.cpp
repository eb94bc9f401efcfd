#include "apps/gan/usual_image_size.h"

#include <algorithm>

namespace sinter {

Index usual_image_size(GanArchitecture architecture, std::int64_t height, std::int64_t width) {
    const Index side = std::min(height, width);
    switch (architecture) {
        case GanArchitecture::dcgan:
            return side >= 64 ? 64 : side >= 32 ? 32 : side > 16 ? 28 : 16;
        case GanArchitecture::dense:
            break;
    }
    return std::min<Index>(side, 64);
}

}  // namespace sinter
