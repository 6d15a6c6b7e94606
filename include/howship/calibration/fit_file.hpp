#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "howship/study/study.hpp"

namespace howship::calibration {

/// A study that takes part in a fit.
struct StudyEntry {
  std::string id, file;
  std::vector<std::string> set;  ///< as --set
  SourceLocation where, file_where;
};

/// What was known of a parameter before: a normal distribution, or one of its logarithm.
struct Prior {
  enum class Kind { normal, lognormal };
  Kind kind = Kind::normal;
  double centre = 0.0;  ///< mean; median of a lognormal one. In the parameter's unit
  double spread = 0.0;  ///< standard deviation, in the parameter's unit; of the natural logarithm
  std::string source;
};

struct ParameterEntry {
  std::string id;
  std::optional<std::variant<double, study::Quantity>> start, low, high;  ///< a number is in the parameter's unit
  std::optional<bool> logarithmic;
  std::optional<Prior> prior;
  SourceLocation where, start_where, low_where, high_where, scale_where, prior_where;
};

/// What of the model is held against a value: itself, or what trials report of it.
enum class Against { value, difference, ratio, change };

/// What is taken of a course: its value at a time, or the highest or lowest in a window.
enum class Extreme { none, highest, lowest };

/// One file of observations and what they are observations of.
struct SeriesEntry {
  std::string file, rows, study, arm, of, source;  ///< rows: those of the file's column `series` with this name
  Against against = Against::value;
  Extreme extreme = Extreme::none;
  double baseline = 0.0;  ///< day of the study; of all but `value`
  double shift = 0.0;     ///< day of the study at which the file's time is 0
  bool after_dose = false;
  bool logarithmic = false;  ///< logarithms are compared, and errors are relative
  SourceLocation where, file_where, rows_where, study_where, arm_where, of_where, baseline_where;
};

/// fit.toml, checked in itself; what it says of studies, models and data is checked in load_fit.
struct FitFile {
  std::filesystem::path folder;
  std::string name, title;
  std::vector<StudyEntry> studies;
  std::vector<ParameterEntry> parameters;
  std::vector<SeriesEntry> series;
  int starts = 1;
  int seed = 1;
  double relative_tolerance = 1e-6;
  study::SourceText source;
};

std::string to_text(Against against);

/// Whether a TOML text is a fit rather than a study or a model, by the section that only a fit has.
bool is_fit_text(const std::string& text);

/// Reads a fit.toml (papers/calibration/README.md is the language). Faults are added.
/// @param file  the name to show in messages; relative paths inside start from its folder
FitFile read_fit_file(const std::string& text, const std::filesystem::path& file, const UnitSystem& units,
                      Diagnostics& faults);

}  // namespace howship::calibration
