#include "cli/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <string_view>

#include "base/text.hpp"
#include "base/version.hpp"
#include "bench/bench_clearing.hpp"
#include "bench/bench_defi.hpp"
#include "bench/bench_liquidate.hpp"
#include "bench/bench_mark.hpp"
#include "bench/bench_orderflow.hpp"
#include "cli/adl_lab.hpp"
#include "cli/answer_commands.hpp"
#include "cli/cause_commands.hpp"
#include "cli/experiment_commands.hpp"
#include "cli/explain.hpp"
#include "cli/folder_commands.hpp"
#include "cli/guarded_streams.hpp"
#include "cli/import_book.hpp"
#include "cli/manual.hpp"
#include "cli/new_scenario.hpp"
#include "cli/number_option.hpp"
#include "cli/report_problems.hpp"
#include "cli/run.hpp"
#include "cli/schema.hpp"
#include "cli/shared_options.hpp"
#include "cli/stress_options.hpp"
#include "cli/suggestion.hpp"
#include "cli/sweep.hpp"
#include "cli/validate.hpp"
#include "cli/validate_model.hpp"
#include "lab/gates.hpp"

namespace margincall::inline cli {
namespace {

struct LaterCommand {
    const char* name;
    const char* what;
};
constexpr std::array later_commands = {
    LaterCommand{"calibrate", "fit to measured figures"},
    LaterCommand{"serve", "web interface"},
    LaterCommand{"monitor", "live monitor"},
    LaterCommand{"doctor", "build, libraries, clock"},
};

// One argument as a shell would need it.
std::string shell_word(const std::string& word) {
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-_./=,:+@%"}.find(c) != std::string_view::npos;
    });
    if (plain) {
        return word;
    }
    std::string out = "'";
    for (const char c : word) {
        out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    }
    return out + "'";
}

// The whole line. The salt of pseudonyms must not stand in what is handed on.
std::string typed_line(const std::vector<std::string>& arguments) {
    constexpr std::string_view secret = "--salt";
    std::string out = "margincall";
    bool is_secret = false;
    for (const std::string& argument : arguments) {
        const bool holds_secret = argument.starts_with(std::string{secret} + "=");
        out += " " + (is_secret      ? std::string{"..."}
                      : holds_secret ? std::string{secret} + "=..."
                                     : shell_word(argument));
        is_secret = argument == secret;
    }
    return out;
}

// Which argument or variable of ours has bytes that are none; its text may be secret.
std::string not_utf8(const std::vector<std::string>& arguments) {
    for (std::size_t k = 0; k < arguments.size(); ++k) {
        if (const auto bad = first_bad_byte(arguments[k])) {
            return fmt::format("byte {} of argument {}", *bad + 1, k + 1);
        }
    }
    for (char* const* variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        if (text.starts_with("MARGINCALL_") && first_bad_byte(text)) {
            return fmt::format("the variable {}", shown(text.substr(0, text.find('='))));
        }
    }
    return {};
}

class CommandLine {
  public:
    explicit CommandLine(Streams streams) : streams_(streams) {
        app_.set_version_flag("--version", std::string{"margincall "} + program_version);
        // One command a line: a word after it is its own, also when it is called like another one.
        app_.require_subcommand(0, 1);
        app_.set_help_all_flag("--help-all", "help of all commands");
        add_run();
        add_sweep();
        answers_.add(app_);
        add_validate();
        add_validate_model();
        add_explain();
        add_schema();
        add_new();
        add_import();
        adl_lab_.add(app_);
        add_bench();
        add_manual();
        stress_.add(app_);
        folders_.add(app_);
        causes_.add(app_);
        experiments_.add(app_);
        for (const LaterCommand& later : later_commands) {
            CLI::App* const command =
                app_.add_subcommand(later.name, fmt::format("{} (not available yet)", later.what));
            command->allow_extras();
            command->group("");  // --help lists what works
        }
    }

