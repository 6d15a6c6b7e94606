#include <chrono>
#include <csignal>
#include <gmock/gmock.h>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

// A run that is stopped, killed or starved of disk space, and goes on.

namespace howship {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Resume : public ::testing::Test {
 protected:
  Resume() {
    test::put(folder_ / "study.toml", test::two_arms_in_a_vertebra(120, R"(["0 day", "60 day", "120 day"])"));
  }

  pid_t start(const std::string& words) const { return program_.start(words); }
  Outcome finish(pid_t child) const { return program_.finish(child); }
  Outcome howship(const std::string& words) const { return program_.run(words); }

  // Every file of results, but not run.json with its times, or a checkpoint that is still to go.
  static std::map<std::string, std::string> results(const fs::path& run) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(run)) {
      const std::string name = fs::relative(entry.path(), run).string();
      if (entry.is_regular_file() && name != "run.json") files[name] = test::contents(entry.path());
    }
    return files;
  }
  static nlohmann::json record(const fs::path& run) {
    return nlohmann::json::parse(test::contents(run / "run.json"), nullptr, false);
  }
  void interrupt_a_run(const std::string& out) const {
    const pid_t child = start("run study.toml -o " + out + " -q");
    test::comes_true([&] { return test::has_bytes(folder_ / out / "denosumab/timeseries.csv", 3000); });
    ::kill(child, SIGTERM);
    const Outcome outcome = finish(child);
    ASSERT_EQ(outcome.code, 3) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("with: howship resume " + out));
  }

  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path()};
};

TEST_F(Resume, SurvivesFiftyKills) {
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(howship("run study.toml -o whole -q").code, 0);
  // Until a run ends each is given a little longer than the one before, however slow the machine becomes.
  const double usual = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  double patience = usual;
  const auto wanted = results(folder_ / "whole");
  ASSERT_EQ(wanted.size(), 2U + 2 * 7);
  std::mt19937 random(7);
  int kills = 0;
  int completed = 0;
  int taken_up = 0;
  while (kills < 50 || completed == 0) {
    ASSERT_LT(kills, 500) << "no run ever ends";
    patience *= 1.02;
    const bool can_resume = fs::exists(folder_ / "r" / "resolved.toml");
    const bool checkpoint =
        fs::exists(folder_ / "r/untreated/checkpoint.h5") || fs::exists(folder_ / "r/denosumab/checkpoint.h5");
    taken_up += can_resume && checkpoint ? 1 : 0;
    const std::string words = can_resume ? "resume r -q" : "run study.toml -o r -q --force";
    const pid_t child = start(words + " --checkpoint-every '0 s' -j " + std::to_string(1 + random() % 3));
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(random() % static_cast<unsigned>(patience));
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(child, &status, WNOHANG)) == 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (ended == 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
    }
    if (WIFSIGNALED(status)) {
      ++kills;
      continue;
    }
    const Outcome ended_alone = program_.outcome(child, status);
    ASSERT_EQ(ended_alone.code, 0) << ended_alone.err;
    EXPECT_EQ(record(folder_ / "r")["status"], "complete");
    ASSERT_EQ(results(folder_ / "r"), wanted) << "after " << kills << " kills";
    ++completed;
    patience = usual;
    fs::remove_all(folder_ / "r");
  }
  EXPECT_GT(taken_up, 5);
}

TEST_F(Resume, GoesOnWhereItWasInterrupted) {
  ASSERT_EQ(howship("run study.toml -o whole -q").code, 0);
  ASSERT_NO_FATAL_FAILURE(interrupt_a_run("r"));
  EXPECT_EQ(record(folder_ / "r")["status"], "interrupted");
  EXPECT_EQ(record(folder_ / "r")["arms"][0]["status"], "complete");
  EXPECT_TRUE(fs::exists(folder_ / "r/denosumab/checkpoint.h5"));
  std::ofstream(folder_ / "r/untreated/checkpoint.h5") << "as if killed before it was removed";
  const Outcome resumed = howship("resume r");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(results(folder_ / "r"), results(folder_ / "whole"));
  const auto json = record(folder_ / "r");
  EXPECT_EQ(json["status"], "complete");
  EXPECT_EQ(json["resumed"].size(), 1U);
  for (const char* count : {"steps", "newton_iterations", "matrix_setups"}) {
    EXPECT_EQ(json["arms"][0]["solver"][count], record(folder_ / "whole")["arms"][0]["solver"][count]);
    EXPECT_EQ(json["arms"][1]["solver"][count], record(folder_ / "whole")["arms"][1]["solver"][count]);
  }
  const Outcome nothing_left = howship("resume r");
  EXPECT_EQ(nothing_left.code, 0);
  EXPECT_THAT(nothing_left.err, HasSubstr("is complete"));
}

