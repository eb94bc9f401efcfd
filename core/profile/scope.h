// The parts of a model by name, while they compute: for messages, profilers and the table of --profile-steps.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sinter {

/// A part of a model: the names of the scopes that were open. Parts are made once and live for ever.
struct Part {
    const Part* parent = nullptr;  ///< null for the outermost, which has no name
    std::string name;
    std::string path;  ///< "encoder.hidden"
    std::vector<std::unique_ptr<Part>> parts;
};

/// Names a part of the model while it lives: Scope scope("encoder"). Scopes nest.
class Scope {
public:
    explicit Scope(const char* name);
    /// Opens a part again that was open before, for what is computed of it later, such as its gradients; all of its
    /// names, in place of those that are open.
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
