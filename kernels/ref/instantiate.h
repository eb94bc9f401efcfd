// Explicit instantiation of reference kernels.
#pragma once

/// Instantiates the reference kernel template `name` for double, the number type of the reference device and of all
/// comparisons. decltype spares repeating its parameters.
#define SINTER_REF_INSTANTIATE(name) template decltype(name<double>) name<double>