    ExitCode run(const std::vector<std::string>& arguments) {
        if (const std::string where = not_utf8(arguments); !where.empty()) {
            return wrong_command_line(
                streams_, where + " is not UTF-8", "margincall explain E105 says how to mend it");
        }
        command_ = typed_line(arguments);
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        try {
            app_.parse(reversed);
        } catch (const CLI::Success& asked) {
            // --help and --version
            if (dynamic_cast<const CLI::CallForVersion*>(&asked) != nullptr) {
                fmt::print(streams_.out, "margincall {}\n", program_version);
            } else {
                fmt::print(streams_.out, "{}", help());
            }
            return ExitCode::done;
        } catch (const CLI::ParseError& error) {
            return wrong_command_line(streams_, error.what(), help_for(arguments));
        }
        return dispatch();
    }

  private:
    // For a line that does not parse: the first word of it that no command or option is called.
    std::string help_for(const std::vector<std::string>& arguments) {
        const CLI::App* command = &app_;
        const auto otherwise = [&] {
            return command == &app_
                       ? std::string{"margincall --help lists the commands"}
                       : fmt::format("margincall {} --help lists its options", command->get_name());
        };
        for (const std::string& argument : arguments) {
            if (argument.starts_with("--")) {
                const std::string name = argument.substr(0, argument.find('='));
                if (command->get_option_no_throw(name) == nullptr) {
                    std::vector<std::string> known;
                    for (const CLI::Option* const option : command->get_options()) {
                        for (const std::string& word : option->get_lnames()) {
                            known.push_back("--" + word);
                        }
                    }
                    return suggestion(name, known, otherwise());
                }
            } else if (!argument.starts_with('-')) {
                std::vector<std::string> known;
                const CLI::App* inner = nullptr;
                for (const CLI::App* const one : command->get_subcommands({})) {
                    if (!one->get_group().empty() || one->get_name() == argument) {
                        known.push_back(one->get_name());
                    }
                    inner = one->get_name() == argument ? one : inner;
                }
                if (inner == nullptr && command == &app_) {
                    return suggestion(argument, known, otherwise());
                }
                command = inner != nullptr ? inner : command;
            }
        }
        return otherwise();
    }

    std::string help() {
        const std::vector<CLI::App*> chosen = app_.get_subcommands();
        return chosen.empty() ? app_.help() : chosen.front()->help("margincall");
    }

    void common(CLI::App* command) {
        add_quiet(command, quiet_);
        add_verbose(command, verbose_);
        add_json(command, json_);
        add_no_color(command, no_color_);
    }
    void scenario_options(CLI::App* command) {
        command
            ->add_option("--set", overrides_, "replace a value: --set agents.market_maker.firms=8")
            ->type_name("KEY=VALUE")
            ->allow_extra_args(false);
        add_strict(command, strict_);
    }

    // Options of whatever runs many seeds.
    void many_worlds(CLI::App* command) {
        add_paths(command, paths_);
        add_preview(command, preview_);
        add_resume(command, resume_);
        workers(command);
    }

    void workers(CLI::App* command) {
        add_workers(command, workers_);
        add_retry_failed(command, retry_failed_);
        add_progress(command, progress_);
    }

