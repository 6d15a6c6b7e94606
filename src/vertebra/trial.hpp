#pragma once

#include <functional>

namespace howship::vertebra {

/// Whether some work comes to an end in a process of its own, by returning or by an exception; false where it is ended
/// from outside or by an assertion, as Debian's GDCM ends itself at some damaged files. What the work changes is lost.
bool survives(const std::function<void()>& work);

}  // namespace howship::vertebra
