// A study file: read, and checked against the models that ship.
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/read_study.hpp"

#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace howship;
  static const UnitSystem units;
  static const study::DataFolder folder(HOWSHIP_SOURCE_DIR);
  fuzz::used_or_refused([&] {
    Diagnostics faults;
    const study::Study read = study::read_study(fuzz::text_of(data, size), "fuzzed.toml", {}, folder, units, faults);
    study::lattice_estimate(read.vertebra);
    if (!read.models.empty()) study::prepare_arms(read, study::library_of(read, folder.models()), units, faults);
    faults.raise_if_any();
  });
  return 0;
}
