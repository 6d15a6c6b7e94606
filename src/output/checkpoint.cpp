#include "howship/output/checkpoint.hpp"

#include <algorithm>
#include <fcntl.h>
#include <hdf5.h>
#include <mutex>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::output {
namespace {

constexpr const char* kLabels = "labels";
constexpr hsize_t kChunk = hsize_t{1} << 17U;  // values; what one checksum covers

/// An HDF5 identifier and how it is closed.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*closer)(hid_t)) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { close(); }
  bool close() {
    const hid_t id = std::exchange(id_, -1);
    return id < 0 || close_(id) >= 0;
  }
  bool good() const { return id_ >= 0; }
  hid_t get() const { return id_; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

// HDF5, as Debian builds it, is for one thread at a time, whatever files they have open.
std::unique_lock<std::recursive_mutex> alone() {
  static std::recursive_mutex library;
  return std::unique_lock(library);
}

// HDF5 would print its own account of an error on top of ours, and at exit would close again, and crash over, a file
// that it could not close on a full disk.
void be_quiet() {
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

// The newest layout has checksums over its own structure, too.
Handle access() {
  Handle plist(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(plist.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  H5Pset_fclose_degree(plist.get(), H5F_CLOSE_STRONG);
  return plist;
}

template <class Value>
hid_t native() {
  static_assert(std::is_same_v<Value, double> || std::is_same_v<Value, float>);
  return sizeof(Value) == sizeof(double) ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
}

// Properties of an object that does not note when it was written: the same contents are the same bytes.
Handle timeless(hid_t kind) {
  Handle plist(H5Pcreate(kind), H5Pclose);
  H5Pset_obj_track_times(plist.get(), false);
  return plist;
}

// The groups that stand before the last '/' of a name.
bool make_groups(hid_t file, const std::string& name) {
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string group = name.substr(0, slash);
    if (H5Lexists(file, group.c_str(), H5P_DEFAULT) > 0) continue;
    const Handle made(H5Gcreate2(file, group.c_str(), H5P_DEFAULT, timeless(H5P_GROUP_CREATE).get(), H5P_DEFAULT),
                      H5Gclose);
    if (!made.good()) return false;
  }
  return true;
}

template <class Value>
bool write(hid_t file, const std::string& name, std::span<Value> values) {
  const hsize_t count = values.size();
  const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  if (!make_groups(file, name)) return false;
  const Handle layout = timeless(H5P_DATASET_CREATE);
  if (count > 0) {
    const hsize_t chunk = std::min(count, kChunk);
    H5Pset_chunk(layout.get(), 1, &chunk);
    H5Pset_fletcher32(layout.get());
  }
  const hid_t stored = sizeof(Value) == sizeof(double) ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
  Handle data(H5Dcreate2(file, name.c_str(), stored, space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT), H5Dclose);
  if (!data.good()) return false;
  if (count > 0 && H5Dwrite(data.get(), native<Value>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    return false;
  return data.close();
}

bool write_label(hid_t group, const std::string& name, const std::string& text) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), std::max<std::size_t>(1, text.size()));
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle label(H5Acreate2(group, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  return label.good() && H5Awrite(label.get(), type.get(), text.data()) >= 0;
}

}  // namespace

struct CheckpointWriter::File {
  Handle file;
};

CheckpointWriter::CheckpointWriter(std::filesystem::path path, const CheckpointLabels& labels)
    : path_(std::move(path)), aside_(path_.string() + ".part"), file_(std::make_unique<File>()) {
  const auto lock = alone();
  be_quiet();
  file_->file =
      Handle(H5Fcreate(aside_.c_str(), H5F_ACC_TRUNC, timeless(H5P_FILE_CREATE).get(), access().get()), H5Fclose);
  bool good = file_->file.good();
  if (good) {
    const Handle group(
        H5Gcreate2(file_->file.get(), kLabels, H5P_DEFAULT, timeless(H5P_GROUP_CREATE).get(), H5P_DEFAULT), H5Gclose);
    good = group.good();
    for (const auto& [name, text] : labels) good = good && write_label(group.get(), name, text);
  }
  if (good) return;
  file_->file.close();
  std::error_code ignored;
  std::filesystem::remove(aside_, ignored);
  throw OutputError(fmt::format("cannot write the checkpoint '{}'", aside_.string()));
}

CheckpointWriter::~CheckpointWriter() {
  const auto lock = alone();
  if (!file_->file.good()) return;
  file_->file.close();
  std::error_code ignored;
  std::filesystem::remove(aside_, ignored);
}

namespace {

template <class Value>
void put(hid_t file, const std::filesystem::path& aside, const std::string& name, std::span<Value> values) {
  // HDF5 notices a full disk late, and closes such a file badly.
  constexpr std::uintmax_t kReserve = 1U << 20U;
  std::error_code error;
  const auto space = std::filesystem::space(aside, error);
  const bool full = !error && space.available < values.size_bytes() + kReserve;
  if (full || !write(file, name, values)) {
    throw OutputError(fmt::format("cannot write the checkpoint '{}': {}", aside.string(),
                                  full ? "the disk is full" : "a write failed"));
  }
}

}  // namespace

void CheckpointWriter::exchange(const std::string& name, std::span<double> values) {
  const auto lock = alone();
  put(file_->file.get(), aside_, name, values);
}
void CheckpointWriter::exchange(const std::string& name, std::span<float> values) {
  const auto lock = alone();
  put(file_->file.get(), aside_, name, values);
}
void CheckpointWriter::exchange(const std::string& name, std::vector<double>& values) {
  const auto lock = alone();
  put(file_->file.get(), aside_, name, std::span(values));
}

void CheckpointWriter::commit() {
  const auto lock = alone();
  const bool closed = file_->file.close();
  const int descriptor = ::open(aside_.c_str(), O_RDONLY | O_CLOEXEC);
  const bool on_disk = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  std::error_code error;
  if (closed && on_disk) std::filesystem::rename(aside_, path_, error);
  if (!closed || !on_disk || error) {
    std::error_code ignored;
    std::filesystem::remove(aside_, ignored);
    throw OutputError(fmt::format("cannot write the checkpoint '{}'", path_.string()));
  }
}

struct CheckpointReader::File {
  Handle file;
};

namespace {

InputError damaged(const std::filesystem::path& path, const std::string& what) {
  return InputError(fmt::format("the checkpoint '{}' is damaged: {}", path.string(), what));
}

herr_t read_label(hid_t group, const char* name, const H5A_info_t*, void* labels) {
  const Handle label(H5Aopen(group, name, H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(label.get()), H5Tclose);
  constexpr std::size_t kLongest = 1U << 16U;
  const std::size_t size = type.good() && H5Tget_class(type.get()) == H5T_STRING ? H5Tget_size(type.get()) : 0;
  if (size == 0 || size > kLongest || H5Tis_variable_str(type.get()) > 0) return -1;
  std::string text(size, '\0');
  if (H5Aread(label.get(), type.get(), text.data()) < 0) return -1;
  while (!text.empty() && text.back() == '\0') text.pop_back();
  (*static_cast<CheckpointLabels*>(labels))[name] = text;
  return 0;
}

template <class Value>
void read(const Handle& data, const std::filesystem::path& path, const std::string& name, std::span<Value> values) {
  if (values.empty()) return;
  if (H5Dread(data.get(), native<Value>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    throw damaged(path, fmt::format("'{}' cannot be read, or its checksum is wrong", name));
}

// Opens an array of one dimension; `count` gets its length.
template <class Value>
Handle open_array(hid_t file, const std::filesystem::path& path, const std::string& name, hsize_t& count) {
  Handle data(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data.good()) throw damaged(path, fmt::format("'{}' is missing", name));
  const Handle space(H5Dget_space(data.get()), H5Sclose);
  const Handle type(H5Dget_type(data.get()), H5Tclose);
  if (H5Sget_simple_extent_ndims(space.get()) != 1 || H5Sget_simple_extent_dims(space.get(), &count, nullptr) != 1 ||
      H5Tget_class(type.get()) != H5T_FLOAT || H5Tget_size(type.get()) != sizeof(Value)) {
    throw damaged(path, fmt::format("'{}' has another shape or type", name));
  }
  return data;
}

template <class Value>
void get(hid_t file, const std::filesystem::path& path, const std::string& name, std::span<Value> values) {
  hsize_t count = 0;
  const Handle data = open_array<Value>(file, path, name, count);
  if (count != values.size())
    throw damaged(path, fmt::format("'{}' has {} values instead of {}", name, count, values.size()));
  read(data, path, name, values);
}

}  // namespace

CheckpointReader::CheckpointReader(std::filesystem::path path)
    : path_(std::move(path)), file_(std::make_unique<File>()) {
  const auto lock = alone();
  be_quiet();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error))
    throw InputError(fmt::format("there is no checkpoint '{}'", path_.string()));
  file_->file = Handle(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access().get()), H5Fclose);
  if (!file_->file.good()) throw damaged(path_, "it is not a whole HDF5 file");
  const Handle group(H5Gopen2(file_->file.get(), kLabels, H5P_DEFAULT), H5Gclose);
  hsize_t from = 0;
  if (!group.good() || H5Aiterate2(group.get(), H5_INDEX_NAME, H5_ITER_INC, &from, read_label, &labels_) < 0)
    throw damaged(path_, "it does not say what it belongs to");
}

CheckpointReader::~CheckpointReader() {
  const auto lock = alone();
  file_.reset();
}
CheckpointReader::CheckpointReader(CheckpointReader&&) noexcept = default;

bool CheckpointReader::contains(const std::string& name) const {
  const auto lock = alone();
  // HDF5 wants every group on the way looked at by itself.
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    if (H5Lexists(file_->file.get(), name.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return H5Lexists(file_->file.get(), name.c_str(), H5P_DEFAULT) > 0;
}

void CheckpointReader::exchange(const std::string& name, std::span<double> values) {
  const auto lock = alone();
  get(file_->file.get(), path_, name, values);
}
void CheckpointReader::exchange(const std::string& name, std::span<float> values) {
  const auto lock = alone();
  get(file_->file.get(), path_, name, values);
}
void CheckpointReader::exchange(const std::string& name, std::vector<double>& values) {
  const auto lock = alone();
  hsize_t count = 0;
  const Handle data = open_array<double>(file_->file.get(), path_, name, count);
  std::error_code error;
  if (count > std::filesystem::file_size(path_, error) / sizeof(double))
    throw damaged(path_, fmt::format("'{}' says it is longer than the file", name));
  values.resize(count);
  read(data, path_, name, std::span(values));
}

}  // namespace howship::output
