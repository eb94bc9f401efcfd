// Explicit instantiation of reference kernels for the number types that RefQueue serves.
#pragma once

/// Instantiates the reference kernel template `name` for float and double. decltype spares repeating its parameters.
#define SINTER_REF_INSTANTIATE(name)            \
    template decltype(name<float>) name<float>; \
    template decltype(name<double>) name<double>
