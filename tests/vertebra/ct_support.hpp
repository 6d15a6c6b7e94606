#pragma once

#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "howship/vertebra/ct_import.hpp"

#include "support.hpp"

namespace howship::vertebra::test {

using Matrix = std::array<double, 9>;  ///< row-major

/// A NIfTI-1 file written by hand, so that each field of its header can be set, wrongly too.
struct Nifti {
  std::array<std::int16_t, 8> dim{3, 4, 5, 6, 1, 1, 1, 1};
  std::int16_t datatype = 16, bits = 32;  // float
  std::array<float, 3> spacing{1, 1, 1};
  float slope = 0, intercept = 0;
  float qfac = 1;
  std::int16_t qform = 0, sform = 0;
  std::array<float, 3> quaternion{}, offset{};
  std::array<float, 12> rows{};  ///< srow_x, srow_y, srow_z

  /// Rotation from voxel axes to RAS, orthonormal, as a quaternion. A left-handed one takes qfac -1.
  void set_qform(Matrix r, const std::array<double, 3>& origin) {
    const double det =
        r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
    qfac = det > 0 ? 1.0F : -1.0F;
    if (det < 0) {
      for (std::size_t row = 0; row < 3; ++row) r[3 * row + 2] = -r[3 * row + 2];
    }
    // The largest of the four components is found from the diagonal, the others from it.
    const double t[4] = {1 + r[0] + r[4] + r[8], 1 + r[0] - r[4] - r[8], 1 - r[0] + r[4] - r[8],
                         1 - r[0] - r[4] + r[8]};
    const auto largest = static_cast<std::size_t>(std::max_element(t, t + 4) - t);
    const double s = 2.0 * std::sqrt(t[largest]);
    std::array<double, 4> q{};
    if (largest == 0) q = {s / 4, (r[7] - r[5]) / s, (r[2] - r[6]) / s, (r[3] - r[1]) / s};
    if (largest == 1) q = {(r[7] - r[5]) / s, s / 4, (r[1] + r[3]) / s, (r[2] + r[6]) / s};
    if (largest == 2) q = {(r[2] - r[6]) / s, (r[1] + r[3]) / s, s / 4, (r[5] + r[7]) / s};
    if (largest == 3) q = {(r[3] - r[1]) / s, (r[2] + r[6]) / s, (r[5] + r[7]) / s, s / 4};
    for (std::size_t n = 0; n < 3; ++n) {
      quaternion[n] = static_cast<float>((q[0] < 0 ? -1 : 1) * q[n + 1]);
      offset[n] = static_cast<float>(origin[n]);
    }
    qform = 1;
  }
  void set_sform(const Matrix& r, const std::array<double, 3>& origin) {
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t axis = 0; axis < 3; ++axis)
        rows[4 * row + axis] = static_cast<float>(r[3 * row + axis]) * spacing[axis];
      rows[4 * row + 3] = static_cast<float>(origin[row]);
    }
    sform = 1;
  }

  template <class T>
  std::string bytes(const std::vector<T>& values) const {
    std::string out(352, '\0');
    const auto put = [&](std::size_t at, auto value) { std::memcpy(out.data() + at, &value, sizeof(value)); };
    put(0, std::int32_t{348});
    for (std::size_t n = 0; n < 8; ++n) put(40 + 2 * n, dim[n]);
    put(70, datatype);
    put(72, bits);
    put(76, qfac);
    for (std::size_t n = 0; n < 3; ++n) put(80 + 4 * n, spacing[n]);
    put(108, 352.0F);
    put(112, slope);
    put(116, intercept);
    out[123] = 2;  // mm
    put(252, qform);
    put(254, sform);
    for (std::size_t n = 0; n < 3; ++n) put(256 + 4 * n, quaternion[n]);
    for (std::size_t n = 0; n < 3; ++n) put(268 + 4 * n, offset[n]);
    for (std::size_t n = 0; n < 12; ++n) put(280 + 4 * n, rows[n]);
    std::memcpy(out.data() + 344, "n+1", 4);
    for (const T value : values) append(out, value);
    return out;
  }
};

/// 0, 1, 2, ... so that every voxel is known by its value.
template <class T = float>
std::vector<T> ramp(std::size_t count) {
  std::vector<T> out(count);
  for (std::size_t n = 0; n < count; ++n) out[n] = static_cast<T>(n);
  return out;
}

inline std::string meta_image(const std::array<int, 3>& size, const std::string& type, const std::string& geometry,
                              const std::string& data, const std::string& file = "LOCAL", int channels = 1) {
  return fmt::format(
             "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = "
             "False\n{}"
             "DimSize = {} {} {}\nElementNumberOfChannels = {}\nElementType = {}\nElementDataFile = {}\n",
             geometry, size[0], size[1], size[2], channels, type, file) +
         data;
}

inline std::string nrrd(const std::array<int, 3>& size, const std::string& type, const std::string& geometry,
                        const std::string& data, const std::string& encoding = "raw") {
  return fmt::format(
             "NRRD0004\ntype: {}\ndimension: 3\nspace: left-posterior-superior\nsizes: {} {} {}\n{}kinds: domain "
             "domain domain\n"
             "endian: little\nencoding: {}\n\n",
             type, size[0], size[1], size[2], geometry, encoding) +
         data;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace howship::vertebra::test
