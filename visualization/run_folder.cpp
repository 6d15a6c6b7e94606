#include "run_folder.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <vtkSmartPointer.h>
#include <vtkXMLDataElement.h>
#include <vtkXMLUtilities.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

#include "vtk_messages.hpp"

namespace howship::visualization {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json read_manifest(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    throw InputError(fmt::format("there is no folder '{}'", folder.string()),
                     "give the folder that 'howship run' wrote, out/demo for example");
  }
  if (!fs::is_directory(folder, error)) {
    throw InputError(fmt::format("'{}' is a file, not a run folder", folder.string()),
                     "give the folder that 'howship run' wrote");
  }
  const fs::path manifest = folder / "run.json";
  if (!fs::exists(manifest, error)) {
    throw InputError(fmt::format("'{}' is not a run folder: it has no run.json", folder.string()),
                     "give the folder that 'howship run' wrote");
  }
  Json json = Json::parse(read_text(manifest), nullptr, false);
  if (!json.is_object() || !json.contains("howship") || !json.contains("format")) {
    throw InputError(fmt::format("'{}' is damaged or was not written by Howship", manifest.string()),
                     "run the study again");
  }
  if (const int format = json.value("format", 0); format != 1) {
    throw InputError(fmt::format("'{}' has format {}; this program reads format 1", manifest.string(), format),
                     "use the renderer of the Howship that wrote it");
  }
  return json;
}

// A frame's file, only if it lies below the arm's folder: a name from a file must not lead elsewhere.
std::optional<fs::path> inside(const fs::path& folder, const std::string& name) {
  const fs::path relative = fs::path(name).lexically_normal();
  if (relative.empty() || relative.is_absolute() || *relative.begin() == "..") return std::nullopt;
  return folder / relative;
}

std::vector<Frame> read_frames(const fs::path& folder, bool complete, std::vector<std::string>& notes) {
  const fs::path index = folder / "frames.pvd";
  std::vector<Frame> frames;
  std::error_code error;
  if (!fs::exists(index, error)) return frames;
  const auto damaged = [&](const std::string& why) {
    return InputError(fmt::format("'{}' is damaged: {}", index.string(), why), "run the study again");
  };
  VtkMessages quiet;
  const auto root =
      vtkSmartPointer<vtkXMLDataElement>::Take(vtkXMLUtilities::ReadElementFromString(read_text(index).c_str()));
  vtkXMLDataElement* collection = root ? root->FindNestedElementWithName("Collection") : nullptr;
  if (collection == nullptr) throw damaged("it is not a ParaView collection");
  for (int i = 0; i < collection->GetNumberOfNestedElements(); ++i) {
    vtkXMLDataElement* entry = collection->GetNestedElement(i);
    const char* file = entry->GetAttribute("file");
    Frame frame;
    if (file == nullptr || entry->GetScalarAttribute("timestep", frame.day) == 0)
      throw damaged("an entry has no file or no time");
    const auto path = inside(folder, file);
    if (!path) throw damaged(fmt::format("'{}' lies outside the folder", file));
    frame.file = *path;
    if (fs::exists(frame.file, error)) {
      frames.push_back(frame);
    } else if (complete) {
      throw InputError(fmt::format("'{}' is missing, but '{}' names it", frame.file.string(), index.string()),
                       "run the study again");
    } else {
      notes.push_back(fmt::format("day {:g} of '{}' is not there yet", frame.day, folder.filename().string()));
    }
  }
  std::stable_sort(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) { return a.day < b.day; });
  return frames;
}

Arm read_arm(const fs::path& run, const Json& json, bool run_complete, std::vector<std::string>& notes) {
  Arm arm;
  arm.id = json.value("id", "");
  arm.title = json.value("title", arm.id);
  arm.status = json.value("status", "complete");
  if (const auto start = json.find("treatment_start_day"); start != json.end() && start->is_number())
    arm.treatment_start = start->get<double>();
  const auto folder = inside(run, json.value("folder", arm.id));
  if (arm.id.empty() || arm.id.find('/') != std::string::npos || !folder)
    throw InputError(fmt::format("'{}' names an arm without a folder of its own", (run / "run.json").string()));
  const bool complete = run_complete && arm.status == "complete";
  arm.frames = read_frames(*folder, complete, notes);
  std::error_code error;
  if (const fs::path table = *folder / "timeseries.csv"; fs::exists(table, error)) {
    arm.series = read_time_series(table, !complete);
  } else if (complete) {
    throw InputError(fmt::format("'{}' is missing", table.string()), "run the study again");
  }
  return arm;
}

void check_names(const std::vector<std::string>& wanted, const Json& arms) {
  std::vector<std::string> known;
  for (const Json& arm : arms) known.push_back(arm.value("id", ""));
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string hint = did_you_mean(name, known);
    throw InputError(fmt::format("this run has no arm '{}'", name),
                     hint.empty() ? fmt::format("its arms are {}", fmt::join(known, ", ")) : hint);
  }
}

}  // namespace

Run read_run(const fs::path& folder, const std::vector<std::string>& arms) {
  const Json json = read_manifest(folder);
  Run run;
  run.folder = folder;
  try {
    const Json study = json.value("study", Json::object());
    run.id = study.value("id", "");
    run.title = study.value("title", run.id);
    const std::string status = json.value("status", "complete");
    if (status != "complete") {
      const std::string message = json.value("message", "");
      run.notes.push_back(fmt::format("this run is not complete (it says '{}'{}); drawing what is there", status,
                                      message.empty() ? "" : ": " + message));
    }
    for (const Json& column : json.value("columns", Json::array()))
      run.columns.push_back({column.value("name", ""), column.value("title", "")});
    run.charts = json.value("charts", std::vector<std::string>());
    const Json all = json.value("arms", Json::array());
    check_names(arms, all);
    for (const Json& entry : all) {
      if (!arms.empty() && std::find(arms.begin(), arms.end(), entry.value("id", "")) == arms.end()) continue;
      Arm arm = read_arm(folder, entry, status == "complete", run.notes);
      if (arm.frames.empty() && arm.series.days.empty()) {
        run.notes.push_back(fmt::format("the arm '{}' has no results yet; left out", arm.id));
      } else {
        run.arms.push_back(std::move(arm));
      }
    }
  } catch (const Json::exception& error) {
    throw InputError(fmt::format("'{}' is damaged: {}", (folder / "run.json").string(), error.what()),
                     "run the study again");
  }
  if (run.arms.empty()) {
    throw InputError(fmt::format("the run in '{}' has no results to draw", folder.string()),
                     "run the study first, or wait until it has written its first rows");
  }
  return run;
}

std::optional<double> treatment_start(const Run& run) {
  std::optional<double> first;
  for (const Arm& arm : run.arms) {
    if (arm.treatment_start && (!first || *arm.treatment_start < *first)) first = arm.treatment_start;
  }
  return first;
}

}  // namespace howship::visualization
