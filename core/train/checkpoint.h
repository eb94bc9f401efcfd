// Checkpoints: parameters, optimizer state and where the run stood, in one safetensors file that other programs can
// read. Its metadata are the facts, "format", "flattened_images", and checksums (CRC-32): "crc32.<array>" of the bytes
// of each array, and "crc32" of all other metadata. The same run gives the same file, byte for byte. For readers in
// other languages: docs/checkpoints.md.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "core/nn/module.h"
#include "core/optim/optimizer.h"
#include "core/options/facts.h"

namespace sinter {

/// One model in a checkpoint. Its parameters are stored as prefix + name, in PyTorch's order (core/nn/file_layout.h),
/// its optimizer's arrays as "optimizer." + prefix + array + "." + name.
struct CheckpointPart {
    std::string prefix;  ///< "" or, for example, "generator."
    const Module* module = nullptr;
    Optimizer* optimizer = nullptr;  ///< null: parameters only
};

/// Writes the file atomically: after a crash there is the old checkpoint or the new one. Throws DivergedError, naming
/// the array, where one holds NaN or infinity: such a checkpoint helps nobody and would replace one that may. Throws
/// Error where the file cannot be written.
void save_checkpoint(const std::filesystem::path& path, std::span<const CheckpointPart> parts,
                     const CheckpointFacts& facts);

/// The facts of a checkpoint, without loading it. Throws DataError where they are damaged or the file is no checkpoint.
CheckpointFacts read_checkpoint_facts(const std::filesystem::path& path);

/// Restores parts exactly as saved and returns the facts. Everything is checked before anything is changed: a damaged
/// checkpoint, or one of another model, is refused with DataError naming the first array that is not as it should be.
CheckpointFacts load_checkpoint(const std::filesystem::path& path, std::span<const CheckpointPart> parts);

}  // namespace sinter
