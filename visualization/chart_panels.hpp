#pragma once

#include <string>
#include <vector>

#include "run_folder.hpp"

namespace howship::visualization {

/// One arm's curve.
struct Curve {
  std::size_t arm = 0;
  const std::vector<double>* days = nullptr;
  const Column* column = nullptr;
};

/// One chart: a quantity over time.
struct ChartPanel {
  std::string title;  ///< with its unit
  bool logarithmic = false;
  double low = 0.0;  ///< of the axis; the logarithm to base ten where logarithmic
  double high = 1.0;
  double step = 1.0;  ///< between ticks, in axis values
  std::vector<Curve> curves;

  double axis_value(double value) const;  ///< where a value lies on the axis
  std::string tick_label(double axis_value) const;
};

/// The quantities that tell the story, of those that the run's tables have.
std::vector<ChartPanel> choose_panels(const Run& run);

}  // namespace howship::visualization
