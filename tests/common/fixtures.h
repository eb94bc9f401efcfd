// Reading the arrays that PyTorch computed (tests/fixtures), and comparing with them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/files/safetensors.h"
#include "core/tensor.h"

namespace sinter::tests {

/// A file of tests/fixtures.
inline SafetensorsFile open_fixture(const std::string& name) {
    return SafetensorsFile::open(std::filesystem::path(SINTER_FIXTURES) / name);
}

template <class T>
std::vector<T> entry_values(const SafetensorsEntry& entry) {
    std::vector<T> values(entry.data.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), entry.data.data(), entry.data.size());
    return values;
}

/// The F64 array `name`.
inline std::vector<double> fixture_values(const SafetensorsFile& file, const std::string& name) {
    const SafetensorsEntry& entry = file.at(name);
    EXPECT_EQ(entry.dtype, "F64") << name;
    return entry_values<double>(entry);
}

inline Shape fixture_shape(const SafetensorsFile& file, const std::string& name) {
    Shape shape;
    for (const std::int64_t size : file.at(name).shape) shape = shape.with(size);
    return shape;
}

/// The F64 array `name` as a tensor of its shape.
inline Tensor fixture_tensor(const SafetensorsFile& file, const std::string& name, Device device) {
    return Tensor::from(std::span<const double>(fixture_values(file, name)), fixture_shape(file, name), device);
}

/// Names a parameterised test after its case.
inline std::string case_name(const testing::TestParamInfo<std::string>& tested) { return tested.param; }

inline double largest_magnitude(std::span<const double> values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

/// Expects |actual - expected| <= absolute + relative |expected| for every element.
inline void expect_close(std::span<const double> actual, std::span<const double> expected, double absolute,
                         double relative, const std::string& what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        // Written so that NaN fails.
        EXPECT_TRUE(std::abs(actual[i] - expected[i]) <= absolute + relative * std::abs(expected[i]))
            << what << ", element " << i << ": got " << actual[i] << ", PyTorch has " << expected[i] << ", off by "
            << actual[i] - expected[i];
    }
}

}  // namespace sinter::tests
