// Every model below models/: its programs against the tree-walker, its Jacobian against differences of the
// tree-walker, and its healthy state.
#include <cmath>
#include <memory>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "howship/core/files.hpp"
#include "howship/model/kinetics.hpp"
#include "howship/model/library.hpp"
#include "howship/model/point_sensitivities.hpp"

namespace howship::model {
namespace {

const Library& library() {
  static const Library kLibrary(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  return kLibrary;
}

/// All models alone, and the drugs together on top of the cycle.
std::vector<std::vector<std::string>> combinations() {
  std::vector<std::vector<std::string>> out;
  for (const std::string& id : library().ids()) out.push_back({id});
  out.push_back({"vicious_cycle", "drugs/denosumab", "drugs/zoledronic_acid"});
  return out;
}

class ShippedModel : public testing::TestWithParam<std::vector<std::string>> {
 protected:
  ShippedModel() : kinetics_(std::make_shared<Model>(build_model(library(), GetParam(), units_))) {}

  const Model& model() const { return kinetics_.model(); }

  /// The initial state of a voxel, and a random state about it.
  Environment initial(double bvtv, double lesion) const {
    Environment e;
    for (const double p : model().parameter_values()) e.parameters.push_back(p);
    for (const std::string& name : model().given) e.given.push_back(name == "bvtv" ? bvtv : lesion);
    for (const std::size_t s : model().systemic)
      e.systemic.push_back(evaluate(model().graph, model().species[s].initial, e));
    for (const std::size_t s : model().local) e.local.push_back(evaluate(model().graph, model().species[s].initial, e));
    return e;
  }
  Environment disturbed(std::mt19937_64& random) const {
    const auto uniform = [&random] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
    Environment e = initial(0.05 + 0.85 * uniform(), uniform());
    const auto move = [&](long double value, double typical) {
      return value * (0.5L + uniform()) + typical * uniform();
    };
    for (std::size_t i = 0; i < e.local.size(); ++i)
      e.local[i] = move(e.local[i], model().species[model().local[i]].typical);
    for (std::size_t i = 0; i < e.systemic.size(); ++i)
      e.systemic[i] = move(e.systemic[i], 100.0 * model().species[model().systemic[i]].typical);
    e.reductions.assign(model().reductions.size(), 1.0L);
    for (auto* set : {&e.local, &e.systemic, &e.given}) {
      for (long double& value : *set) value = static_cast<double>(value);  // what a program can be given exactly
    }
    return e;
  }

  /// The same state in the solver's unknowns, with some level and decay of each known input.
  Environment solved(Environment e) const {
    for (const KnownInput& input : kinetics_.known_inputs()) {
      const long double level = 0.25L * e.local[input.local];
      e.parameters.push_back(0.125L);
      e.systemic.push_back(level);
      e.local[input.local] = static_cast<double>(e.local[input.local] - level);
    }
    return e;
  }

  std::vector<double> run(const Program& program, const Environment& e) const {
    const auto doubles = [](const std::vector<long double>& in) { return std::vector<double>(in.begin(), in.end()); };
    const auto spread = [](const std::vector<long double>& in) {
      std::vector<double> out;
      for (const long double value : in) out.insert(out.end(), Program::kSmall, static_cast<double>(value));
      return out;
    };
    auto workspace = program.workspace(Program::kSmall, doubles(e.parameters));
    const std::vector<double> systemic = doubles(e.systemic);
    const std::vector<double> reductions = doubles(e.reductions);
    program.prepare(workspace, {static_cast<double>(e.time), systemic, reductions});
    const std::vector<double> local = spread(e.local);
    const std::vector<double> given = spread(e.given);
    std::vector<double> block(program.output_count() * Program::kSmall);
    program.run(workspace, {local.data(), Program::kSmall}, {given.data(), Program::kSmall}, 0,
                {block.data(), Program::kSmall});
    std::vector<double> out;
    for (std::size_t o = 0; o < program.output_count(); ++o) out.push_back(block[o * Program::kSmall]);
    return out;
  }

  std::vector<std::vector<double>> matrix(const Derivatives& derivatives, const Environment& e) const {
    const std::vector<double> entries = run(derivatives.program, solved(e));
    const std::size_t size = std::max(kinetics_.local_count(), kinetics_.systemic_count());
    std::vector<std::vector<double>> dense(size, std::vector<double>(size, 0.0));
    for (std::size_t k = 0; k < entries.size(); ++k)
      dense[derivatives.pattern[k].row][derivatives.pattern[k].column] = entries[k];
    return dense;
  }

  UnitSystem units_;
  Kinetics kinetics_;
};

/// The size of the terms that a rate is the sum of: what rounding is measured against.
long double size_of_terms(const Model& model, std::size_t species, const Environment& e) {
  long double size = 0.0L;
  for (const Process& process : model.processes) {
    for (const Change& change : process.changes) {
      if (change.species == species)
        size += std::fabs(evaluate(model.graph, change.coefficient, e) * evaluate(model.graph, process.rate, e));
    }
  }
  return size;
}

TEST_P(ShippedModel, ProgramsEqualTheTreeWalker) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    const Environment e = disturbed(random);
    const auto check = [&](const std::vector<double>& rates, const std::vector<std::size_t>& species) {
      for (std::size_t i = 0; i < species.size(); ++i) {
        const long double truth = evaluate(model().graph, model().rates[species[i]], e);
        EXPECT_LE(std::fabs(rates[i] - truth), 1e-12L * size_of_terms(model(), species[i], e))
            << model().species[species[i]].id;
      }
    };
    std::vector<double> local = run(kinetics_.local_rates(), solved(e));
    const std::vector<double> systemic = run(kinetics_.systemic_rates(), solved(e));
    for (const KnownInput& input : kinetics_.known_inputs()) local[input.local] += systemic[input.systemic];
    check(local, model().local);
    check(systemic, model().systemic);
    for (const Quantity& q : model().quantities) {
      const std::vector<NodeId> node{q.node};
      const long double truth = evaluate(model().graph, q.node, e);
      EXPECT_LE(std::fabs(run(kinetics_.program(node), e)[0] - truth), 1e-11L * std::fabs(truth)) << q.id;
    }
  }
}

TEST_P(ShippedModel, JacobianEqualsDifferencesOfTheTreeWalker) {
  std::mt19937_64 random(2);
  for (int trial = 0; trial < 20; ++trial) {
    Environment e = disturbed(random);
    const auto check = [&](const std::vector<std::vector<double>>& dense, const std::vector<std::size_t>& rows,
                           std::vector<long double>& columns) {
      for (std::size_t j = 0; j < columns.size(); ++j) {
        const long double x = columns[j];
        const long double h = 1e-6L * std::max(x, 1e-12L);
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const auto at = [&](long double value) {
            columns[j] = value;
            return evaluate(model().graph, model().rates[rows[i]], e);
          };
          const long double difference = (at(x + h) - at(x - h)) / (2 * h);
          columns[j] = x;
          const long double size = size_of_terms(model(), rows[i], e);
          EXPECT_NEAR(dense[i][j], static_cast<double>(difference),
                      static_cast<double>(1e-6L * std::fabs(difference) + 1e-11L * size / x))
              << "d " << model().species[rows[i]].id << " / d " << j;
        }
      }
    };
    check(matrix(kinetics_.local_by_local(), e), model().local, e.local);
    const auto own = matrix(kinetics_.systemic_by_systemic(), e);
    auto local_by_systemic = matrix(kinetics_.local_by_systemic(), e);
    for (const KnownInput& input : kinetics_.known_inputs()) {
      for (std::size_t j = 0; j < e.systemic.size(); ++j) local_by_systemic[input.local][j] += own[input.systemic][j];
    }
    check(local_by_systemic, model().local, e.systemic);
    check(own, model().systemic, e.systemic);
  }
}

