// Writes a synthetic run folder to look at: make_synthetic_run DIR [voxel in mm]
#include <cstdlib>

#include <fmt/format.h>

#include "synthetic_run.hpp"

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "usage: make_synthetic_run DIR [voxel in mm]\n");
    return 1;
  }
  howship::visualization::SyntheticOptions options;
  if (count > 2) options.voxel = std::atof(arguments[2]);
  howship::visualization::write_synthetic_run(arguments[1], options);
  return 0;
}
