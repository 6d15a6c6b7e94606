#pragma once

namespace howship::bench {

/// Right-hand sides as one writes them for CVODE: plain scalar code from the equations of the model files, every
/// parameter a constant. Units are those inside Howship: mm, day, mg, amol (1 pM is 1); unknowns are in the order of
/// the models' species, local before systemic.

/// Lemaire 2004 with PTH from day 20 to day 80. 3 unknowns.
void lemaire_by_hand(double time, const double* y, double* out);

/// Peterson and Riggs 2010 with denosumab. 37 unknowns.
void peterson_riggs_by_hand(double time, const double* y, double* out);

/// The vicious cycle with denosumab and zoledronic acid in a voxel of BV/TV 0.15. 16 unknowns.
void vicious_cycle_by_hand(double time, const double* y, double* out);

}  // namespace howship::bench
