#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace howship::visualization {

struct RenderOptions {
  std::filesystem::path run;
  std::vector<std::filesystem::path> figures;  ///< recipes; then there is no run
  std::filesystem::path output;                ///< empty: the folder pictures of the run, or the figure's own
  std::vector<double> days;                    ///< of the slices; empty: start, treatment start, middle, end
  std::vector<std::string> arms;               ///< ids; empty: all
  int width = 1800;                            ///< of every picture, pixels
  bool quiet = false;
};

inline constexpr int kSmallestWidth = 400;
inline constexpr int kLargestWidth = 6000;

struct Rendered {
  std::vector<std::filesystem::path> pictures;
  std::vector<std::string> notes;  ///< what the user should know
};

/// Draws everything the run has. No picture is written before all could be drawn.
/// @throws InputError, OutputError
Rendered render(const RenderOptions& options);

}  // namespace howship::visualization
