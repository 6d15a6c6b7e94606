// What is on the pictures: sizes, colours where they belong, the same scale for every arm.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <vtkNew.h>
#include <vtkPNGReader.h>

#include "howship/core/error.hpp"

#include "anatomy.hpp"
#include "chart_panels.hpp"
#include "charts.hpp"
#include "figure.hpp"
#include "marks.hpp"
#include "slice.hpp"
#include "slice_sheet.hpp"
#include "synthetic_run.hpp"
#include "temporary_folder.hpp"
#include "vertebra_picture.hpp"

namespace howship::visualization {
namespace {

constexpr int kWidth = 800;

bool near(Colour a, Colour b, int by) {
  return std::abs(a.red - b.red) <= by && std::abs(a.green - b.green) <= by && std::abs(a.blue - b.blue) <= by;
}

int count(const Raster& raster, Colour colour, int by = 12) {
  int found = 0;
  for (int y = 0; y < raster.height; ++y) {
    for (int x = 0; x < raster.width; ++x) found += near(raster.at(x, y), colour, by) ? 1 : 0;
  }
  return found;
}

// One run and its volumes serve all pictures.
struct Material {
  Material() {
    write_synthetic_run(folder.path(), {.voxel = 1.5, .days = {0.0, 180.0, 730.0}});
    run = read_run(folder.path());
    std::vector<const Volume*> ends;
    for (const Arm& arm : run.arms) {
      auto& row = volumes.emplace_back();
      for (const Frame& frame : arm.frames) row.push_back(read_volume(frame.file, frame.day));
    }
    for (const auto& row : volumes) ends.push_back(&row.back());
    anatomy = survey(volumes.front().front(), ends);
  }
  TemporaryFolder folder;
  visualization::Run run;
  std::vector<std::vector<Volume>> volumes;  // [arm][day]
  Anatomy anatomy;
};

class Pictures : public testing::Test {
 protected:
  static void SetUpTestSuite() { material_ = std::make_unique<Material>(); }
  static void TearDownTestSuite() { material_.reset(); }

  const Anatomy& anatomy() const { return material_->anatomy; }
  const Volume& volume(std::size_t arm, std::size_t day) const { return material_->volumes[arm][day]; }
  const visualization::Run& run() const { return material_->run; }
  View view() const { return oblique_view(volume(0, 0)); }
  Raster vertebra(std::size_t arm) const {
    return draw_vertebrae("title", {{"arm", &volume(arm, 2)}}, anatomy(), view(), kWidth);
  }

