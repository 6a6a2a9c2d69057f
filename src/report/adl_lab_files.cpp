// Terminal, JSON lines, CSV files and page of the laboratory of auto-deleveraging.
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "report/adl_lab_figures.hpp"
#include "report/adl_lab_report.hpp"
#include "report/fill_page.hpp"
#include "report/json_values.hpp"
#include "report/page_sections.hpp"
#include "report/page_template.hpp"
#include "report/table_json.hpp"
#include "report/text_table.hpp"

namespace margincall::inline report {
namespace {

using LabJson = nlohmann::ordered_json;
using waves::RuleRuns;
using waves::Spread;
using waves::WaveTally;

constexpr std::string_view lab_mark = "MARGINCALL_ADL_DATA";

LabJson spread_json(const Spread& s) {
    return {{"median", number_or_null(s.median)},
            {"low", number_or_null(s.low)},
            {"high", number_or_null(s.high)}};
}

LabJson computed_json(const RuleRuns& rule) {
    LabJson out{{"kind", "computed"},
                {"rule", rule.rule.key},
                {"of_a_venue", rule.rule.of_a_venue},
                {"deals", rule.deals.size()}};
    if (rule.deals.empty()) {
        out["not_in_record"] = rule.rule.not_in_record;
        return out;
    }
    for (const LabFigure& figure : lab_figures) {
        out[std::string{figure.key}] =
            spread_json(rule.spread([&](const WaveTally& t) { return figure.of(t.all); }));
    }
    for (const LabTotal& total : lab_totals) {
        out[std::string{total.key}] = spread_json(rule.spread(total.of));
    }
    return out;
}

LabJson tally_json(const waves::CaseWaves& c) {
    LabJson out{{"kind", "case"}, {"case", c.name}, {"waves", c.tally.waves.size()}};
    for (const LabFigure& figure : lab_figures) {
        out[std::string{figure.key}] = number_or_null(figure.of(c.tally.all));
    }
    for (const LabTotal& total : lab_totals) {
        out[std::string{total.key}] = number_or_null(total.of(c.tally));
    }
    out["against_hit_usd"] = c.against_hit;
    out["accounts_against_hit"] = c.accounts_against_hit;
    return out;
}

void append_read(std::string& out, const waves::WaveRecord& record) {
    for (std::size_t k = 0; k < waves::published_rules.size(); ++k) {
        LabJson line{{"kind", "read"},
                     {"rule", waves::published_rules[k].name},
                     {"column", fmt::format("budget_{}", waves::published_rules[k].key)}};
        double needed = 0.0;
        double taken = 0.0;
        for (const waves::PublishedWave& wave : record.published) {
            needed += wave.needed;
            taken += wave.taken[k];
        }
        line["needed_usd"] = needed;
        line["taken_usd"] = taken;
        out += json_text(line) + "\n";
    }
}

// A cell of what may be no number.
std::string figure_cell(double value) {
    return std::isfinite(value) ? fmt::format("{:.10g}", value) : std::string{};
}

std::string rules_csv(const AdlLabReport& report) {
    std::string out = "rule,figure,median,low,high\n";
    const auto line = [&](const RuleRuns& rule, std::string_view key, const Spread& s) {
        fmt::format_to(std::back_inserter(out),
                       "{},{},{},{},{}\n",
                       csv_cell(rule.rule.key),
                       key,
                       figure_cell(s.median),
                       figure_cell(s.low),
                       figure_cell(s.high));
    };
    for (const RuleRuns& rule : report.rules) {
        if (rule.deals.empty()) {
            continue;
        }
        for (const LabFigure& figure : lab_figures) {
            line(rule, figure.key, rule.spread([&](const WaveTally& t) {
                return figure.of(t.all);
            }));
        }
        for (const LabTotal& total : lab_totals) {
            line(rule, total.key, rule.spread(total.of));
        }
    }
    return out;
}

std::string waves_csv(const AdlLabReport& report) {
    std::string out = "rule,wave,figure,median,low,high\n";
    for (const RuleRuns& rule : report.rules) {
        for (std::size_t w = 0; w < report.record->waves.size() && !rule.deals.empty(); ++w) {
            for (const LabFigure& figure : lab_figures) {
                const Spread s =
                    rule.spread([&](const WaveTally& t) { return figure.of(t.waves[w]); });
                fmt::format_to(std::back_inserter(out),
                               "{},{},{},{},{},{}\n",
                               csv_cell(rule.rule.key),
                               report.record->waves[w].number,
                               figure.key,
                               figure_cell(s.median),
                               figure_cell(s.low),
                               figure_cell(s.high));
            }
        }
    }
    return out;
}

std::string cases_csv(const AdlLabReport& report) {
    std::string out = "case,wave,second";
    for (const LabFigure& figure : lab_figures) {
        out += fmt::format(",{}", figure.key);
    }
    out += "\n";
    for (const waves::CaseWaves& c : report.cases) {
        for (std::size_t w = 0; w < c.tally.waves.size(); ++w) {
            out += fmt::format("{},{},{:.3f}", csv_cell(c.name), w + 1, c.start_s[w]);
            for (const LabFigure& figure : lab_figures) {
                out += "," + figure_cell(figure.of(c.tally.waves[w]));
            }
            out += "\n";
        }
    }
    return out;
}

LabJson lab_page_json(const AdlLabReport& report) {
    LabJson out{{"title", report.title},
                {"answer", adl_lab_answer(report)},
                {"assumptions", adl_lab_assumptions(report)},
                {"tables", LabJson::array()},
                {"bars", LabJson::array()}};
    for (const StressTable& t : adl_lab_tables(report, LabDetail::ranges)) {
        out["tables"].push_back(table_json(
            t, t.key.starts_with("wave-") ? std::string{"waves"} : section_of_table("adl", t.key)));
    }
    // The first wave, for which everybody is still there.
    for (const RuleRuns& rule : report.rules) {
        if (!rule.deals.empty()) {
            const Spread s =
                rule.spread([](const WaveTally& t) { return t.waves[0].hardest_share; });
            out["bars"].push_back({{"name", rule.rule.key},
                                   {"median", number_or_null(s.median)},
                                   {"low", number_or_null(s.low)},
                                   {"high", number_or_null(s.high)}});
        }
    }
    return out;
}

}  // namespace

std::string adl_lab_terminal(const AdlLabReport& report, TerminalOptions options) {
    const Palette colours = palette_of(options.colour);
    std::string out;
    for (const std::string& sentence : adl_lab_answer(report)) {
        out += base::shown(sentence) + "\n";
    }
    for (const StressTable& t : adl_lab_tables(report, LabDetail::medians)) {
        if (!t.key.starts_with("wave-")) {
            out += fmt::format("\n{}{}{} ({})\n", colours.strong, t.title, colours.reset, t.note) +
                   text_table(t.head, t.rows, colours);
        }
    }
    out += fmt::format("\n{}Assumed, and not in the data{}\n", colours.strong, colours.reset);
    for (const std::string& sentence : adl_lab_assumptions(report)) {
        out += "- " + base::shown(sentence) + "\n";
    }
    return out;
}

std::string adl_lab_json_lines(const AdlLabReport& report) {
    std::string out;
    if (report.record != nullptr && !report.record->published.empty()) {
        append_read(out, *report.record);
    }
    for (const RuleRuns& rule : report.rules) {
        out += json_text(computed_json(rule)) + "\n";
    }
    for (const waves::CaseWaves& c : report.cases) {
        out += json_text(tally_json(c)) + "\n";
    }
    for (const std::string& sentence : adl_lab_assumptions(report)) {
        out += json_text(LabJson{{"kind", "assumption"}, {"text", sentence}}) + "\n";
    }
    return out;
}

std::vector<StressFile> adl_lab_csv_files(const AdlLabReport& report) {
    if (report.record == nullptr) {
        return {{"cases.csv", cases_csv(report)}};
    }
    return {{"rules.csv", rules_csv(report)}, {"waves.csv", waves_csv(report)}};
}

std::string adl_lab_html(const AdlLabReport& report) {
    std::string page{adl_page_template()};
    fill_mark(page, lab_mark, without_angles(json_text(lab_page_json(report)), "\\u003c"));
    fill_mark(page, title_mark, without_angles("Auto-deleveraging of " + report.title, "&lt;"));
    return page;
}

}  // namespace margincall::inline report
