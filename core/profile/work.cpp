#include "core/profile/work.h"

namespace sinter {
namespace {

thread_local WorkObserver* observer = nullptr;

}  // namespace

WorkObserver::WorkObserver() { observer = this; }
WorkObserver::~WorkObserver() {
    if (observer == this) observer = nullptr;
}

WorkObserver* WorkObserver::current() { return observer; }

}  // namespace sinter
