#include <algorithm>

#include <fmt/format.h>

#include "howship/study/prepare.hpp"

namespace howship::study {
namespace {

Dimension mass() {
  Dimension dimension;
  dimension.exponents[Dimension::mass] = 1.0;
  return dimension;
}

std::string text_of(const Quantity& quantity) {
  return with_unit(fmt::format("{}", quantity.value), quantity.unit);
}

// The row of the highest bound that the clearance reaches. Nothing below all of them.
const ClearanceRow* row_of(const std::vector<ClearanceRow>& rows, double clearance) {
  const ClearanceRow* best = nullptr;
  for (const ClearanceRow& row : rows) {
    const double bound = row.clearance.base();
    const bool reached = row.above ? clearance > bound : clearance >= bound;
    if (reached &&
        (best == nullptr || bound > best->clearance.base() || (bound == best->clearance.base() && row.above)))
      best = &row;
  }
  return best;
}

}  // namespace

bool is_per_mass(const Quantity& amount, const Dimension& of_drug) {
  return amount.unit.dimension * mass() == of_drug && amount.unit.text.find('/') != std::string::npos;
}

const Quantity& stated_amount(const DoseAmount& amount, const Body& body) {
  if (amount.by_clearance.empty() || !body.creatinine_clearance) return amount.amount;
  const double clearance = body.creatinine_clearance->base();
  if (const ClearanceRow* row = row_of(amount.by_clearance, clearance)) return row->amount;
  const auto lowest =
      std::min_element(amount.by_clearance.begin(), amount.by_clearance.end(),
                       [](const auto& a, const auto& b) { return a.clearance.base() < b.clearance.base(); });
  throw InputError(
      fmt::format("with a creatinine clearance of {} the regimen gives no dose: its lowest is {} {}",
                  text_of(*body.creatinine_clearance), lowest->above ? "above" : "from", text_of(lowest->clearance)),
      "take the regimen out of the arm, or write one that has a dose for it");
}

double amount_of(const DoseAmount& amount, const Dimension& of_drug, const Body& body) {
  const Quantity& stated = stated_amount(amount, body);
  if (!is_per_mass(stated, of_drug)) return stated.base();
  if (!body.weight)
    throw InputError(fmt::format("a dose of {} needs the patient's weight", text_of(stated)),
                     "write patient = { weight = \"70 kg\" } in the study or in the arm");
  return stated.base() * body.weight->base();
}

}  // namespace howship::study