TEST_F(Resume, RefusesWhatDoesNotBelongTogether) {
  ASSERT_NO_FATAL_FAILURE(interrupt_a_run("r"));
  const fs::path run = folder_ / "r";
  const std::string study = test::contents(run / "resolved.toml");
  const std::string checkpoint = test::contents(run / "denosumab/checkpoint.h5");
  const std::string rows = test::contents(run / "denosumab/timeseries.csv");

  test::put(run / "resolved.toml", study + "# a remark\n");
  Outcome refused = howship("resume r");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("resolved.toml has changed"), HasSubstr("--from-start")));
  // Without a checkpoint, too: arms of two studies must not end up in one folder.
  fs::rename(run / "denosumab/checkpoint.h5", folder_ / "aside.h5");
  EXPECT_THAT(howship("resume r").err, HasSubstr("resolved.toml has changed"));
  fs::rename(folder_ / "aside.h5", run / "denosumab/checkpoint.h5");
  test::put(run / "resolved.toml", study);

  const std::string begun = test::contents(run / "run.json");
  auto by_another = record(run);
  by_another["digests"]["program"] = "0";
  test::put(run / "run.json", by_another.dump());
  EXPECT_THAT(howship("resume r").err, HasSubstr("another build of howship"));
  test::put(run / "run.json", begun);

  std::string spoilt = checkpoint;
  spoilt[spoilt.size() / 2] ^= 4;
  test::put(run / "denosumab/checkpoint.h5", spoilt);
  refused = howship("resume r");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("is damaged"), HasSubstr("howship resume r --from-start")));
  test::put(run / "denosumab/checkpoint.h5", checkpoint);

  test::put(run / "denosumab/timeseries.csv", rows.substr(0, 2000));
  refused = howship("resume r");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("timeseries.csv"));
  test::put(run / "denosumab/timeseries.csv", rows);

  EXPECT_THAT(howship("resume nowhere").err, HasSubstr("holds no run"));
  // None of the refusals cost anything.
  EXPECT_EQ(howship("resume r -q").code, 0);
  ASSERT_EQ(howship("run study.toml -o whole -q").code, 0);
  EXPECT_EQ(results(run), results(folder_ / "whole"));
}

TEST_F(Resume, FromTheStartIfAsked) {
  ASSERT_NO_FATAL_FAILURE(interrupt_a_run("r"));
  test::put(folder_ / "r/denosumab/checkpoint.h5", "rubbish");
  EXPECT_EQ(howship("resume r").code, 1);
  EXPECT_EQ(howship("resume r --from-start").code, 0);
  ASSERT_EQ(howship("run study.toml -o whole -q").code, 0);
  EXPECT_EQ(results(folder_ / "r"), results(folder_ / "whole"));
}

TEST_F(Resume, FromTheStartRunsEverythingAnewIfTheStudyChanged) {
  ASSERT_NO_FATAL_FAILURE(interrupt_a_run("r"));
  const std::string untreated = test::contents(folder_ / "r/untreated/timeseries.csv");
  std::string study = test::contents(folder_ / "r/resolved.toml");
  const std::string n0 = "n0 = 0.2";
  study.replace(study.find(n0), n0.size(), "n0 = 0.3");
  test::put(folder_ / "r/resolved.toml", study);
  ASSERT_EQ(howship("resume r --from-start -q").code, 0);
  EXPECT_NE(test::contents(folder_ / "r/untreated/timeseries.csv"), untreated);
  ASSERT_EQ(howship("run r/resolved.toml -o whole -q").code, 0);
  EXPECT_EQ(test::contents(folder_ / "r/untreated/timeseries.csv"),
            test::contents(folder_ / "whole/untreated/timeseries.csv"));
}

// A file that cannot be closed for want of space must not take the program with it.
TEST_F(Resume, ACheckpointThatCannotBeWrittenCostsNothingElse) {
  const Outcome run = program_.run("run study.toml -o r --checkpoint-every '0 s'",
                                   R"(sh -c 'trap "" XFSZ; ulimit -f 300; exec "$@"' sh)");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("warning: cannot write the checkpoint"));
  EXPECT_EQ(record(folder_ / "r")["status"], "complete");
}

TEST_F(Resume, GoesOnWhenTheDiskHasRoomAgain) {
  const test::SmallDisk disk("8m");
  if (!disk.mounted()) GTEST_SKIP() << "no disk can be mounted here";
  ASSERT_EQ(howship("run study.toml -o whole -q").code, 0);
  const fs::path run = disk.path() / "r";
  const pid_t child = start("run study.toml -o " + run.string() + " --checkpoint-every '0 s'");
  test::comes_true([&] { return fs::exists(run / "untreated/checkpoint.h5"); });
  test::put(disk.path() / "ballast", std::string(8'000'000, 'x'));
  const Outcome full = finish(child);
  EXPECT_EQ(full.code, 1) << full.err;
  EXPECT_THAT(full.err, HasSubstr("No space left on device"));
  EXPECT_EQ(record(run)["status"], "failed");
  fs::remove(disk.path() / "ballast");
  const Outcome resumed = howship("resume " + run.string() + " -q");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(results(run), results(folder_ / "whole"));
}

TEST_F(Resume, OneProcessAtATime) {
  const pid_t child = start("run study.toml -o r -q");
  test::comes_true([&] { return fs::exists(folder_ / "r/untreated/timeseries.csv"); });
  ::kill(child, SIGSTOP);
  const Outcome second = howship("resume r");
  ::kill(child, SIGCONT);
  EXPECT_EQ(finish(child).code, 0);
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("another process"));
}

}  // namespace
}  // namespace howship
