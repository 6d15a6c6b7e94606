#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/core/worker_team.hpp"
#include "howship/papers/paper.hpp"
#include "howship/study/data_folder.hpp"
#include "howship/study/listing.hpp"

namespace howship::papers {

enum class Verdict { holds, fails, not_met, met_after_all };
std::string to_text(Verdict verdict);

/// A claim and what came out. Values are in the claim's unit.
struct Result {
  Claim claim;
  std::optional<double> expected, value;
  std::optional<double> difference;  ///< value - expected; divided by |expected| where the tolerance is relative
  Verdict verdict = Verdict::fails;
  std::string why_not;  ///< a sentence where there is no value
};

/// A curve of a figure: what was drawn from, in the panel's unit and the figure's time unit.
struct Curve {
  std::string y, y_title;  ///< the id of what is drawn, and its name
  std::string arm, arm_title;
  std::vector<double> times, values;
};
struct DrawnPanel {
  std::string title, unit;
  bool logarithmic = false;
  std::vector<Curve> curves;
};
struct DrawnFigure {
  std::string file, title, time_unit;
  std::vector<DrawnPanel> panels;
};

struct Report {
  std::string name, key, title;
  std::vector<Result> results;
  std::vector<DrawnFigure> figures;
  std::map<std::string, std::string> digests;  ///< SHA-256 of expected.toml, the studies and the models' texts
  std::vector<std::string> failures;           ///< arms that could not be solved, a sentence each
  std::size_t studies = 0, arms = 0;           ///< that were run
  double seconds = 0.0;

  std::size_t count(Verdict verdict) const;
  /// Every claim holds, but those that are explained, and every arm was solved.
  bool good() const { return count(Verdict::fails) == 0 && failures.empty(); }
};

struct Reproduction {
  Threads threads = Threads::available();  ///< of arms in space; a single voxel takes one
  bool figures = true;
  const InterruptGuard* interrupt = nullptr;  ///< asked after every step
  ProgressLine* progress = nullptr;
};

/// Runs the studies that a paper's claims and figures need, each arm once and in memory, and judges the claims.
/// @param folder  with expected.toml and the studies
/// @throws InputError with all faults of all its files, before anything is run; Interrupted
Report reproduce(const std::filesystem::path& folder, const study::DataFolder& data, const UnitSystem& units,
                 const Reproduction& options);

/// Checks all files of a paper without running anything. @returns what there is, in a line
/// @throws InputError with all faults
std::string check_paper(const std::filesystem::path& folder, const study::DataFolder& data, const UnitSystem& units);

/// The papers that can be reproduced: the names of the folders of papers/ that hold an expected.toml, sorted.
std::vector<std::string> paper_names(const study::DataFolder& data);

/// The same with the titles of the papers.
study::Listing list_papers(const study::DataFolder& data);

/// A paper by its folder (or the expected.toml in it), or by its name among paper_names(). @throws InputError with the
/// closest name
std::filesystem::path paper_folder(const study::DataFolder& data, const std::string& folder_or_name);

}  // namespace howship::papers
