#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "howship/study/measure.hpp"
#include "howship/study/study.hpp"

namespace howship::papers {

using study::Course;
using study::Direction;
using study::Measured;
using study::Take;
using study::Taking;

/// What is measured, as a file states it: papers/README.md is the language.
struct Measurement {
  std::string study = "study.toml";
  std::string arm;  ///< empty: the study's only one
  std::string of;
  Take take = Take::value;
  std::optional<double> at, from, to;  ///< day
  std::optional<study::Quantity> level;
  Direction direction = Direction::either;
  SourceLocation where, study_where, arm_where, of_where, at_where, from_where, to_where, level_where;
};

/// Where an expected value comes from. Each is counted by itself.
enum class Basis { published, recomputed, closed_form, fitted };
inline constexpr int kBases = 4;

struct Formula {
  std::string text;
  SourceLocation where;  ///< of its first character
};

/// One thing a paper says, or that follows from its equations.
struct Claim {
  std::string id, text;
  Measurement measurement;
  std::optional<Measurement> relative_to;
  std::variant<double, Formula> expected;  ///< a number in `unit`
  Unit unit;
  double tolerance = 0.0;
  bool tolerance_is_absolute = false;  ///< in `unit`; else relative to what is expected
  Basis basis = Basis::published;
  std::string source;
  std::string why;  ///< of a claim that cannot be met; else empty
  SourceLocation where, unit_where;
  bool complete = true;  ///< false: only what is measured could be read
  bool expects_to_be_met() const { return why.empty(); }
};

struct Panel {
  std::string title;
  std::vector<std::string> y;
  std::vector<SourceLocation> y_where;
  Unit unit;
  bool logarithmic = false;
  SourceLocation where;
};

struct Figure {
  std::string file;  ///< "course.png"
  std::string title;
  std::string study = "study.toml";
  std::vector<std::string> arms;  ///< empty: all
  std::vector<SourceLocation> arms_where;
  Unit time_unit;                  ///< of the axis
  std::optional<double> from, to;  ///< day
  std::vector<Panel> panels;
  SourceLocation where, study_where;
};

/// papers/<name>/expected.toml, checked in itself; what it says of studies and models is checked in load_paper.
struct Paper {
  std::filesystem::path folder;
  std::string name;  ///< the folder's
  std::string key;   ///< of papers/references.bib
  std::string title;
  std::vector<Claim> claims;
  std::vector<Figure> figures;
  study::SourceText source;
};

std::string to_text(Take take);
std::string to_text(Basis basis);

/// Reads an expected.toml. Faults are added; what has any is left out, or kept incomplete where more can be checked.
/// @param file   the name to show in messages; its folder is the paper's
Paper read_paper(const std::string& text, const std::filesystem::path& file, const UnitSystem& units,
                 Diagnostics& faults);

}  // namespace howship::papers
