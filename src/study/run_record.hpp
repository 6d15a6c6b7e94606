#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "howship/core/ranks.hpp"
#include "howship/output/manifest.hpp"
#include "howship/study/patients.hpp"

#include "plan.hpp"

namespace howship::study {

/// Keeps run.json in step with the run. Where ranks share it, all call the same and the first one writes.
class RunRecord {
 public:
  /// @param earlier  the record of a run that goes on; arms that it says are complete stay so
  RunRecord(std::filesystem::path folder, const Study& study, const Place& place, const std::vector<CompiledArm>& arms,
            Threads threads, Ranks& ranks, const output::Manifest* earlier = nullptr);

  /// Notes what the run's checkpoints belong to, and the bytes of memory it was said to take.
  void begins(const std::map<std::string, std::string>& labels, std::uintmax_t memory);
  /// Of each arm of a branch, the species that the run which it leaves did not have.
  void branches(const std::vector<std::vector<std::string>>& fresh);
  bool is_complete(std::size_t arm) const { return manifest_.arms[arm].status == output::Status::complete; }

  /// The run is one over patients. What is noted in the answer is written with the next call.
  output::PatientsRecord& patients_begin(const PatientTable& table);
  void arm_begins(std::size_t arm);
  /// @param held  doses of its schedule that were not given
  void arm_ends(std::size_t arm, const CompiledArm& compiled, const simulation::Statistics& statistics,
                const std::vector<std::size_t>& held, std::vector<output::LedgerRecord> ledgers);
  void arm_fails(std::size_t arm);
  /// Notes why; does not throw even if the record cannot be written, since the failure itself must reach the user.
  void fails(const std::exception_ptr& failure, double seconds) noexcept;
  void complete(double seconds);

 private:
  void go_on_from(const output::Manifest& earlier);
  void write();

  std::filesystem::path folder_;
  Ranks& ranks_;
  output::Manifest manifest_;
  double seconds_before_ = 0.0;  ///< of the run before it was taken up again
};

/// The texts of all models of the arms, by id.
std::map<std::string, std::string> model_texts(const std::vector<CompiledArm>& arms);

/// The keys that the models of the arms cite.
std::set<std::string> cited(const std::vector<CompiledArm>& arms);

/// The bibliography: the study's own if it carries one, else papers/references.bib, else nothing.
std::string references_of(const Study& study, const DataFolder& data);

}  // namespace howship::study
