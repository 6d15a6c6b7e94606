#pragma once

#include <vector>

#include "howship/study/study.hpp"

namespace howship::study {

/// One dose of a rule, before it is known how much of it arrives.
struct RuleDose {
  double time = 0.0;      ///< day
  bool is_first = false;  ///< takes the loading amount where there is one
  bool is_extra = false;  ///< a loading dose beside the others
};

/// When a rule gives its doses: start + n*every before `end`, without those missed, those delayed later (and with them
/// those that follow, if they move along), and loading doses beside them; ascending.
/// @param end     day; the earlier of the rule's `until` and the end of the study
/// @param source  of the study, for faults
std::vector<RuleDose> doses_of(const DoseRule& rule, double end, const SourceText& source, Diagnostics& faults);

}  // namespace howship::study
