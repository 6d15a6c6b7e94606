# Third-party libraries, all from Debian. Each is linked on one floor only (see CONTRIBUTING.md).

find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
# Its C interface; a program that no launcher started never initialises it.
find_package(MPI REQUIRED COMPONENTS C)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Boost REQUIRED COMPONENTS program_options)
find_package(nlohmann_json REQUIRED)

# howship_library(NAME HEADER LIBRARIES...): an imported target from a header and libraries found by name.
function(howship_library name header)
  string(MAKE_C_IDENTIFIER ${name} id)
  find_path(${id}_INCLUDE ${header} PATH_SUFFIXES udunits2 hdf5/serial REQUIRED)
  mark_as_advanced(${id}_INCLUDE)
  add_library(${name} INTERFACE IMPORTED)
  target_include_directories(${name} SYSTEM INTERFACE ${${id}_INCLUDE})
  foreach(library IN LISTS ARGN)
    find_library(${id}_${library} ${library} REQUIRED)
    mark_as_advanced(${id}_${library})
    target_link_libraries(${name} INTERFACE ${${id}_${library}})
  endforeach()
endfunction()

howship_library(udunits::udunits udunits2.h udunits2)
howship_library(sbml::sbml sbml/SBMLTypes.h sbml)
# SUNDIALS' own CMake package asks for MPI and PETSc, which we do not use. CVODES is CVODE with sensitivities; a program
# links only one of them, since their symbols have the same names.
howship_library(sundials::cvodes cvodes/cvodes.h sundials_cvodes sundials_nvecserial sundials_generic)
howship_library(ceres::ceres ceres/ceres.h ceres glog)
howship_library(hdf5::hdf5 hdf5.h hdf5_serial)
add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED)
# Its assertions say what the next lines then check and report, such as a key that begins with ^: in a build with
# assertions that would end the program.
target_compile_options(tomlplusplus::tomlplusplus INTERFACE "-DTOML_ASSERT(expression)=static_assert(true)")

# ITK's use file generates the list of image formats and sets include paths and definitions for the whole folder; here
# they are moved to a target.
function(howship_itk)
  find_package(ITK 5.2 REQUIRED COMPONENTS ITKIOImageBase ITKIOMeta ITKIONIFTI ITKIONRRD ITKIOGDCM ITKGDCM ITKZLIB)
  include(${ITK_USE_FILE})
  get_directory_property(includes INCLUDE_DIRECTORIES)
  get_directory_property(definitions COMPILE_DEFINITIONS)
  set_directory_properties(PROPERTIES INCLUDE_DIRECTORIES "" COMPILE_DEFINITIONS "")
  add_library(itk::io INTERFACE IMPORTED GLOBAL)
  target_include_directories(itk::io SYSTEM INTERFACE ${includes} ${ITK_INCLUDE_DIRS})
  target_compile_definitions(itk::io INTERFACE ${definitions})
  target_link_libraries(itk::io INTERFACE ${ITK_LIBRARIES})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(itk::io INTERFACE -include ${PROJECT_SOURCE_DIR}/cmake/itk_for_clang.hpp)
  endif()
endfunction()
howship_itk()

# One search for all of VTK: what its modules need in turn must be known here, where the targets of VTK are made.
if(HOWSHIP_VISUALIZATION)
  set(HOWSHIP_PICTURE_MODULES ChartsCore CommonExecutionModel FiltersCore FiltersGeneral IOImage IOXMLParser
    RenderingContext2D RenderingContextOpenGL2 RenderingCore RenderingFreeType RenderingOpenGL2)
endif()
find_package(VTK 9.1 REQUIRED COMPONENTS CommonCore CommonDataModel IOXML ${HOWSHIP_PICTURE_MODULES})
add_library(vtk::writers INTERFACE IMPORTED)
target_link_libraries(vtk::writers INTERFACE VTK::CommonCore VTK::CommonDataModel VTK::IOXML)
