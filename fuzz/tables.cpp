// Tables of patients and of observations, and a fit: the first byte says which.
#include "howship/calibration/fit_file.hpp"
#include "howship/core/units.hpp"
#include "howship/study/patients.hpp"

#include "calibration/observations.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace howship;
  static const UnitSystem units;
  if (size == 0) return 0;
  const std::string text = fuzz::text_of(data + 1, size - 1);
  fuzz::used_or_refused([&] {
    Diagnostics faults;
    if (data[0] % 4 == 0) {
      const study::PatientTable table = study::read_patients(text, "fuzzed.csv", faults);
      if (!table.columns.empty() && !table.patients.empty())
        table.where(table.patients.size() - 1, table.columns.size() - 1);
    } else if (data[0] % 4 == 1) {
      calibration::read_fit_file(text, "fuzzed/fit.toml", units, faults);
    } else {
      const bool windows = (data[0] & 4U) != 0;
      const bool logarithmic = (data[0] & 8U) != 0;
      calibration::read_observations(text, "fuzzed.csv", units, data[0] % 4 == 2 ? "" : "a", windows, logarithmic,
                                     faults);
    }
    faults.raise_if_any();
  });
  return 0;
}
