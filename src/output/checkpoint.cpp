#include "howship/output/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <hdf5.h>
#include <mutex>
#include <optional>
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

/// An array in the file, of one dimension.
class Array {
 public:
  template <class Value>
  static Array create(hid_t file, const std::string& name, hsize_t count, Value) {
    const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
    if (!make_groups(file, name)) return Array(Handle());
    const Handle layout = timeless(H5P_DATASET_CREATE);
    if (count > 0) {
      const hsize_t chunk = std::min(count, kChunk);
      H5Pset_chunk(layout.get(), 1, &chunk);
      H5Pset_fletcher32(layout.get());
    }
    const hid_t stored = sizeof(Value) == sizeof(double) ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
    return Array(
        Handle(H5Dcreate2(file, name.c_str(), stored, space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT), H5Dclose));
  }
  explicit Array(Handle data) : data_(std::move(data)) {}

  bool good() const { return data_.good(); }
  bool close() { return data_.close(); }
  template <class Value>
  bool write(hsize_t first, std::span<Value> values) {
    return transfer(first, values.size(), [&](hid_t memory, hid_t place) {
      return H5Dwrite(data_.get(), native<std::remove_const_t<Value>>(), memory, place, H5P_DEFAULT, values.data());
    });
  }
  template <class Value>
  bool read(hsize_t first, std::span<Value> values) const {
    return transfer(first, values.size(), [&](hid_t memory, hid_t place) {
      return H5Dread(data_.get(), native<Value>(), memory, place, H5P_DEFAULT, values.data());
    });
  }

 private:
  template <class Move>
  bool transfer(hsize_t first, hsize_t count, Move&& move) const {
    if (count == 0) return true;
    const Handle memory(H5Screate_simple(1, &count, nullptr), H5Sclose);
    const Handle place(H5Dget_space(data_.get()), H5Sclose);
    return H5Sselect_hyperslab(place.get(), H5S_SELECT_SET, &first, nullptr, &count, nullptr) >= 0 &&
           move(memory.get(), place.get()) >= 0;
  }

  Handle data_;
};

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

CheckpointWriter::CheckpointWriter(std::filesystem::path path, const CheckpointLabels& labels, Ranks* ranks)
    : path_(std::move(path)),
      aside_(path_.string() + ".part"),
      ranks_(ranks != nullptr && !ranks->alone() ? ranks : nullptr),
      file_(std::make_unique<File>()) {
  if (ranks_ == nullptr) {
    create(labels);
  } else {
    ranks_->together([&] {
      if (ranks_->first()) create(labels);
    });
  }
}

void CheckpointWriter::create(const CheckpointLabels& labels) {
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

OutputError unwritten(const std::filesystem::path& aside, const char* why) {
  return OutputError(fmt::format("cannot write the checkpoint '{}': {}", aside.string(), why));
}

// HDF5 notices a full disk late, and closes such a file badly.
void require_room(const std::filesystem::path& aside, std::uintmax_t bytes) {
  constexpr std::uintmax_t kReserve = 1U << 20U;
  std::error_code error;
  const auto space = std::filesystem::space(aside, error);
  if (!error && space.available < bytes + kReserve) throw unwritten(aside, "the disk is full");
}

}  // namespace

// Where ranks are, what goes wrong at the first one is kept until all can hear of it.
template <class Work>
void CheckpointWriter::attempt(Work&& work) {
  if (fault_) return;
  if (ranks_ == nullptr) return work();
  try {
    work();
  } catch (...) {
    fault_ = std::current_exception();
  }
}

template <class Value>
void CheckpointWriter::put(const std::string& name, std::span<Value> values) {
  const auto lock = alone();
  if (ranks_ != nullptr && !ranks_->first()) return;
  attempt([&] {
    require_room(aside_, values.size_bytes());
    Array array = Array::create(file_->file.get(), name, values.size(), Value{});
    if (!array.good() || !array.write(0, values) || !array.close()) throw unwritten(aside_, "a write failed");
  });
}

