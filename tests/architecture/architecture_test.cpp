// The house rules: who may include whom, and where a third-party library may live.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = HOWSHIP_SOURCE_DIR;

struct Include {
  std::string file;    ///< relative to the root
  std::string floor;   ///< core, model, ..., cli, visualization
  std::string target;  ///< what stands between the quotes or brackets
  bool quoted = false;
};

std::vector<Include> all_includes() {
  std::vector<Include> out;
  const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  for (const std::string top : {"include/howship", "src", "visualization"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      const fs::path below = fs::relative(entry.path(), kRoot / top);
      if (top == "visualization" && *below.begin() == "tests") continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, pattern)) continue;
        out.push_back({fs::relative(entry.path(), kRoot).string(),
                       top == "visualization" ? top : below.begin()->string(), match[2], match[1] == "\""});
      }
    }
  }
  return out;
}

TEST(Architecture, AFloorIncludesOnlyLowerFloors) {
  const std::map<std::string, std::set<std::string>> below{
      {"core", {}},
      {"model", {"core"}},
      {"sbml", {"core", "model"}},
      {"vertebra", {"core"}},
      {"simulation", {"core", "model", "vertebra"}},
      {"output", {"core", "model", "vertebra", "simulation"}},
      {"study", {"core", "model", "sbml", "vertebra", "simulation", "output"}},
      {"papers", {"core", "model", "sbml", "vertebra", "simulation", "output", "study"}},
      {"calibration", {"core", "model", "sbml", "vertebra", "simulation", "output", "study"}},
      {"cli", {"core", "model", "sbml", "vertebra", "simulation", "output", "study", "papers", "calibration"}},
      {"visualization", {"core"}}};
  int seen = 0;
  for (const Include& include : all_includes()) {
    if (!include.quoted) continue;
    std::string target = include.target;
    if (target.starts_with("howship/")) target = target.substr(8);
    const std::string floor = target.substr(0, target.find('/'));
    if (!below.contains(floor) || floor == include.floor) continue;
    ++seen;
    EXPECT_TRUE(below.at(include.floor).contains(floor)) << include.file << " includes " << include.target;
    // Another floor is seen through its public headers only.
    EXPECT_TRUE(include.target.starts_with("howship/"))
        << include.file << " includes the private header " << include.target;
  }
  EXPECT_GT(seen, 50) << "the test no longer sees the sources";
}

TEST(Architecture, AThirdPartyLibraryLivesOnItsFloor) {
  struct Rule {
    std::regex header;
    std::set<std::string> floors;
  };
  const std::vector<Rule> rules{
      {std::regex("^(cvodes?|nvector|sunlinsol|sunmatrix|sunnonlinsol|sundials)/"), {"simulation"}},
      {std::regex("^(itk|gdcm|nifti|zlib)"), {"vertebra"}},
      {std::regex("^sbml/([A-Z]|math/|annotation/|xml/|util/)"), {"model", "sbml"}},
      {std::regex("^toml"), {"model", "study"}},
      {std::regex("^vtk"), {"output", "visualization"}},
      {std::regex("^EGL/"), {"visualization"}},
      {std::regex("^Eigen/"), {"model", "simulation", "calibration"}},
      {std::regex("^(ceres|glog)/"), {"calibration"}},
      {std::regex("^udunits2"), {"core"}},
      {std::regex("^mpi\\.h"), {"core"}},
      {std::regex("^openssl/"), {"core"}},
      {std::regex("^nlohmann/"), {"output", "study", "papers", "calibration", "visualization"}},
      {std::regex("^boost/"), {"cli"}}};
  std::set<std::size_t> used;
  for (const Include& include : all_includes()) {
    for (std::size_t r = 0; r < rules.size(); ++r) {
      if (!std::regex_search(include.target, rules[r].header)) continue;
      used.insert(r);
      EXPECT_TRUE(rules[r].floors.contains(include.floor)) << include.file << " includes " << include.target;
      EXPECT_FALSE(include.file.starts_with("include/"))
          << include.file << " shows " << include.target << " to everyone";
    }
  }
  EXPECT_EQ(used.size(), rules.size()) << "a rule that matches nothing guards nothing";
}

TEST(Architecture, TheTreeHoldsNoPathOfAMachine) {
  const std::regex path(R"((^|[\s"'(=])/(home|root|Users|work)/)");
  for (const auto& entry : fs::recursive_directory_iterator(kRoot, fs::directory_options::skip_permission_denied)) {
    const std::string relative = fs::relative(entry.path(), kRoot).string();
    if (relative.starts_with("build") || relative.starts_with("out") || relative.starts_with(".git/") ||
        relative == ".git" || !entry.is_regular_file())
      continue;
    static const std::set<std::string> kText{".cpp",  ".hpp", ".toml", ".md",  ".txt", ".cmake",
                                             ".json", ".py",  ".bib",  ".cff", ""};
    if (!kText.contains(entry.path().extension().string()) || relative.ends_with("architecture_test.cpp")) continue;
    std::ifstream in(entry.path());
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, path)) << relative << ":" << number << ": " << line;
    }
  }
}

}  // namespace
