// Libraries that forget what they hold when they give a damaged text up, and OpenMPI, which unloads its modules before
// the leak check can name them. Part of every program but the renderer, whose
// driver leaves no leak check possible.

#include <cstdlib>

// NOLINTBEGIN(bugprone-reserved-identifier): the names are the sanitizer's
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libsbml\nleak:libITKNrrdIO\nleak:libhdf5_serial\nleak:libudunits2\n";
}
extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() {
  return "print_suppressions=0";
}
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
  return std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr ? 1 : 0;
}
// NOLINTEND(bugprone-reserved-identifier)
