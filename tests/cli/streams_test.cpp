// Standard output and error that are full, closed or without a reader, and the signals that end a run.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cli/guarded_streams.hpp"
#include "cli/interrupt.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/step_watch.hpp"
#include "cli/terminal.hpp"
#include "report/format.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::drain;
using testing::read;

class StandardStreams : public ::testing::Test {
  protected:
    void SetUp() override { before_ = std::signal(SIGPIPE, SIG_IGN); }
    void TearDown() override { std::signal(SIGPIPE, before_); }

    [[nodiscard]] std::string path(const std::string& name) const {
        return (temporary_.path() / name).string();
    }
    [[nodiscard]] std::vector<std::string> tiny_run(const std::string& out,
                                                    const std::vector<std::string>& more) const {
        std::vector<std::string> words = {"run",
                                          "builtin/blank.toml",
                                          "--preview",
                                          "--set",
                                          "clock.length=10 min",
                                          "--set",
                                          "clock.day_to=10 min",
                                          "--out",
                                          path(out)};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    // The exit code with a standard output that takes nothing; what was said goes to `err_`.
    int to_full(const std::vector<std::string>& arguments) {
        std::FILE* const full = std::fopen("/dev/full", "w");
        std::FILE* const err = std::tmpfile();
        const int code = static_cast<int>(run_command_line(arguments, {full, err}));
        std::fclose(full);
        err_ = drain(err);
        return code;
    }
    // The same with one whose reader has gone.
    int to_nobody(const std::vector<std::string>& arguments) {
        int ends[2];
        EXPECT_EQ(pipe(ends), 0);
        close(ends[0]);
        std::FILE* const gone = fdopen(ends[1], "w");
        std::FILE* const err = std::tmpfile();
        const int code = static_cast<int>(run_command_line(arguments, {gone, err}));
        std::fclose(gone);
        err_ = drain(err);
        return code;
    }

    testing::TemporaryFolder temporary_;
    std::string err_;

  private:
    void (*before_)(int) = nullptr;
};

TEST_F(StandardStreams, WhatCannotBePrintedIsExitTenWithALine) {
    const std::string run = path("run");
    ASSERT_EQ(testing::margincall_says(tiny_run("run", {"-q"})).code, 0);
    const std::vector<std::vector<std::string>> commands = {
        {"--version"},
        {"--help"},
        {"validate", "builtin/blank.toml"},
        {"validate", "builtin/blank.toml", "--json"},
        {"new", "flash"},
        {"schema"},
        {"schema", "--json"},
        {"explain", "random.seed"},
        {"explain", "builtin/blank.toml"},
        {"query", run},
        {"query", run, "SELECT * FROM metrics"},
        {"query", run, "SELECT * FROM metrics", "--csv"},
        {"export", run, "-o", path("csv")},
        {"report", run, "-o", path("page.html")},
        {"compare", run, run},
        {"compare", run, run, "--json"},
        {"verify", run, "--progress", "none"},
        {"stress", "--make-sample", "100"},
    };
    for (const std::vector<std::string>& command : commands) {
        EXPECT_EQ(to_full(command), 10) << command.front() << " " << command.back();
        EXPECT_NE(err_.find("standard output could not be written: No space left on device"),
                  std::string::npos)
            << command.front() << ": " << err_;
    }
    // What is wrong with the input is said by the code of the input.
    EXPECT_EQ(to_full({"validate", path("none.toml"), "--json"}), 4);
    EXPECT_EQ(to_full({"fly"}), 2);
}

TEST_F(StandardStreams, ARunIsKeptWhenItCannotBeShown) {
    for (const char* const form : {"-v", "--json"}) {
        const std::string name = std::string{"run"} + form;
        EXPECT_EQ(to_full(tiny_run(name, {form, "--progress", "plain"})), 10);
        EXPECT_NE(err_.find("the run is kept in " + path(name)), std::string::npos) << err_;
        EXPECT_TRUE(fs::exists(path(name) + "/manifest.json"));
    }
}

TEST_F(StandardStreams, AReaderThatHasEnoughIsNoFailure) {
    EXPECT_EQ(to_nobody(tiny_run("run", {"--json"})), 0);
    EXPECT_TRUE(fs::exists(path("run") + "/manifest.json"));
    EXPECT_EQ(to_nobody({"schema"}), 0);
    EXPECT_EQ(err_, "");
    EXPECT_EQ(to_nobody({"query",
                         path("run"),
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                         "SELECT i FROM n",
                         "--csv"}),
              0)
        << "rows without end stop when nobody takes them";
}

TEST_F(StandardStreams, StandardErrorThatTakesNothingChangesNothing) {
    std::FILE* const out = std::tmpfile();
    std::FILE* const full = std::fopen("/dev/full", "w");
    EXPECT_EQ(
        static_cast<int>(run_command_line(tiny_run("run", {"--progress", "plain"}), {out, full})),
        0);
    std::fclose(full);
    EXPECT_NE(drain(out).find("digest "), std::string::npos);
    EXPECT_TRUE(fs::exists(path("run") + "/manifest.json"));
}

// In a child, because it is about descriptors 0 to 2 and signals of a whole process.
int in_child(const std::function<int()>& work) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        _exit(work());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_F(StandardStreams, NoFileGetsTheNumberOfAClosedStream) {
    // Whatever else the parent left open: not one of the three.
    EXPECT_EQ(in_child([] {
                  close(0);
                  close(1);
                  close(2);
                  secure_standard_streams();
                  return open("/dev/null", O_RDONLY) > 2 ? 0 : 1;
              }),
              0);
    EXPECT_EQ(in_child([] {
                  secure_standard_streams();
                  int ends[2];
                  if (pipe(ends) != 0) {
                      return 1;
                  }
                  close(ends[0]);
                  return write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 1;
              }),
              0);
}

class Signals : public StandardStreams {
  protected:
    // A run of a day, stopped by `press` once it has begun; its exit code or minus the signal.
    int stopped(const std::function<void(pid_t)>& press, const std::function<void()>& before) {
        std::fflush(nullptr);
        const pid_t child = fork();
        if (child == 0) {
            before();
            std::FILE* const nowhere = std::fopen("/dev/null", "w");
            std::vector<std::string> arguments = tiny_run("run", {"--progress", "none"});
            arguments[4] = "clock.length=24 h";
            arguments[6] = "clock.day_to=24 h";
            _exit(static_cast<int>(run_command_line(arguments, {nowhere, nowhere})));
        }
        while (fs::is_empty(temporary_.path())) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        press(child);
        int status = 0;
        waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    void expect_kept() const {
        const Json manifest = Json::parse(read(path("run") + "/manifest.json"));
        EXPECT_TRUE(manifest["interrupted"].get<bool>());
    }
    static void nothing() {}
};

TEST_F(Signals, TheEndOfASessionKeepsWhatThereIs) {
    EXPECT_EQ(stopped([](pid_t child) { kill(child, SIGHUP); }, nothing), 6);
    expect_kept();
}

TEST_F(Signals, OneWishSentTwiceIsOne) {
    // As `timeout` does: to the process, and at once to its group.
    EXPECT_EQ(stopped(
                  [](pid_t child) {
                      kill(child, SIGTERM);
                      std::this_thread::sleep_for(std::chrono::milliseconds(2));
                      kill(child, SIGTERM);
                      kill(child, SIGHUP);
                  },
                  nothing),
              6);
    expect_kept();
}

TEST_F(Signals, ARunUnderNohupGoesOn) {
    EXPECT_EQ(stopped(
                  [](pid_t child) {
                      kill(child, SIGHUP);
                      std::this_thread::sleep_for(std::chrono::milliseconds(100));
                      kill(child, SIGTERM);
                  },
                  [] { std::signal(SIGHUP, SIG_IGN); }),
              6);
    expect_kept();
}

TEST(Interrupt, ASecondPressEndsAtOnce) {
    EXPECT_EQ(in_child([] {
                  const InterruptGuard guard;
                  raise(SIGINT);
                  if (!interrupted()) {
                      return 1;
                  }
                  std::this_thread::sleep_for(std::chrono::milliseconds(150));
                  raise(SIGHUP);  // a session that ends is not a second press
                  raise(SIGINT);
                  return 2;
              }),
              6);
}

// A terminal of so many columns; everything written to it.
class Terminal {
  public:
    explicit Terminal(unsigned short columns) {
        struct winsize size {};
        size.ws_row = 24;
        size.ws_col = columns;
        EXPECT_EQ(openpty(&master_, &slave_, nullptr, nullptr, &size), 0);
        out_ = fdopen(slave_, "w");
        reader_ = std::thread([this] {
            char buffer[4096];
            for (ssize_t n = 0; (n = ::read(master_, buffer, sizeof buffer)) > 0;) {
                said_.append(buffer, static_cast<std::size_t>(n));
            }
        });
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    Terminal(Terminal&&) = delete;
    Terminal& operator=(Terminal&&) = delete;
    ~Terminal() { close(); }
    [[nodiscard]] std::FILE* stream() { return out_; }
    // Lines as they were shown, without colours; a redrawn line counts each time.
    [[nodiscard]] std::vector<std::string> lines() {
        close();
        std::vector<std::string> out(1);
        for (std::size_t at = 0; at < said_.size(); ++at) {
            if (said_[at] == '\x1b') {
                at = said_.find_first_of("mK", at);
            } else if (said_[at] == '\n' || said_[at] == '\r') {
                out.emplace_back();
            } else {
                out.back() += said_[at];
            }
        }
        return out;
    }

  private:
    void close() {
        if (out_ != nullptr) {
            std::fclose(out_);
            out_ = nullptr;
            reader_.join();
            ::close(master_);
        }
    }
    int master_ = -1;
    int slave_ = -1;
    std::FILE* out_ = nullptr;
    std::string said_;
    std::thread reader_;
};

TEST_F(StandardStreams, EverythingFitsATerminalOfFortyColumns) {
    ASSERT_EQ(testing::margincall_says(tiny_run("run", {"-q"})).code, 0);
    ASSERT_EQ(
        testing::margincall_says({"stress", "--make-sample", "100", "-o", path("book.csv"), "-q"})
            .code,
        0);
    const std::vector<std::vector<std::string>> commands = {
        tiny_run("shown", {"--progress", "bar"}),
        tiny_run("many", {"--progress", "bar", "--paths", "2"}),
        {"stress", path("book.csv"), "--out", path("stress")},
        {"compare", path("run"), path("run")},
        {"query", path("run"), "SELECT * FROM metrics"},
        {"query", path("run")},
    };
    for (const unsigned short width : std::to_array<unsigned short>({40, 63, 100})) {
        for (const std::vector<std::string>& command : commands) {
            Terminal terminal(width);
            EXPECT_EQ(terminal_width(terminal.stream()), width);
            EXPECT_EQ(
                static_cast<int>(run_command_line(command, {terminal.stream(), terminal.stream()})),
                0);
            std::size_t count = 0;
            for (const std::string& line : terminal.lines()) {
                EXPECT_LE(display_width(line), width) << command.front() << ": " << line;
                ++count;
            }
            EXPECT_GT(count, 2U);
        }
    }
}

TEST(ProgressBar, IsOneLineInAnyWidth) {
    const std::string words = "2025-11-03T17:21:00Z  4.1 m messages/s";
    for (std::size_t width = 40; width <= 140; ++width) {
        const std::string line = bar_line("simulating", 0.5, words, 62.0, width);
        EXPECT_LT(display_width(line), width) << line;
        EXPECT_NE(line.find("50 %"), std::string::npos) << line;
        EXPECT_NE(line.find("ETA 01:02"), std::string::npos) << line;
        EXPECT_NE(line.find("█"), std::string::npos) << line;
    }
    EXPECT_EQ(bar_line("simulating", 0.5, words, 62.0, 40),
              "simulating █████······  50 %  ETA 01:02");
    EXPECT_NE(bar_line("simulating", 0.5, words, 62.0, 0).find(words), std::string::npos);
    EXPECT_EQ(one_line("größer", 5), "größ");
    EXPECT_EQ(one_line("größer", 0), "größer");
}

TEST(StepWatch, SaysWhatTakesLongAndNothingElse) {
    std::FILE* const to = std::tmpfile();
    {
        StepWatch watch(
            ProgressStyle::plain, to, std::chrono::milliseconds(40), std::chrono::milliseconds(10));
        watch.begin("short");
        watch.begin("long");
        watch.note("trial 7");
        std::this_thread::sleep_for(std::chrono::milliseconds(120));
        watch.end();
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        StepWatch silent(ProgressStyle::none, to, std::chrono::milliseconds(0));
        silent.begin("silent");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(drain(to), "long  trial 7  00:00\n");
}

TEST(StepWatch, LeavesAClearLineOnATerminal) {
    Terminal terminal(40);
    {
        StepWatch watch(ProgressStyle::bar,
                        terminal.stream(),
                        std::chrono::milliseconds(10),
                        std::chrono::milliseconds(10));
        watch.begin("a step with a name that is longer than the terminal is wide");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const std::vector<std::string> lines = terminal.lines();
    EXPECT_GE(lines.size(), 3U);
    for (const std::string& line : lines) {
        EXPECT_LT(display_width(line), 40U);
    }
    EXPECT_EQ(lines.back(), "");
}

}  // namespace
}  // namespace margincall
