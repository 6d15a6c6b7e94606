#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "howship/study/prepare.hpp"

#include "problem.hpp"

namespace howship::calibration {

/// A study of a fit, read and prepared; models are compiled when first needed.
struct LoadedStudy {
  study::Study study;
  std::vector<study::PreparedArm> arms;
  std::shared_ptr<const study::Place> place;
  std::map<const model::Model*, std::shared_ptr<const model::Kinetics>> kinetics;
};

/// What is wanted of one arm, before it is compiled.
struct Wanted {
  LoadedStudy* study = nullptr;
  const study::PreparedArm* arm = nullptr;
  std::vector<std::string> read_outs;
  std::vector<std::size_t> points;
};

/// Compiles an arm with its sensitivities to the parameters of the problem, and settles when it is looked at: times of
/// its points that differ from each other or from doses by rounding only become one.
FittedArm compile_arm(const Wanted& wanted, Problem& problem);

}  // namespace howship::calibration
