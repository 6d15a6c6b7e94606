#include "howship/core/files.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"

namespace howship {
namespace {

class Files : public testing::Test {
 protected:
  Files() : folder_(std::filesystem::temp_directory_path() / ("howship_files_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(Files, WriteReadAndReplace) {
  const auto path = folder_ / "a.txt";
  write_text(path, "one");
  write_text(path, "two\n");
  EXPECT_EQ(read_text(path), "two\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.txt.part"));
}

TEST_F(Files, RefuseWhatCannotBeReadOrWritten) {
  EXPECT_THROW(read_text(folder_ / "missing"), InputError);
  EXPECT_THROW(read_text(folder_), InputError);
  write_text(folder_ / "big", std::string(100, 'x'));
  EXPECT_THROW(read_text(folder_ / "big", 99), InputError);
  EXPECT_THROW(write_text(folder_ / "no" / "such" / "folder", "x"), OutputError);
}

TEST_F(Files, AFullDiskIsAnError) {
  // A link whose aside file leads to the device that is always full.
  std::filesystem::create_symlink("/dev/full", folder_ / "f.part");
  EXPECT_THROW(write_text(folder_ / "f", std::string(1 << 16, 'x')), OutputError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "f"));
}

TEST_F(Files, DigestIsSha256) {
  EXPECT_EQ(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  write_text(folder_ / "abc", "abc");
  EXPECT_EQ(file_digest(folder_ / "abc"), digest("abc"));
}

}  // namespace
}  // namespace howship
