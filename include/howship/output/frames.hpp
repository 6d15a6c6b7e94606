#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "howship/core/ranks.hpp"
#include "howship/output/frame_pieces.hpp"
#include "howship/simulation/archive.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::output {

/// Numbers on a lattice, one per lattice voxel, i fastest.
struct ImageField {
  std::string name;
  std::string unit;
  std::vector<float> values;
};
struct LabelField {
  std::string name;
  std::vector<std::uint8_t> values;
};

/// Writes cell data on a lattice as VTK image data (.vti, zlib, appended), which ParaView opens as it is: spacing in
/// mm, patient space LPS, with the direction of the axes. Written aside and renamed.
/// @param time  day, stored as field data TimeValue
/// @throws OutputError when the disk is full
void write_image(const std::filesystem::path& path, const vertebra::Grid& grid, std::optional<double> time,
                 std::span<const ImageField> fields, std::span<const LabelField> labels);
/// The same of some layers of the lattice along k; the fields hold these alone.
void write_image(const std::filesystem::path& path, const vertebra::Grid& grid, const Layers& layers,
                 std::optional<double> time, std::span<const ImageField> fields, std::span<const LabelField> labels);

/// The frames of one arm: frames/0000.vti, ... and frames.pvd, which names them with their day. The .pvd is replaced
/// after each frame, so it never names a file that is not whole. Where ranks share the voxels each writes the layers
/// that begin with it (frames/0000_0.vti, ...) and the first one what holds them together (frames/0000.pvti); ParaView
/// opens one like the other. All ranks call the same.
class FrameWriter {
 public:
  struct Field {
    std::string name;
    std::string unit;
  };
  /// @param folder  of the arm; frames/ is created in it
  /// @param fields  what each frame holds; a uint8 field `region` is added (0 outside, else vertebra::Region)
  FrameWriter(std::filesystem::path folder, const vertebra::Domain& domain, std::vector<Field> fields,
              Ranks* ranks = nullptr);

  /// @param values  per field, one value per active voxel of this rank in the field's unit; voxels outside get 0
  void write(double time, std::span<const std::vector<double>> values);

  /// Which frames there are. Read, those that an earlier run wrote afterwards are written again when their day comes.
  /// Not called by all ranks when writing. @throws InputError if a frame is missing
  void exchange(simulation::Archive& archive);

 private:
  std::string frame_name(std::size_t index) const;
  std::string piece_name(std::size_t index, int rank) const;
  std::string found_frame(std::size_t index) const;
  void write_pieces_list(std::size_t index) const;
  void write_list() const;

  std::filesystem::path folder_;
  const vertebra::Domain* domain_;
  std::vector<Field> fields_;
  Ranks* ranks_;
  FramePieces pieces_;
  LabelField region_;
  std::vector<std::pair<double, std::string>> written_;
};

}  // namespace howship::output
