#pragma once

#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkImageIOBase.h>
#include <itkMacro.h>

#include "vertebra/image.hpp"

namespace howship::vertebra {

using ItkImage = itk::Image<double, 3>;

/// Keeps what ITK and the libraries below it print to the error stream off the user's terminal, for the scope's length.
class QuietErrors {
 public:
  QuietErrors();
  ~QuietErrors();
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  std::ostringstream sink_;
  std::streambuf* cerr_;
  std::streambuf* cout_;
  bool warnings_;
};

/// ITK's reason in one line, without the class and address it starts with.
std::string reason(const itk::ExceptionObject& fault);

/// Throws InputError unless the image is scalar and three-dimensional, has a sane geometry and fits into memory.
void check_information(const std::filesystem::path& path, const itk::ImageIOBase& io);

/// Reads the voxels through an ImageIO whose information has been checked. @throws itk::ExceptionObject
ItkImage::Pointer read_voxels(const std::filesystem::path& path, itk::ImageIOBase* io);

Image to_image(const std::filesystem::path& path, const ItkImage& image);

}  // namespace howship::vertebra
