#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "howship/study/arm_courses.hpp"
#include "howship/study/prepare.hpp"

namespace howship::study {

/// Refuses a folder whose run is not complete, or was one of virtual patients. @throws InputError
void require_complete(const std::filesystem::path& folder);

/// Reads what an arm's timeseries.csv says of some quantities, with a row at each of the days that are wanted: between
/// two rows on the cubic through the four about it, never over a dose.
/// @throws InputError if the file is not such a table, or a day lies outside it
ArmCourses read_courses(const std::filesystem::path& file, const PreparedArm& arm, const std::set<std::string>& ids,
                        const std::set<double>& days);

}  // namespace howship::study
