// What a fuzz target gives to the driver.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sinter::fuzz {

using Input = std::vector<std::uint8_t>;

/// Inputs to begin with: sound ones, which mutations then damage.
std::vector<Input> seeds();

/// Reads an input as a program would read a file. An Error is what a damaged file should end in; anything else that is
/// thrown, a report of a sanitizer, or a long time is a finding. So is a false expect().
void try_input(std::span<const std::uint8_t> input);

/// Ends the process with the sentence where something does not hold that must hold after an input was accepted.
void expect(bool condition, const char* sentence);

inline Input input_of(std::string_view text) { return {text.begin(), text.end()}; }

/// A file, in memory where the system has a place for that, for readers that want a path.
class ScratchFile {
public:
    explicit ScratchFile(const std::string& name);
    ~ScratchFile();
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    /// Makes this its content.
    void write(std::span<const std::uint8_t> content);
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    int file_;
};

/// The folder that they are in, which lasts as long as the process.
std::filesystem::path scratch_folder();

}  // namespace sinter::fuzz
