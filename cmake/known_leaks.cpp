// Libraries that forget what they hold when they give a damaged file up; part of every program that the leak check
// watches.

// NOLINTBEGIN(bugprone-reserved-identifier): the names are the sanitizer's
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libsbml\nleak:libITKNrrdIO\nleak:libhdf5_serial\n";
}
extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() {
  return "print_suppressions=0";
}
// NOLINTEND(bugprone-reserved-identifier)
