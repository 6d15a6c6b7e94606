#pragma once

#include <optional>
#include <vector>

#include "howship/study/place.hpp"

#include "plan.hpp"

namespace howship::study {

/// Every stride-th voxel of a place along each axis: the same bone and lesion, seen coarsely.
Place thinned(const Place& place, int stride);

/// Seconds that the arms will take one after the other: each is run on a thinned vertebra, and its time per voxel
/// stands for that of the whole, since a step's error is judged by its worst voxel and so the steps are about the same.
/// Absent where the run takes a few seconds anyway, or where a pilot cannot be run.
std::optional<double> estimated_seconds(const Study& study, const std::vector<CompiledArm>& arms, const Place& place,
                                        Threads threads);

}  // namespace howship::study
