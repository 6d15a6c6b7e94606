#pragma once

#include <string>
#include <vector>

#include "howship/model/model.hpp"
#include "howship/sbml/import.hpp"
#include "howship/study/data_folder.hpp"
#include "howship/study/study.hpp"

#include "command.hpp"

namespace howship::cli {

/// Options that commands share which read SBML.
void add_sbml_options(boost::program_options::options_description& options);

/// Reads an SBML file and says on stderr what should be known about it.
/// @param id  of the model text; empty: from the file's name
sbml::Import read_sbml_file(const std::string& file, const std::string& id,
                            const boost::program_options::variables_map& given);

/// The model that the text of an import states. @throws InputError, told of the document's elements
model::Model model_of(const sbml::Import& import, const UnitSystem& units);

/// The study that `howship run model.xml` runs: the model alone, once, for --duration, with a row --every.
study::Study sbml_study(const std::string& file, const boost::program_options::variables_map& given,
                        const std::vector<std::string>& overrides, const study::DataFolder& data,
                        const UnitSystem& units);

}  // namespace howship::cli
