#include "howship/core/files.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "howship/core/error.hpp"

namespace howship {
namespace {

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), raw.data(), &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", raw[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, DigestDeleter> context_;
};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::string read_text(const std::filesystem::path& path, std::size_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw InputError(fmt::format("'{}' is a folder, not a file", path.string()));
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(fmt::format("cannot read '{}': {}", path.string(), std::strerror(errno)));
  std::string text;
  std::array<char, 65536> buffer{};
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit)
      throw InputError(fmt::format("'{}' is larger than {} bytes, too large for such a file", path.string(), limit));
  }
  return text;
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path aside = path.string() + ".part";
  std::unique_ptr<std::FILE, FileCloser> file(std::fopen(aside.c_str(), "wb"));
  if (!file) throw OutputError(fmt::format("cannot write '{}': {}", path.string(), std::strerror(errno)));
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  const bool closed = std::fclose(file.release()) == 0;
  if (!written || !closed) {
    const int reason = errno;
    std::error_code ignored;
    std::filesystem::remove(aside, ignored);
    throw OutputError(fmt::format("cannot write '{}': {}", path.string(), std::strerror(reason)));
  }
  std::error_code error;
  std::filesystem::rename(aside, path, error);
  if (error) throw OutputError(fmt::format("cannot write '{}': {}", path.string(), error.message()));
}

std::string digest(std::string_view bytes) {
  Sha256 sha;
  sha.add(bytes);
  return sha.hex();
}

std::string file_digest(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(fmt::format("cannot read '{}': {}", path.string(), std::strerror(errno)));
  Sha256 sha;
  std::array<char, 65536> buffer{};
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0)
    sha.add({buffer.data(), static_cast<std::size_t>(in.gcount())});
  return sha.hex();
}

}  // namespace howship
