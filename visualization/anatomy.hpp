#pragma once

#include <optional>
#include <string>
#include <vector>

#include "volume.hpp"

namespace howship::visualization {

/// A box in patient space, mm.
struct Box {
  Vec3 low{};
  Vec3 high{};
  double extent(int axis) const { return high[axis] - low[axis]; }
  double centre(int axis) const { return 0.5 * (low[axis] + high[axis]); }
};

/// What all pictures of a run share, so that arms and days can be compared: where it is cut, what counts as tumour, and
/// the range of the density scale.
struct Anatomy {
  Box bone;                   ///< around all bone
  Box body;                   ///< around the vertebral body
  Box window;                 ///< around the body and the beginning of the arch: what a slice shows
  double midline = 0.0;       ///< x of the mid-sagittal plane
  Vec3 cut{};                 ///< both slices go through this point: the lesion, or the middle of the body
  double tumour_level = 0.0;  ///< the tumour is outlined where it exceeds this; 0: there is no tumour
  double density_top = 0.0;   ///< mg/cm³, the upper end of the scale
};

/// @param first    the volume at the beginning, whose trabecular bone sets the density scale
/// @param ends     the last volumes of all arms, of which the largest lesion sets the cut
Anatomy survey(const Volume& first, const std::vector<const Volume*>& ends);

/// The upper end of a scale of changes, mg/cm³: in every volume nearly all of the bone changes less.
double change_top(const std::vector<Volume>& changes);

/// "mid-sagittal", or "sagittal, 4 mm left of the midline".
std::string sagittal_title(const Anatomy& anatomy);

}  // namespace howship::visualization
