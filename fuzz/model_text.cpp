// A model file: read, joined with what it extends, checked, and compiled.
#include <memory>

#include "howship/model/kinetics.hpp"
#include "howship/model/library.hpp"

#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace howship;
  static const UnitSystem units;
  fuzz::used_or_refused([&] {
    model::Library library(HOWSHIP_SOURCE_DIR "/models");
    library.add("fuzzed", fuzz::text_of(data, size));
    const std::vector<std::string> ids{"fuzzed"};
    const auto built = std::make_shared<const model::Model>(model::build_model(library, ids, units));
    const model::Kinetics kinetics(built);
    kinetics.point();
  });
  return 0;
}
