#include "apps/gan/usual_size.h"

#include <algorithm>

namespace sinter {

Index usual_size(GanArchitecture architecture, Index height, Index width) {
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
