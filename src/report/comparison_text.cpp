// A comparison on the terminal, as JSON lines and as CSV.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/name_list.hpp"
#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/format.hpp"
#include "report/json_values.hpp"
#include "report/palette.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t compared_label_width = 42;
constexpr std::size_t compared_value_width = 14;
constexpr std::size_t difference_width = 24;
// Coins whose levels stand on the terminal; the page, JSON and CSV have all.
constexpr std::size_t names_shown = 2;
constexpr std::size_t settings_shown = 12;

std::string shown(MetricUnit unit, double value) {
    return format_metric(
        MetricName{.name = "", .unit = unit, .label = "", .counts = "", .over = ""}, value);
}

// A difference without its sign, in the unit's own steps: of shares and rates percentage points.
std::string size_text(MetricUnit unit, double size) {
    switch (unit) {
        case MetricUnit::fraction:
            return fmt::format("{:.2f} pp", size * 100);
        case MetricUnit::rate:
            return fmt::format("{:.4f} pp", size * 100);
        case MetricUnit::index:
            return fmt::format("{:.1f}", size);
        case MetricUnit::accounts:
        case MetricUnit::steps:
        case MetricUnit::fills:
            return size > 0 && size < 10 && size != std::floor(size) ? fmt::format("{:.1f}", size)
                                                                     : format_count(size);
        case MetricUnit::usd_price:
        case MetricUnit::usd:
        case MetricUnit::bps:
        case MetricUnit::ratio:
        case MetricUnit::hours:
        case MetricUnit::minutes:
            break;
    }
    return shown(unit, size);
}

std::string cut(const std::string& text, std::size_t width) {
    if (display_width(text) <= width) {
        return text;
    }
    std::string out = text;
    while (display_width(out) >= width) {
        // Whole code points: continuation bytes go with the one they belong to.
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) {
            out.pop_back();
        }
        out.pop_back();
    }
    return out + "…";
}

// A level names what it is of: "price.BTC", "mark.A:BTC-PERP", "fund.A".
std::string name_of(const ComparedRow& row) {
    return row.key.substr(row.key.find('.') + 1);
}

// Coins, and contracts at the first venue, in their order. Funds and pegs are few.
std::vector<std::string> names_of(const RunComparison& comparison) {
    std::vector<std::string> out;
    std::string venue;
    for (const ComparedRow& row : comparison.rows) {
        const bool mark = row.key.starts_with("mark.");
        if (row.part != "start" || (!mark && !row.key.starts_with("price."))) {
            continue;
        }
        const std::string name = name_of(row);
        const std::string its_venue = name.substr(0, mark ? name.find(':') : 0);
        venue = out.empty() ? its_venue : venue;
        if (its_venue == venue) {
            out.push_back(name);
        }
    }
    return out;
}

bool on_terminal(const ComparedRow& row, const std::vector<std::string>& names) {
    if (row.part.empty() || row.key.starts_with("fund.") || row.key.starts_with("peg.")) {
        return true;
    }
    const auto at = std::ranges::find(names, name_of(row));
    return at - names.begin() < static_cast<std::ptrdiff_t>(names_shown);
}

std::string label_of(const ComparedRow& row) {
    if (row.part.empty()) {
        return row.label;
    }
    return row.part == "start" ? row.label + ", actual" : "  " + row.part;
}

std::string table_row(const ComparedRow& row, const Palette& colours) {
    std::string line =
        pad_right(cut(base::shown(label_of(row)), compared_label_width), compared_label_width);
    for (std::size_t k = 0; k < row.values.size(); ++k) {
        line += pad_left(row.values[k] ? shown(row.unit, *row.values[k]) : std::string{no_data},
                         compared_value_width);
    }
    for (std::size_t k = 1; k < row.values.size(); ++k) {
        const int tone = difference_tone(row, k);
        const std::string text = difference_text(row, k);
        line += fmt::format("{}{}{}",
                            tone > 0   ? colours.good
                            : tone < 0 ? colours.bad
                                       : colours.dim,
                            pad_left(text, difference_width),
                            colours.reset);
    }
    while (!line.empty() && line.back() == ' ') {
        line.pop_back();
    }
    return line + "\n";
}

