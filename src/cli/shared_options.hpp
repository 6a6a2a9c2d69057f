// Options that several commands have: one name, help text, environment variable and range each.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace margincall::inline cli {

void add_quiet(CLI::App* command, bool& into);
void add_verbose(CLI::App* command, bool& into);
void add_json(CLI::App* command, bool& into);
void add_no_color(CLI::App* command, bool& into);

void add_paths(CLI::App* command, std::optional<std::int64_t>& into);
void add_preview(CLI::App* command, bool& into);
void add_resume(CLI::App* command, bool& into);
void add_strict(CLI::App* command, bool& into);
void add_workers(CLI::App* command, std::size_t& into);
void add_progress(CLI::App* command, std::string& into);
// --seed-from of the commands that run many seeds.
void add_seed_from(CLI::App* command, std::optional<std::uint64_t>& into);
// --shard i/n of the commands whose worlds several machines share.
void add_shard(CLI::App* command, std::string& into);

}  // namespace margincall::inline cli
