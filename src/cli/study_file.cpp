#include "study_file.hpp"

#include "howship/core/files.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/read_study.hpp"

namespace howship::cli {

study::Study read_study_file(const std::string& path_or_id, const std::vector<std::string>& overrides,
                             const study::DataFolder& data, const UnitSystem& units) {
  const std::filesystem::path path = data.study(path_or_id);
  Diagnostics faults;
  study::Study study = study::read_study(read_text(path), path.string(), overrides, data, units, faults);
  // A slip in one section should not hide those that only the model can tell.
  if (!faults.empty() && !study.models.empty())
    study::prepare_arms(study, study::library_of(study, data.models()), units, faults);
  faults.raise_if_any();
  return study;
}

}  // namespace howship::cli
