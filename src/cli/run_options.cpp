#include "run_options.hpp"

#include <limits>
#include <string>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/units.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

// "10 min", or "never".
double seconds_between(const std::string& text) {
  if (text == "never") return std::numeric_limits<double>::infinity();
  const std::string hint = "write a duration, as in --checkpoint-every '10 min', or never";
  const UnitSystem units;
  UnitSystem::Quantity quantity;
  try {
    quantity = units.parse_quantity(text);
  } catch (const UnitError&) {
    quantity = {};
  }
  if (!(quantity.unit.dimension == units.parse("day").dimension))
    throw InputError(fmt::format("--checkpoint-every '{}' is no duration", text), hint);
  constexpr double kSecondsPerDay = 86400.0;
  const double seconds = quantity.base() * kSecondsPerDay;
  if (!(seconds >= 0.0)) throw InputError(fmt::format("--checkpoint-every '{}' is negative", text), hint);
  return seconds;
}

}  // namespace

void add_run_options(po::options_description& options) {
  options.add_options()("quiet,q", "no talk on stderr")(
      "threads,j", po::value<int>(), "threads (default: one per processor; under mpirun, of each process)")(
      "arms-at-once", po::value<int>(),
      "arms that are solved side by side, each with its share of the threads and memory of its own (1)")(
      "checkpoint-every", po::value<std::string>(),
      "wall time between checkpoints of a spatial run, from which howship resume goes on (10 min); never")(
      "data", po::value<std::string>(),
      "folder with models/ and params/ (default: HOWSHIP_DATA, or where Howship was built)");
}

study::RunOptions run_options(const po::variables_map& given, Ranks& ranks) {
  study::RunOptions options;
  options.threads = ranks.threads();
  options.ranks = &ranks;
  options.quiet = given.count("quiet") > 0;
  if (given.count("threads") > 0) {
    options.threads.count = given["threads"].as<int>();
    if (options.threads.count < 1 || options.threads.count > 1024) throw InputError("--threads must be from 1 to 1024");
  }
  if (given.count("arms-at-once") > 0) {
    options.arms_at_once = given["arms-at-once"].as<int>();
    if (options.arms_at_once < 1 || options.arms_at_once > 1024)
      throw InputError("--arms-at-once must be from 1 to 1024");
  }
  if (given.count("checkpoint-every") > 0)
    options.checkpoint_seconds = seconds_between(given["checkpoint-every"].as<std::string>());
  return options;
}

}  // namespace howship::cli
