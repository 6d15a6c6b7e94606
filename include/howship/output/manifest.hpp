#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace howship::output {

enum class Status { pending, running, complete, failed, interrupted };
std::string to_text(Status status);

/// One dose as it was given.
struct DoseRecord {
  double time = 0.0;  ///< day
  std::string drug;
  std::string amount;  ///< "120 mg"
};

/// A number that only doses change, at the start and the end of an arm.
struct LedgerRecord {
  std::string name, unit;
  double start = 0.0, entered = 0.0, end = 0.0, imbalance = 0.0;
  double relative = 0.0;  ///< the imbalance over the largest value there was
};

struct ArmRecord {
  std::string id, title;
  Status status = Status::pending;
  std::vector<std::string> models;
  std::optional<double> treatment_start;               ///< day of the first dose
  std::vector<DoseRecord> doses;                       ///< those given; of an arm that has not ended those planned
  std::vector<DoseRecord> held;                        ///< those that a rule held back
  std::vector<double> states;                          ///< day; what was kept for other runs to go on from
  std::vector<std::string> fresh;                      ///< of a branch: species that its run did not have
  std::vector<std::pair<std::string, double>> solver;  ///< counts and seconds of the integrator
  std::vector<std::pair<std::string, double>>
      mass_balance;  ///< per drug: amount that entered, "denosumab_entered [ug]"
  std::vector<LedgerRecord> ledgers;
};

struct VertebraRecord {
  std::string kind, name;  ///< kind: built_in, ct or voxel
  std::size_t voxels = 0;
  std::array<double, 3> spacing{};  ///< mm
  double volume = 0.0;              ///< mm^3
  std::vector<std::string> notes;
};

/// A run over virtual patients: every arm for each of them, in one table instead of a folder per arm.
struct PatientsRecord {
  struct Failure {
    std::string patient, arm, reason;
  };
  std::string file;                 ///< the table of patients that was given
  std::size_t count = 0, done = 0;  ///< done: those whose rows are written, or who are among the failed
  std::vector<std::string> parameters;
  std::vector<Failure> failed;
};

struct FieldRecord {
  std::string name, unit, title;
};

/// The run that a run goes on from.
struct BranchRecord {
  std::string run, arm;
  double day = 0.0;
  std::string digest;  ///< SHA-256 of the state
};

/// run.json: what a run was, how far it came and what it cost. Readers go by `status`; only "complete" is a result.
struct Manifest {
  std::string study_id, study_title;
  Status status = Status::running;
  std::string message;
  std::string started;  ///< UTC, ISO 8601
  double wall_seconds = 0.0;
  std::uintmax_t estimated_memory = 0, peak_memory = 0;  ///< bytes: said before the run, and found by its end
  int ranks = 1;    ///< processes that shared the voxels; memory is that of the largest
  int threads = 1;  ///< of each
  std::uint64_t seed = 0;
  VertebraRecord vertebra;
  std::vector<FieldRecord> fields;   ///< of frames
  std::vector<FieldRecord> columns;  ///< of tables
  std::vector<std::string> charts;   ///< the columns that the study wants drawn
  std::vector<ArmRecord> arms;
  std::optional<PatientsRecord> patients;
  std::optional<BranchRecord> branch;
  std::map<std::string, std::string> digests;  ///< SHA-256 by what was read
  std::vector<std::string> resumed;            ///< when the run was taken up again, UTC

  std::string to_json() const;
};

/// Replaces folder/run.json in one step. While the run goes on it keeps some white space at the end, so that how the
/// run ended can be written over it even when the disk has become full. @throws OutputError
void write_manifest(const std::filesystem::path& folder, const Manifest& manifest);

/// What a run has to know of its beginning to go on: of run.json the times, digests, and of the arms how they stand.
/// @throws InputError if the folder holds no run
Manifest read_manifest(const std::filesystem::path& folder);

/// Bytes of memory this process has held at most.
std::uintmax_t peak_memory();

/// Now, as "2026-01-01T12:00:00Z".
std::string utc_now();

}  // namespace howship::output
