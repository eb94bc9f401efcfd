// Changes to inputs: what damages files, and what people who want to break a reader do to them.
#pragma once

#include <random>

#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {

/// Changes the input in a few places; `other` is one from which parts are taken.
void mutate(Input& input, const Input& other, std::mt19937_64& random);

}  // namespace sinter::fuzz
