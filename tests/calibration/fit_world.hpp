#pragma once

#include <filesystem>
#include <string>

#include "howship/calibration/fit.hpp"
#include "howship/core/files.hpp"

#include "temporary_folder.hpp"

namespace howship::test {

/// A data folder with one model, whose course is a line and, beside it, a decay, and a folder for fits.
class FitWorld {
 public:
  FitWorld() {
    put(folder_ / "models/line.toml", R"toml(id = "line"
title = "a line, and a decay whose rate is a product"
[species.y]
title = "y"
scope = "systemic"
unit = "mg"
initial = "a"
typical = 1
[species.x]
title = "x"
scope = "systemic"
unit = "ug"
initial = "x0"
typical = 1
[parameters]
a = { value = 1, unit = "mg", range = [-100, 100], source = "test" }
b = { value = 1, unit = "mg/day", range = [-100, 100], source = "test" }
x0 = { value = 10, unit = "ug", range = [0, 1000], source = "test" }
k1 = { value = 0.5, unit = "1/day", range = [1e-3, 10], source = "test" }
k2 = { value = 1, unit = "1", range = [1e-2, 100], source = "test" }
idle = { value = 1, unit = "1", range = [0.1, 10], source = "test" }
[processes.growth]
title = "growth"
rate = "b"
changes = { y = 1 }
[processes.decay]
title = "decay"
rate = "k1*k2*x"
changes = { x = -1 }
[processes.rest]
title = "changes nothing"
rate = "0*idle*x"
changes = { x = 1 }
)toml");
    put(fit_folder() / "study.toml", R"toml(id = "line"
models = ["line"]
duration = "100 day"
[vertebra]
voxel = { bvtv = 0.15 }
)toml");
  }

  std::filesystem::path path() const { return folder_.path(); }
  std::filesystem::path fit_folder() const { return folder_ / "fits/line"; }
  study::DataFolder data() const { return study::DataFolder(folder_.path()); }
  const UnitSystem& units() const { return units_; }
  void file(const std::string& name, const std::string& text) const { put(fit_folder() / name, text); }

  calibration::Fit fit(const std::string& text, calibration::FitOptions options = {}) const {
    file("fit.toml", text);
    options.threads = {1};
    return calibration::run_fit(fit_folder() / "fit.toml", data(), units_, options);
  }
  /// Every fault, as the user reads them.
  std::string faults(const std::string& text) const {
    file("fit.toml", text);
    try {
      calibration::check_fit(fit_folder() / "fit.toml", data(), units_);
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }

 private:
  static void put(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    write_text(file, text);
  }
  TemporaryFolder folder_;
  UnitSystem units_;
};

inline const std::string kStudy = "title = \"a test\"\nrelative_tolerance = 1e-9\n[[study]]\nfile = \"study.toml\"\n";

inline std::string parameter(const std::string& id, const std::string& rest = {}) {
  return "[[parameter]]\nid = \"" + id + "\"\n" + rest + "\n";
}
inline std::string observed(const std::string& of, const std::string& file, const std::string& rest = {}) {
  return "[[observations]]\nof = \"" + of + "\"\nfile = \"" + file + "\"\nsource = \"made up\"\n" + rest + "\n";
}

}  // namespace howship::test
