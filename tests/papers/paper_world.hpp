#pragma once

#include <filesystem>
#include <string>

#include "howship/core/files.hpp"
#include "howship/papers/reproduce.hpp"

#include "temporary_folder.hpp"

namespace howship::test {

/// A data folder with Verhulst's growth to a capacity and a drug that decays, both of which have closed forms, and one
/// paper about them.
class PaperWorld {
 public:
  PaperWorld() {
    put(folder_ / "models/growth.toml", R"toml(id = "growth"
title = "growth to a capacity"
[species.n]
title = "cells"
scope = "local"
unit = "cell"
initial = "n0"
typical = 1
[species.drug]
title = "drug"
scope = "systemic"
unit = "pM"
initial = "0"
typical = 1
[parameters]
n0 = { value = 10, unit = "cell", range = [0, 100], source = "test" }
K = { value = 1000, unit = "cell", range = [1, 1e6], source = "test" }
r = { value = 0.1, unit = "1/day", range = [0, 1], source = "test" }
k = { value = 0.2, unit = "1/day", range = [0, 10], source = "test" }
F = { value = 1, unit = "1", range = [0, 1], source = "test" }
[quantities]
fullness = "n/K"
first = "n0/K"
[processes.growth]
title = "growth"
rate = "r*n*(1 - n/K)"
changes = { n = 1 }
[processes.loss]
title = "loss"
rate = "k*drug"
changes = { drug = -1 }
[observables.percent_full]
title = "share of the capacity"
formula = "n/K"
unit = "percent"
[dose.drug]
title = "drug"
enters = "drug"
bioavailability = "F"
)toml");
    put(folder_ / "papers/references.bib", "@article{Verhulst1838, title = {One}}\n@book{Other1900, title = {Two}}\n");
    put(paper() / "study.toml", R"toml(id = "growth"
models = ["growth"]
duration = "100 day"
[vertebra]
voxel = { bvtv = 0.15 }
[solver]
relative_tolerance = 1e-10
[output]
every = "1 day"
[[arms]]
id = "slow"
[[arms]]
id = "fast"
title = "twice as fast"
parameters = { r = 0.2 }
doses = [{ drug = "drug", amount = "5 pM", start = "10 day", every = "20 day" }]
)toml");
  }

  std::filesystem::path paper() const { return folder_.path() / "papers/verhulst1838"; }
  std::filesystem::path path() const { return folder_.path(); }
  study::DataFolder data() const { return study::DataFolder(folder_.path()); }
  const UnitSystem& units() const { return units_; }

  /// Another paper about the same study.
  void put_paper(const std::string& name, const std::string& expected) const {
    const auto folder = path() / "papers" / name;
    put(folder / "study.toml", read_text(paper() / "study.toml"));
    put(folder / "expected.toml", expected);
  }

  papers::Report reproduce(const std::string& expected) const {
    put(paper() / "expected.toml", expected);
    return papers::reproduce(paper(), data(), units_, {});
  }

  /// Every fault of an expected.toml, as the user reads them.
  std::string faults(const std::string& expected) const {
    try {
      reproduce(expected);
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }

 private:
  TemporaryFolder folder_;
  UnitSystem units_;
};

inline const std::string kHead = "paper = \"Verhulst1838\"\ntitle = \"Growth to a capacity\"\n";

/// A claim of an arm: what is measured and expected, and whatever else.
inline std::string claim(const std::string& id, const std::string& measured, const std::string& expected,
                         const std::string& rest = "tolerance = 1e-7") {
  return "[[claim]]\nid = \"" + id + "\"\ntext = \"a test\"\n" + measured + "\n" + expected + "\n" + rest +
         "\nbasis = \"closed form\"\nsource = \"integration\"\n";
}

inline const std::string kVerhulst = "expected = \"K/(1 + (K/n0 - 1)*exp(-r*time))\"\nunit = \"cell\"";

}  // namespace howship::test
