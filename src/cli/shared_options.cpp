#include "cli/shared_options.hpp"

#include "cli/number_option.hpp"

namespace margincall::inline cli {

void add_quiet(CLI::App* command, bool& into) {
    command->add_flag("-q,--quiet", into, "only errors")->envname("MARGINCALL_QUIET");
}

void add_verbose(CLI::App* command, bool& into) {
    command->add_flag("-v,--verbose", into, "more detail")->envname("MARGINCALL_VERBOSE");
}

void add_json(CLI::App* command, bool& into) {
    command->add_flag("--json", into, "one JSON object per line on stdout")
        ->envname("MARGINCALL_JSON");
}

void add_no_color(CLI::App* command, bool& into) {
    command->add_flag("--no-color", into, "no colours (also NO_COLOR)")
        ->envname("MARGINCALL_NO_COLOR");
}

void add_paths(CLI::App* command, std::optional<std::int64_t>& into) {
    command->add_option("--paths", into, "worlds: seeds S, S+1, ...; replaces random.paths")
        ->transform(whole_number(1, 1'000'000))
        ->type_name("N")
        ->envname("MARGINCALL_PATHS");
}

void add_preview(CLI::App* command, bool& into) {
    command->add_flag("--preview", into, "coarser and smaller: a look, not a result")
        ->envname("MARGINCALL_PREVIEW");
}

void add_resume(CLI::App* command, bool& into) {
    command->add_flag("--resume", into, "go on with what an earlier process left");
}

void add_strict(CLI::App* command, bool& into) {
    command->add_flag("--strict", into, "warnings stop the run")->envname("MARGINCALL_STRICT");
}

void add_workers(CLI::App* command, std::size_t& into) {
    command->add_option("--workers", into, "worlds at a time (default one a core)")
        ->transform(whole_number(1, 1024))
        ->type_name("N")
        ->envname("MARGINCALL_WORKERS");
}

void add_progress(CLI::App* command, std::string& into) {
    command->add_option("--progress", into, "auto, bar, plain or none")
        ->check(CLI::IsMember({"auto", "bar", "plain", "none"}))
        ->envname("MARGINCALL_PROGRESS");
}

void add_seed_from(CLI::App* command, std::optional<std::uint64_t>& into) {
    command->add_option("--seed-from", into, "the first seed; replaces random.seed")
        ->transform(seed_number())
        ->type_name("N");
}

void add_retry_failed(CLI::App* command, bool& into) {
    command->add_flag("--retry-failed", into, "with --resume: the failed worlds, too");
}

void add_no_draw(CLI::App* command, bool& into) {
    command->add_flag(
        "--no-draw", into, "every seed with the scenario's own values, none drawn from [ranges]");
}

void add_shard(CLI::App* command, std::string& into) {
    command->add_option("--shard", into, "only every n-th world: job i of n")->type_name("I/N");
}

void WorldFlags::take(RunOptions& run, const std::string& typed) const {
    if (preview) {
        run.overrides.emplace_back("world.size=preview");
    }
    run.strict = strict ? Strict::yes : Strict::no;
    run.output = json ? Output::json : Output::text;
    run.loudness = quiet ? Loudness::quiet : verbose ? Loudness::verbose : Loudness::normal;
    run.colour = !no_color;
    run.command = typed;
}

void add_voice(CLI::App* command, WorldFlags& flags) {
    add_quiet(command, flags.quiet);
    add_verbose(command, flags.verbose);
    add_json(command, flags.json);
    add_no_color(command, flags.no_color);
}

void add_world_values(CLI::App* command, RunOptions& run, WorldFlags& flags) {
    command->add_option("--set", run.overrides, "replace a value: --set world.size=reduced")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    add_preview(command, flags.preview);
}

void add_world_work(CLI::App* command, RunOptions& run, WorldFlags& flags, const char* folder) {
    command->add_option("-o,--out", run.out, folder)->type_name("DIR")->envname("MARGINCALL_OUT");
    add_resume(command, run.resume);
    add_strict(command, flags.strict);
    add_workers(command, run.workers);
    add_progress(command, run.progress);
    add_voice(command, flags);
}

}  // namespace margincall::inline cli
