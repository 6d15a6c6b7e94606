#include "egl_window.hpp"

#include <array>
#include <dlfcn.h>
#include <string>

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <fmt/format.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkNew.h>
#include <vtkObjectFactory.h>
#include <vtkOpenGLState.h>

#include "howship/core/error.hpp"

#include "vtk_messages.hpp"

namespace howship::visualization {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw InputError(fmt::format("cannot draw without a display: {}", what),
                   "install EGL and Mesa's software renderer: apt install libegl1 libegl-mesa0 libgl1-mesa-dri");
}

// libEGL is opened by name at run time, so that its absence is our message and not the loader's.
class EglLibrary {
 public:
  EglLibrary() : handle_(dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL), &dlclose) {
    if (!handle_) fail("the library libEGL.so.1 is missing");
    load(get_platform_display, "eglGetPlatformDisplay");
    load(initialize, "eglInitialize");
    load(terminate, "eglTerminate");
    load(bind_api, "eglBindAPI");
    load(choose_config, "eglChooseConfig");
    load(create_context, "eglCreateContext");
    load(destroy_context, "eglDestroyContext");
    load(make_current, "eglMakeCurrent");
    load(get_error, "eglGetError");
  }

  decltype(&eglGetPlatformDisplay) get_platform_display = nullptr;
  decltype(&eglInitialize) initialize = nullptr;
  decltype(&eglTerminate) terminate = nullptr;
  decltype(&eglBindAPI) bind_api = nullptr;
  decltype(&eglChooseConfig) choose_config = nullptr;
  decltype(&eglCreateContext) create_context = nullptr;
  decltype(&eglDestroyContext) destroy_context = nullptr;
  decltype(&eglMakeCurrent) make_current = nullptr;
  decltype(&eglGetError) get_error = nullptr;

 private:
  template <class Function>
  void load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_.get(), name));
    if (function == nullptr) fail(fmt::format("libEGL.so.1 is too old, it has no {}", name));
  }
  std::unique_ptr<void, int (*)(void*)> handle_;
};

class EglContext {
 public:
  EglContext() {
    display_ = egl_.get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
    if (display_ == EGL_NO_DISPLAY) fail("EGL offers no surfaceless platform");
    if (egl_.initialize(display_, nullptr, nullptr) == EGL_FALSE) fail(error("EGL does not start"));
    try {
      create();
    } catch (...) {
      egl_.terminate(display_);
      throw;
    }
  }
  ~EglContext() {
    egl_.make_current(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    egl_.destroy_context(display_, context_);
    egl_.terminate(display_);
  }
  EglContext(const EglContext&) = delete;
  EglContext& operator=(const EglContext&) = delete;

 private:
  void create() {
    if (egl_.bind_api(EGL_OPENGL_API) == EGL_FALSE) fail(error("EGL has no desktop OpenGL"));
    constexpr std::array<EGLint, 5> kConfig{EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_SURFACE_TYPE, EGL_PBUFFER_BIT,
                                            EGL_NONE};
    EGLConfig config = nullptr;
    EGLint count = 0;
    if (egl_.choose_config(display_, kConfig.data(), &config, 1, &count) == EGL_FALSE || count == 0) {
      fail(error("EGL has no configuration for OpenGL"));
    }
    constexpr std::array<EGLint, 7> kContext{
        EGL_CONTEXT_MAJOR_VERSION,           3,       EGL_CONTEXT_MINOR_VERSION, 2, EGL_CONTEXT_OPENGL_PROFILE_MASK,
        EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL_NONE};
    context_ = egl_.create_context(display_, config, EGL_NO_CONTEXT, kContext.data());
    if (context_ == EGL_NO_CONTEXT) fail(error("EGL gives no OpenGL 3.2 context"));
    if (egl_.make_current(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_) == EGL_FALSE) {
      const std::string why = error("the OpenGL context cannot be used");
      egl_.destroy_context(display_, context_);
      fail(why);
    }
  }
  std::string error(const std::string& what) const {
    return fmt::format("{} (EGL error {:#x})", what, egl_.get_error());
  }

  EglLibrary egl_;
  EGLDisplay display_ = EGL_NO_DISPLAY;
  EGLContext context_ = EGL_NO_CONTEXT;
};

// GLEW, as Debian builds it, loads all of OpenGL and then reports failure because there is no GLX. VTK takes that for
// a failed start and leaves its own state unset, so the rest of the start is done here.
class SurfacelessWindow : public vtkGenericOpenGLRenderWindow {
 public:
  static SurfacelessWindow* New();

  void OpenGLInitContext() override {
    if (this->Initialized) return;
    {
      const VtkMessages quiet;
      vtkGenericOpenGLRenderWindow::OpenGLInitContext();
    }
    if (this->Initialized) return;
    this->Initialized = true;
    this->GlewInitValid = true;
    this->GetState()->Initialize(this);
  }
  bool IsCurrent() override { return true; }
};
vtkStandardNewMacro(SurfacelessWindow);

}  // namespace

struct EglWindow::Impl {
  EglContext context;  // made first and destroyed last: the window's own end needs it
  vtkNew<SurfacelessWindow> window;
};

EglWindow::EglWindow(int width, int height) : impl_(std::make_unique<Impl>()) {
  SurfacelessWindow& window = *impl_->window;
  window.SetFrameBlitModeToNoBlit();
  window.SetReadyForRendering(true);
  window.SetSupportsOpenGL(1);
  window.SetMultiSamples(0);
  window.SetSize(width, height);
  window.OpenGLInitContext();
}

EglWindow::~EglWindow() {
  impl_->window->Finalize();
}

vtkRenderWindow& EglWindow::window() {
  return *impl_->window;
}

}  // namespace howship::visualization
