#include "core/shared_fault.hpp"

#include <new>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship {
namespace {

void add(std::string& text, const std::string& field) {
  text += fmt::format("{}:{}", field.size(), field);
}

std::string diagnostics_text(char kind, const InputError& error) {
  std::string text(1, kind);
  for (const Diagnostic& d : error.diagnostics()) {
    for (const std::string& field :
         {d.where.file, std::to_string(d.where.line), std::to_string(d.where.column), d.message, d.hint, d.excerpt})
      add(text, field);
  }
  return text;
}

std::string plain_text(char kind, const std::exception& error) {
  std::string text(1, kind);
  add(text, error.what());
  return text;
}

std::vector<std::string> fields_of(const std::string& text) {
  std::vector<std::string> fields;
  for (std::size_t at = 1; at < text.size();) {
    const std::size_t colon = text.find(':', at);
    const std::size_t length = std::stoul(text.substr(at, colon - at));
    fields.push_back(text.substr(colon + 1, length));
    at = colon + 1 + length;
  }
  return fields;
}

std::vector<Diagnostic> diagnostics_of(const std::vector<std::string>& fields) {
  std::vector<Diagnostic> diagnostics;
  for (std::size_t i = 0; i + 5 < fields.size(); i += 6) {
    diagnostics.push_back(
        {{fields[i], std::stoi(fields[i + 1]), std::stoi(fields[i + 2])}, fields[i + 3], fields[i + 4], fields[i + 5]});
  }
  return diagnostics;
}

}  // namespace

std::string fault_to_text(const std::exception_ptr& fault) {
  try {
    std::rethrow_exception(fault);
  } catch (const UnsupportedError& error) {
    return diagnostics_text('u', error);
  } catch (const InputError& error) {
    return diagnostics_text('i', error);
  } catch (const NumericalError& error) {
    return plain_text('n', error);
  } catch (const OutputError& error) {
    return plain_text('o', error);
  } catch (const Interrupted& error) {
    return plain_text('s', error);
  } catch (const std::bad_alloc&) {
    return "m";
  } catch (const std::exception& error) {
    return plain_text('f', error);
  }
}

void throw_fault(const std::string& text) {
  const std::vector<std::string> fields = fields_of(text);
  switch (text.front()) {
    case 'u':
      throw UnsupportedError(diagnostics_of(fields));
    case 'i':
      throw InputError(diagnostics_of(fields));
    case 'n':
      throw NumericalError(fields.at(0));
    case 'o':
      throw OutputError(fields.at(0));
    case 's':
      throw Interrupted(fields.at(0));
    case 'm':
      throw std::bad_alloc();
    default:
      throw std::runtime_error(fields.at(0));
  }
}

}  // namespace howship