    void add_sweep() {
        sweep_command_ =
            app_.add_subcommand("sweep", "a grid of values times seeds, in one folder");
        sweep_command_->add_option("file", files_, "scenario file");
        sweep_command_
            ->add_option("--vary", varies_, "KEY=LO:HI:N or KEY=A,B,C; several span a grid")
            ->type_name("KEY=VALUES")
            ->allow_extra_args(false);
        add_seed_from(sweep_command_, seed_);
        add_shard(sweep_command_, shard_);
        sweep_command_->add_option("-o,--out", out_, "folder of the sweep (default sweeps/...)")
            ->type_name("DIR")
            ->envname("MARGINCALL_OUT");
        many_worlds(sweep_command_);
        scenario_options(sweep_command_);
        common(sweep_command_);
        sweep_resume_ = sweep_command_->add_subcommand(
            "resume", "run what a folder lacks; it says itself what it was begun for");
        sweep_resume_->add_option("folder", sweep_folders_, "folder of a sweep");
        add_shard(sweep_resume_, shard_);
        workers(sweep_resume_);
        common(sweep_resume_);
        sweep_status_ = sweep_command_->add_subcommand("status", "how far a folder is");
        sweep_status_->add_option("folder", sweep_folders_, "folder of a sweep or of run --paths");
        common(sweep_status_);
        sweep_verify_ =
            sweep_command_->add_subcommand("verify", "run some worlds again and compare");
        sweep_verify_->add_option("folder", sweep_folders_, "folder of a sweep or of run --paths");
        sweep_verify_
            ->add_option("--percent", verify_percent_, "of the finished worlds (default 1)")
            ->transform(real_number(0.0, 100.0));
        sweep_verify_
            ->add_option("--choice-seed", seed_, "which worlds (default: other ones each time)")
            ->transform(seed_number())
            ->type_name("N");
        common(sweep_verify_);
        sweep_join_ = sweep_command_->add_subcommand(
            "join", "copy worlds of other folders of the same sweep into the first");
        sweep_join_->add_option(
            "folders", sweep_folders_, "folders; the first receives the worlds");
        common(sweep_join_);
    }

    void add_run() {
        run_command_ = app_.add_subcommand("run", "simulate one scenario and write a run folder");
        run_command_->add_option("file", files_, "scenario file; - reads standard input");
        run_command_->add_option("--seed,--seed-from", seed_, "replaces random.seed")
            ->transform(seed_number())
            ->type_name("N")
            ->envname("MARGINCALL_SEED");
        run_command_
            ->add_option(
                "-o,--out", out_, "run folder; an existing folder receives one (default runs/...)")
            ->type_name("DIR")
            ->envname("MARGINCALL_OUT");
        many_worlds(run_command_);
        run_command_->add_flag("--no-record", no_record_, "no series, database or report")
            ->envname("MARGINCALL_NO_RECORD");
        scenario_options(run_command_);
        common(run_command_);
    }
    void add_validate() {
        validate_command_ =
            app_.add_subcommand("validate", "check scenarios and print every problem at once");
        validate_command_->add_option("files", files_, "scenario files");
        scenario_options(validate_command_);
        common(validate_command_);
    }

    void add_validate_model() {
        validate_model_command_ = app_.add_subcommand(
            "validate-model", "runs the gates of price formation and writes their answer");
        CLI::App* const command = validate_model_command_;
        command->add_flag("--gates", gates_, "the gates (the only part yet)");
        CLI::Option* const only =
            command
                ->add_option("--only", only_, fmt::format("of: {}", fmt::join(gate_names(), ", ")))
                ->type_name("GATE,...")
                ->delimiter(',')
                ->allow_extra_args(false);
        CLI::Option* const seeds =
            command
                ->add_option(
                    "--seeds", gate_options_.seeds, "instead of those that each gate names")
                ->type_name("1-8");
        CLI::Option* const size =
            command
                ->add_option(
                    "--size", gate_options_.size, "of the worlds: reduced (default) or full")
                ->check(CLI::IsMember({"reduced", "full"}));
        add_workers(command, workers_);
        command->add_option("-o,--out", out_, "file, or a folder for it (default gates.json)")
            ->type_name("FILE");
        CLI::Option* const set =
            command
                ->add_option("--set", overrides_, "replace a value in every scenario of the gates")
                ->type_name("KEY=VALUE")
                ->allow_extra_args(false);
        CLI::Option* const page =
            command
                ->add_option("--page", gate_options_.page, "Markdown page whose table is replaced")
                ->type_name("FILE");
        CLI::Option* const confirm =
            command->add_flag("--confirm",
                              gate_options_.confirm,
                              "run one world of each kind again; an answer whose worlds come out "
                              "the same is renewed");
        for (CLI::Option* const other : {only, seeds, size, set, page}) {
            confirm->excludes(other);
        }
        add_progress(command, progress_);
        common(command);
    }

