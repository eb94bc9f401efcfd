// What measure --nll prints: a table with the protocol in words, or one line of JSON.
#pragma once

#include "apps/measures/likelihood.h"

namespace sinter {

void print_table(const LikelihoodReport& report);
void print_json(const LikelihoodReport& report);

}  // namespace sinter
