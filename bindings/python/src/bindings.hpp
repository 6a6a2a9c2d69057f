// What the parts of the module share: how errors become exceptions, how tables and scenarios are held.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "frame/table.hpp"
#include "scenario/compile.hpp"

namespace margincall::python {

// One function for each part of the module; each registers its classes and functions.
void bind_errors(nanobind::module_& module);    // errors.cpp: translation into margincall.errors
void bind_tables(nanobind::module_& module);    // tables.cpp: Table, the Arrow C interface
void bind_scenario(nanobind::module_& module);  // scenario.cpp: compiling
void bind_run(nanobind::module_& module);  // run.cpp: one world, finished folders, the command line
void bind_sweep(nanobind::module_& module);  // sweep.cpp: many worlds, their folder
void bind_world(nanobind::module_& module);  // world.cpp: a world by hand, agents in Python

// Thrown anywhere below a bound function, with or without the interpreter's lock; Python sees
// margincall.ScenarioError (of a scenario) or margincall.MargincallError.
class Problems final : public std::exception {
  public:
    enum class Of : std::uint8_t { scenario, other };

    explicit Problems(Errors errors, Of of = Of::other);
    explicit Problems(Error error) : Problems(Errors{std::move(error)}) {}
    // A problem without a place in a file.
    Problems(std::string code, std::string message, std::string hint = {});

    [[nodiscard]] const Errors& errors() const { return errors_; }
    [[nodiscard]] Of of() const { return of_; }
    [[nodiscard]] const std::string& text() const { return text_; }  // as the terminal shows it
    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

  private:
    Errors errors_;
    Of of_;
    std::string text_;
};

// A list with a dict a problem: kind, file, line, column, code, message, allowed, hint, more. The lock is held.
[[nodiscard]] nanobind::list error_dicts(const Errors& errors);

// What Python holds of a table; _core.Table.
struct SharedTable {
    std::shared_ptr<const Table> table;

    explicit SharedTable(Table made) : table(std::make_shared<const Table>(std::move(made))) {}
    explicit SharedTable(std::shared_ptr<const Table> shared) : table(std::move(shared)) {}
};

// What Python holds of a compiled scenario; _core.Compiled.
struct SharedScenario {
    std::shared_ptr<const Compiled> compiled;  // never null
    std::string file;                          // as messages name it
};

// While one lives, a failing CHECK of this thread throws CheckFailure, which Python sees as a MargincallError of
// code "internal", instead of ending the interpreter.
class ChecksThrow {
  public:
    ChecksThrow();
    ChecksThrow(const ChecksThrow&) = delete;
    ChecksThrow& operator=(const ChecksThrow&) = delete;
    ChecksThrow(ChecksThrow&&) = delete;
    ChecksThrow& operator=(ChecksThrow&&) = delete;
    ~ChecksThrow();

  private:
    bool before_;
};

}  // namespace margincall::python
