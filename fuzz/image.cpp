// An image: the first byte says by which name, the others are the file. Its voxels may stand in a file beside it.
#include "vertebra/image.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "input.hpp"

namespace {

/// A folder in memory, as far as there is one; gone when the fuzzer ends.
class Folder {
 public:
  Folder() {
    std::string name =
        std::filesystem::is_directory("/dev/shm") ? "/dev/shm/howship-fuzz-XXXXXX" : "/tmp/howship-fuzz-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
    write("voxels.raw", std::string(4096, '\1'));
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

constexpr std::array kNames{"a.nii", "b.nii.gz", "c.mha", "d.mhd", "e.nrrd", "f.nhdr"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace howship;
  static const Folder folder;
  if (size == 0) return 0;
  const auto path = folder.write(kNames[data[0] % kNames.size()], fuzz::text_of(data + 1, size - 1));
  fuzz::used_or_refused([&] { vertebra::read_image(path, {}); });
  return 0;
}
