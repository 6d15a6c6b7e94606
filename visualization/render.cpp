#include "render.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/progress.hpp"

#include "anatomy.hpp"
#include "charts.hpp"
#include "figure.hpp"
#include "marks.hpp"
#include "run_folder.hpp"
#include "slice_sheet.hpp"
#include "vertebra_picture.hpp"
#include "volume.hpp"

namespace howship::visualization {
namespace {

namespace fs = std::filesystem;

constexpr double kSameDay = 0.01;

std::vector<double> frame_days(const Run& run) {
  std::vector<double> days;
  for (const Arm& arm : run.arms) {
    for (const Frame& frame : arm.frames) {
      if (std::none_of(days.begin(), days.end(), [&](double d) { return std::abs(d - frame.day) < kSameDay; }))
        days.push_back(frame.day);
    }
  }
  std::sort(days.begin(), days.end());
  return days;
}

double nearest(const std::vector<double>& days, double day) {
  return *std::min_element(days.begin(), days.end(),
                           [&](double a, double b) { return std::abs(a - day) < std::abs(b - day); });
}

// The days of the sheet's columns, each a day that has frames.
std::vector<double> choose_days(const Run& run, const std::vector<double>& wanted, std::vector<std::string>& notes) {
  const std::vector<double> there = frame_days(run);
  std::vector<double> days;
  const auto add = [&](double day) {
    const double found = nearest(there, day);
    if (std::find(days.begin(), days.end(), found) == days.end()) days.push_back(found);
    return found;
  };
  for (const double day : wanted) {
    if (const double found = add(day); std::abs(found - day) >= kSameDay) {
      notes.push_back(fmt::format("there is no frame of day {:g}; the nearest, of day {:g}, is drawn", day, found));
    }
  }
  if (wanted.empty()) {
    const double start = std::clamp(treatment_start(run).value_or(there.front() + (there.back() - there.front()) / 3.0),
                                    there.front(), there.back());
    for (const double day : {there.front(), start, 0.5 * (start + there.back()), there.back()}) add(day);
  }
  std::sort(days.begin(), days.end());
  return days;
}

// Volumes by file, read once.
class Volumes {
 public:
  const Volume& get(const Frame& frame) {
    const auto found = read_.find(frame.file);
    return found != read_.end() ? found->second
                                : read_.emplace(frame.file, read_volume(frame.file, frame.day)).first->second;
  }

 private:
  std::map<fs::path, Volume> read_;
};

const Frame* frame_of(const Arm& arm, double day) {
  for (const Frame& frame : arm.frames) {
    if (std::abs(frame.day - day) < kSameDay) return &frame;
  }
  return nullptr;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw OutputError(fmt::format("cannot create the folder '{}': {}", folder.string(), error.message()));
}

class Drawing {
 public:
  Drawing(const RenderOptions& options, Run run) : options_(&options), run_(std::move(run)), progress_(options.quiet) {
    rendered_.notes = run_.notes;
  }

  void draw() {
    progress_.begin("pictures");
    if (!frame_days(run_).empty()) draw_fields();
    if (std::any_of(run_.arms.begin(), run_.arms.end(), [](const Arm& arm) { return !arm.series.days.empty(); })) {
      progress_.update(0.9, "time courses");
      keep("timecourses.png", draw_time_courses(run_, options_->width));
    }
    progress_.end();
  }

  Rendered write() {
    const fs::path folder = options_->output.empty() ? options_->run / "pictures" : options_->output;
    make_folder(folder);
    for (const auto& [name, raster] : pictures_) {
      write_png(raster, folder / name);
      rendered_.pictures.push_back(folder / name);
    }
    return std::move(rendered_);
  }

 private:
  void keep(const std::string& name, Raster raster) { pictures_.emplace_back(name, std::move(raster)); }

