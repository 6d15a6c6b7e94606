#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "howship/model/closed_form.hpp"
#include "howship/papers/paper.hpp"
#include "howship/study/data_folder.hpp"
#include "howship/study/prepare.hpp"

namespace howship::papers {

/// An arm of a study, and what will be asked of it.
struct PlannedArm {
  study::PreparedArm arm;
  std::set<std::string> wanted;  ///< ids of what is recorded; empty: the arm is not run
  std::set<double> days;         ///< that must be rows
};

struct PlannedStudy {
  study::Study study;
  std::vector<PlannedArm> arms;
  bool usable = false;
};

/// Where a measurement is taken, once its study is known.
struct Placed {
  const Measurement* measurement = nullptr;
  PlannedStudy* study = nullptr;
  PlannedArm* arm = nullptr;
  Taking taking;
  Dimension dimension;  ///< of what is measured
};

struct PlannedClaim {
  const Claim* claim = nullptr;
  Placed measured;
  std::optional<Placed> relative_to;
  std::optional<model::ClosedForm> expected;
};

/// A paper with its studies and models, every statement checked against them.
struct PlannedPaper {
  Paper paper;
  std::map<std::string, PlannedStudy> studies;  ///< by file name; nodes do not move
  std::vector<PlannedClaim> claims;
};

/// @throws InputError with all faults of expected.toml, the studies and the models
PlannedPaper plan_paper(const std::filesystem::path& folder, const study::DataFolder& data, const UnitSystem& units,
                        bool with_figures);

/// The arm of a planned study, by its id. Null if there is none.
PlannedArm* find_arm(PlannedStudy& study, const std::string& id);

}  // namespace howship::papers
