#pragma once

#include <string>
#include <vector>

#include "anatomy.hpp"
#include "canvas.hpp"
#include "vertebra_scene.hpp"
#include "volume.hpp"

namespace howship::visualization {

struct VertebraPanel {
  std::string arm;
  const Volume* volume = nullptr;
};

/// One or several arms, each cut open and as of glass, seen alike; up to three beside each other. @param width  pixels
Raster draw_vertebrae(const std::string& title, const std::vector<VertebraPanel>& panels, const Anatomy& anatomy,
                      const View& view, int width);

}  // namespace howship::visualization
