#include "core/profile/scope.h"

#include <algorithm>

#include "core/profile/range.h"

namespace sinter {
namespace {

/// The outermost part of this thread. Not destroyed: tapes that outlive a thread may name its parts.
Part& root() {
    static thread_local Part& part = *new Part;
    return part;
}

Part*& open_part() {
    static thread_local Part* part = &root();
    return part;
}

Part& child(Part& parent, const char* name) {
    const auto place = std::find_if(parent.children.begin(), parent.children.end(),
                                    [&](const auto& part) { return part->name == name; });
    if (place != parent.children.end()) return **place;
    parent.children.push_back(std::make_unique<Part>());
    Part& part = *parent.children.back();
    part.parent = &parent;
    part.name = name;
    part.path = parent.parent ? parent.path + "." + name : name;
    return part;
}

/// Begins the ranges of a part, the outermost first, and returns how many.
int begin_ranges(const Part& part) {
    if (!part.parent) return 0;
    const int outer = begin_ranges(*part.parent);
    ProfileRange::begin(part.name.c_str());
    return outer + 1;
}

}  // namespace

Scope::Scope(const char* name) : before_(open_part()) {
    open_part() = &child(*before_, name);
    ProfileRange::begin(name);
    ranges_ = 1;
}

Scope::Scope(const Part& part) : before_(open_part()) {
    open_part() = const_cast<Part*>(&part);  // which only its own thread changes
    ranges_ = begin_ranges(part);
}

Scope::~Scope() {
    for (; ranges_ > 0; --ranges_) ProfileRange::end();
    open_part() = before_;
}

const Part& Scope::current() { return *open_part(); }

}  // namespace sinter
