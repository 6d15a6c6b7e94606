#pragma once

#include <string>
#include <vector>

#include "colours.hpp"
#include "run_folder.hpp"

namespace howship::visualization {

/// One arm's curve.
struct Curve {
  LineStyle style;
  const std::vector<double>* days = nullptr;
  const Column* column = nullptr;
};

/// One chart: a quantity over time.
struct ChartPanel {
  std::string title;  ///< with its unit
  bool logarithmic = false;
  bool spikes = false;  ///< short peaks that lie on each other: no dashes, later curves thinner
  double low = 0.0;     ///< of the axis; the logarithm to base ten where logarithmic
  double high = 1.0;
  double step = 1.0;  ///< between ticks, in axis values
  std::vector<Curve> curves;

  double axis_value(double value) const;  ///< where a value lies on the axis
  std::string tick_label(double axis_value) const;
};

/// Sets low, high and step from what the curves hold. A logarithmic axis shows so many decades below the highest value.
void set_value_axis(ChartPanel& panel, double decades);

/// The columns that the study asks for. If it asks for none, the quantities that tell the story, of those that the
/// run's tables have; and if they have none of them, their first columns.
std::vector<ChartPanel> choose_panels(const Run& run);

}  // namespace howship::visualization
