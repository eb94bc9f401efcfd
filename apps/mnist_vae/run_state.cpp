#include "apps/mnist_vae/run_state.h"

#include <fmt/format.h>

#include <charconv>

#include "core/error.h"

namespace sinter {
namespace {

/// Calls visit(name, member) for every member of a RunState.
template <class State, class Visit>
void for_each_member(State& state, Visit visit) {
    visit("step", state.step);
    visit("epoch", state.epoch);
    visit("position", state.position);
    visit("epoch.loss", state.sums.loss);
    visit("epoch.recon", state.sums.recon);
    visit("epoch.kl", state.sums.kl);
    visit("epoch.images", state.sums.images);
    visit("epoch.train_seconds", state.train_seconds);
    visit("seconds", state.seconds);
}

}  // namespace

void LossSums::add(double batch_loss, double batch_recon, double batch_kl, std::int64_t batch) {
    const double weight = static_cast<double>(batch);
    loss += batch_loss * weight;
    recon += batch_recon * weight;
    kl += batch_kl * weight;
    images += batch;
}

void RunState::save(CheckpointFacts& facts) const {
    for_each_member(*this, [&](const char* name, auto member) { facts[name] = fmt::format("{}", member); });
}

RunState RunState::load(const CheckpointFacts& facts, const std::string& file) {
    RunState state;
    for_each_member(state, [&](const char* name, auto& member) {
        const auto fact = facts.find(name);
        const std::string text = fact == facts.end() ? "" : fact->second;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), member);
        if (error != std::errc() || end != text.data() + text.size() || !(member >= 0)) {
            throw DataError(
                fmt::format("{}: expected a number as '{}', found '{}'; the checkpoint is damaged or of another "
                            "program",
                            file, name, text));
        }
    });
    return state;
}

}  // namespace sinter
