#include "howship/output/frames.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <vtkCellData.h>
#include <vtkDataArray.h>
#include <vtkFieldData.h>
#include <vtkImageData.h>
#include <vtkMatrix3x3.h>
#include <vtkNew.h>
#include <vtkXMLImageDataReader.h>

#include "howship/core/error.hpp"

#include "temporary_folder.hpp"

namespace howship::output {
namespace {

// A slanted lattice of 3 x 2 x 2 voxels, of which three hold bone.
vertebra::Domain slanted() {
  vertebra::Grid grid;
  grid.size = {3, 2, 2};
  grid.spacing = {1.0, 0.5, 2.0};
  grid.origin = {10.0, -20.0, 30.0};
  const double c = std::cos(0.3);
  const double s = std::sin(0.3);
  grid.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
  return {grid,
          {0, 4, 11},
          {0.1, 0.2, 0.9},
          {vertebra::Region::trabecular, vertebra::Region::endplate, vertebra::Region::posterior}};
}

vtkNew<vtkXMLImageDataReader> read(const std::filesystem::path& file) {
  vtkNew<vtkXMLImageDataReader> reader;
  reader->SetFileName(file.c_str());
  reader->Update();
  return reader;
}

TEST(Frames, AreReadBackByVtkInTheirPlace) {
  const test::TemporaryFolder folder;
  const vertebra::Domain domain = slanted();
  FrameWriter writer(folder.path(), domain, {{"BMD", "mg/cm^3"}, {"tumour", "1"}});
  writer.write(0.0, std::vector<std::vector<double>>{{100.0, 200.0, 1000.5}, {0.0, 0.25, 1.0}});
  writer.write(90.5, std::vector<std::vector<double>>{{99.0, 199.0, 999.0}, {0.5, 0.5, 0.5}});

  const auto reader = read(folder / "frames/0000.vti");
  vtkImageData& image = *reader->GetOutput();
  EXPECT_EQ(image.GetNumberOfCells(), 12);
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      EXPECT_NEAR(image.GetDirectionMatrix()->GetElement(row, column), domain.grid().direction[3 * row + column], 1e-9);
    }
  }
  // Where VTK puts the middle of the first cell is where the lattice has its first voxel, and so for the last.
  for (const std::size_t voxel : {std::size_t{0}, std::size_t{11}}) {
    const auto v = domain.grid().voxel(voxel);
    const double index[3] = {v[0] + 0.5, v[1] + 0.5, v[2] + 0.5};
    double position[3];
    image.TransformContinuousIndexToPhysicalPoint(index, position);
    for (int axis = 0; axis < 3; ++axis) EXPECT_NEAR(position[axis], domain.grid().position(voxel)[axis], 1e-6);
  }
  vtkDataArray* bmd = image.GetCellData()->GetArray("BMD");
  ASSERT_NE(bmd, nullptr);
  EXPECT_STREQ(bmd->GetClassName(), "vtkFloatArray");
  EXPECT_EQ(bmd->GetTuple1(0), 100.0);
  EXPECT_EQ(bmd->GetTuple1(4), 200.0);
  EXPECT_EQ(bmd->GetTuple1(11), 1000.5);
  EXPECT_EQ(bmd->GetTuple1(5), 0.0);
  vtkDataArray* region = image.GetCellData()->GetArray("region");
  ASSERT_NE(region, nullptr);
  EXPECT_EQ(region->GetDataType(), VTK_UNSIGNED_CHAR);
  EXPECT_EQ(region->GetTuple1(0), 1.0);
  EXPECT_EQ(region->GetTuple1(4), 3.0);
  EXPECT_EQ(region->GetTuple1(11), 4.0);
  EXPECT_EQ(region->GetTuple1(1), 0.0);

  const auto second = read(folder / "frames/0001.vti");
  EXPECT_EQ(second->GetOutput()->GetFieldData()->GetArray("TimeValue")->GetTuple1(0), 90.5);
}

TEST(Frames, AreNamedWithTheirDay) {
  const test::TemporaryFolder folder;
  const vertebra::Domain domain = slanted();
  FrameWriter writer(folder.path(), domain, {{"tumour", "1"}});
  writer.write(0.0, std::vector<std::vector<double>>{{0, 0, 0}});
  EXPECT_EQ(test::contents(folder / "frames.pvd").find("0001.vti"), std::string::npos);
  writer.write(90.5, std::vector<std::vector<double>>{{0, 0, 0}});
  const std::string pvd = test::contents(folder / "frames.pvd");
  EXPECT_NE(pvd.find("<DataSet timestep=\"0\" part=\"0\" file=\"frames/0000.vti\"/>"), std::string::npos) << pvd;
  EXPECT_NE(pvd.find("<DataSet timestep=\"90.5\" part=\"0\" file=\"frames/0001.vti\"/>"), std::string::npos) << pvd;
}

TEST(Frames, AreTheSameBytesForTheSameNumbers) {
  const test::TemporaryFolder a;
  const test::TemporaryFolder b;
  const vertebra::Domain domain = slanted();
  for (const auto* folder : {&a, &b})
    FrameWriter(folder->path(), domain, {{"x", "pM"}}).write(1.0, std::vector<std::vector<double>>{{1, 2, 3}});
  EXPECT_EQ(test::contents(a / "frames/0000.vti"), test::contents(b / "frames/0000.vti"));
}

TEST(Frames, LeaveNothingHalfWrittenOnAFullDisk) {
  const test::SmallDisk disk("16k");
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small disk";
  const vertebra::Domain domain = slanted();
  FrameWriter writer(disk.path(), domain, {{"x", "pM"}});
  int frames = 0;
  EXPECT_THROW(for (; frames < 1000; ++frames) writer.write(frames, std::vector<std::vector<double>>{{1, 2, 3}}),
               OutputError);
  const std::string pvd = test::contents(disk.path() / "frames.pvd");
  for (const auto& entry : std::filesystem::directory_iterator(disk.path() / "frames")) {
    EXPECT_EQ(entry.path().extension(), ".vti");
    EXPECT_TRUE(test::contents(entry.path()).ends_with("</VTKFile>\n")) << entry.path();
  }
  std::size_t named = 0;
  for (std::size_t at = pvd.find("file="); at != std::string::npos; at = pvd.find("file=", at + 1)) ++named;
  EXPECT_GE(named, 1U);
  EXPECT_LE(named, static_cast<std::size_t>(frames) + 1);
}

}  // namespace
}  // namespace howship::output
