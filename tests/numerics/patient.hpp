#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "howship/model/library.hpp"
#include "howship/simulation/sensitivity_run.hpp"

namespace howship::test {

using namespace howship::simulation;

struct Row {
  double time = 0.0;
  Moment moment = Moment::output;
  std::vector<double> values, derivatives;
};

/// A model, what is asked of it, and what happens to it.
struct Patient {
  std::shared_ptr<const model::Kinetics> kinetics;
  std::vector<std::size_t> asked;
  std::vector<model::NodeId> nodes;
  std::vector<double> parameters;
  DrugSchedule schedule;
  vertebra::Domain domain = vertebra::Domain::single(0.15);

  Patient(const model::Library& library, const std::vector<std::string>& ids, const std::vector<std::string>& asked_ids,
          const std::vector<std::string>& read) {
    const UnitSystem units;
    kinetics = std::make_shared<const model::Kinetics>(
        std::make_shared<const model::Model>(model::build_model(library, ids, units)));
    parameters = kinetics->model().parameter_values();
    for (const std::string& id : asked_ids) asked.push_back(place(id));
    for (const std::string& id : read) nodes.push_back(*kinetics->model().find_node(id));
  }
  std::size_t place(const std::string& id) const {
    const model::Parameter* found = kinetics->model().find_parameter(id);
    if (found == nullptr) throw std::logic_error("no parameter " + id);
    return static_cast<std::size_t>(found - kinetics->model().parameters.data());
  }
  void dose(const std::string& drug, double amount, double first, double every = 0.0, int count = 1) {
    const model::Model& model = kinetics->model();
    const auto index = static_cast<std::size_t>(model.find_drug(drug) - model.drugs.data());
    for (int n = 0; n < count; ++n) schedule.doses.push_back({first + every * n, index, amount, drug});
  }
  std::vector<Row> run(double tolerance, const std::vector<std::size_t>& by, const std::vector<double>& values) const {
    const auto code = std::make_shared<const model::PointSensitivities>(kinetics->model(), by, nodes);
    SolverOptions options;
    options.relative_tolerance = tolerance;
    const std::vector<std::vector<double>> given(kinetics->model().given.size(), {0.15});
    SensitivityRun run(kinetics, code, values, domain, given, options);
    std::vector<Row> rows;
    run.run(schedule,
            [&rows](const ReadOut& read, Moment moment) {
              rows.push_back({read.time,
                              moment,
                              {read.values.begin(), read.values.end()},
                              {read.derivatives.begin(), read.derivatives.end()}});
            },
            {});
    return rows;
  }
  std::vector<Row> run(double tolerance) const { return run(tolerance, asked, parameters); }
};

inline Patient of_text(const std::string& text, const std::vector<std::string>& asked,
                       const std::vector<std::string>& read) {
  model::Library library("no such folder");
  library.add("toy", text);
  return Patient(library, {"toy"}, asked, read);
}
inline Patient shipped(const std::vector<std::string>& ids, const std::vector<std::string>& asked,
                       const std::vector<std::string>& read) {
  return Patient(model::Library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models"), ids, asked, read);
}

}  // namespace howship::test
