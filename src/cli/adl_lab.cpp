#include "cli/adl_lab.hpp"

#include <fmt/format.h>

#include <array>
#include <expected>
#include <filesystem>
#include <utility>

#include "base/output.hpp"
#include "base/text.hpp"
#include "cli/finished_run.hpp"
#include "cli/number_option.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_folder.hpp"
#include "cli/shared_options.hpp"
#include "cli/terminal.hpp"
#include "desk/csv.hpp"
#include "report/adl_lab_report.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view stress_file = "adl.csv";

// A file of one of the folders, plain or gzipped; the first that has it.
std::expected<waves::RecordText, Error> find_file(const std::vector<std::string>& folders,
                                                  std::string_view name) {
    for (const std::string& folder : folders) {
        for (const char* const end : {"", ".gz"}) {
            const fs::path path = fs::path{folder} / (std::string{name} + end);
            std::error_code ignored;
            if (fs::exists(path, ignored)) {
                auto text = read_text_file(path.string());
                if (!text) {
                    return std::unexpected(std::move(text.error()));
                }
                return waves::RecordText{path.string(), std::move(*text)};
            }
        }
    }
    return waves::RecordText{};
}

Error missing_file(const std::vector<std::string>& folders, std::string_view name) {
    return file_error(folders.front(),
                      "E102",
                      "no " + std::string{name} + " in it",
                      "give the folders of the record's waves and accounts, or that of a stress "
                      "(docs/adl-laboratory.md)");
}

std::expected<waves::RecordTexts, Errors> find_record(const std::vector<std::string>& folders) {
    waves::RecordTexts texts;
    const std::array<waves::RecordText*, waves::record_file_names.size()> parts{
        &texts.winners, &texts.coins, &texts.waves, &texts.gaps, &texts.published};
    Errors errors;
    for (std::size_t k = 0; k < parts.size(); ++k) {
        auto file = find_file(folders, waves::record_file_names[k]);
        if (!file) {
            errors.push_back(std::move(file.error()));
            continue;
        }
        if (file->name.empty() && parts[k] != &texts.published) {
            errors.push_back(missing_file(folders, waves::record_file_names[k]));
            continue;
        }
        *parts[k] = std::move(*file);
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return texts;
}

// The cases of one stress or, called by their folders, of several.
std::expected<std::vector<waves::CaseWaves>, Errors> find_cases(
    const std::vector<std::string>& folders) {
    std::vector<waves::CaseWaves> out;
    for (const std::string& folder : folders) {
        const auto file = find_file({folder}, stress_file);
        if (!file) {
            return std::unexpected(Errors{file.error()});
        }
        if (file->name.empty()) {
            return std::unexpected(Errors{missing_file({folder}, stress_file)});
        }
        auto cases = waves::read_stress_waves(*file);
        if (!cases) {
            return std::unexpected(std::move(cases.error()));
        }
        for (waves::CaseWaves& c : *cases) {
            if (folders.size() > 1) {
                c.name = name_of_folder(folder) + (cases->size() > 1 ? ": " + c.name : "");
            }
            out.push_back(std::move(c));
        }
    }
    return out;
}

std::expected<std::string, Error> write_folder(const AdlLabReport& report,
                                               const std::string& path) {
    auto folder = RunFolder::create(path);
    if (!folder) {
        return std::unexpected(std::move(folder.error()));
    }
    std::vector<StressFile> files = adl_lab_csv_files(report);
    files.push_back({"adl-lab.html", adl_lab_html(report)});
    files.push_back({"adl-lab.jsonl", adl_lab_json_lines(report)});
    for (const StressFile& file : files) {
        if (const auto done = folder->write(file.name, file.text); !done) {
            return std::unexpected(folder->keep_unfinished(done.error()));
        }
    }
    if (const auto done = folder->finish(); !done) {
        return std::unexpected(done.error());
    }
    return folder->final_path().string();
}

}  // namespace

void AdlLabCommand::add(CLI::App& app) {
    command_ = app.add_subcommand(
        "adl-lab", "a chain's record of auto-deleveraging, or a stress's, under other rules");
    command_->add_option("folder", folders_, "folders of the record, or of stresses")
        ->type_name("");
    command_
        ->add_option("--rules", rules_, "only these rules (words of adl.rank, profit-haircut, ...)")
        ->type_name("A,B")
        ->delimiter(',')
        ->allow_extra_args(false);
    command_
        ->add_option("--deals", deals_, "times that coins are dealt to the accounts (default 10)")
        ->transform(whole_number(1, 1000));
    command_
        ->add_option("--spare",
                     spare_,
                     "what winners had beyond what was closed, as a share of it (default 0)")
        ->transform(real_number(0.0, 100.0));
    command_->add_option("-o,--out", out_, "folder to make: page, CSV files, JSON")
        ->type_name("DIR");
    add_quiet(command_, quiet_);
    add_json(command_, json_);
    add_no_color(command_, no_color_);
}

ExitCode AdlLabCommand::run(Streams streams) const {
    const Output output = json_ ? Output::json : Output::text;
    if (folders_.empty()) {
        fmt::print(streams.err,
                   "margincall: adl-lab: no folder is given\n   help: margincall adl-lab "
                   "WAVES-FOLDER ACCOUNTS-FOLDER -o DIR\n");
        return ExitCode::command_line;
    }
    const auto chosen = waves::choose_lab_rules(rules_);
    if (!chosen) {
        (void)report_problems(chosen.error(), output, streams);
        return ExitCode::command_line;
    }
    AdlLabReport report;
    report.title = name_of_folder(folders_.front());
    waves::WaveRecord record;
    const auto stress = find_file({folders_.front()}, stress_file);
    if (!stress) {
        return report_problems({stress.error()}, output, streams);
    }
    if (!stress->name.empty()) {
        auto cases = find_cases(folders_);
        if (!cases) {
            return report_problems(cases.error(), output, streams);
        }
        report.cases = std::move(*cases);
    } else {
        auto texts = find_record(folders_);
        if (!texts) {
            return report_problems(texts.error(), output, streams);
        }
        auto read = waves::read_wave_record(*texts);
        if (!read) {
            return report_problems(read.error(), output, streams);
        }
        record = std::move(*read);
        report.record = &record;
        report.deals = deals_;
        report.spare = spare_;
        report.rules = waves::play_rules(
            rules_.empty() ? waves::lab_rules() : std::span<const waves::LabRule>{*chosen},
            record,
            deals_,
            spare_);
    }
    if (json_) {
        fmt::print(streams.out, "{}", adl_lab_json_lines(report));
    } else if (!quiet_) {
        fmt::print(
            streams.out, "{}", adl_lab_terminal(report, terminal_options(streams.out, !no_color_)));
    }
    if (!out_.empty()) {
        const auto folder = write_folder(report, out_);
        if (!folder) {
            return report_problems({folder.error()}, output, streams);
        }
        fmt::print(streams.err, "folder  {}\n", base::shown(*folder));
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
