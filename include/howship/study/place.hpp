#pragma once

#include <map>
#include <string>
#include <vector>

#include "howship/output/manifest.hpp"
#include "howship/simulation/slabs.hpp"
#include "howship/study/study.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::study {

/// Where a study takes place, and what the vertebra gives to the models.
struct Place {
  vertebra::Domain domain;
  std::map<std::string, std::vector<double>> given;  ///< bvtv and lesion, one value per active voxel
  output::VertebraRecord record;
  std::map<std::string, std::string> digests;  ///< of images that were read
  std::uint64_t seed = 0;

  /// Fields of given_names(): those above, and coordinates in mm.
  std::vector<std::vector<double>> given_fields(const std::vector<std::string>& names) const;
  /// The same of some of the voxels.
  std::vector<std::vector<double>> given_fields(const std::vector<std::string>& names,
                                                const simulation::Slabs::Slab& slab) const;
};

/// Lattice voxels a study will ask for, before they are allocated; 0 when only the image itself can tell.
double lattice_estimate(const Vertebra& vertebra);

/// What the user should know of an image that was read: one sentence each.
std::vector<std::string> import_notes(const vertebra::CtImport& import, const vertebra::CtOptions& options);

/// Builds or imports the vertebra and seeds the lesion. @throws InputError
Place build_place(const Study& study);

}  // namespace howship::study
