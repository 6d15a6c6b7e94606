#include "stock_field.hpp"

#include <algorithm>
#include <stdexcept>
#include <sunlinsol/sunlinsol_spgmr.h>

#include <cvodes/cvodes.h>
#include <nvector/nvector_openmp.h>
#include <sundials/sundials_dense.h>

#include "simulation/ahead_trajectory.hpp"
#include "simulation/field_system.hpp"
#include "simulation/known_inputs.hpp"

namespace howship::bench {

using simulation::Layout;

struct StockField::Impl {
  Impl(std::shared_ptr<const model::Kinetics> kinetics_in, std::vector<double> parameters_in,
       const vertebra::Domain& domain, const std::vector<std::vector<double>>& given, double tolerance, int threads)
      : kinetics(std::move(kinetics_in)),
        parameters(simulation::with_decays(*kinetics, std::move(parameters_in), given)),
        ahead(context.get(), *kinetics, parameters, autonomous(*kinetics), tolerance, 0.0),
        system(context.get(), kinetics, parameters, domain, given, Threads{threads}, alone, ahead),
        team(Threads{threads}),
        layout(system.layout()),
        given_blocks(simulation::in_blocks(given, layout)),
        given_count(given.size()),
        relative_tolerance(tolerance) {
    const model::Derivatives& derivatives = kinetics->local_by_local();
    for (std::size_t t = 0; t < team.count(); ++t) {
      workspaces.push_back(derivatives.program.workspace(static_cast<int>(layout.lanes), parameters));
      entries.emplace_back(derivatives.pattern.size() * layout.lanes);
    }
    const std::size_t n = layout.locals;
    blocks.resize(layout.padded() * n * n);
    pivots.resize(layout.padded() * n);
    systemic.resize(kinetics->systemic_count());
    y = N_VNew_OpenMP(static_cast<sunindextype>(layout.size()), threads, context.get());
    tolerances = N_VNew_OpenMP(static_cast<sunindextype>(layout.size()), threads, context.get());
    solver = SUNLinSol_SPGMR(y, PREC_LEFT, 0, context.get());
    cvode.reset(CVodeCreate(CV_BDF, context.get()));
  }
  ~Impl() {
    cvode.reset();
    SUNLinSolFree(solver);
    N_VDestroy(tolerances);
    N_VDestroy(y);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static std::vector<std::size_t> autonomous(const model::Kinetics& kinetics) {
    std::vector<std::size_t> slots;
    for (std::size_t slot = 0; slot < kinetics.systemic_count(); ++slot) {
      if (kinetics.autonomous()[slot]) slots.push_back(slot);
    }
    return slots;
  }

  static int rates(double time, N_Vector y, N_Vector out, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    return impl.system.rates(time, N_VGetArrayPointer(y), N_VGetArrayPointer(out)) ? 0 : 1;
  }

  // I - gamma J of each voxel's own reactions, factored.
  static int setup(double time, N_Vector y, N_Vector, booleantype, booleantype* fresh, double gamma, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    *fresh = SUNTRUE;
    impl.ahead.evaluate(time, impl.systemic);
    const model::Derivatives& derivatives = impl.kinetics->local_by_local();
    for (auto& workspace : impl.workspaces) derivatives.program.prepare(workspace, {time, impl.systemic, {}});
    const double* values = N_VGetArrayPointer(y);
    const Layout& layout = impl.layout;
    const std::size_t n = layout.locals;
    impl.team.for_blocks(layout.blocks, [&](std::size_t block, std::size_t thread) {
      double* out = impl.entries[thread].data();
      derivatives.program.run(impl.workspaces[thread], {values + block * layout.block_size(), layout.lanes},
                              {impl.given_blocks.data() + block * impl.given_count * layout.lanes, layout.lanes}, 0,
                              {out, layout.lanes});
      std::vector<double*> columns(n);
      for (std::size_t l = 0; l < layout.lanes; ++l) {
        const std::size_t voxel = block * layout.lanes + l;
        double* matrix = impl.blocks.data() + voxel * n * n;
        std::fill(matrix, matrix + n * n, 0.0);
        for (std::size_t i = 0; i < n; ++i) {
          matrix[i * n + i] = 1.0;
          columns[i] = matrix + i * n;
        }
        for (std::size_t e = 0; e < derivatives.pattern.size(); ++e)
          columns[derivatives.pattern[e].column][derivatives.pattern[e].row] -= gamma * out[e * layout.lanes + l];
        SUNDlsMat_denseGETRF(columns.data(), static_cast<sunindextype>(n), static_cast<sunindextype>(n),
                             impl.pivots.data() + voxel * n);
      }
    });
    return 0;
  }

  static int solve(double, N_Vector, N_Vector, N_Vector r, N_Vector z, double, double, int, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    const Layout& layout = impl.layout;
    const std::size_t n = layout.locals;
    const double* from = N_VGetArrayPointer(r);
    double* to = N_VGetArrayPointer(z);
    // What is counted over all tissue feeds nothing back: the unit matrix is near enough.
    std::copy(from + layout.tail(), from + layout.size(), to + layout.tail());
    impl.team.for_blocks(layout.blocks, [&](std::size_t block, std::size_t) {
      std::vector<double*> columns(n);
      std::vector<double> x(n);
      for (std::size_t l = 0; l < layout.lanes; ++l) {
        const std::size_t voxel = block * layout.lanes + l;
        for (std::size_t i = 0; i < n; ++i) {
          columns[i] = impl.blocks.data() + voxel * n * n + i * n;
          x[i] = from[block * layout.block_size() + i * layout.lanes + l];
        }
        SUNDlsMat_denseGETRS(columns.data(), static_cast<sunindextype>(n), impl.pivots.data() + voxel * n, x.data());
        for (std::size_t i = 0; i < n; ++i) to[block * layout.block_size() + i * layout.lanes + l] = x[i];
      }
    });
    return 0;
  }

  simulation::SundialsContext context;
  std::shared_ptr<const model::Kinetics> kinetics;
  std::vector<double> parameters;
  simulation::AheadTrajectory ahead;
  Ranks alone;
  simulation::FieldSystem system;
  WorkerTeam team;
  Layout layout;
  simulation::Buffer<double> given_blocks;
  std::size_t given_count;
  double relative_tolerance;
  std::vector<model::Program::Workspace> workspaces;
  std::vector<simulation::Buffer<double>> entries;
  std::vector<double> blocks, systemic;
  std::vector<sunindextype> pivots;
  N_Vector y = nullptr, tolerances = nullptr;
  SUNLinearSolver solver = nullptr;
  simulation::CvodeHandle cvode;
};

StockField::StockField(std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
                       const vertebra::Domain& domain, const std::vector<std::vector<double>>& given,
                       double relative_tolerance, int threads)
    : impl_(std::make_unique<Impl>(std::move(kinetics), std::move(parameters), domain, given, relative_tolerance,
                                   threads)) {}
StockField::~StockField() = default;

long StockField::run(
    const simulation::Schedule& schedule, const std::vector<double>& times,
    const std::function<void(double, const std::function<double(std::size_t, std::size_t)>&)>& observe) {
  Impl& impl = *impl_;
  const Layout& layout = impl.layout;
  double* y = N_VGetArrayPointer(impl.y);
  {
    const auto start = impl.system.space().create();
    impl.system.initial_state(start.get(), impl.systemic);
    const double* values = impl.system.space().values(start.get());
    std::copy(values, values + layout.size(), y);
  }
  impl.ahead.set_state(impl.systemic);
  double* tolerances = N_VGetArrayPointer(impl.tolerances);
  const model::Model& model = impl.kinetics->model();
  for (std::size_t block = 0; block < layout.blocks; ++block) {
    for (std::size_t s = 0; s < layout.locals; ++s) {
      double* lane = tolerances + block * layout.block_size() + s * layout.lanes;
      std::fill(lane, lane + layout.lanes, impl.relative_tolerance * model.species[model.local[s]].typical);
    }
  }
  for (std::size_t i = 0; i < impl.system.main_slots().size(); ++i) {
    const std::size_t slot = impl.system.main_slots()[i];
    tolerances[layout.tail() + i] = impl.relative_tolerance * model.species[model.systemic[slot]].typical;
  }
  void* cvode = impl.cvode.get();
  CVodeInit(cvode, Impl::rates, 0.0, impl.y);
  CVodeSVtolerances(cvode, impl.relative_tolerance, impl.tolerances);
  CVodeSetUserData(cvode, &impl);
  CVodeSetLinearSolver(cvode, impl.solver, nullptr);
  CVodeSetPreconditioner(cvode, Impl::setup, Impl::solve);
  CVodeSetMaxNumSteps(cvode, -1);

  std::vector<simulation::Dose> doses = schedule.doses;
  std::sort(doses.begin(), doses.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  std::vector<double> stops = times;
  for (const auto& dose : doses) stops.push_back(dose.time);
  std::sort(stops.begin(), stops.end());
  stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
  std::size_t next = 0;
  const auto known_until = [&] { return next < doses.size() ? doses[next].time : schedule.end; };
  impl.ahead.integrate(0.0, known_until());
  double time = 0.0;
  for (const double stop : stops) {
    if (stop > time) {
      CVodeSetStopTime(cvode, stop);
      if (CVode(cvode, stop, impl.y, &time, CV_NORMAL) < 0) throw std::runtime_error("CVODE failed");
    }
    if (std::binary_search(times.begin(), times.end(), stop)) {
      observe(stop, [&](std::size_t species, std::size_t voxel) { return y[layout.index(species, voxel)]; });
    }
    bool dosed = false;
    for (; next < doses.size() && doses[next].time == stop; ++next, dosed = true)
      impl.ahead.add(doses[next].systemic, doses[next].amount);
    if (dosed) impl.ahead.integrate(stop, known_until());
  }
  long steps = 0;
  CVodeGetNumSteps(cvode, &steps);
  return steps;
}

}  // namespace howship::bench
