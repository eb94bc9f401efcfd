// SHA-256 (FIPS 180-4), to recognise published files.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sinter {

/// The SHA-256 digest of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace sinter
