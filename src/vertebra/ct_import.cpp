#include "howship/vertebra/ct_import.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/error.hpp"
#include "howship/vertebra/seeding.hpp"

#include "vertebra/image.hpp"

namespace howship::vertebra {

namespace {

constexpr int kLargestLabel = 1 << 20;

void check(const CtOptions& options) {
  Diagnostics faults;
  const auto fault = [&](const std::string& message) { faults.add({}, "CT import: " + message); };
  if (options.masks.empty()) fault("no mask given; it says which voxels are bone");
  if (!(options.min_bvtv > 0.0 && options.min_bvtv < options.max_bvtv && options.max_bvtv < 1.0)) {
    fault(fmt::format("BV/TV limits {} and {} are not in order between 0 and 1, both excluded", options.min_bvtv,
                      options.max_bvtv));
  }
  if (!(options.density_of_bone > 0.0) || !std::isfinite(options.density_of_bone)) {
    fault(fmt::format("density of bone is {} mg/cm^3, expected above 0", options.density_of_bone));
  }
  if (options.calibration && (!(options.calibration->slope > 0.0) || !std::isfinite(options.calibration->slope) ||
                              !std::isfinite(options.calibration->intercept))) {
    fault(fmt::format("calibration density = {} * value + {}: the slope must be above 0", options.calibration->slope,
                      options.calibration->intercept));
  }
  std::map<int, int> seen;
  for (const LabelRule& rule : options.rules) {
    if (rule.label == 0) fault("label 0 is the background and cannot have a rule");
    if (++seen[rule.label] == 2) fault(fmt::format("label {} has two rules", rule.label));
  }
  faults.raise_if_any();
}

std::string to_text(const std::array<double, 3>& v) {
  return fmt::format("({:.6g}, {:.6g}, {:.6g})", v[0], v[1], v[2]);
}

/// Image and mask must lie on the same lattice; nothing is resampled behind the user's back.
void check_same_geometry(const std::filesystem::path& image_path, const Grid& image,
                         const std::filesystem::path& mask_path, const Grid& mask) {
  const auto refuse = [&](std::string_view what, const std::string& a, const std::string& b) {
    throw InputError(fmt::format("{} differs: {} in the image {}, {} in the mask {}", what, a, image_path.string(), b,
                                 mask_path.string()),
                     "make the mask on the same image, or resample it onto the image");
  };
  const auto size = [](const Grid& g) { return fmt::format("{} x {} x {} voxels", g.size[0], g.size[1], g.size[2]); };
  if (image.size != mask.size) refuse("size", size(image), size(mask));
  constexpr double kTolerance = 1e-3;  // formats keep geometry in single precision or as rounded text
  const double voxel = *std::min_element(image.spacing.begin(), image.spacing.end());
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (std::abs(image.spacing[axis] - mask.spacing[axis]) > kTolerance * image.spacing[axis]) {
      refuse("spacing", to_text(image.spacing) + " mm", to_text(mask.spacing) + " mm");
    }
  }
  for (std::size_t n = 0; n < 9; ++n) {
    if (std::abs(image.direction[n] - mask.direction[n]) > kTolerance) {
      const auto rows = [](const Grid& g) {
        const auto& d = g.direction;
        return fmt::format("[{:.4g} {:.4g} {:.4g}; {:.4g} {:.4g} {:.4g}; {:.4g} {:.4g} {:.4g}]", d[0], d[1], d[2], d[3],
                           d[4], d[5], d[6], d[7], d[8]);
      };
      refuse("orientation", rows(image), rows(mask));
    }
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (std::abs(image.origin[axis] - mask.origin[axis]) > 0.02 * voxel) {
      refuse("origin", to_text(image.origin) + " mm", to_text(mask.origin) + " mm");
    }
  }
}

std::string place(const Grid& grid, std::size_t index) {
  const auto [i, j, k] = grid.voxel(index);
  return fmt::format("({}, {}, {})", i, j, k);
}

std::vector<int> labels_of_one(const std::filesystem::path& path, const Image& mask) {
  std::vector<int> out(mask.value.size());
  for (std::size_t n = 0; n < out.size(); ++n) {
    const double value = mask.value[n];
    if (!(value >= 0.0 && value <= kLargestLabel) || value != std::round(value)) {
      throw InputError(
          fmt::format("{}: voxel {} of the mask has the value {}, which is no label", path.string(),
                      place(mask.grid, n), value),
          "a mask holds whole numbers from 0; was it resampled with interpolation, or swapped with the image?");
    }
    out[n] = static_cast<int>(value);
  }
  return out;
}

std::vector<int> read_labels(const CtOptions& options, const Grid& grid) {
  std::vector<int> out(grid.count(), 0);
  for (std::size_t file = 0; file < options.masks.size(); ++file) {
    const auto& path = options.masks[file];
    const Image mask = read_image(path, {});
    check_same_geometry(options.image, grid, path, mask.grid);
    if (options.masks.size() == 1) {
      out = labels_of_one(path, mask);
      break;
    }
    bool found = false;
    for (std::size_t n = 0; n < out.size(); ++n) {
      if (mask.value[n] == 0.0) continue;
      if (out[n] != 0) {
        throw InputError(
            fmt::format("the masks {} and {} overlap at voxel {}",
                        options.masks[static_cast<std::size_t>(out[n]) - 1].string(), path.string(), place(grid, n)),
            "a voxel can be part of one region only");
      }
      out[n] = static_cast<int>(file) + 1;
      found = true;
    }
    if (!found) throw InputError(fmt::format("{}: the mask is empty, every voxel is 0", path.string()));
  }
  if (std::all_of(out.begin(), out.end(), [](int label) { return label == 0; })) {
    throw InputError(fmt::format("{}: the mask is empty, every voxel is 0", options.masks.front().string()),
                     "give each voxel of bone a label above 0");
  }
  return out;
}

std::string label_list(const std::map<int, LabelReport>& reports) {
  std::string out;
  for (const auto& [label, report] : reports) out += fmt::format("{}{}", out.empty() ? "" : ", ", label);
  return out;
}

/// What every label of the mask covers, and what the rules make of it.
std::map<int, LabelReport> survey(const CtOptions& options, const Image& image, const std::vector<int>& label,
                                  const Calibration& line) {
  std::map<int, LabelReport> reports;
  for (std::size_t n = 0; n < label.size(); ++n) {
    if (label[n] == 0) continue;
    LabelReport& report = reports[label[n]];
    if (!std::isfinite(image.value[n])) {
      throw InputError(fmt::format("{}: voxel {} under label {} has no finite value", options.image.string(),
                                   place(image.grid, n), label[n]));
    }
    ++report.voxels;
    report.mean_value += image.value[n];
    const auto position = image.grid.position(n);
    for (std::size_t axis = 0; axis < 3; ++axis) report.centroid[axis] += position[axis];
  }
  for (auto& [number, report] : reports) {
    const auto count = static_cast<double>(report.voxels);
    report.label = number;
    report.volume = count * image.grid.voxel_volume();
    report.mean_value /= count;
    report.mean_density = line.slope * report.mean_value + line.intercept;
    for (double& coordinate : report.centroid) coordinate /= count;
    if (options.rules.empty()) report.region = Region::trabecular;
  }
  for (const LabelRule& rule : options.rules) {
    const auto found = reports.find(rule.label);
    if (found == reports.end()) {
      throw InputError(fmt::format("{}: no voxel has label {}; the labels are {}", options.masks.front().string(),
                                   rule.label, label_list(reports)));
    }
    found->second.region = rule.region;
  }
  return reports;
}

/// The smallest lattice around the bone, one voxel wider on every side so that its surface is inside, and the voxels'
/// new indices in it. Their order does not change.
Grid crop(const Grid& grid, std::vector<std::size_t>& kept) {
  std::array<int, 3> low{grid.size}, high{-1, -1, -1};
  for (const std::size_t index : kept) {
    const auto v = grid.voxel(index);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], v[axis] - 1);
      high[axis] = std::max(high[axis], v[axis] + 1);
    }
  }
  Grid out = grid;
  for (std::size_t axis = 0; axis < 3; ++axis) out.size[axis] = high[axis] - low[axis] + 1;
  out.origin = grid.position({static_cast<double>(low[0]), static_cast<double>(low[1]), static_cast<double>(low[2])});
  for (std::size_t& index : kept) {
    const auto v = grid.voxel(index);
    index = out.index(v[0] - low[0], v[1] - low[1], v[2] - low[2]);
  }
  return out;
}

