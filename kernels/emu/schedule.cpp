#include "kernels/emu/schedule.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>

#include "kernels/emu/stream.h"

namespace sinter::emu {
namespace {

Schedule read(const std::string& text) {
    if (text.empty() || text == "forward") return {Schedule::forward};
    if (text == "reversed") return {Schedule::reversed};
    if (text == "shuffled") return {Schedule::shuffled};
    const std::string prefix = "shuffled:", digits = text.substr(std::min(prefix.size(), text.size()));
    if (text.compare(0, prefix.size(), prefix) == 0 && !digits.empty() && digits.size() < 19 &&
        digits.find_first_not_of("0123456789") == std::string::npos) {
        return {Schedule::shuffled, std::stoull(digits)};
    }
    throw std::invalid_argument("SINTER_EMU_SCHEDULE is '" + text +
                                "': expected forward, reversed, shuffled or shuffled:SEED");
}

std::mutex guard;

Schedule& current() {
    const char* text = std::getenv("SINTER_EMU_SCHEDULE");
    static Schedule value = read(text ? text : "");
    return value;
}

}  // namespace

void put_in_order(std::vector<int>& places, int count, const Schedule& schedule, std::uint64_t salt) {
    places.resize(static_cast<std::size_t>(count));
    std::iota(places.begin(), places.end(), 0);
    if (schedule.order == Schedule::reversed) std::reverse(places.begin(), places.end());
    if (schedule.order != Schedule::shuffled) return;
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(schedule.seed * 7919 + salt + 1));
    for (std::size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[random() % i]);
}

Schedule schedule() {
    const std::lock_guard lock(guard);
    return current();
}

void set_schedule(const Schedule& schedule) {
    finish_streams();
    const std::lock_guard lock(guard);
    current() = schedule;
}

}  // namespace sinter::emu
