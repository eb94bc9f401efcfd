// The parts of a model by name, while they compute: for messages, profilers and the table of --profile-steps.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sinter {

/// A named part of the model, which the table calls a layer. Parts are made once and live for ever.
struct Part {
    const Part* parent = nullptr;  ///< null for the outermost, which has no name
    std::string name;
    std::string path;  ///< "encoder.hidden"
    std::vector<std::unique_ptr<Part>> children;
};

/// Names a part of the model while it lives: Scope scope("encoder"). Scopes nest.
class Scope {
public:
    explicit Scope(const char* name);
    /// Opens `part` again in place of the scopes that are open: its gradients are computed long after it. Profilers see
    /// all of its names.
    explicit Scope(const Part& part);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// The part that is open on this thread.
    static const Part& current();
    /// Its path; empty outside of any.
    static const std::string& path() { return current().path; }

private:
    Part* before_;
    int ranges_ = 0;  ///< that profilers see
};

}  // namespace sinter