void add_notes(CtImport& out) {
  const auto& region = out.domain.region();
  const bool processes = std::find(region.begin(), region.end(), Region::posterior) != region.end();
  const BodyFrame frame = body_frame(out.domain);
  if (processes && frame.back[1] < 0.0) {
    out.notes.emplace_back(
        "by the file's axes the posterior elements lie in front of the body: its orientation is probably turned; "
        "lesion sites follow the bone, not the axes");
  }
  if (out.grid.direction == Grid{}.direction && out.grid.origin == Grid{}.origin) {
    out.notes.emplace_back("the image has its origin at zero and no rotation: its position may have been lost");
  }
}

}  // namespace

std::optional<Region> region_from_text(const std::string& text) {
  if (text == "skip") return std::nullopt;
  std::vector<std::string> names{"skip"};
  for (const Region region : {Region::trabecular, Region::cortical, Region::endplate, Region::posterior}) {
    if (text == vertebra::to_text(region)) return region;
    names.emplace_back(vertebra::to_text(region));
  }
  throw InputError(fmt::format("unknown region '{}'", text), did_you_mean(text, names));
}

CtImport import_ct(const CtOptions& options) {
  check(options);
  const Image image = read_image(options.image, options.series);
  std::vector<int> label = read_labels(options, image.grid);
  const Calibration line = options.calibration.value_or(Calibration{});
  const auto reports = survey(options, image, label, line);

  std::vector<std::size_t> kept;
  std::vector<double> bvtv;
  std::vector<Region> region;
  std::size_t raised = 0, lowered = 0;
  std::vector<float> density(label.size());
  for (std::size_t n = 0; n < label.size(); ++n) {
    const double here = line.slope * image.value[n] + line.intercept;
    density[n] = static_cast<float>(here);
    if (label[n] == 0 || !reports.at(label[n]).region) continue;
    const double fraction = here / options.density_of_bone;
    raised += fraction < options.min_bvtv ? 1 : 0;
    lowered += fraction > options.max_bvtv ? 1 : 0;
    kept.push_back(n);
    bvtv.push_back(std::clamp(fraction, options.min_bvtv, options.max_bvtv));
    region.push_back(*reports.at(label[n]).region);
  }
  if (kept.empty()) {
    throw InputError(fmt::format("no label of {} is kept as bone; its labels are {}", options.masks.front().string(),
                                 label_list(reports)),
                     "give at least one of them a region");
  }
  const Grid grid = crop(image.grid, kept);
  std::vector<LabelReport> list;
  for (const auto& [number, report] : reports) list.push_back(report);
  CtImport out{Domain(grid, std::move(kept), std::move(bvtv), std::move(region)),
               std::move(list),
               raised,
               lowered,
               image.grid,
               std::move(density),
               std::move(label),
               {}};
  add_notes(out);
  return out;
}

}  // namespace howship::vertebra
