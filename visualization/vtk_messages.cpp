#include "vtk_messages.hpp"

#include <algorithm>
#include <vector>

#include <vtkLogger.h>
#include <vtkObjectFactory.h>
#include <vtkOutputWindow.h>

namespace howship::visualization {

class VtkMessages::Window : public vtkOutputWindow {
 public:
  static Window* New();

  void DisplayText(const char*) override {}
  void DisplayErrorText(const char* text) override { errors_.emplace_back(text); }
  void DisplayWarningText(const char*) override {}
  void DisplayGenericWarningText(const char*) override {}
  void DisplayDebugText(const char*) override {}

  std::vector<std::string> errors_;
};
vtkStandardNewMacro(VtkMessages::Window);

VtkMessages::VtkMessages()
    : window_(vtkSmartPointer<Window>::New()),
      previous_(vtkOutputWindow::GetInstance()),
      verbosity_(vtkLogger::GetCurrentVerbosityCutoff()) {
  vtkOutputWindow::SetInstance(window_);
  // VTK prints every error a second time, through its logger.
  vtkLogger::SetStderrVerbosity(vtkLogger::VERBOSITY_OFF);
}

VtkMessages::~VtkMessages() {
  vtkOutputWindow::SetInstance(previous_);
  vtkLogger::SetStderrVerbosity(verbosity_);
}

std::string VtkMessages::take_error() {
  if (window_->errors_.empty()) return {};
  std::string text = window_->errors_.front();
  window_->errors_.clear();
  // VTK writes "ERROR: In file.cxx, line 1\nvtkClass (0x...): what happened"; only the end means something to a user.
  if (const auto end = text.find("): "); end != std::string::npos) text.erase(0, end + 3);
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace howship::visualization