    void add_explain() {
        explain_command_ = app_.add_subcommand(
            "explain", "what a key or an error code means; of a FILE the resolved scenario");
        explain_command_->add_option("what", files_, "KEY, E203, FILE or FILE:LINE");
        explain_command_
            ->add_option("--draw",
                         explain_draw_,
                         "of a FILE: what a world with this seed draws from its [ranges], as --set "
                         "takes it")
            ->transform(seed_number())
            ->type_name("SEED");
        scenario_options(explain_command_);
        common(explain_command_);
    }
    void add_schema() {
        schema_command_ =
            app_.add_subcommand("schema", "every key of a scenario; --json for JSON Schema");
        schema_command_->add_flag("--markdown", markdown_, "the table of docs/scenario-file.md");
        schema_command_->add_flag("--capabilities",
                                  capabilities_,
                                  "what run and stress do with each value of a venue's rules");
        schema_command_->add_flag("--metrics", metrics_, "unit and counting rule of each metric");
        common(schema_command_);
    }
    void add_new() {
        new_command_ = app_.add_subcommand("new", "write a commented scenario to start from");
        new_command_->add_option("template",
                                 files_,
                                 "2025-11-04, 2025-10-10, 2025-09-22, quiet-2025-11, flash, blank, "
                                 "2025-11-04-unmeasured "
                                 "or 2025-10-10-informed");
        new_command_->add_option("-o,--out", out_, "file to write; standard output when absent")
            ->type_name("FILE");
    }

    void add_import() {
        import_command_ =
            app_.add_subcommand("import", "answers of venues' interfaces as an account book");
        CLI::App* const command = import_command_;
        command->add_option(
            "state",
            files_,
            "JSON of Hyperliquid, Binance, Bybit, OKX, ccxt or Aave (docs/import.md)");
        command
            ->add_option("--account", import_.account, "where the files name none (default main)")
            ->type_name("NAME");
        command->add_option("--venue", import_.venue, "venue of the market, instead of the usual")
            ->type_name("VENUE");
        command->add_option("-o,--out", out_, "book to write; standard output when absent")
            ->type_name("FILE");
        common(command);
    }

    void add_manual() {
        manual_command_ = app_.add_subcommand(
            "manual", "this program's manual page (roff), or a shell's completion script");
        manual_command_
            ->add_option("form", files_, fmt::format("of: {}", fmt::join(manual_forms(), ", ")))
            ->check(CLI::IsMember(manual_forms()));
    }

