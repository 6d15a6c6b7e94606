#pragma once

#include <memory>

class vtkRenderWindow;

namespace howship::visualization {

/// A VTK render window that draws into memory: an EGL context without surface or display (Mesa's surfaceless platform).
/// It works on a server without X. One window is alive at a time on a thread.
class EglWindow {
 public:
  /// @throws InputError naming the Debian packages, when EGL or its driver is not there
  EglWindow(int width, int height);
  ~EglWindow();
  EglWindow(const EglWindow&) = delete;
  EglWindow& operator=(const EglWindow&) = delete;

  vtkRenderWindow& window();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace howship::visualization
