#include "synthetic_run.hpp"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <vtkCellData.h>
#include <vtkFloatArray.h>
#include <vtkImageData.h>
#include <vtkMatrix3x3.h>
#include <vtkNew.h>
#include <vtkUnsignedCharArray.h>
#include <vtkXMLImageDataWriter.h>

namespace howship::visualization {
namespace {

using Vec3 = std::array<double, 3>;

struct SyntheticArm {
  std::string id;
  std::string title;
  std::string drug;
  double growth;  ///< of the lesion's radius after treatment starts, mm/day
  double lysis;   ///< share of bone lost in the lesion at day 730
};

constexpr double kTreatmentStart = 180.0;
constexpr Vec3 kLesion{4.0, 8.0, 1.0};

const std::vector<SyntheticArm>& synthetic_arms() {
  static const std::vector<SyntheticArm> kArms{{"untreated", "untreated", "", 0.010, 0.85},
                                               {"denosumab", "denosumab", "denosumab", 0.001, 0.10},
                                               {"zoledronic_acid", "zoledronic acid", "zoledronic_acid", 0.003, 0.25}};
  return kArms;
}

// Depth below the surface of an ellipse-shaped column or a box, negative outside; crude, and enough for a picture.
double ellipse(double x, double y, double a, double b) {
  return (1.0 - std::hypot(x / a, y / b)) * std::min(a, b);
}
double box(const Vec3& p, const Vec3& centre, const Vec3& half) {
  return std::min({half[0] - std::abs(p[0] - centre[0]), half[1] - std::abs(p[1] - centre[1]),
                   half[2] - std::abs(p[2] - centre[2])});
}

double body_depth(const Vec3& p) {
  const double waist = 1.0 - 0.12 * (1.0 - std::pow(p[2] / 13.0, 2));
  const double radius = std::hypot(p[0] / 22.0, p[1] / 17.0);
  const double height = 12.0 + 1.5 * std::min(1.0, radius * radius);
  const double column = std::min(ellipse(p[0], p[1], 22.0 * waist, 17.0 * waist), height - std::abs(p[2]));
  return std::min(column, -ellipse(p[0], p[1] - 21.0, 12.0, 6.0));
}

double arch_depth(const Vec3& p) {
  const Vec3 m{std::abs(p[0]), p[1], p[2]};
  const double pedicle = box(m, {14.5, 18.0, 5.0}, {3.5, 9.0, 6.0});
  const double lamina = std::min(ellipse(p[0], p[1] - 24.0, 17.0, 12.0), -ellipse(p[0], p[1] - 23.0, 12.0, 8.0));
  const double spinous = box(p, {0.0, 44.0, -3.0}, {3.0, 12.0, 7.0});
  const double transverse = box(m, {27.0, 24.0, 4.0}, {13.0, 3.0, 3.5});
  return std::max({pedicle, std::min(lamina, std::min(p[2] + 10.0, 10.0 - p[2])), spinous, transverse});
}

struct Tissue {
  std::uint8_t region = 0;
  double bvtv = 0.0;
};

Tissue tissue(const Vec3& p) {
  const double body = body_depth(p);
  const double arch = arch_depth(p);
  if (std::max(body, arch) <= 0.0) return {};
  const double depth = std::max(body, arch);
  const std::uint8_t inner = body > 0.0 ? 1 : 4;
  if (depth < 1.0) return {static_cast<std::uint8_t>(body > 0.0 ? (std::abs(p[2]) > 11.0 ? 3 : 2) : 4), 0.55};
  const double texture = std::sin(1.1 * p[0]) * std::sin(0.9 * p[1] + 1.0) * std::sin(0.8 * p[2]);
  return {inner, (inner == 1 ? 0.15 : 0.27) * (1.0 + 0.25 * texture + 0.2 * std::abs(p[2]) / 13.0)};
}

double radius(const SyntheticArm& arm, double day) {
  const double before = std::min(day, kTreatmentStart);
  return 4.0 + 0.008 * before + arm.growth * (day - before);
}

double tumour(const SyntheticArm& arm, double day, const Vec3& p) {
  const double distance = std::hypot(p[0] - kLesion[0], p[1] - kLesion[1], p[2] - kLesion[2]);
  return 1.0 / (1.0 + std::exp((distance - radius(arm, day)) / 0.8));
}

double loss(const SyntheticArm& arm, double day) {
  const double before = std::min(day, kTreatmentStart) / 730.0;
  return 0.85 * before + arm.lysis * (day / 730.0 - before);
}

void write_frame(const std::filesystem::path& path, const SyntheticArm& arm, double day,
                 const SyntheticOptions& options) {
  constexpr Vec3 kLow{-42.0, -20.0, -16.0};
  constexpr Vec3 kHigh{42.0, 58.0, 16.0};
  const auto& d = options.direction;
  // The image's box is centred on the bone; an oblique one is larger so that it still holds it.
  const Vec3 centre{0.0, 19.0, 0.0};
  Vec3 half{};
  for (int axis = 0; axis < 3; ++axis) {
    for (int row = 0; row < 3; ++row) half[axis] += std::abs(d[3 * row + axis]) * 0.5 * (kHigh[row] - kLow[row]);
  }
  std::array<int, 3> size{};
  vtkNew<vtkImageData> image;
  Vec3 corner = centre;
  for (int axis = 0; axis < 3; ++axis) size[axis] = static_cast<int>(std::ceil(2.0 * half[axis] / options.voxel));
  for (int row = 0; row < 3; ++row) {
    for (int axis = 0; axis < 3; ++axis) corner[row] -= d[3 * row + axis] * 0.5 * size[axis] * options.voxel;
  }
  image->SetDimensions(size[0] + 1, size[1] + 1, size[2] + 1);
  image->SetSpacing(options.voxel, options.voxel, options.voxel);
  image->SetOrigin(corner.data());
  vtkNew<vtkMatrix3x3> direction;
  for (int i = 0; i < 9; ++i) direction->SetElement(i / 3, i % 3, d[i]);
  image->SetDirectionMatrix(direction);

  vtkNew<vtkUnsignedCharArray> regions;
  regions->SetName("region");
  std::vector<vtkSmartPointer<vtkFloatArray>> arrays;
  for (const std::string& name : options.arrays) {
    arrays.push_back(vtkSmartPointer<vtkFloatArray>::New());
    arrays.back()->SetName(name.c_str());
  }
  for (int k = 0; k < size[2]; ++k) {
    for (int j = 0; j < size[1]; ++j) {
      for (int i = 0; i < size[0]; ++i) {
        const Vec3 index{i + 0.5, j + 0.5, k + 0.5};
        Vec3 p = corner;
        for (int row = 0; row < 3; ++row) {
          for (int axis = 0; axis < 3; ++axis) p[row] += d[3 * row + axis] * index[axis] * options.voxel;
        }
        const Tissue here = tissue(p);
        const double cells = here.region == 0 ? 0.0 : tumour(arm, day, p);
        const double bvtv = here.bvtv * (1.0 - loss(arm, day) * cells);
        regions->InsertNextValue(here.region);
        for (std::size_t a = 0; a < arrays.size(); ++a) {
          const std::string& name = options.arrays[a];
          const double value = name == "BMD"      ? 1320.0 * bvtv
                               : name == "BVTV"   ? bvtv
                               : name == "tumour" ? cells
                                                  : 1e-4 * cells;
          arrays[a]->InsertNextValue(static_cast<float>(value));
        }
      }
    }
  }
  for (const auto& array : arrays) image->GetCellData()->AddArray(array);
  image->GetCellData()->AddArray(regions);
  vtkNew<vtkXMLImageDataWriter> writer;
  writer->SetFileName(path.c_str());
  writer->SetInputData(image);
  writer->EncodeAppendedDataOff();
  writer->Write();
}

void write_table(const std::filesystem::path& path, const SyntheticArm& arm, double last) {
  std::ofstream out(path);
  out << "time [day],BVTV [1],OCa [pM],tumour [1],lesion_volume [mm^3],osteoclasts_relative [1],denosumab_serum "
         "[ug/mL],zoledronic_acid_plasma [ng/mL]\n";
  const auto row = [&](double day, double since_dose) {
    const bool treated = !arm.drug.empty() && day >= kTreatmentStart && since_dose >= 0.0;
    const double volume = 4.19 * std::pow(radius(arm, day), 3);
    const double oc =
        1.0 + 0.002 * day -
        (treated ? (1.0 - arm.lysis) * (1.0 - std::exp(-(day - kTreatmentStart) / 10.0)) * (1.0 + 0.002 * day) : 0.0);
    const double denosumab = treated && arm.drug == "denosumab"
                                 ? 14.0 * (1.0 - std::exp(-(day - kTreatmentStart) / 90.0)) +
                                       22.0 * (std::exp(-since_dose / 20.0) - std::exp(-since_dose / 3.0))
                                 : 0.0;
    const double acid = treated && arm.drug == "zoledronic_acid"
                            ? 350.0 * std::exp(-since_dose / 0.25) + 0.4 * std::exp(-since_dose / 60.0)
                            : 0.0;
    out << fmt::format("{:.10g},{:.10g},{:.10g},{:.10g},{:.10g},{:.10g},{:.10g},{:.10g}\n", day,
                       0.182 - 2e-9 * volume * day * loss(arm, day) * 10, 1e-4 * oc, volume / 5e4, volume, oc,
                       denosumab, acid);
  };
  for (double day = 0.0; day <= last; day += 1.0) {
    const double since = std::fmod(day - kTreatmentStart, 28.0);
    const bool dose = !arm.drug.empty() && day >= kTreatmentStart && since == 0.0;
    if (dose) row(day, day > kTreatmentStart ? 28.0 : -1.0);
    row(day, day >= kTreatmentStart ? since : -1.0);
  }
}

}  // namespace

void write_synthetic_run(const std::filesystem::path& folder, const SyntheticOptions& options) {
  nlohmann::json arms = nlohmann::json::array();
  for (const SyntheticArm& arm : synthetic_arms()) {
    const std::filesystem::path place = folder / arm.id;
    std::filesystem::create_directories(place / (options.frames ? "frames" : ""));
    write_table(place / "timeseries.csv", arm, options.days.back());
    if (options.frames) {
      std::string index =
          "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\" byte_order=\"LittleEndian\">\n  "
          "<Collection>\n";
      for (std::size_t f = 0; f < options.days.size(); ++f) {
        const std::string name = fmt::format("frames/{:04}.vti", f);
        write_frame(place / name, arm, options.days[f], options);
        index += fmt::format("    <DataSet timestep=\"{}\" part=\"0\" file=\"{}\"/>\n", options.days[f], name);
      }
      std::ofstream(place / "frames.pvd") << index << "  </Collection>\n</VTKFile>\n";
    }
    nlohmann::json start = nullptr;
    if (!arm.drug.empty()) start = kTreatmentStart;
    arms.push_back({{"id", arm.id},
                    {"title", arm.title},
                    {"status", options.status},
                    {"folder", arm.id},
                    {"treatment_start_day", start}});
  }
  const nlohmann::json run{{"format", 1},
                           {"howship", "0.1.0"},
                           {"study", {{"id", "synthetic"}, {"title", "A synthetic run"}}},
                           {"status", options.status},
                           {"message", ""},
                           {"vertebra", {{"name", "L3"}}},
                           {"arms", arms}};
  std::ofstream(folder / "run.json") << run.dump(2) << '\n';
}

}  // namespace howship::visualization