std::string settings_text(const RunComparison& comparison, const Palette& colours) {
    if (comparison.settings.empty()) {
        return "";
    }
    std::string text = fmt::format("\n{}settings that differ{}\n", colours.dim, colours.reset);
    const std::size_t rows = std::min(comparison.settings.size(), settings_shown);
    for (std::size_t k = 0; k < rows; ++k) {
        const ComparedSetting& setting = comparison.settings[k];
        std::string line = pad_right(base::shown(setting.key), compared_label_width) + " ";
        for (std::size_t run = 0; run < setting.values.size(); ++run) {
            const std::string& value = setting.values[run];
            line += (run > 0 ? "  |  " : "") +
                    cut(value.empty() ? "not there" : base::shown(value), 40);
        }
        text += line + "\n";
    }
    if (rows < comparison.settings.size()) {
        text += fmt::format("and {} more (--json and the page have all)\n",
                            comparison.settings.size() - rows);
    }
    return text;
}

const char* pairing_word(Pairing pairing) {
    switch (pairing) {
        case Pairing::single:
            return "single";
        case Pairing::paired:
            return "paired";
        case Pairing::unpaired:
            return "unpaired";
    }
    return "";
}

}  // namespace

std::string difference_text(const ComparedRow& row, std::size_t column) {
    const auto& difference = row.differences[column];
    if (!difference) {
        return "";
    }
    const std::string size = size_text(row.unit, std::abs(difference->mean));
    std::string text = difference->mean == 0 ? "0" : (difference->mean > 0 ? "+" : "\u2212") + size;
    if (const auto half = difference->resolvable()) {
        text += " ± " + size_text(row.unit, *half);
    }
    return text;
}

std::vector<std::string> comparison_answer(const RunComparison& comparison) {
    std::vector<std::string> out;
    for (std::size_t k = 1; k < comparison.columns.size(); ++k) {
        std::size_t compared = 0;
        std::vector<const ComparedRow*> better;
        std::vector<const ComparedRow*> worse;
        for (const ComparedRow& row : comparison.rows) {
            if (!row.part.empty() || row.worse == Worse::neither || !row.differences[k]) {
                continue;
            }
            ++compared;
            const int tone = difference_tone(row, k);
            if (tone != 0) {
                (tone > 0 ? better : worse).push_back(&row);
            }
        }
        const auto named = [&](const std::vector<const ComparedRow*>& rows) {
            constexpr std::size_t most = 3;
            // What is nothing in the digits that are shown comes last.
            std::vector<std::string> names;
            std::vector<std::string> hardly;
            for (const ComparedRow* row : rows) {
                const std::string text = difference_text(*row, k);
                const std::string size = text.substr(0, text.find(" ±"));
                (size.find_first_of("123456789") != std::string::npos ? names : hardly)
                    .push_back(row->label + " " + text);
            }
            std::ranges::move(hardly, std::back_inserter(names));
            return rows.empty() ? std::string{"none"}
                                : fmt::format("{} ({})", rows.size(), name_list(names, most));
        };
        out.push_back(
            fmt::format("Run {} against run 1, of {} figures that can be better or worse: "
                        "worse in {}; better in {}; no clear difference in {}.",
                        k + 1,
                        compared,
                        named(worse),
                        named(better),
                        compared - worse.size() - better.size()));
    }
    return out;
}