    void add_bench() {
        bench_command_ = app_.add_subcommand(
            "bench",
            "benchmarks that check their own answer: orderflow, clearing, mark, liquidate, defi");
        bench_command_->add_option("name", files_, "orderflow or clearing, then the flow files");
        bench_command_->add_option("--accounts", bench_accounts_, "accounts of the benchmark")
            ->transform(whole_number(1, 100'000'000));
        bench_command_->add_option("--assets", bench_assets_, "mark: assets each account is in")
            ->transform(whole_number(1, 16));
        bench_command_->add_option("--marks", bench_marks_, "mark: length of the walk")
            ->transform(whole_number(1, 1'000'000'000));
        bench_command_
            ->add_option("--leverage",
                         bench_leverage_,
                         "mark: median leverage; default 6 with one asset, else 3.3")
            ->transform(real_number(1.0, 50.0));
        common(bench_command_);
    }

    [[nodiscard]] Loudness loudness() const {
        return quiet_ ? Loudness::quiet : (verbose_ ? Loudness::verbose : Loudness::normal);
    }
    [[nodiscard]] Output output() const { return json_ ? Output::json : Output::text; }
    [[nodiscard]] Strict strict() const { return strict_ ? Strict::yes : Strict::no; }

    ExitCode dispatch() {
        const std::vector<CLI::App*> chosen = app_.get_subcommands();
        if (chosen.empty()) {
            fmt::print(streams_.err, "{}", app_.help());
            return ExitCode::command_line;
        }
        const std::string name = chosen.front()->get_name();
        for (const LaterCommand& later : later_commands) {
            if (name == later.name) {
                return wrong_command_line(
                    streams_,
                    fmt::format("\"{}\" is not available yet ({})", later.name, later.what),
                    "margincall --help lists the commands");
            }
        }
        if (chosen.front() == run_command_) {
            return do_run();
        }
        if (chosen.front() == sweep_command_) {
            return do_sweep();
        }
        if (chosen.front() == schema_command_) {
            const SchemaForm form =
                json_ ? SchemaForm::json : (markdown_ ? SchemaForm::markdown : SchemaForm::text);
            return capabilities_ ? print_capabilities(form, streams_)
                   : metrics_    ? print_metrics(form, streams_)
                                 : print_schema(form, streams_);
        }
        if (chosen.front() == explain_command_) {
            if (files_.size() != 1) {
                return wrong_command_line(streams_,
                                          "explain: give one key, error code or file",
                                          "margincall explain agents.market_maker.firms");
            }
            return explain_draw_
                       ? explain_draw(files_.front(), overrides_, *explain_draw_, streams_)
                       : explain(files_.front(), overrides_, streams_);
        }
        if (chosen.front() == validate_model_command_) {
            return do_validate_model();
        }
        if (chosen.front() == bench_command_) {
            return do_bench();
        }
        if (folders_.has(chosen.front())) {
            return folders_.run(chosen.front(), command_, streams_);
        }
        if (chosen.front() == adl_lab_.command()) {
            return adl_lab_.run(streams_);
        }
        if (causes_.has(chosen.front())) {
            return causes_.run(chosen.front(), command_, streams_);
        }
        if (answers_.has(chosen.front())) {
            return answers_.run(chosen.front(), command_, streams_);
        }
        if (experiments_.has(chosen.front())) {
            return experiments_.run(chosen.front(), command_, streams_);
        }
        if (chosen.front() == stress_.command()) {
            return stress_.run(command_, streams_);
        }
        if (chosen.front() == import_command_) {
            return do_import();
        }
        if (chosen.front() == manual_command_) {
            if (files_.size() > 1) {
                return wrong_command_line(
                    streams_, "manual: one form at a time", "margincall manual bash");
            }
            const std::string form = files_.empty() ? manual_forms().front() : files_.front();
            fmt::print(streams_.out, "{}", manual(app_, form));
            return ExitCode::done;
        }
        if (chosen.front() == new_command_) {
            if (files_.size() != 1) {
                return wrong_command_line(
                    streams_, "new: give one template", "margincall new 2025-11-04 -o nov4.toml");
            }
            return new_scenario(files_.front(), out_, streams_);
        }
        return do_validate();
    }

    ExitCode do_bench() {
        const std::string usage =
            "margincall bench orderflow FILE... | clearing FILE... --accounts N | mark --accounts "
            "N "
            "--assets K | liquidate --accounts N | defi, swap, lending-liquidation, health";
        if (files_.empty()) {
            return wrong_command_line(streams_, "bench: no benchmark is named", usage);
        }
        const std::string& name = files_.front();
        if (is_defi_bench(name)) {
            return static_cast<ExitCode>(bench_defi(name, DefiBenchSizes{}, output()));
        }
        if (name == "liquidate") {
            return static_cast<ExitCode>(bench_liquidate(bench_accounts_, json_));
        }
        if (name == "mark") {
            return static_cast<ExitCode>(
                bench_mark({.accounts = bench_accounts_,
                            .assets = bench_assets_,
                            .marks = bench_marks_,
                            .leverage = bench_leverage_ > 0.0 ? bench_leverage_
                                                              : (bench_assets_ == 1 ? 6.0 : 3.3)},
                           json_));
        }
        const std::span<const std::string> flows{files_.data() + 1, files_.size() - 1};
        if (name != "orderflow" && name != "clearing") {
            return wrong_command_line(streams_,
                                      fmt::format("bench: there is no benchmark \"{}\"", name),
                                      suggestion(name,
                                                 std::array<std::string, 8>{"orderflow",
                                                                            "clearing",
                                                                            "mark",
                                                                            "liquidate",
                                                                            "defi",
                                                                            "swap",
                                                                            "lending-liquidation",
                                                                            "health"},
                                                 usage));
        }
        if (flows.empty()) {
            return wrong_command_line(streams_, "bench: no flow file is given", usage);
        }
        return static_cast<ExitCode>(name == "orderflow"
                                         ? bench_orderflow(flows, json_)
                                         : bench_clearing(flows, bench_accounts_, json_));
    }

    ExitCode do_run() {
        if (files_.size() != 1) {
            return wrong_command_line(
                streams_,
                files_.empty() ? "run: no scenario file is given" : "run: one scenario at a time",
                "margincall run scenarios/2025-11-04.toml");
        }
        return run_scenario(run_options(), streams_);
    }

    [[nodiscard]] RunOptions run_options() const {
        RunOptions options;
        options.scenario = files_.empty() ? std::string{} : files_.front();
        options.overrides = overrides_;
        if (preview_) {
            options.overrides.emplace_back("world.size=preview");
        }
        options.seed = seed_;
        options.paths = paths_;
        options.workers = workers_;
        options.resume = resume_;
        options.retry_failed = retry_failed_;
        options.out = out_;
        options.progress = progress_;
        options.record = no_record_ ? Record::no : Record::yes;
        options.strict = strict();
        options.output = output();
        options.loudness = loudness();
        options.colour = !no_color_;
        options.command = command_;
        return options;
    }

    ExitCode do_sweep() {
        if (sweep_resume_->parsed() || sweep_status_->parsed() || sweep_verify_->parsed() ||
            sweep_join_->parsed()) {
            if (sweep_folders_.empty() || (sweep_folders_.size() > 1 && !sweep_join_->parsed())) {
                return wrong_command_line(streams_,
                                          "sweep: give the folder of a sweep",
                                          "margincall sweep status sweeps/...");
            }
            if (sweep_join_->parsed()) {
                return sweep_join(sweep_folders_, output(), streams_);
            }
            if (sweep_resume_->parsed()) {
                SweepOptions options{run_options(), {}, shard_};
                options.run.out = sweep_folders_.front();
                return sweep_resume(options, streams_);
            }
            if (sweep_status_->parsed()) {
                return sweep_status(sweep_folders_.front(), output(), streams_);
            }
            return sweep_verify(
                {sweep_folders_.front(), verify_percent_, seed_, output(), command_}, streams_);
        }
        if (files_.size() != 1) {
            return wrong_command_line(
                streams_,
                files_.empty() ? "sweep: no scenario file is given"
                               : "sweep: one scenario at a time",
                "margincall sweep FILE --vary agents.market_maker.firms=2,4,8 --paths 20");
        }
        return sweep({run_options(), varies_, shard_}, streams_);
    }

    ExitCode do_import() {
        if (files_.empty()) {
            return wrong_command_line(streams_,
                                      "import: no account state is given",
                                      "margincall import state.json -o book.csv");
        }
        import_.files = files_;
        import_.out = out_;
        import_.output = output();
        import_.loudness = loudness();
        return import_book(import_, streams_);
    }

    ExitCode do_validate_model() {
        if (!gates_) {
            return wrong_command_line(streams_,
                                      "validate-model: give --gates, the only part yet",
                                      "margincall validate-model --gates -o gates.json");
        }
        GateOptions options = gate_options_;
        options.only = only_;
        options.overrides = overrides_;
        options.workers = workers_;
        options.out = out_.empty() ? options.out : out_;
        options.progress = progress_;
        options.output = output();
        options.loudness = loudness();
        options.command = command_;
        return validate_gates(options, streams_);
    }

    ExitCode do_validate() {
        if (files_.empty()) {
            return wrong_command_line(streams_,
                                      "validate: no scenario file is given",
                                      "margincall validate scenarios/2025-11-04.toml");
        }
        return validate_scenarios({files_, overrides_, strict(), output(), loudness()}, streams_);
    }

    Streams streams_;
    CLI::App app_{"Margincall: a stress lab for leveraged crypto markets", "margincall"};
    CLI::App* run_command_ = nullptr;
    CLI::App* sweep_command_ = nullptr;
    CLI::App* sweep_resume_ = nullptr;
    CLI::App* sweep_status_ = nullptr;
    CLI::App* sweep_verify_ = nullptr;
    CLI::App* sweep_join_ = nullptr;
    CLI::App* validate_command_ = nullptr;
    CLI::App* validate_model_command_ = nullptr;
    CLI::App* explain_command_ = nullptr;
    CLI::App* schema_command_ = nullptr;
    CLI::App* new_command_ = nullptr;
    CLI::App* import_command_ = nullptr;
    ImportArguments import_;
    CLI::App* manual_command_ = nullptr;
    CLI::App* bench_command_ = nullptr;
    StressCommandLine stress_;
    AdlLabCommand adl_lab_;
    FolderCommands folders_;
    CauseCommands causes_;
    ExperimentCommands experiments_;
    AnswerCommands answers_;
    std::uint32_t bench_accounts_ = 100'000;
    std::uint32_t bench_assets_ = 1;
    std::uint32_t bench_marks_ = 10'000;
    double bench_leverage_ = 0.0;
    std::vector<std::string> files_;
    std::vector<std::string> overrides_;
    std::vector<std::string> varies_;
    std::vector<std::string> sweep_folders_;
    std::optional<std::uint64_t> seed_;
    std::optional<std::uint64_t> explain_draw_;
    std::optional<std::int64_t> paths_;
    std::size_t workers_ = 0;
    std::string shard_;
    bool gates_ = false;
    std::vector<std::string> only_;
    GateOptions gate_options_;
    double verify_percent_ = 1.0;
    bool resume_ = false;
    bool retry_failed_ = false;
    std::string out_;
    std::string progress_ = "auto";
    std::string command_ = "margincall";
    bool preview_ = false;
    bool no_record_ = false;
    bool strict_ = false;
    bool quiet_ = false;
    bool verbose_ = false;
    bool json_ = false;
    bool no_color_ = false;
    bool markdown_ = false;
    bool capabilities_ = false;
    bool metrics_ = false;
};

ExitCode run_caught(const std::vector<std::string>& arguments, Streams streams) {
    try {
        CommandLine line(streams);
        return line.run(arguments);
    } catch (const std::bad_alloc&) {
        fmt::print(streams.err,
                   "margincall: out of memory\n   help: --set population.accounts=100000\n");
        return ExitCode::resources;
    } catch (const std::exception& error) {
        if (std::ferror(stdout) != 0) {
            return ExitCode::done;  // what cannot be printed is said once, at the end
        }
        fmt::print(streams.err, "margincall: internal error: {}\n", error.what());
        return ExitCode::internal;
    }
}

}  // namespace

ExitCode run_command_line(const std::vector<std::string>& arguments, Streams streams) {
    GuardedStreams guard(streams);
    return guard.finish(run_caught(arguments, guard.streams()));
}

}  // namespace margincall::inline cli
