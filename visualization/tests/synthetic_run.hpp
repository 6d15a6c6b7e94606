#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace howship::visualization {

struct SyntheticOptions {
  double voxel = 1.0;  ///< mm
  bool frames = true;  ///< false: a 0-D run
  std::vector<double> days{0.0, 180.0, 365.0, 730.0};
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< of the image's axes; the bone stays where it is
  std::string status = "complete";
  std::vector<std::string> arrays{"BMD", "BVTV", "tumour", "OCa", "RANKL"};
};

/// Writes a small run as Howship would: a crude vertebra with a lesion left of the midline in the back of its body,
/// which grows and loses bone untreated, grows less and loses none with denosumab, and lies between with zoledronic
/// acid.
void write_synthetic_run(const std::filesystem::path& folder, const SyntheticOptions& options);

}  // namespace howship::visualization
