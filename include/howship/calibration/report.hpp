#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "howship/calibration/fit.hpp"

namespace howship::calibration {

/// Whether the results of a fit may be written into the folder: it does not exist, is empty, or holds those of an
/// earlier fit. Touches nothing. @throws InputError naming what is in the way
void check_fit_folder(const std::filesystem::path& folder);

/// Writes fit.json, parameters.toml (a model overlay with the estimates), residuals.csv and, if there are profiles,
/// profiles.csv. What an earlier fit left is replaced. @throws InputError as check_fit_folder, OutputError
void write_fit(const Fit& fit, const std::filesystem::path& folder);

/// Estimates with errors, limits and verdicts, in lines of at most 100 columns; no line end.
std::string table_text(const Fit& fit);

/// Hypotheses on the same observations by Akaike's and Schwarz' criteria, the best first; weights follow from AICc
/// where all have one, else from AIC (Burnham and Anderson 2002). No line end.
/// @throws InputError if the observations differ
std::string comparison_text(const std::vector<Fit>& fits);

/// Akaike weights of criteria: exp(-Δ/2), summing to 1.
std::vector<double> akaike_weights(const std::vector<double>& criteria);

}  // namespace howship::calibration
