#pragma once

#include <string>
#include <string_view>

namespace howship::sbml {

/// Refuses what must not reach a parser: entities, which could be fetched or grow without end; elements nested deeper
/// than any honest model; whole numbers that it would cut. @throws InputError
void check_shape(std::string_view xml, const std::string& file);

}  // namespace howship::sbml
