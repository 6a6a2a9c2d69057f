// Options that several commands have: one name, help text, environment variable and range each.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/run.hpp"

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
// --retry-failed of those that keep their worlds in a folder.
void add_retry_failed(CLI::App* command, bool& into);
// --no-draw of those whose seeds draw what is not known.
void add_no_draw(CLI::App* command, bool& into);
// --shard i/n of the commands whose worlds several machines share.
void add_shard(CLI::App* command, std::string& into);

// Flags of the commands that work on worlds.
struct WorldFlags {
    bool preview = false, json = false, quiet = false, verbose = false, strict = false,
         no_color = false;
    // Puts them into the options, with the whole command line.
    void take(RunOptions& run, const std::string& typed) const;
};
// How a command speaks: -q, -v, --json, --no-color.
void add_voice(CLI::App* command, WorldFlags& flags);
// --set and --preview of such a command.
void add_world_values(CLI::App* command, RunOptions& run, WorldFlags& flags);
// Where its worlds go (`folder` says whose folder it is), and how it works on them.
void add_world_work(CLI::App* command, RunOptions& run, WorldFlags& flags, const char* folder);

}  // namespace margincall::inline cli
