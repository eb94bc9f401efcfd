// Fetching published files, recognised by their SHA-256, into a folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace sinter {

/// Receives what a library function is doing, one sentence at a time; may be empty. Programs print the sentences to
/// stderr.
using Say = std::function<void(const std::string& sentence)>;

/// A file that mirrors publish under their base URL.
struct PublishedFile {
    std::string name;
    std::string sha256;  ///< 64 lower-case hexadecimal digits
};

/// Brings those of `files` that `folder` lacks into it, from the first of `mirrors` (base URLs) that serves them, with
/// the `curl` program. Nothing is written before its hash is right, and no file may have more than 64 MB. Without a
/// network this gives up after one file, which takes at most three seconds for each mirror.
///
/// Returns nothing if all went well, else the reason as a clause ("curl could not resolve the host ...").
std::optional<std::string> download(std::span<const PublishedFile> files, std::span<const std::string> mirrors,
                                    const std::filesystem::path& folder, const Say& say);

}  // namespace sinter
