// An SBML document: translated, and the model text built, which must be one that the model language takes or refuses.
#include "howship/model/library.hpp"
#include "howship/sbml/import.hpp"

#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace howship;
  static const UnitSystem units;
  fuzz::used_or_refused([&] {
    const sbml::Import import = sbml::import_sbml(fuzz::text_of(data, size), "fuzzed.xml", {});
    model::Library library("");
    library.add(import.id, import.text);
    const std::vector<std::string> ids{import.id};
    try {
      model::build_model(library, ids, units);
    } catch (const InputError& error) {
      throw sbml::in_terms_of_document(error, import);
    }
  });
  return 0;
}