std::string comparison_terminal(const RunComparison& comparison, TerminalOptions options) {
    const Palette colours = palette_of(options.colour);
    std::string text = fmt::format(
        "{}Comparison: {}{}\n", colours.strong, base::shown(comparison.title), colours.reset);
    const char* const what = comparison.columns.size() > 9 ? "" : "run ";
    for (std::size_t k = 0; k < comparison.columns.size(); ++k) {
        text += fmt::format("{}{}  {}", what, k + 1, comparison.columns[k].name);
        for (const auto& [name, value] : comparison.columns[k].facts) {
            text += name == "title" || name == "version" || value.empty()
                        ? ""
                        : fmt::format("   {} {}", name, value);
        }
        text += "\n";
    }
    for (const std::string& warning : comparison.warnings) {
        text += fmt::format("{}{}{}\n", colours.bad, warning, colours.reset);
    }
    for (const std::string& sentence : comparison_answer(comparison)) {
        text += base::shown(sentence) + "\n";
    }
    std::string head = pad_right("", compared_label_width);
    for (std::size_t k = 0; k < comparison.columns.size(); ++k) {
        head += pad_left(fmt::format("{}{}", what, k + 1), compared_value_width);
    }
    for (std::size_t k = 1; k < comparison.columns.size(); ++k) {
        head += pad_left(fmt::format("{} less 1", k + 1), difference_width);
    }
    text += fmt::format("\n{}{}{}\n", colours.dim, head, colours.reset);
    const std::vector<std::string> names = names_of(comparison);
    bool left_out = false;
    bool level = true;
    for (const ComparedRow& row : comparison.rows) {
        if (level && row.part.empty()) {
            level = false;
            text += "\n";
        }
        if (on_terminal(row, names)) {
            text += table_row(row, colours);
        } else {
            left_out = true;
        }
    }
    if (left_out) {
        text += fmt::format("{}levels of the other coins: --json, --csv and the page{}\n",
                            colours.dim,
                            colours.reset);
    }
    text += settings_text(comparison, colours);
    if (!comparison.notes.empty()) {
        text += "\n";
    }
    for (const std::string& note : comparison.notes) {
        text += base::shown(note) + "\n";
    }
    return text;
}

std::string comparison_json(const RunComparison& comparison) {
    std::vector<Json> lines;
    for (std::size_t k = 0; k < comparison.columns.size(); ++k) {
        Json line{{"kind", "run"}, {"run", k + 1}, {"name", comparison.columns[k].name}};
        for (const auto& [name, value] : comparison.columns[k].facts) {
            line[name] = value;
        }
        lines.push_back(std::move(line));
    }
    for (const std::string& warning : comparison.warnings) {
        lines.push_back({{"kind", "warning"}, {"text", warning}});
    }
    for (const ComparedSetting& setting : comparison.settings) {
        lines.push_back({{"kind", "setting"}, {"key", setting.key}, {"values", setting.values}});
    }
    for (const ComparedRow& row : comparison.rows) {
        Json line{{"kind", "figure"},
                  {"key", row.key},
                  {"part", row.part},
                  {"unit", unit_name(row.unit)},
                  {"values", Json::array()},
                  {"differences", Json::array()}};
        for (std::size_t k = 0; k < row.values.size(); ++k) {
            line["values"].push_back(optional_json(row.values[k]));
            const auto& difference = row.differences[k];
            if (difference) {
                line["differences"].push_back(
                    {{"run", k + 1},
                     {"mean", optional_json(difference->mean)},
                     {"low", optional_json(difference->low)},
                     {"high", optional_json(difference->high)},
                     {"resolvable", optional_json(difference->resolvable())},
                     {"pairing", pairing_word(difference->pairing)},
                     {"paths", Json::array({difference->first_paths, difference->second_paths})}});
            }
        }
        lines.push_back(std::move(line));
    }
    for (const std::string& note : comparison.notes) {
        lines.push_back({{"kind", "note"}, {"text", note}});
    }
    std::string out;
    for (const Json& line : lines) {
        out += json_text(line) + "\n";
    }
    return out;
}

std::string comparison_csv(const RunComparison& comparison) {
    std::string out = "figure,part,unit";
    for (std::size_t k = 0; k < comparison.columns.size(); ++k) {
        out += fmt::format(",run_{}", k + 1);
    }
    for (std::size_t k = 1; k < comparison.columns.size(); ++k) {
        out += fmt::format(",difference_{0},low_{0},high_{0},pairing_{0}", k + 1);
    }
    out += "\r\n";
    const auto number = [](const std::optional<double>& value) {
        return value && std::isfinite(*value) ? fmt::format("{}", *value) : std::string{};
    };
    for (const ComparedRow& row : comparison.rows) {
        out += fmt::format(
            "{},{},{}", csv_cell(row.key), csv_cell(row.part), csv_cell(unit_name(row.unit)));
        for (const auto& value : row.values) {
            out += "," + number(value);
        }
        for (std::size_t k = 1; k < row.differences.size(); ++k) {
            const auto& difference = row.differences[k];
            out += difference ? fmt::format(",{},{},{},{}",
                                            difference->mean,
                                            number(difference->low),
                                            number(difference->high),
                                            pairing_word(difference->pairing))
                              : std::string{",,,,"};
        }
        out += "\r\n";
    }
    return out;
}

}  // namespace margincall::inline report
