#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "howship/core/diagnostics.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/read_study.hpp"
#include "howship/study/simulation.hpp"

#include "temporary_folder.hpp"

namespace howship::test {

/// A data folder with a model of two species, one drug and one regimen, so that these tests do not hang on the biology
/// that ships. The dimensions of the vertebrae are the real ones.
class SmallWorld {
 public:
  SmallWorld() {
    put(folder_ / "models/mini.toml", R"toml(id = "mini"
title = "tumour cells that eat bone"
cites = ["A2001", "X1999"]
[species.n]
title = "tumour cells"
scope = "local"
unit = "1"
initial = "n0*given.lesion"
typical = 1e-3
diffusion = "D"
[species.f]
title = "bone"
scope = "local"
unit = "1"
initial = "given.bvtv"
typical = 0.01
[parameters]
n0 = { value = 0.1, unit = "1", range = [0, 1], source = "test" }
D = { value = 0.01, unit = "mm^2/day", range = [0, 1], source = "test" }
g = { value = 0.02, unit = "1/day", range = [0, 1], source = "test" }
loss = { value = 0.001, unit = "1/day", range = [0, 1], source = "test" }
[processes.growth]
title = "growth"
rate = "g*n*(1 - n)"
changes = { n = 1 }
[processes.eating]
title = "eating"
rate = "loss*n*f"
changes = { f = -1 }
[observables.size]
title = "size"
formula = "integral(n)"
unit = "mm^3"
[observables.share]
title = "share"
formula = "n/(n + f)"
unit = "percent"
)toml");
    put(folder_ / "models/drugs/agent.toml", R"toml(id = "agent"
title = "a drug that slows growth"
extends = ["mini"]
[species.depot]
title = "drug"
scope = "systemic"
unit = "ug"
initial = "0"
typical = 1
[parameters]
k = { value = 0.1, unit = "1/day", range = [0, 10], source = "test" }
half = { value = 1, unit = "mg", range = [1e-3, 100], source = "test" }
F = { value = 0.5, unit = "1", range = [0, 1], source = "test" }
[processes.elimination]
title = "elimination"
rate = "k*depot"
changes = { depot = -1 }
[modify.growth]
multiply = "1/(1 + depot/half)"
[dose.agent]
title = "agent"
enters = "depot"
bioavailability = "F"
)toml");
    put(folder_ / "models/strange.toml", R"toml(id = "strange"
title = "asks the vertebra for what it has not"
extends = ["mini"]
[modify.growth]
multiply = "given.oxygen"
)toml");
    put(folder_ / "params/regimens/agent_10mg_q4w.toml",
        "title = \"agent\"\nsource = \"test\"\ndrug = \"agent\"\namount = \"10 mg\"\nevery = \"28 day\"\n");
    put(folder_ / "papers/references.bib", "@article{A2001, title = {One}}\n@article{B2002, title = {Two}}\n");
    std::filesystem::create_directories(folder_ / "params/vertebrae");
    std::filesystem::copy(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "params/vertebrae", folder_ / "params/vertebrae");
  }

  study::DataFolder data() const { return study::DataFolder(folder_.path()); }
  std::filesystem::path path() const { return folder_.path(); }
  const UnitSystem& units() const { return units_; }

  study::Study read(const std::string& text, Diagnostics& faults,
                    const std::vector<std::string>& overrides = {}) const {
    return study::read_study(text, (folder_ / "study.toml").string(), overrides, data(), units_, faults);
  }

  /// A study that must be right.
  study::Study good(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    Diagnostics faults;
    study::Study study = read(text, faults, overrides);
    faults.raise_if_any();
    return study;
  }

  std::vector<study::PreparedArm> prepare(const study::Study& study, Diagnostics& faults) const {
    return study::prepare_arms(study, study::library_of(study, data().models()), units_, faults);
  }

  /// Every fault of a study, as the user reads them.
  std::string faults(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    Diagnostics faults;
    const study::Study study = read(text, faults, overrides);
    if (faults.empty()) prepare(study, faults);
    try {
      faults.raise_if_any();
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }

 private:
  TemporaryFolder folder_;
  UnitSystem units_;
};

inline const std::string kVoxelStudy = R"(id = "voxel"
models = ["mini"]
duration = "100 day"
[vertebra]
voxel = { bvtv = 0.15, lesion = 1 }
[output]
every = "10 day"
[[arms]]
id = "untreated"
[[arms]]
id = "treated"
models = ["drugs/agent"]
regimens = [{ use = "agent_10mg_q4w", start = "20 day" }]
)";

inline const std::string kSpatialStudy = R"(id = "spatial"
models = ["mini"]
duration = "60 day"
[parameters]
g = "0.0005 1/hour"
[vertebra]
built_in = "L3"
voxel_size = "4 mm"
heterogeneity = 0.3
[lesion]
radius = "8 mm"
[output]
every = "7 day"
frames = ["0 day", "30 day", "60 day"]
fields = ["n", "f", "share"]
[[arms]]
id = "untreated"
[[arms]]
id = "treated"
models = ["drugs/agent"]
parameters = { k = 0.2 }
doses = [{ drug = "agent", amount = "2500 ug", start = "1 week", every = "14 day", until = "49 day" }]
)";

/// The text with one piece replaced, which must be there.
inline std::string with(std::string text, const std::string& piece, const std::string& by) {
  const auto at = text.find(piece);
  if (at == std::string::npos) throw std::logic_error("no '" + piece + "' in the study");
  return text.replace(at, piece.size(), by);
}

}  // namespace howship::test
