#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "howship/model/library.hpp"
#include "howship/sbml/import.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship::test {

/// MathML of a content, and a document of Level 3 Version 2 around the parts of a model.
inline std::string math(const std::string& content) {
  return "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">" + content + "</math>";
}
inline std::string ci(const std::string& id) {
  return "<ci>" + id + "</ci>";
}
inline std::string cn(double value) {
  return "<cn>" + std::to_string(value) + "</cn>";
}
inline std::string call(const std::string& op, const std::string& operands) {
  return "<apply><" + op + "/>" + operands + "</apply>";
}
inline std::string csymbol(const std::string& name) {
  return "<csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/" + name + "\">" + name +
         "</csymbol>";
}
inline std::string document(const std::string& parts, int level = 3, int version = 2) {
  const std::string l = std::to_string(level);
  const std::string v = std::to_string(version);
  const std::string ns = level == 3   ? "http://www.sbml.org/sbml/level3/version" + v + "/core"
                         : level == 2 ? "http://www.sbml.org/sbml/level2" + (version > 1 ? "/version" + v : "")
                                      : "http://www.sbml.org/sbml/level1";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sbml xmlns=\"" + ns + "\" level=\"" + l + "\" version=\"" + v +
         "\">\n<model id=\"m\">\n" + parts + "\n</model>\n</sbml>\n";
}
inline std::string compartment(const std::string& size = "2", const std::string& constant = "true") {
  return "<listOfCompartments><compartment id=\"c\" spatialDimensions=\"3\" size=\"" + size + "\" constant=\"" +
         constant + "\"/></listOfCompartments>\n";
}
inline std::string species(const std::string& id, const std::string& initial, const std::string& more = "") {
  const auto given = [&](const std::string& key, const char* otherwise) {
    return more.find(key + "=") != std::string::npos ? std::string() : " " + key + "=\"" + otherwise + "\"";
  };
  return "<species id=\"" + id + "\" compartment=\"c\" " + initial + " " + more +
         given("hasOnlySubstanceUnits", "false") + given("boundaryCondition", "false") + given("constant", "false") +
         "/>";
}
inline std::string list(const std::string& name, const std::string& items) {
  return "<listOf" + name + ">" + items + "</listOf" + name + ">\n";
}
inline std::string parameter(const std::string& id, const std::string& value, bool constant = false) {
  return "<parameter id=\"" + id + "\"" + (value.empty() ? "" : " value=\"" + value + "\"") + " constant=\"" +
         (constant ? "true" : "false") + "\"/>";
}
inline std::string reference(const std::string& species, const std::string& more = "stoichiometry=\"1\"") {
  return "<speciesReference species=\"" + species + "\" " + more +
         (more.find("constant=") == std::string::npos ? " constant=\"true\"" : "") + "/>";
}
inline std::string reaction(const std::string& id, const std::string& reactants, const std::string& products,
                            const std::string& law, const std::string& more = "") {
  return "<reaction id=\"" + id + "\" reversible=\"false\"" + more + ">" +
         (reactants.empty() ? "" : list("Reactants", reactants)) +
         (products.empty() ? "" : list("Products", products)) + "<kineticLaw>" + law + "</kineticLaw></reaction>";
}
inline std::string rule(const std::string& kind, const std::string& variable, const std::string& content) {
  return "<" + kind + "Rule" + (variable.empty() ? "" : " variable=\"" + variable + "\"") + ">" + math(content) + "</" +
         kind + "Rule>";
}
inline std::string initial(const std::string& symbol, const std::string& content) {
  return "<initialAssignment symbol=\"" + symbol + "\">" + math(content) + "</initialAssignment>";
}
inline std::string event(const std::string& trigger, const std::string& sets, const std::string& more = "",
                         const std::string& attributes = "initialValue=\"true\" persistent=\"true\"",
                         const std::string& at_trigger = "true") {
  return "<event useValuesFromTriggerTime=\"" + at_trigger + "\"><trigger " + attributes + ">" + math(trigger) +
         "</trigger>" + more + list("EventAssignments", sets) + "</event>";
}
inline std::string set(const std::string& variable, const std::string& content) {
  return "<eventAssignment variable=\"" + variable + "\">" + math(content) + "</eventAssignment>";
}

/// Values of a symbol at times, as the whole road gives them: SBML, model text, model, simulation.
class SbmlRun {
 public:
  explicit SbmlRun(const std::string& xml) {
    sbml::ImportOptions options;
    options.id = "m";
    options.check_units = false;
    options.typical = 1e-6;
    import = sbml::import_sbml(xml, "m.xml", options);
  }

  /// @param wanted  a formula of the model text; or an id of the document
  std::vector<double> values(const std::string& wanted, const std::vector<double>& times) const {
    const auto meaning = import.meanings.find(wanted);
    model::Library library("");
    library.add("m", import.text + "[observables.wanted__]\ntitle = \"w\"\nunit = \"1\"\nformula = \"" +
                         (meaning == import.meanings.end() ? wanted : meaning->second.value) + "\"\n");
    const std::vector<std::string> ids{"m"};
    const UnitSystem units;
    const auto model = std::make_shared<model::Model>(model::build_model(library, ids, units));
    const auto kinetics = std::make_shared<model::Kinetics>(model);
    const vertebra::Domain domain = vertebra::Domain::single(0.5);
    simulation::SolverOptions solver;
    solver.relative_tolerance = 1e-9;
    solver.threads = {1};
    solver.max_step = 0.1;
    simulation::Simulation simulation(kinetics, model->parameter_values(), domain, {}, solver);
    simulation::Probe probe(kinetics, model->parameter_values(), domain, {}, solver.threads);
    std::map<double, double> found;
    const std::vector<model::NodeId> nodes{*model->find_node("wanted__")};
    simulation.run({times.back(), {}, times},
                   [&](const simulation::State& state, simulation::Moment) {
                     found[state.time] = probe.numbers(state, nodes).front();
                   },
                   {});
    std::vector<double> out;
    for (const double time : times) out.push_back(found.at(time));
    return out;
  }
  double at(double time, const std::string& wanted) const { return values(wanted, {time}).front(); }

  sbml::Import import;
};

}  // namespace howship::test
