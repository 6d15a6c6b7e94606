#pragma once

#include <string>
#include <string_view>

namespace howship::model {

/// A text inside HTML or XML: & < > " ' become entities, control characters that these do not allow a blank.
std::string escaped_markup(std::string_view text);

/// A name as presentation MathML: what follows its first underscore is a subscript where the head is short (K_T).
std::string mathml_name(std::string_view name);

/// A formula of the model language as the inside of a <math> element (presentation MathML): fractions, powers, roots,
/// cases, sums over tissue as integrals and means. A text that is no formula is shown as it stands.
std::string mathml(std::string_view formula);

}  // namespace howship::model
