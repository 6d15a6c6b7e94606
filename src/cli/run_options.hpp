#pragma once

#include <boost/program_options.hpp>

#include "howship/study/simulation.hpp"

namespace howship::cli {

/// The options of every command that runs a study: -q, -j, --checkpoint-every, --data.
void add_run_options(boost::program_options::options_description& options);
study::RunOptions run_options(const boost::program_options::variables_map& given);

}  // namespace howship::cli
