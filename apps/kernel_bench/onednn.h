// oneDNN as the peer of our convolutions: its headers are needed at build time, the library is found at run time, so
// that nothing needs it to start.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cases/case.h"

namespace sinter::bench {

/// The installed oneDNN, versions 2 and 3. The library stays loaded until the program ends.
class OneDnn {
public:
    /// Loads the library and gives it `threads` threads, 0 meaning one per core; nothing where it, or its headers at
    /// build time, were missing. Call before other threads start: it sets GOMP_SPINCOUNT, unless the user has, so that
    /// the library's threads stop spinning for work within microseconds and do not slow down what is timed next.
    static std::optional<OneDnn> find(int threads);

    /// Why find() finds nothing, for people.
    static const char* absence();

    /// A convolution that is ready to run, as long as the OneDnn lives that it came from.
    struct Convolution {
        std::function<void()> run;
        std::function<std::vector<float>()> result;  ///< of the last run, laid out as our kernel's
    };

    /// Sets the call up at its best: the library chooses the algorithm and the layouts (for images also NHWC is tried,
    /// and the faster of the two kept), and `a` and `b`, laid out as our kernel's, are copied into them here, once.
    /// Throws Error where the library refuses.
    Convolution convolution(const kernels::ConvCall& call, const float* a, const float* b) const;

    /// Version, such as "oneDNN 2.6.3".
    const std::string& name() const { return name_; }

private:
    struct Library;
    OneDnn(std::shared_ptr<const Library> library, std::string name)
        : library_(std::move(library)), name_(std::move(name)) {}

    std::shared_ptr<const Library> library_;
    std::string name_;
};

}  // namespace sinter::bench
