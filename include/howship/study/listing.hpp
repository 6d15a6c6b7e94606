#pragma once

#include <string>
#include <utility>
#include <vector>

#include "howship/study/data_folder.hpp"

namespace howship::study {

/// What there is of one kind: ids and titles.
struct Listing {
  std::string title;  ///< "models"
  std::vector<std::pair<std::string, std::string>> entries;
};

/// Models, studies, regimens and vertebrae of a data folder.
std::vector<Listing> list_data(const DataFolder& data);

/// Whether a TOML text is a model rather than a study, by the sections that only one of them has.
bool is_model_text(const std::string& text);

}  // namespace howship::study
