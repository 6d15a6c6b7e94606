#pragma once

#include <boost/program_options.hpp>

#include "howship/study/simulation.hpp"

namespace howship::cli {

/// The options of every command that runs a study: -q, -j, --checkpoint-every, --data.
void add_run_options(boost::program_options::options_description& options);
/// @param ranks  that do the run; their share of the processors is the default
study::RunOptions run_options(const boost::program_options::variables_map& given, Ranks& ranks);

}  // namespace howship::cli