TEST_P(ShippedModel, RatesByParametersEqualDifferencesOfTheTreeWalker) {
  std::vector<std::size_t> asked;
  for (std::size_t p = 0; p < model().parameters.size(); ++p) {
    if (model().parameters[p].value != 0.0) asked.push_back(p);
  }
  std::optional<PointSensitivities> code;
  try {
    code.emplace(model(), asked, std::vector<NodeId>{});
  } catch (const UnsupportedError& error) {
    GTEST_SKIP() << error.what();
  }
  std::vector<std::size_t> unknowns = model().local;
  unknowns.insert(unknowns.end(), model().systemic.begin(), model().systemic.end());
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 3; ++trial) {
    Environment e = disturbed(random);
    // In a single voxel of 1 mm^3 a reduction is its integrand.
    const auto rate = [&](std::size_t species) {
      e.reductions.assign(model().reductions.size(), 0.0L);
      for (std::size_t r = 0; r < model().rate_reductions; ++r)
        e.reductions[r] = evaluate(model().graph, model().reductions[r].integrand, e);
      return evaluate(model().graph, model().rates[species], e);
    };
    std::vector<double> parameters(e.parameters.begin(), e.parameters.end());
    parameters.insert(parameters.end(), e.given.begin(), e.given.end());
    parameters.resize(code->parameter_count(), 1.0);
    std::vector<double> state(e.local.begin(), e.local.end());
    state.insert(state.end(), e.systemic.begin(), e.systemic.end());
    auto workspace = code->rates_by_parameter().program.workspace(parameters);
    std::vector<double> entries(code->rates_by_parameter().pattern.size());
    code->rates_by_parameter().program.run(workspace, static_cast<double>(e.time), state.data(), entries.data());
    std::vector<double> dense(unknowns.size() * asked.size(), 0.0);
    for (std::size_t n = 0; n < entries.size(); ++n) {
      const auto [row, column] = code->rates_by_parameter().pattern[n];
      dense[row * asked.size() + column] = entries[n];
    }
    for (std::size_t c = 0; c < asked.size(); ++c) {
      long double& p = e.parameters[asked[c]];
      const long double x = p;
      const long double h = 1e-6L * std::fabs(x);
      for (std::size_t i = 0; i < unknowns.size(); ++i) {
        const auto at = [&](long double value) {
          p = value;
          return rate(unknowns[i]);
        };
        const long double difference = (at(x + h) - at(x - h)) / (2 * h);
        p = x;
        rate(unknowns[i]);
        const long double size = size_of_terms(model(), unknowns[i], e);
        EXPECT_NEAR(dense[i * asked.size() + c], static_cast<double>(difference),
                    static_cast<double>(1e-6L * std::fabs(difference) + 1e-10L * size / std::fabs(x)))
            << "d " << model().species[unknowns[i]].id << " / d " << model().parameters[asked[c]].id;
      }
    }
  }
}

