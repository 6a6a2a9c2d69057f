#include "cli/export_tables.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/durable_files.hpp"
#include "base/files.hpp"
#include "base/json_text.hpp"
#include "cli/finished_run.hpp"
#include "cli/open_file.hpp"
#include "cli/pool_watch.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_folder.hpp"
#include "cli/sql_text.hpp"
#include "cli/step_watch.hpp"
#include "cli/suggestion.hpp"
#include "record/column_meanings.hpp"
#include "record/sql_reader.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t export_buffer_bytes = 1U << 20U;

Error cannot_export(const fs::path& path, int reason) {
    return disk_error(path, reason, "nothing was kept; give another place with -o");
}

// One line of units.csv for each column that goes out.
struct UnitLine {
    std::string table, column;
};

class Export {
  public:
    Export(const SqlReader& db, RunFolder& folder) : db_{db}, folder_{folder} {}

    // Rows written; E511, E512, E522.
    std::expected<std::size_t, Error> table(const std::string& name) {
        // The name becomes a file's: one of a made-up database must not lead out of the folder.
        if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") != std::string::npos) {
            Error error;
            error.file = name;
            error.code = "E522";
            error.message = "is no name of a table that a run writes";
            return std::unexpected(std::move(error));
        }
        auto rows = db_.query(fmt::format("SELECT * FROM {} ORDER BY rowid", sql_name(name)));
        if (!rows) {
            return std::unexpected(rows.error());
        }
        const fs::path path = folder_.file(name + ".csv");
        const OpenDescriptor out{
            open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
        if (out.number() < 0) {
            return std::unexpected(cannot_export(path, errno));
        }
        fmt::memory_buffer text;
        for (std::size_t k = 0; k < rows->columns(); ++k) {
            columns_.push_back({name, rows->name(k)});
            field(text, k, csv_text_field(rows->name(k)));
        }
        text.append(std::string_view{"\r\n"});
        std::size_t count = 0;
        while (true) {
            const auto more = rows->step();
            if (!more) {
                return std::unexpected(more.error());
            }
            if (*more) {
                for (std::size_t k = 0; k < rows->columns(); ++k) {
                    field(text, k, csv_field(rows->value(k)));
                }
                text.append(std::string_view{"\r\n"});
                ++count;
            }
            if (!*more || text.size() > export_buffer_bytes) {
                if (const int reason = write_all(out.number(), {text.data(), text.size()});
                    reason != 0) {
                    return std::unexpected(cannot_export(path, reason));
                }
                text.clear();
            }
            if (!*more) {
                break;
            }
        }
        return count;
    }

    [[nodiscard]] std::expected<std::string, Error> units() const {
        std::string out = "table,column,unit,scale,meaning\r\n";
        for (const UnitLine& line : columns_) {
            std::string unit;
            std::string scale;
            auto rows = db_.query("SELECT table_name, column_name, unit, scale FROM columns");
            if (!rows) {
                return std::unexpected(rows.error());
            }
            while (rows->step().value_or(false)) {
                if (rows->value(0).text == line.table && rows->value(1).text == line.column) {
                    unit = rows->value(2).text;
                    scale = csv_field(rows->value(3));
                    break;
                }
            }
            out += fmt::format("{},{},{},{},{}\r\n",
                               csv_text_field(line.table),
                               csv_text_field(line.column),
                               unit.empty() ? "" : csv_text_field(unit),
                               scale,
                               csv_text_field(column_meaning(line.table, line.column)));
        }
        return out;
    }

  private:
    static void field(fmt::memory_buffer& text, std::size_t column, const std::string& value) {
        if (column > 0) {
            text.push_back(',');
        }
        text.append(value);
    }

    const SqlReader& db_;
    RunFolder& folder_;
    std::vector<UnitLine> columns_;
};

fs::path target_of(const ExportOptions& options) {
    const std::string name = name_of_folder(options.run) + "-csv";
    if (options.out.empty()) {
        const fs::path run = fs::path(options.run).lexically_normal();
        return (run.has_filename() ? run : run.parent_path()).parent_path() / name;
    }
    std::error_code ignored;
    const fs::path out{options.out};
    return fs::is_directory(out, ignored) ? out / name : out;
}

}  // namespace

ExitCode export_tables(const ExportOptions& options, Streams streams) {
    StepWatch steps(
        progress_style(options.quiet ? Loudness::quiet : Loudness::normal, "auto", streams.err),
        streams.err);
    const auto fail = [&](const Error& error) {
        steps.end();
        return report_problems({error}, options.output, streams);
    };
    const auto db = SqlReader::open(database_of(options.run));
    if (!db) {
        return fail(db.error());
    }
    const auto known = db->tables();
    if (!known) {
        return fail(known.error());
    }
    for (const std::string& name : options.tables) {
        if (std::ranges::find(*known, name) == known->end()) {
            return fail(file_error(
                "--tables " + name,
                "E526",
                "the run has no such table",
                suggestion(name, *known, fmt::format("its tables: {}", fmt::join(*known, ", ")))));
        }
    }
    auto folder = RunFolder::create(target_of(options));
    if (!folder) {
        return fail(folder.error());
    }
    steps.begin("writing the tables");
    Export out(*db, *folder);
    nlohmann::ordered_json counts;
    for (const std::string& name : options.tables.empty() ? *known : options.tables) {
        const auto rows = out.table(name);
        if (!rows) {
            return fail(rows.error());
        }
        counts[name] = *rows;
    }
    const auto units = out.units();
    if (!units) {
        return fail(units.error());
    }
    if (const auto done = folder->write("units.csv", *units); !done) {
        return fail(done.error());
    }
    if (const auto done = folder->finish(); !done) {
        return fail(done.error());
    }
    steps.end();
    if (options.output == Output::json) {
        nlohmann::ordered_json line{{"folder", folder->final_path().string()}, {"rows", counts}};
        fmt::print(streams.out, "{}\n", json_text(line));
    } else if (!options.quiet) {
        for (const auto& [name, rows] : counts.items()) {
            fmt::print(streams.out,
                       "{}  {} rows\n",
                       pad_right(name + ".csv", 24),
                       pad_left(format_count(rows.get<double>()), 12));
        }
        fmt::print(streams.out,
                   "units.csv                 units and meanings of the columns\n\ntables  {}\n",
                   folder->final_path().string());
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
