#pragma once

#include <string>
#include <vector>

#include "howship/papers/reproduce.hpp"
#include "howship/study/data_folder.hpp"

namespace howship::papers {

/// The folders of papers/ that hold the model against measurements: targets_*, sorted.
std::vector<std::string> scorecard_names(const study::DataFolder& data);

/// Whether the model's parameters were fitted to this number, so that agreement is no prediction.
bool used_in_calibration(const Claim& claim);
/// Whether the value lies in the band, whatever the file expects of it.
bool inside(const Result& result);

/// Middle of the band, band, model and verdict in lines of at most 100 columns: first what was used in calibration,
/// then what was not, then what follows from the equations, each miss with the sentence on why, and counts. No line
/// end.
/// @param with_sources  adds to each row what the target is and where it comes from
std::string scorecard_text(const std::vector<Report>& reports, bool with_sources, bool colour);

/// The same as a table, one row per target, numbers to 15 digits.
std::string scorecard_csv(const std::vector<Report>& reports);

/// The same as Markdown, with the sources.
std::string scorecard_markdown(const std::vector<Report>& reports);

/// A text with what stands between its lines "<!-- scorecard: begin -->" and "<!-- scorecard: end -->" replaced.
/// @throws InputError if it does not hold both, once, in this order; `name` is shown then
std::string with_scorecard(const std::string& text, const std::string& scorecard, const std::string& name);
/// A text of its own, with these lines.
std::string scorecard_file(const std::string& scorecard);

}  // namespace howship::papers