/// Models of ours with health as their start.
bool is_own(const std::string& id) {
  return !id.starts_with("published/") && !id.starts_with("verification/");
}

TEST_P(ShippedModel, HealthIsSteadyInBoneOfAnyDensity) {
  if (!is_own(GetParam().front())) GTEST_SKIP() << "starts where its paper starts, or has no bone";
  for (const double bvtv : {0.02, 0.08, 0.15, 0.3, 0.6, 0.9, 0.95}) {
    const Environment e = initial(bvtv, 0.0);
    const std::vector<double> rates = run(kinetics_.local_rates(), solved(e));
    for (std::size_t i = 0; i < rates.size(); ++i) {
      // Per day, against the value itself: 4e-15 drifts by 1.5e-11 in ten years.
      EXPECT_LE(std::fabs(rates[i]), 4e-15L * std::fabs(e.local[i]))
          << model().species[model().local[i]].id << " at BV/TV " << bvtv;
    }
  }
}

TEST(Readme, ItsExampleIsTheShippedHypothesis) {
  const std::filesystem::path models = std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models";
  const std::string text = read_text(models / "README.md");
  const std::size_t begin = text.find("```toml\n") + 8;
  const std::string example = text.substr(begin, text.find("```", begin) - begin);
  Library with_example(models);
  with_example.add("il6_rankl", example);
  const UnitSystem units;
  const std::vector<std::string> own{"il6_rankl"};
  const std::vector<std::string> shipped{"hypotheses/il6_rankl"};
  const Model a = build_model(with_example, own, units);
  const Model b = build_model(library(), shipped, units);
  EXPECT_EQ(a.parameter_values(), b.parameter_values());
  EXPECT_EQ(a.rates, b.rates);  // the same nodes of the same graph
  EXPECT_EQ(a.graph.size(), b.graph.size());
}

INSTANTIATE_TEST_SUITE_P(All, ShippedModel, testing::ValuesIn(combinations()), [](const auto& instance) {
  std::string name;
  for (const std::string& id : instance.param) name += (name.empty() ? "" : "_and_") + id;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace howship::model
