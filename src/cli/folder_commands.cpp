#include "cli/folder_commands.hpp"

#include <fmt/format.h>

#include "cli/compare.hpp"
#include "cli/export_tables.hpp"
#include "cli/query.hpp"
#include "cli/report_again.hpp"
#include "cli/shared_options.hpp"
#include "cli/verify.hpp"

namespace margincall::inline cli {
namespace {

ExitCode wrong(Streams streams, const char* what, const char* hint) {
    fmt::print(streams.err, "margincall: {}\n   help: {}\n", what, hint);
    return ExitCode::command_line;
}

}  // namespace

CLI::App* FolderCommands::add_command(CLI::App& app, const char* name, const char* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    add_quiet(command, quiet_);
    add_json(command, json_);
    return command;
}

void FolderCommands::add(CLI::App& app) {
    query_ = add_command(app, "query", "read-only SQL over a run's tables; without SQL lists them");
    query_->add_option("run", run_, "run folder")->type_name("");
    query_->add_option("sql", sql_, "one statement that only reads")->type_name("");
    query_->add_flag("--tables", list_, "tables and columns with their units");
    query_->add_flag("--csv", csv_, "CSV on stdout");

    export_ = add_command(app, "export", "a run's tables as CSV files in a fresh folder");
    export_->add_option("run", run_, "run folder")->type_name("");
    export_->add_option("-o,--out", out_, "folder to make (default RUN-csv)")->type_name("DIR");
    export_->add_option("--tables", tables_, "only these tables")
        ->type_name("A,B")
        ->delimiter(',')
        ->allow_extra_args(false);
    export_->add_option("--format", format_, "csv")->check(CLI::IsMember({"csv"}));

    verify_ = add_command(app, "verify", "run a folder's scenario again and compare everything");
    verify_->add_option("run", run_, "run folder")->type_name("");
    add_progress(verify_, progress_);

    report_ = add_command(app, "report", "make report.html again from run folders");
    report_->add_option("runs", runs_, "run folders")->type_name("");
    report_->add_option("-o,--out", out_, "file to write (default RUN/report.html)")
        ->type_name("FILE");

    compare_ = add_command(app, "compare", "runs, or stresses, beside each other");
    compare_->add_option("runs", runs_, "folders; differences are to the first")->type_name("");
    compare_->add_option("-o,--out", out_, "page to write, one file that opens offline")
        ->type_name("FILE");
    compare_->add_flag("--csv", csv_, "CSV on stdout");
    compare_->add_flag("--mix", mix_, "compare runs of different sizes all the same");
    add_no_color(compare_, no_color_);
}

bool FolderCommands::has(const CLI::App* command) const {
    return command == query_ || command == export_ || command == verify_ || command == report_ ||
           command == compare_;
}

ExitCode FolderCommands::query(Streams streams) const {
    if (run_.empty() || (list_ && !sql_.empty())) {
        return wrong(streams,
                     run_.empty() ? "query: no run folder is given"
                                  : "query: --tables stands without a statement",
                     "margincall query runs/NAME \"SELECT name, value FROM metrics\"");
    }
    QueryOptions options;
    options.run = run_;
    options.sql = sql_;
    options.form = json_ ? TableForm::json : (csv_ ? TableForm::csv : TableForm::text);
    return query_run(options, streams);
}

ExitCode FolderCommands::export_csv(Streams streams) const {
    if (run_.empty()) {
        return wrong(streams, "export: give one run folder", "margincall export runs/NAME -o DIR");
    }
    ExportOptions options;
    options.run = run_;
    options.out = out_;
    options.tables = tables_;
    options.output = json_ ? Output::json : Output::text;
    options.quiet = quiet_;
    return export_tables(options, streams);
}

ExitCode FolderCommands::compare(Streams streams) const {
    if (runs_.size() < 2) {
        return wrong(streams,
                     "compare: give two folders or more",
                     "margincall compare runs/BEFORE runs/AFTER -o compare.html");
    }
    CompareOptions options;
    options.runs = runs_;
    options.out = out_;
    options.form = json_ ? TableForm::json : (csv_ ? TableForm::csv : TableForm::text);
    options.mix = mix_;
    options.quiet = quiet_;
    options.colour = !no_color_;
    return compare_folders(options, streams);
}

ExitCode FolderCommands::run(const CLI::App* command, const std::string& typed, Streams streams) {
    const Output output = json_ ? Output::json : Output::text;
    if (command == query_) {
        return query(streams);
    }
    if (command == export_) {
        return export_csv(streams);
    }
    if (command == compare_) {
        return compare(streams);
    }
    if (command == verify_) {
        if (run_.empty()) {
            return wrong(streams, "verify: give one run folder", "margincall verify runs/NAME");
        }
        return verify_run({run_, progress_, output, quiet_, typed}, streams);
    }
    if (runs_.empty() || (runs_.size() > 1 && !out_.empty())) {
        return wrong(streams,
                     runs_.empty() ? "report: no run folder is given"
                                   : "report: -o names one file and there are several runs",
                     "margincall report runs/NAME -o FILE");
    }
    return report_again({runs_, out_, output, quiet_}, streams);
}

}  // namespace margincall::inline cli
