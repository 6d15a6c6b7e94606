#include "minimise.hpp"

#include <algorithm>
#include <ceres/ceres.h>
#include <glog/logging.h>
#include <memory>

#include "howship/core/error.hpp"

namespace howship::calibration {
namespace {

/// All residuals as one block of the free parameters. Values and derivatives come together, so a point that is asked
/// for twice (first whether it is better, then which way to go on) is computed once.
class Residuals final : public ceres::CostFunction {
 public:
  Residuals(const Problem& problem, const Scaling& scaling, std::vector<double> all, std::vector<std::size_t> free)
      : problem_(problem), scaling_(scaling), all_(std::move(all)), free_(std::move(free)) {
    set_num_residuals(static_cast<int>(problem.residuals()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(free_.size()));
  }

  bool Evaluate(double const* const* parameters, double* residuals, double** jacobians) const override {
    const Problem::Evaluation& now = at(parameters[0]);
    if (!now.good) return false;
    std::copy(now.residuals.begin(), now.residuals.end(), residuals);
    if (jacobians == nullptr || jacobians[0] == nullptr) return true;
    const std::size_t count = scaling_.size();
    for (std::size_t r = 0; r < now.residuals.size(); ++r) {
      for (std::size_t f = 0; f < free_.size(); ++f)
        jacobians[0][r * free_.size() + f] =
            now.jacobian[r * count + free_[f]] * scaling_.slope(free_[f], parameters[0][f]);
    }
    return true;
  }

  const Problem::Evaluation& at(const double* searched) const {
    const std::vector<double> asked(searched, searched + free_.size());
    if (known_ && asked == known_at_) return *known_;
    for (std::size_t f = 0; f < free_.size(); ++f) all_[free_[f]] = asked[f];
    known_ = std::make_unique<Problem::Evaluation>(problem_.evaluate(scaling_.to_base(all_)));
    known_at_ = asked;
    return *known_;
  }

 private:
  const Problem& problem_;
  const Scaling& scaling_;
  mutable std::vector<double> all_;
  std::vector<std::size_t> free_;
  mutable std::vector<double> known_at_;
  mutable std::unique_ptr<Problem::Evaluation> known_;
};

double half_squares(const std::vector<double>& residuals) {
  double sum = 0.0;
  for (const double r : residuals) sum += 0.5 * r * r;
  return sum;
}

void search(Residuals& residuals, const Scaling& scaling, const std::vector<std::size_t>& free,
            std::vector<double>& searched, Minimum& result) {
  ceres::Problem::Options ownership;
  ownership.cost_function_ownership = ceres::DO_NOT_TAKE_OWNERSHIP;
  ceres::Problem problem(ownership);
  problem.AddResidualBlock(&residuals, nullptr, searched.data());
  for (std::size_t f = 0; f < free.size(); ++f) {
    problem.SetParameterLowerBound(searched.data(), static_cast<int>(f), scaling.low(free[f]));
    problem.SetParameterUpperBound(searched.data(), static_cast<int>(f), scaling.high(free[f]));
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.trust_region_strategy_type = ceres::LEVENBERG_MARQUARDT;
  options.max_num_iterations = 300;
  options.max_num_consecutive_invalid_steps = 20;
  options.function_tolerance = 1e-10;
  options.parameter_tolerance = 1e-9;
  options.gradient_tolerance = 1e-9;
  options.num_threads = 1;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  result.converged = summary.termination_type == ceres::CONVERGENCE;
  result.iterations = static_cast<int>(summary.iterations.size());
  result.message = summary.message;
}

}  // namespace

Minimum minimise(const Problem& problem, const Scaling& scaling, std::vector<double> from,
                 const std::vector<bool>& fixed) {
  // Ceres says in its summary what it has to say. Once: several threads search.
  static const bool silent = (FLAGS_minloglevel = google::GLOG_FATAL, true);
  (void)silent;
  std::vector<std::size_t> free;
  std::vector<double> searched;
  for (std::size_t p = 0; p < from.size(); ++p) {
    from[p] = std::clamp(from[p], scaling.low(p), scaling.high(p));
    if (fixed[p]) continue;
    free.push_back(p);
    searched.push_back(from[p]);
  }
  Minimum result;
  Residuals residuals(problem, scaling, from, free);
  const Problem::Evaluation& first = residuals.at(searched.data());
  result.solved = first.good;
  result.message = first.why_not;
  result.converged = free.empty();
  if (result.solved && !free.empty()) search(residuals, scaling, free, searched, result);
  for (std::size_t f = 0; f < free.size(); ++f) from[free[f]] = searched[f];
  result.at = from;
  if (!result.solved) return result;
  result.evaluation = residuals.at(searched.data());
  result.cost = half_squares(result.evaluation.residuals);
  result.jacobian = result.evaluation.jacobian;
  const std::size_t count = from.size();
  for (std::size_t i = 0; i < result.jacobian.size(); ++i)
    result.jacobian[i] *= scaling.slope(i % count, from[i % count]);
  return result;
}

}  // namespace howship::calibration