template <class Value>
void CheckpointWriter::put_parts(const std::string& name, std::span<Value> values, const Part& part) {
  const auto lock = alone();
  std::optional<Array> array;
  const auto write_rows = [&](const Value* rows, std::size_t first, std::size_t count, std::size_t stride) {
    attempt([&] {
      require_room(aside_, part.rows * count * sizeof(Value));
      for (std::size_t row = 0; row < part.rows; ++row) {
        if (!array->write(row * part.length + first, std::span(rows + row * stride, count)))
          throw unwritten(aside_, "a write failed");
      }
    });
  };
  const bool writes = ranks_ == nullptr || ranks_->first();
  if (writes) {
    attempt([&] {
      array.emplace(Array::create(file_->file.get(), name, part.rows * part.length, Value{}));
      if (!array->good()) throw unwritten(aside_, "a write failed");
    });
    write_rows(values.data(), part.first, part.count, part.stride);
  }
  if (ranks_ != nullptr && !writes) {
    const std::array<double, 2> place{static_cast<double>(part.first), static_cast<double>(part.count)};
    ranks_->send(0, std::as_bytes(std::span(place)));
    for (std::size_t row = 0; row < part.rows; ++row)
      ranks_->send(0, std::as_bytes(values.subspan(row * part.stride, part.count)));
  }
  for (int rank = 1; ranks_ != nullptr && writes && rank < ranks_->count(); ++rank) {
    std::array<double, 2> place{};
    ranks_->receive(rank, std::as_writable_bytes(std::span(place)));
    const auto count = static_cast<std::size_t>(place[1]);
    std::vector<Value> rows(part.rows * count);
    for (std::size_t row = 0; row < part.rows; ++row)
      ranks_->receive(rank, std::as_writable_bytes(std::span(rows).subspan(row * count, count)));
    write_rows(rows.data(), static_cast<std::size_t>(place[0]), count, count);
  }
  attempt([&] {
    if (array && !array->close()) throw unwritten(aside_, "a write failed");
  });
}

void CheckpointWriter::exchange(const std::string& name, std::span<double> values) {
  put(name, values);
}
void CheckpointWriter::exchange(const std::string& name, std::span<float> values) {
  put(name, values);
}
void CheckpointWriter::exchange(const std::string& name, std::vector<double>& values) {
  put(name, std::span(values));
}
void CheckpointWriter::exchange_part(const std::string& name, std::span<double> values, const Part& part) {
  put_parts(name, values, part);
}
void CheckpointWriter::exchange_part(const std::string& name, std::span<float> values, const Part& part) {
  put_parts(name, values, part);
}

void CheckpointWriter::commit() {
  if (ranks_ == nullptr) return rename();
  ranks_->together([this] {
    if (fault_) std::rethrow_exception(fault_);
    if (ranks_->first()) rename();
  });
}

void CheckpointWriter::rename() {
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
void read(const Array& array, const std::filesystem::path& path, const std::string& name, hsize_t first,
          std::span<Value> values) {
  if (!array.read(first, values))
    throw damaged(path, fmt::format("'{}' cannot be read, or its checksum is wrong", name));
}

// Opens an array of one dimension; `count` gets its length.
template <class Value>
Array open_array(hid_t file, const std::filesystem::path& path, const std::string& name, hsize_t& count) {
  Handle data(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data.good()) throw damaged(path, fmt::format("'{}' is missing", name));
  const Handle space(H5Dget_space(data.get()), H5Sclose);
  const Handle type(H5Dget_type(data.get()), H5Tclose);
  if (H5Sget_simple_extent_ndims(space.get()) != 1 || H5Sget_simple_extent_dims(space.get(), &count, nullptr) != 1 ||
      H5Tget_class(type.get()) != H5T_FLOAT || H5Tget_size(type.get()) != sizeof(Value)) {
    throw damaged(path, fmt::format("'{}' has another shape or type", name));
  }
  return Array(std::move(data));
}

template <class Value>
void get(hid_t file, const std::filesystem::path& path, const std::string& name, std::span<Value> values) {
  hsize_t count = 0;
  const Array array = open_array<Value>(file, path, name, count);
  if (count != values.size())
    throw damaged(path, fmt::format("'{}' has {} values instead of {}", name, count, values.size()));
  read(array, path, name, 0, values);
}

template <class Value>
void get_part(hid_t file, const std::filesystem::path& path, const std::string& name, std::span<Value> values,
              const simulation::Archive::Part& part) {
  hsize_t count = 0;
  const Array array = open_array<Value>(file, path, name, count);
  if (count != part.rows * part.length)
    throw damaged(path, fmt::format("'{}' has {} values instead of {}", name, count, part.rows * part.length));
  for (std::size_t row = 0; row < part.rows; ++row)
    read(array, path, name, row * part.length + part.first, values.subspan(row * part.stride, part.count));
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
  const Array array = open_array<double>(file_->file.get(), path_, name, count);
  std::error_code error;
  if (count > std::filesystem::file_size(path_, error) / sizeof(double))
    throw damaged(path_, fmt::format("'{}' says it is longer than the file", name));
  values.resize(count);
  read(array, path_, name, 0, std::span(values));
}
void CheckpointReader::exchange_part(const std::string& name, std::span<double> values, const Part& part) {
  get_part(file_->file.get(), path_, name, values, part);
}
void CheckpointReader::exchange_part(const std::string& name, std::span<float> values, const Part& part) {
  get_part(file_->file.get(), path_, name, values, part);
}

}  // namespace howship::output
