#pragma once

#include <exception>
#include <string>

namespace howship {

/// An exception as a text that another process can throw again, as what it was.
std::string fault_to_text(const std::exception_ptr& fault);
[[noreturn]] void throw_fault(const std::string& text);

}  // namespace howship