 private:
  static inline std::unique_ptr<Material> material_;
};

TEST_F(Pictures, AreCutThroughTheLesion) {
  EXPECT_NEAR(anatomy().cut[0], 4.0, 1.0);
  EXPECT_NEAR(anatomy().cut[1], 8.0, 1.5);
  EXPECT_NEAR(anatomy().cut[2], 1.0, 1.0);
  EXPECT_NEAR(anatomy().midline, 0.0, 0.5);
  EXPECT_EQ(sagittal_title(anatomy()), "sagittal, 4 mm left of the midline");
  EXPECT_EQ(anatomy().tumour_level, 0.25);
  // The scale is made for trabecular bone, here about 0.16*1320 mg/cm³, and reaches half as far again.
  EXPECT_GE(anatomy().density_top, 1.5 * 0.15 * 1320.0);
  EXPECT_LE(anatomy().density_top, 400.0);
}

TEST_F(Pictures, OfTheVertebraShowTheLesionWhereItIs) {
  const Raster untreated = vertebra(0);
  const Raster treated = vertebra(1);
  EXPECT_EQ(untreated.width, kWidth);
  EXPECT_GT(untreated.height, kWidth / 3);
  EXPECT_EQ(treated.height, untreated.height);
  EXPECT_EQ(untreated.at(2, 2), kWhite);
  const int background = count(untreated, kWhite, 0);
  EXPECT_LT(background, untreated.width * untreated.height * 9 / 10) << "something is drawn";
  EXPECT_GT(count(untreated, kTumour), count(treated, kTumour) * 5 / 4) << "the untreated outline is longer";
  // The lesion has lost its bone: the dark end of the scale, seen through the tumour's red, appears on its cut only.
  const auto dark = [](const Raster& raster) {
    int found = 0;
    for (int y = raster.height / 5; y < raster.height * 3 / 5; ++y) {
      for (int x = 0; x < raster.width; ++x) {
        const Colour c = raster.at(x, y);
        found += c.blue > c.green + 20 && c.red < 110 ? 1 : 0;
      }
    }
    return found;
  };
  EXPECT_GT(dark(untreated), 2000);
  EXPECT_LT(dark(treated), dark(untreated) / 10);
}

// The cortex is beyond the scale, so that it has the colour of the scale's end, unshaded, in every arm.
TEST_F(Pictures, OfTheVertebraKeepTheColoursOfTheScale) {
  const int untreated = count(vertebra(0), cividis(1.0), 2);
  const int treated = count(vertebra(2), cividis(1.0), 2);
  EXPECT_GT(untreated, 1500);
  EXPECT_NEAR(untreated, treated, 0.4 * treated);
}

TEST_F(Pictures, OfSeveralArmsStandBesideEachOther) {
  const std::vector<VertebraPanel> panels{{"one", &volume(0, 2)}, {"two", &volume(1, 2)}, {"three", &volume(2, 2)}};
  const Raster raster = draw_vertebrae("title", panels, anatomy(), view(), kWidth);
  for (int part = 0; part < 3; ++part) {
    int drawn = 0;
    for (int y = raster.height / 4; y < raster.height * 7 / 10; ++y) {
      for (int x = part * kWidth / 3; x < (part + 1) * kWidth / 3; ++x) drawn += raster.at(x, y) == kWhite ? 0 : 1;
    }
    EXPECT_GT(drawn, 5000) << part;
  }
}

TEST_F(Pictures, SliceHasTheDensityOfEveryPlace) {
  const ColourScale colours{0.0, anatomy().density_top};
  const Volume& v = volume(0, 2);
  for (const Plane plane : {Plane::sagittal, Plane::axial}) {
    const double pixel = 0.5;
    const Slice slice = cut_slice(v, anatomy(), plane, anatomy().window, pixel, colours);
    // A place in front of the lesion: to the left in a sagittal slice, above it in an axial one.
    const double y = anatomy().cut[1] - 14.0;
    const int column = static_cast<int>(
        ((plane == Plane::sagittal ? y : anatomy().cut[0]) - anatomy().window.low[plane == Plane::sagittal ? 1 : 0]) /
        pixel);
    const int row = static_cast<int>(plane == Plane::sagittal ? (anatomy().window.high[2] - anatomy().cut[2]) / pixel
                                                              : (y - anatomy().window.low[1]) / pixel);
    Vec3 place = anatomy().cut;
    place[plane == Plane::sagittal ? 1 : 0] =
        anatomy().window.low[plane == Plane::sagittal ? 1 : 0] + (column + 0.5) * pixel;
    place[plane == Plane::sagittal ? 2 : 1] = plane == Plane::sagittal ? anatomy().window.high[2] - (row + 0.5) * pixel
                                                                       : anatomy().window.low[1] + (row + 0.5) * pixel;
    const Colour expected = colours(sample(v.lattice, v.bmd, place));
    const std::size_t at = (static_cast<std::size_t>(row) * slice.columns + column) * 4;
    EXPECT_EQ((Colour{slice.rgba[at], slice.rgba[at + 1], slice.rgba[at + 2]}), expected);
    EXPECT_EQ(slice.rgba[at + 3], 255);
    EXPECT_EQ(slice.rgba[3], 0) << "outside the bone";
    EXPECT_FALSE(slice.tumour_outline.empty());
  }
}

TEST_F(Pictures, SheetShowsLessBoneUntreatedAndMarksWhatIsMissing) {
  SliceSheet sheet{.title = "title",
                   .colours = {0.0, anatomy().density_top},
                   .arms = {"untreated", "denosumab"},
                   .days = {0.0, 730.0},
                   .day_notes = {"", ""},
                   .volumes = {{&volume(0, 0), &volume(0, 2)}, {&volume(1, 0), nullptr}}};
  const Raster missing = draw_slice_sheet(sheet, anatomy(), kWidth);
  sheet.volumes[1][1] = &volume(1, 2);
  const Raster whole = draw_slice_sheet(sheet, anatomy(), kWidth);
  EXPECT_EQ(whole.width, kWidth);
  EXPECT_EQ(whole.height, missing.height);
  EXPECT_LT(count(whole, kWhite, 0), count(missing, kWhite, 0)) << "a frame that is not there leaves its place white";
  // The lesion's lost bone lies in the right half (day 730) and not in the left (day 0); the colour bar is further
  // right.
  const Colour lost = cividis(0.15 * 1320.0 * 0.15 / anatomy().density_top);
  int early = 0;
  int late = 0;
  for (int y = 0; y < whole.height; ++y) {
    for (int x = 0; x < kWidth * 8 / 10; ++x)
      (x < kWidth * 45 / 100 ? early : late) += near(whole.at(x, y), lost, 20) ? 1 : 0;
  }
  EXPECT_GT(late, 500);
  EXPECT_LT(early, late / 10);
}

TEST_F(Pictures, ChangesAreLossesUntreatedAndNotElsewhere) {
  const Volume untreated = change(volume(0, 0), volume(0, 2));
  const Volume treated = change(volume(1, 0), volume(1, 2));
  const Vec3 lesion = anatomy().cut;
  // The synthetic lesion loses 85 % of its bone by day 730.
  EXPECT_LT(sample(untreated.lattice, untreated.bmd, lesion),
            -0.5 * sample(volume(0, 0).lattice, volume(0, 0).bmd, lesion));
  EXPECT_NEAR(sample(untreated.lattice, untreated.bmd, {-10.0, -8.0, 0.0}), 0.0, 1.0);
  const double top = change_top({untreated, treated});
  EXPECT_GT(top, 20.0);
  const auto losses = [&](const Volume& v) {
    const SliceSheet sheet{.colours = {-100.0, 100.0, Palette::change},
                           .outline = kInk,
                           .arms = {"arm"},
                           .days = {730.0},
                           .day_notes = {""},
                           .volumes = {{&v}}};
    const Raster raster = draw_slice_sheet(sheet, anatomy(), kWidth);
    return count(raster, red_blue(0.0), 4) - count(raster, red_blue(1.0), 4);  // the ends of the colour bar cancel
  };
  EXPECT_GT(losses(untreated), 1500);
  EXPECT_LT(losses(treated), losses(untreated) / 10);
  EXPECT_THROW(change(Volume{}, volume(0, 0)), InputError);
}

TEST_F(Pictures, ChartsHaveTheRightPanelsAndColours) {
  const std::vector<ChartPanel> panels = choose_panels(run());
  ASSERT_EQ(panels.size(), 5U);
  EXPECT_EQ(panels[0].title, "Bone volume fraction, BV/TV");
  EXPECT_EQ(panels[1].title, "Lesion volume (mm³)");
  EXPECT_EQ(panels[3].title, "Denosumab in serum (µg/mL)");
  ASSERT_EQ(panels[3].curves.size(), 1U) << "only the arm that gets the drug has a curve of it";
  EXPECT_EQ(panels[3].curves[0].style.colour, arm_style(1).colour);
  EXPECT_TRUE(panels[4].logarithmic);
  EXPECT_EQ(panels[4].tick_label(-1.0), "0.1");
  EXPECT_EQ(panels[4].axis_value(0.0), panels[4].low) << "what a logarithm cannot show runs along the foot";
  EXPECT_DOUBLE_EQ(panels[4].axis_value(100.0), 2.0);
  for (const ChartPanel& panel : panels) EXPECT_LT(panel.low, panel.high) << panel.title;

  const Raster raster = draw_time_courses(run(), kWidth);
  EXPECT_EQ(raster.width, kWidth);
  for (std::size_t arm = 0; arm < 3; ++arm) EXPECT_GT(count(raster, arm_style(arm).colour, 30), 200) << arm;
}

TEST_F(Pictures, ChartsAreThoseThatTheStudyAsksFor) {
  visualization::Run asked = run();
  asked.charts = {"denosumab_serum", "lesion_volume", "of_another_model"};
  asked.columns = {{"denosumab_serum", "free denosumab in serum"},
                   {"lesion_volume", "tumour: what of the marrow and of the space that was resorbed it fills"}};
  const std::vector<ChartPanel> panels = choose_panels(asked);
  ASSERT_EQ(panels.size(), 2U);
  EXPECT_EQ(panels[0].title, "Free denosumab in serum (µg/mL)");
  EXPECT_EQ(panels[0].curves.size(), 1U);
  EXPECT_EQ(panels[1].title, "Tumour (mm³)");
  EXPECT_EQ(panels[1].curves.size(), 3U);
}

// A model of somebody's own has none of the names that the renderer knows.
TEST_F(Pictures, ChartsOfAnUnknownModelAreItsFirstColumns) {
  visualization::Run run;
  run.arms.resize(1);
  run.arms[0].series.days = {0.0, 1.0};
  for (const char* name : {"u", "v", "w", "x", "y", "z", "more"})
    run.arms[0].series.columns.push_back({name, "pM", {1.0, 2.0}});
  run.columns = {{"u", "uNTx"}, {"v", "v of the paper"}};
  const std::vector<ChartPanel> panels = choose_panels(run);
  ASSERT_EQ(panels.size(), 6U);
  EXPECT_EQ(panels[0].title, "uNTx (pM)");
  EXPECT_EQ(panels[1].title, "V of the paper (pM)");
  EXPECT_EQ(panels[5].title, "z (pM)");
}

TEST_F(Pictures, ChartsOfFlatAndEmptyTablesAreDrawn) {
  visualization::Run run;
  run.title = "flat";
  run.arms.resize(2);
  run.arms[0].title = "flat";
  run.arms[0].series = {
      {0.0, 1.0},
      {{"BVTV", "1", {0.15, 0.15}}, {"x_serum", "mg", {0.0, 0.0}}, {"OCa", "pM", {std::nan(""), std::nan("")}}}};
  run.arms[1].title = "begun";
  run.arms[1].series = {{}, {{"BVTV", "1", {}}}};
  const std::vector<ChartPanel> panels = choose_panels(run);
  ASSERT_GE(panels.size(), 1U);
  EXPECT_LT(panels[0].low, 0.15);
  EXPECT_GT(panels[0].high, 0.15);
  EXPECT_EQ(draw_time_courses(run, kWidth).width, kWidth);
}

// The axis of time says the model's unit, whatever it is.
TEST_F(Pictures, TimeHasTheUnitOfTheModel) {
  visualization::Run hours = run();
  for (Arm& arm : hours.arms) arm.series.time_unit = "hour";
  const Raster in_days = draw_time_courses(run(), kWidth);
  const Raster in_hours = draw_time_courses(hours, kWidth);
  int differ = 0;
  for (int y = 0; y < in_days.height; ++y) {
    for (int x = 0; x < in_days.width; ++x) differ += near(in_days.at(x, y), in_hours.at(x, y), 12) ? 0 : 1;
  }
  EXPECT_GT(differ, 20);
}

// A recipe and its two tables, as howship reproduce writes them.
void write_recipe(const TemporaryFolder& folder, const std::string& panels) {
  std::string slow = "time [h],n [cell],share [percent],drug [pM]\n";
  std::string fast = slow;
  for (int i = 0; i <= 100; ++i) {
    slow += fmt::format("{},{},{},0\n", i, 10 * i, i);
    fast += fmt::format("{},{},{},{}\n", i, 5 * i, 0.5 * i, std::exp(-0.1 * i));
  }
  std::ofstream(folder.path() / "a.slow.csv") << slow;
  std::ofstream(folder.path() / "a.fast.csv") << fast;
  std::ofstream(folder.path() / "a.json")
      << R"({"format":"howship figure 1","title":"A","time_unit":"h","panels":[)" + panels + "]}";
}

std::string recipe_curve(const std::string& arm, const std::string& column) {
  return fmt::format(R"({{"arm":"{0}","quantity":"{1}","table":"a.{0}.csv","column":"{1}"}})", arm, column);
}

TEST(Figure, ShowsItsArmsInTheirColours) {
  const TemporaryFolder folder;
  write_recipe(folder, R"({"title":"cells","unit":"cell","log":false,"curves":[)" + recipe_curve("slow", "n") + "," +
                           recipe_curve("fast", "n") + "]}");
  const Raster raster = draw_figure(folder.path() / "a.json", kWidth);
  EXPECT_EQ(raster.width, kWidth);
  for (std::size_t arm = 0; arm < 2; ++arm) EXPECT_GT(count(raster, arm_style(arm).colour, 30), 400) << arm;
  EXPECT_LT(count(raster, arm_style(2).colour, 30), 10);
}

TEST(Figure, ShowsOneArmsQuantitiesInColours) {
  const TemporaryFolder folder;
  write_recipe(folder, R"({"title":"both","unit":"percent","log":false,"curves":[)" + recipe_curve("slow", "share") +
                           R"(]},{"title":"drug","unit":"pM","log":true,"curves":[)" + recipe_curve("fast", "drug") +
                           "," + recipe_curve("slow", "drug") + "]}");
  const Raster raster = draw_figure(folder.path() / "a.json", kWidth);
  EXPECT_GT(count(raster, arm_style(1).colour, 30), 200);
  EXPECT_GT(raster.width, raster.height);
}

TEST(Figure, APanelWithoutCurvesIsDrawn) {
  const TemporaryFolder folder;
  write_recipe(folder, R"({"title":"nothing on a logarithm","unit":"pM","log":true,"curves":[)" +
                           recipe_curve("slow", "drug") + R"(]},{"title":"none","unit":"1","log":false,"curves":[]})");
  EXPECT_EQ(draw_figure(folder.path() / "a.json", kWidth).width, kWidth);
}

// Measurements over another quantity than time, of two arms of which the second has a colour that no text has.
void write_measurements(const TemporaryFolder& folder, const std::string& x, const std::string& table) {
  std::ofstream(folder.path() / "m.csv") << table;
  const auto curve = [](const std::string& arm) {
    return R"({"arm":")" + arm + R"(","quantity":"t","table":"m.csv","column":")" + arm + R"("})";
  };
  std::ofstream(folder.path() / "a.json")
      << R"({"format":"howship figure 1","title":"A","x":)" + x +
             R"(,"panels":[{"title":"time taken","unit":"s","log":true,"curves":[)" + curve("slow") + "," +
             curve("fast") + "]}]}";
}

// Where the second arm's marks are from left to right: they are higher than its level line. The legend is above.
std::vector<double> marks(const Raster& raster) {
  constexpr int kHigherThanALine = 4;
  std::vector<double> centres;
  int begin = -1;
  for (int x = 0; x <= raster.width; ++x) {
    int found = 0;
    for (int y = raster.height / 3; x < raster.width && y < raster.height; ++y)
      found += near(raster.at(x, y), arm_style(1).colour, 30) ? 1 : 0;
    const bool inside = found > kHigherThanALine;
    if (inside && begin < 0) begin = x;
    if (inside || begin < 0) continue;
    centres.push_back(0.5 * (begin + x - 1));
    begin = -1;
  }
  return centres;
}

// Decades are equally wide on a logarithmic axis; on a linear one the two small errors lie on each other.
TEST(Figure, ShowsMeasurementsOverSomethingElseThanTime) {
  const TemporaryFolder folder;
  const auto drawn = [&folder](const std::string& log) {
    write_measurements(folder, R"({"column":"error","title":"largest error","log":)" + log + "}",
                       "error [1],slow [s],fast [s]\n1e-2,1000,20\n1e-4,1000,20\n1e-5,1000,20\n");
    return marks(draw_figure(folder.path() / "a.json", kWidth));
  };
  const std::vector<double> decades = drawn("true");
  ASSERT_EQ(decades.size(), 3U);
  EXPECT_NEAR((decades[1] - decades[0]) / (decades[2] - decades[0]), 1.0 / 3.0, 0.02) << "1e-5, 1e-4 and 1e-2";
  EXPECT_GT(decades[2] - decades[0], kWidth / 2);
  const std::vector<double> linear = drawn("false");
  ASSERT_GE(linear.size(), 2U);
  EXPECT_LT(linear[linear.size() - 2] - linear.front(), 0.02 * (linear.back() - linear.front()));
}

TEST(Figure, RefusesATableThatDoesNotBeginWithItsQuantity) {
  const TemporaryFolder folder;
  const auto fault = [&](const std::string& x) {
    write_measurements(folder, x, "voxels [1],slow [s],fast [s]\n10,1,1\n100,2,1\n");
    try {
      draw_figure(folder.path() / "a.json", kWidth);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(fault(R"({"column":"voxels","title":"voxels","log":true})"), "");
  EXPECT_NE(fault(R"({"column":"error","title":"error","log":true})").find("m.csv"), std::string::npos);
  EXPECT_NE(fault(R"({"column":"voxels","log":true})").find("is damaged"), std::string::npos);
}

// With a table of two rows for each that they name.
TEST(Figure, TheRecipesOfTheBenchmarksCanBeDrawn) {
  namespace fs = std::filesystem;
  int drawn = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(HOWSHIP_VISUALIZATION_DIR) / "../bench/figures")) {
    const TemporaryFolder folder;
    fs::copy(entry.path(), folder.path() / "a.json");
    const auto recipe = nlohmann::json::parse(std::ifstream(entry.path()));
    std::map<std::string, std::set<std::string>> tables;
    for (const auto& panel : recipe["panels"]) {
      for (const auto& curve : panel["curves"])
        tables[curve["table"]].insert(
            fmt::format("{} [{}]", curve["column"].get<std::string>(), panel["unit"].get<std::string>()));
    }
    for (const auto& [name, columns] : tables) {
      std::string head = recipe["x"]["column"].get<std::string>() + " [1]", first = "10", second = "1000";
      for (const std::string& column : columns) {
        head += "," + column;
        first += ",2";
        second += ",30";
      }
      std::ofstream(folder.path() / name) << head << '\n' << first << '\n' << second << '\n';
    }
    const Raster raster = draw_figure(folder.path() / "a.json", kWidth);
    EXPECT_GT(count(raster, arm_style(0).colour, 30), 400) << entry.path();
    ++drawn;
  }
  EXPECT_GE(drawn, 2);
}

TEST(Figure, SaysWhatIsDamaged) {
  const TemporaryFolder folder;
  const auto fault = [&folder] {
    try {
      draw_figure(folder.path() / "a.json", kWidth);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  write_recipe(folder, R"({"title":"x","unit":"pM","log":false,"curves":[)" + recipe_curve("slow", "n") + "]}");
  EXPECT_NE(fault().find("'n [pM]'"), std::string::npos) << fault();
  write_recipe(folder, R"({"title":"x","log":false,"curves":[]})");
  EXPECT_NE(fault().find("is damaged"), std::string::npos) << fault();
  write_recipe(folder, "");
  EXPECT_NE(fault().find("has no panel"), std::string::npos) << fault();
  std::ofstream(folder.path() / "a.json") << "{}";
  EXPECT_NE(fault().find("is no figure"), std::string::npos) << fault();
}

TEST(ColourMap, IsCividisAndRisesInLightness) {
  EXPECT_EQ(cividis(0.0), (Colour{0x00, 0x20, 0x4D}));
  EXPECT_EQ(cividis(1.0), (Colour{0xFF, 0xEA, 0x46}));
  EXPECT_EQ(cividis(-1.0), cividis(0.0));
  EXPECT_EQ(cividis(7.0), cividis(1.0));
  EXPECT_EQ(cividis(std::nan("")), cividis(0.0));
  double before = -1.0;
  for (int i = 0; i <= 100; ++i) {
    const Colour c = cividis(i / 100.0);
    const auto linear = [](int v) { return std::pow(v / 255.0, 2.2); };
    const double lightness = 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
    EXPECT_GE(lightness, before) << i;
    before = lightness;
  }
}

TEST(Text, IsBrokenWhereItIsTooWideAndBalanced) {
  const TextStyle style{.size = 20.0};
  EXPECT_EQ(wrapped("untreated", 10.0, style), "untreated");
  const std::string text = "zoledronic acid 4 mg every 4 weeks";
  const double width = text_width(text, style);
  EXPECT_NEAR(width, 315.0, 60.0);
  EXPECT_EQ(wrapped(text, width + 1.0, style), text);
  EXPECT_EQ(wrapped(text, 0.9 * width, style), "zoledronic acid 4 mg\nevery 4 weeks");
}

TEST(ColourMap, OfChangesIsWhiteInTheMiddle) {
  EXPECT_EQ(red_blue(0.5), (Colour{0xF7, 0xF7, 0xF7}));
  EXPECT_GT(red_blue(0.1).red, red_blue(0.1).blue);
  EXPECT_LT(red_blue(0.9).red, red_blue(0.9).blue);
}

TEST(Ticks, AreRound) {
  EXPECT_DOUBLE_EQ(tick_step(300.0, 5), 100.0);
  EXPECT_DOUBLE_EQ(tick_step(0.021, 4), 0.01);
  EXPECT_DOUBLE_EQ(tick_step(1.0, 5), 0.2);
  EXPECT_EQ(ticks(-50.0, 50.0, 20.0), (std::vector<double>{-40, -20, 0, 20, 40}));
  EXPECT_EQ(ticks(0.0, 730.0, 180.0), (std::vector<double>{0, 180, 360, 540, 720}));
}

TEST(Dashes, CoverHalfOfALineOfEqualPartsAndKeepItsBends) {
  const std::vector<Point> bend{{0, 0}, {10, 0}, {10, 10}};
  double drawn = 0.0;
  for (const auto& piece : dashes(bend, {2.0, 2.0, 2.0, 2.0})) {
    for (std::size_t i = 0; i + 1 < piece.size(); ++i)
      drawn += std::hypot(piece[i + 1].x - piece[i].x, piece[i + 1].y - piece[i].y);
  }
  EXPECT_NEAR(drawn, 10.0, 1e-9);
  ASSERT_EQ(dashes(bend, {}).size(), 1U);
  EXPECT_EQ(dashes(bend, {})[0].size(), 3U);
}

TEST(Canvas, PutsThingsWhereTheyAreAskedFor) {
  Canvas canvas(100, 60);
  canvas.polygon(std::array<Point, 4>{{{10, 10}, {30, 10}, {30, 20}, {10, 20}}}, kTumour);
  canvas.line(std::array<Point, 2>{{{50, 40}, {90, 40}}}, 4.0, kInk);
  const Raster raster = canvas.draw();
  EXPECT_TRUE(near(raster.at(20, 15), kTumour, 1));
  EXPECT_EQ(raster.at(20, 8), kWhite);
  EXPECT_EQ(raster.at(20, 22), kWhite);
  EXPECT_TRUE(near(raster.at(70, 40), kInk, 1));
  EXPECT_EQ(raster.at(70, 44), kWhite);
  EXPECT_EQ(raster.at(45, 40), kWhite);

  const TemporaryFolder folder;
  write_png(raster, folder.path() / "p.png");
  vtkNew<vtkPNGReader> reader;
  const std::string file = (folder.path() / "p.png").string();
  ASSERT_NE(reader->CanReadFile(file.c_str()), 0);
}

}  // namespace
}  // namespace howship::visualization
