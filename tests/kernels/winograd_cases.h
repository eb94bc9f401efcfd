// Cases of the CPU's convolutions by minimal filtering, which a plan would only choose for images too large to test.
#pragma once

#include "kernels/cases/case.h"

namespace sinter::kernels {

/// The most that the transforms multiply the roundings of independent numbers of mean zero by, in standard deviations;
/// see minimal_filter_test.cpp. The cases have such numbers. Others may round far more.
inline constexpr double kFilterNoise = 9;

/// Every size of tile, on odd images and odd channels, against the plain convolutions of the reference.
void add_winograd_cases(CaseList& cases);

}  // namespace sinter::kernels
