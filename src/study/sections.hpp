#pragma once

#include "howship/study/data_folder.hpp"

#include "toml_reader.hpp"

namespace howship::study {

/// The sections of a study file, each read by its own source file. Faults go to the reader's context.

Vertebra read_vertebra(TableReader& reader, const DataFolder& data, const std::filesystem::path& beside);
Lesion read_lesion(TableReader& reader);

/// Where a study branches from a run, and what it takes over from that run where it says nothing itself: models,
/// parameters, vertebra, lesion, solver, and what is written how often.
void read_branch(TableReader& reader, const std::filesystem::path& beside, const DataFolder& data, Study& study);

/// @param study  with duration and arms
Compare read_compare(TableReader& reader, const Study& study);

/// What the patient of a study or an arm is like. A weight in mg and a clearance in mm^3/day that nobody has are
/// faults: they are slips of a unit.
inline constexpr Range kWeight{1e6, 5e8};
inline constexpr Range kClearance{0.0, 500.0 * 1000.0 * 1440.0};
Body read_patient(TableReader& parent);

/// Doses of an arm: those written out, and those of regimens by name.
/// @param reader  of the arm
std::vector<DoseRule> read_doses(TableReader& reader, const DataFolder& data);

/// A number of params/vertebrae: mm or 1, with the range of what is seen in people.
struct VertebraNumber {
  double value = 0.0;
  Range range;
};

/// What a folder such as params/vertebrae says of a level ("L3"): its own entries, then the common ones of its file.
/// @param where  of the level's name in the study; a level that no file has is a fault there
std::map<std::string, VertebraNumber> read_vertebra_numbers(const std::filesystem::path& folder,
                                                            const std::string& level, const SourceLocation& where,
                                                            const ReadingContext& context);

}  // namespace howship::study
