#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "howship/core/error.hpp"

namespace howship::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Whatever the input, it is used or refused: every other exception ends the program and so is a finding.
template <class Work>
void used_or_refused(Work&& work) {
  try {
    work();
  } catch (const InputError& error) {
    if (error.diagnostics().empty()) throw;
  }
}

}  // namespace howship::fuzz