  void draw_fields() {
    const std::vector<double> days = choose_days(run_, options_->days, rendered_.notes);
    std::vector<VertebraPanel> panels;
    std::vector<std::string> ids;
    std::vector<const Volume*> ends;
    const Volume* first = nullptr;
    SliceSheet sheet{.title = run_.title, .days = days, .day_notes = std::vector<std::string>(days.size())};
    for (std::size_t a = 0; a < run_.arms.size(); ++a) {
      const Arm& arm = run_.arms[a];
      progress_.update(0.4 * static_cast<double>(a) / static_cast<double>(run_.arms.size()), "reading " + arm.id);
      if (arm.frames.empty()) continue;
      if (first == nullptr) first = &volumes_.get(arm.frames.front());
      // The end is the last of the chosen days, or the arm's own end if it did not come so far.
      const Frame* last = options_->days.empty() ? nullptr : frame_of(arm, days.back());
      ends.push_back(&volumes_.get(last != nullptr ? *last : arm.frames.back()));
      panels.push_back({arm.title, ends.back()});
      ids.push_back(arm.id);
      sheet.arms.push_back(arm.title);
      std::vector<const Volume*>& row = sheet.volumes.emplace_back();
      for (const double day : days) {
        const Frame* frame = frame_of(arm, day);
        row.push_back(frame != nullptr ? &volumes_.get(*frame) : nullptr);
      }
    }
    if (const auto start = treatment_start(run_)) {
      for (std::size_t d = 0; d < days.size(); ++d) {
        if (std::abs(days[d] - *start) < kSameDay) sheet.day_notes[d] = "treatment starts";
      }
    }
    if (first->turned) {
      rendered_.notes.emplace_back(
          "the image puts the processes in front of the body; it is drawn turned by half a turn about the vertical "
          "axis, which exchanges left and right too: check the image's orientation");
    }
    const Anatomy anatomy = survey(*first, ends);
    const View view = oblique_view(*first);
    for (std::size_t p = 0; p < panels.size(); ++p) {
      progress_.update(0.4 + 0.3 * static_cast<double>(p) / static_cast<double>(panels.size()), ids[p]);
      const std::string title = fmt::format("{}: {}, {}", run_.title, panels[p].arm, day_text(panels[p].volume->day));
      keep(fmt::format("final_{}.png", ids[p]), draw_vertebrae(title, {panels[p]}, anatomy, view, options_->width));
    }
    progress_.update(0.7, "all arms");
    keep("final.png", draw_vertebrae(run_.title, panels, anatomy, view, options_->width));
    progress_.update(0.8, "slices");
    sheet.colours = {0.0, anatomy.density_top};
    keep("slices.png", draw_slice_sheet(sheet, anatomy, options_->width));
    progress_.update(0.85, "changes");
    draw_changes(sheet, *first, anatomy);
  }

  // The same slices as change since the beginning: a lesion is small beside what differs from place to place anyway.
  void draw_changes(const SliceSheet& densities, const Volume& first, const Anatomy& anatomy) {
    SliceSheet sheet{
        .title = densities.title + ": change since " + day_text(first.day), .outline = kInk, .arms = densities.arms};
    std::vector<std::size_t> columns;
    for (std::size_t d = 0; d < densities.days.size(); ++d) {
      if (densities.days[d] <= first.day) continue;
      columns.push_back(d);
      sheet.days.push_back(densities.days[d]);
      sheet.day_notes.push_back(densities.day_notes[d]);
    }
    if (columns.empty()) return;
    std::vector<Volume> changes;
    changes.reserve(columns.size() * sheet.arms.size());
    for (const auto& row : densities.volumes) {
      auto& cells = sheet.volumes.emplace_back();
      for (const std::size_t d : columns) {
        cells.push_back(row[d] == nullptr ? nullptr : &changes.emplace_back(change(first, *row[d])));
      }
    }
    const double top = change_top(changes);
    sheet.colours = {-top, top, Palette::change};
    keep("changes.png", draw_slice_sheet(sheet, anatomy, options_->width));
  }

  const RenderOptions* options_;
  Run run_;
  ProgressLine progress_;
  Volumes volumes_;
  std::vector<std::pair<std::string, Raster>> pictures_;
  Rendered rendered_;
};

Rendered draw_figures(const RenderOptions& options) {
  std::vector<std::pair<fs::path, Raster>> pictures;
  for (const fs::path& recipe : options.figures) {
    const fs::path folder = options.output.empty() ? recipe.parent_path() : options.output;
    pictures.emplace_back(folder / fs::path(recipe.filename()).replace_extension(".png"),
                          draw_figure(recipe, options.width));
  }
  Rendered rendered;
  if (!options.output.empty()) make_folder(options.output);
  for (const auto& [file, raster] : pictures) {
    write_png(raster, file);
    rendered.pictures.push_back(file);
  }
  return rendered;
}

}  // namespace

Rendered render(const RenderOptions& options) {
  if (!options.figures.empty()) return draw_figures(options);
  Drawing drawing(options, read_run(options.run, options.arms));
  drawing.draw();
  return drawing.write();
}

}  // namespace howship::visualization
