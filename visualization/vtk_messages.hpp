#pragma once

#include <string>

#include <vtkLogger.h>
#include <vtkSmartPointer.h>

class vtkOutputWindow;

namespace howship::visualization {

/// While this lives, what VTK would print is kept here instead of reaching the user's terminal.
class VtkMessages {
 public:
  VtkMessages();
  ~VtkMessages();
  VtkMessages(const VtkMessages&) = delete;
  VtkMessages& operator=(const VtkMessages&) = delete;

  /// The first error since the last call, on one line; "" if there was none.
  std::string take_error();

 private:
  class Window;
  vtkSmartPointer<Window> window_;
  vtkSmartPointer<vtkOutputWindow> previous_;
  vtkLogger::Verbosity verbosity_;
};

}  // namespace howship::visualization
