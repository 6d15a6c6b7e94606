#pragma once

#include "anatomy.hpp"
#include "colours.hpp"
#include "volume.hpp"

class vtkRenderer;

namespace howship::visualization {

/// A parallel view of the patient's left side, from a little in front and above: superior is up, anterior to the left.
struct View {
  Vec3 right{};  ///< unit vectors in patient space
  Vec3 up{};
  Vec3 towards{};      ///< the viewer
  Vec3 focus{};        ///< middle of the picture
  double width = 1.0;  ///< of what is seen, mm
  double height = 1.0;
};

/// @param volume  its bone fills the view
View oblique_view(const Volume& volume);

/// The vertebra without its left part: outer surface in the colour of bone, density and the tumour's outline on the
/// cut.
/// @param millimetres  height of the renderer in mm
void add_cut_vertebra(vtkRenderer& renderer, const Volume& volume, const Anatomy& anatomy, const ColourScale& colours,
                      const View& view, double millimetres);

/// The whole vertebra as of glass, with the tumour's surface in it.
void add_glass_vertebra(vtkRenderer& renderer, const Volume& volume, const Anatomy& anatomy, const View& view,
                        double millimetres);

}  // namespace howship::visualization
