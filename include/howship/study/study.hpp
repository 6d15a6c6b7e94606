#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "howship/core/diagnostics.hpp"
#include "howship/core/units.hpp"
#include "howship/vertebra/built_in.hpp"
#include "howship/vertebra/ct_import.hpp"

namespace howship::study {

using Quantity = UnitSystem::Quantity;

/// A text file in hand, so that a fault found late can still show the line it stands in.
struct SourceText {
  std::string file;
  std::vector<std::string> lines;

  SourceText() = default;
  SourceText(std::string file_name, const std::string& text);
  Diagnostic diagnostic(const SourceLocation& where, std::string message, std::string hint = {}) const;
};

/// k_res = "1.2 1/day", or a number in the parameter's own unit.
struct ParameterValue {
  std::string id;
  double value = 0.0;
  std::optional<Unit> unit;
  SourceLocation where;
  bool inherited = false;  ///< of the run that a branch leaves; arms that lack the parameter do without it
};

/// What doses may depend on.
struct Body {
  std::optional<Quantity> weight;                ///< mass
  std::optional<Quantity> creatinine_clearance;  ///< volume per time
};

/// A dose for those whose creatinine clearance is at least this, or above it.
struct ClearanceRow {
  Quantity clearance;
  bool above = false;
  Quantity amount;
};

/// What one dose is before bioavailability: an amount, or one per body mass ("1.5 mg/kg"), by renal function if there
/// are rows and the clearance is known.
struct DoseAmount {
  Quantity amount;
  std::vector<ClearanceRow> by_clearance;
};

/// Without `after` the first dose is of this amount; with it there are doses of it that long after the start, beside
/// the others.
struct LoadingDose {
  std::optional<Quantity> amount;  ///< absent: as every dose
  std::vector<Quantity> after;
  SourceLocation where;
};
struct MissedDose {
  std::size_t dose = 0;  ///< 1: the first
  SourceLocation where;
};
struct DoseDelay {
  std::size_t dose = 0;
  Quantity by;
  bool shifts = true;  ///< later doses move along
  SourceLocation where;
};

/// No dose while something lies below (or above) a level when the dose is due; none any more if there is no level from
/// which doses are given again.
struct HoldRule {
  std::string of;
  bool above = false;
  Quantity level;
  std::optional<Quantity> resume;
  SourceLocation where, of_where, level_where, resume_where;
};

/// An amount of a drug at `start`, and again every `every` before `until`.
struct DoseRule {
  std::string drug;
  DoseAmount amount;
  Quantity start;
  std::optional<Quantity> every;     ///< absent: once
  std::optional<Quantity> until;     ///< excluded; absent: the end of the study
  std::optional<Quantity> infusion;  ///< how long a dose takes to enter; absent: it enters at once
  std::optional<LoadingDose> loading;
  std::vector<MissedDose> missed;
  std::vector<DoseDelay> delayed;
  std::optional<HoldRule> hold;
  SourceLocation where;  ///< of the rule
  SourceLocation drug_where, amount_where;
};

/// One patient: overlays, parameter values and doses on top of what all arms share.
struct Arm {
  std::string id, title;
  std::vector<std::string> models;
  std::vector<ParameterValue> parameters;
  std::vector<DoseRule> doses;
  Body patient;  ///< goes before the study's
  SourceLocation where;
};

/// Where a study takes place: a vertebra from published dimensions, one from a CT, a block of bone of one density about
/// the origin (a sheet or a line, if it is one voxel thin), or a single voxel (0-D).
struct BuiltInVertebra {
  std::string level;  ///< "L3"
  vertebra::VertebraShape shape;
  vertebra::BuiltInOptions options;
};
struct CtVertebra {
  vertebra::CtOptions options;
};
struct SingleVoxel {
  double bvtv = 0.15;
  double lesion = 0.0;
};
struct Block {
  std::array<int, 3> count{1, 1, 1};  ///< voxels along left, back, head
  double voxel = 1.0;                 ///< mm
  double bvtv = 0.15;
};
using Vertebra = std::variant<BuiltInVertebra, CtVertebra, Block, SingleVoxel>;

struct Lesion {
  std::string site = "posterior_body";
  std::optional<std::array<double, 3>> centre;  ///< mm, LPS
  double radius = 5.0;                          ///< mm
  double edge = 1.0;                            ///< mm
  SourceLocation where;
};

struct Solver {
  double relative_tolerance = 1e-4;
  double max_step = 0.0;  ///< day; 0: no limit
  int max_order = 5;
};

/// What a run had come to on one day, from where other arms go on.
struct Branch {
  std::filesystem::path run;  ///< folder of that run
  std::string arm;
  double day = 0.0;
  std::string digest;  ///< of the file of that state, once it is known
  SourceLocation where;
};

struct Output {
  double every = 1.0;               ///< day; a row of the tables
  std::vector<double> frames;       ///< day; ascending
  std::vector<std::string> fields;  ///< what a frame holds
  std::map<std::string, SourceLocation> field_places;
  std::vector<std::string> charts;  ///< columns to draw; empty: the renderer chooses
  std::map<std::string, SourceLocation> chart_places;
  bool default_fields = true;  ///< the user named none: take of the usual ones those that the models have
  std::optional<std::vector<double>> states;  ///< day, ascending; what other runs can go on from; absent: the last day
};

/// A name in [compare].
struct CompareName {
  std::string id;
  SourceLocation where;
};

/// A level of [compare]: a share of the value at the beginning, or a value of its own.
struct CompareLevel {
  Quantity level;
  bool of_baseline = false;
  SourceLocation where;
};

/// What `howship compare` holds of the arms against each other.
struct Compare {
  std::string control;             ///< an arm's id; empty: the first
  std::optional<double> from, to;  ///< day; absent: of the study
  SourceLocation from_where, to_where;
  std::vector<CompareName> markers, values, lesions;
  std::vector<CompareLevel> below, sizes;
  std::vector<double> at;  ///< day; ascending
};

/// A study file, read and checked in itself; what it says about models is checked against them in prepare_arms.
struct Study {
  SourceText source;
  std::string id, title;
  std::vector<std::string> models;
  std::map<std::string, SourceLocation> model_places;
  double duration = 0.0;  ///< day
  std::vector<ParameterValue> parameters;
  Body patient;
  Vertebra vertebra;
  SourceLocation vertebra_where;
  std::optional<Lesion> lesion;
  std::optional<Branch> branch;
  Solver solver;
  Output output;
  std::vector<Arm> arms;
  std::optional<Compare> compare;

  /// Texts of model files that were named by path, and those that a resolved.toml carries so that it runs without the
  /// models folder: by id.
  std::map<std::string, std::string> inline_models;
  std::map<std::string, std::string> inline_files;  ///< where those that were named by path stand, for messages
  std::optional<std::string> inline_citations;
};

}  // namespace howship::study
