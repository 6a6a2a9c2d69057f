// Sentences and tables of the laboratory of auto-deleveraging.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <string_view>

#include "report/adl_lab_figures.hpp"
#include "report/adl_lab_report.hpp"
#include "report/format.hpp"

namespace margincall::inline report {
namespace {

using waves::RuleRuns;
using waves::Spread;
using waves::WaveFigures;
using waves::WaveTally;

std::string shown_figure(LabUnit unit, double value) {
    switch (unit) {
        case LabUnit::usd:
            return format_money(std::abs(value) < 0.5 ? 0.0 : value);  // cents of rounding are none
        case LabUnit::share:
            return format_percent(value);
        case LabUnit::count:
            return format_count(value);
    }
    return {};
}

TableCell figure_cell(LabUnit unit, double value) {
    return number_cell(shown_figure(unit, value), value);
}

TableCell spread_cell(LabUnit unit, const Spread& s, LabDetail detail) {
    const std::string median = shown_figure(unit, s.median);
    const std::string low = shown_figure(unit, s.low);
    const std::string high = shown_figure(unit, s.high);
    return number_cell(low == high || detail == LabDetail::medians
                           ? median
                           : fmt::format("{} ({} to {})", median, low, high),
                       s.median);
}

std::string clock_of(std::int64_t unix_ms) {
    const std::int64_t second = unix_ms / 1000 % 86'400;
    return fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
}

struct PublishedTotal {
    double needed = 0.0, taken = 0.0, hardest = 0.0;
};
PublishedTotal published_total(const waves::WaveRecord& record, std::size_t rule) {
    PublishedTotal out;
    for (const waves::PublishedWave& wave : record.published) {
        out.needed += wave.needed;
        out.taken += wave.taken[rule];
        out.hardest = std::max(out.hardest, wave.hardest[rule]);
    }
    return out;
}

StressTable read_table(const waves::WaveRecord& record) {
    StressTable out{
        .key = "read",
        .title = "Read from the authors' columns, no result of this program",
        .note =
            "hardest hit: the largest share of somebody's equity in a wave; production counts what "
            "winners would have had at the end of each wave without auto-deleveraging",
        .head = {"rule", "needed", "taken", "overshoot", "hardest hit"},
        .rows = {}};
    for (std::size_t k = 0; k < waves::published_rules.size(); ++k) {
        const PublishedTotal total = published_total(record, k);
        out.rows.push_back({std::string{waves::published_rules[k].name},
                            money_cell(total.needed),
                            money_cell(total.taken),
                            money_cell(total.taken - total.needed),
                            percent_cell(total.hardest)});
    }
    return out;
}

std::vector<std::string> figure_heads(const char* first) {
    std::vector<std::string> out{first};
    for (const LabFigure& figure : lab_figures) {
        out.emplace_back(figure.label);
    }
    for (const LabTotal& total : lab_totals) {
        out.emplace_back(total.label);
    }
    return out;
}

StressTable computed_table(const AdlLabReport& report, LabDetail detail) {
    StressTable out{
        .key = "computed",
        .title = "Computed: the recorded waves under other rules",
        .note = fmt::format("median of {} deals{}; * = some venue's own rule; of equity: hardest "
                            "hit; hit again: accounts "
                            "in more than one wave; by a tenth: share of what was taken that the "
                            "tenth of the hit who "
                            "gave most gave",
                            report.deals,
                            detail == LabDetail::ranges ? ", lowest and highest where they differ"
                                                        : ", ranges are in page and files"),
        .head = figure_heads("rule"),
        .rows = {}};
    for (const RuleRuns& rule : report.rules) {
        TableRow row{std::string{rule.rule.key} + (rule.rule.of_a_venue ? " *" : "")};
        for (const LabFigure& figure : lab_figures) {
            row.push_back(rule.deals.empty() ? TableCell{std::string{no_data}}
                                             : spread_cell(figure.unit,
                                                           rule.spread([&](const WaveTally& t) {
                                                               return figure.of(t.all);
                                                           }),
                                                           detail));
        }
        for (const LabTotal& total : lab_totals) {
            row.push_back(rule.deals.empty()
                              ? TableCell{std::string{no_data}}
                              : spread_cell(total.unit, rule.spread(total.of), detail));
        }
        out.rows.push_back(std::move(row));
    }
    return out;
}

StressTable waves_table(const waves::WaveRecord& record) {
    StressTable out{
        .key = "waves",
        .title = "The recorded waves",
        .note = "needed is computed from coins and gaps",
        .head = {"wave", "UTC", "lasts", "fills", "insolvent", "coins", "closed", "needed"},
        .rows = {}};
    const bool published = !record.published.empty();
    if (published) {
        out.note += "; production's figures are read";
        out.head.insert(out.head.end(), {"production took (read)", "overshoot (read)"});
    }
    for (std::size_t w = 0; w < record.waves.size(); ++w) {
        const waves::RecordedWave& wave = record.waves[w];
        double closed = 0.0;
        for (const waves::RecordedGap& gap : wave.gaps) {
            closed += gap.coins * record.coins[gap.coin].price();
        }
        TableRow row{
            fmt::format("{}", wave.number),
            clock_of(wave.start_ms),
            fmt::format("{:.1f} s", static_cast<double>(wave.end_ms - wave.start_ms) * 1e-3),
            figure_cell(LabUnit::count, static_cast<double>(wave.fills)),
            figure_cell(LabUnit::count, static_cast<double>(wave.insolvent)),
            count_cell(wave.gaps.size()),
            money_cell(closed),
            money_cell(wave.needed())};
        if (published) {
            const waves::PublishedWave& read = record.published[w];
            row.push_back(money_cell(read.taken[0]));
            row.push_back(money_cell(read.taken[0] - read.needed));
        }
        out.rows.push_back(std::move(row));
    }
    return out;
}

// One figure by wave, a column a rule.
StressTable by_wave_table(const AdlLabReport& report, const LabFigure& figure) {
    StressTable out{.key = fmt::format("wave-{}", figure.key),
                    .title = fmt::format("Computed by wave: {}", figure.label),
                    .note = "median of the deals",
                    .head = {"wave"},
                    .rows = {}};
    for (const RuleRuns& rule : report.rules) {
        if (!rule.deals.empty()) {
            out.head.emplace_back(rule.rule.key);
        }
    }
    for (std::size_t w = 0; w < report.record->waves.size(); ++w) {
        TableRow row{fmt::format("{}", report.record->waves[w].number)};
        for (const RuleRuns& rule : report.rules) {
            if (!rule.deals.empty()) {
                const Spread s =
                    rule.spread([&](const WaveTally& t) { return figure.of(t.waves[w]); });
                row.push_back(figure_cell(figure.unit, s.median));
            }
        }
        out.rows.push_back(std::move(row));
    }
    return out;
}

TableRow tally_row(std::string name, const WaveTally& tally) {
    TableRow row{id_cell(std::move(name))};
    for (const LabFigure& figure : lab_figures) {
        row.push_back(figure_cell(figure.unit, figure.of(tally.all)));
    }
    for (const LabTotal& total : lab_totals) {
        row.push_back(figure_cell(total.unit, total.of(tally)));
    }
    return row;
}

std::vector<StressTable> case_tables(const AdlLabReport& report) {
    StressTable all{.key = "cases",
                    .title = "Computed: the stress, case by case",
                    .note =
                        "taken: what winners gave up at the mark and what their positions would "
                        "have earned until the end of the stress; against the hit: closed against "
                        "accounts that were deleveraged before themselves",
                    .head = figure_heads("case"),
                    .rows = {}};
    all.head.insert(all.head.end(), {"against the hit", "accounts"});
    StressTable by_wave{.key = "wave-cases",
                        .title = "Computed by wave",
                        .note = "a wave ends where nothing is deleveraged for more than 5 s",
                        .head = {"case", "wave", "second"},
                        .rows = {}};
    for (const LabFigure& figure : lab_figures) {
        by_wave.head.emplace_back(figure.label);
    }
    for (const waves::CaseWaves& c : report.cases) {
        all.rows.push_back(tally_row(c.name, c.tally));
        all.rows.back().push_back(money_cell(c.against_hit));
        all.rows.back().push_back(count_cell(c.accounts_against_hit));
        for (std::size_t w = 0; w < c.tally.waves.size(); ++w) {
            TableRow row{
                id_cell(c.name), fmt::format("{}", w + 1), fmt::format("{:.0f}", c.start_s[w])};
            for (const LabFigure& figure : lab_figures) {
                row.push_back(figure_cell(figure.unit, figure.of(c.tally.waves[w])));
            }
            by_wave.rows.push_back(std::move(row));
        }
    }
    return {std::move(all), std::move(by_wave)};
}

const RuleRuns* extreme_rule(const AdlLabReport& report, bool hardest) {
    const RuleRuns* out = nullptr;
    const auto share = [](const RuleRuns& rule) {
        return rule.spread([](const WaveTally& t) { return t.all.hardest_share; }).median;
    };
    for (const RuleRuns& rule : report.rules) {
        if (!rule.deals.empty() &&
            (out == nullptr || (hardest ? share(rule) > share(*out) : share(rule) < share(*out)))) {
            out = &rule;
        }
    }
    return out;
}

// Where production took more than was needed: in waves that last, over which prices moved on.
std::string moments_sentence(const waves::WaveRecord& record) {
    std::array<double, 2> needed{};  // of one moment, of longer waves
    std::array<double, 2> taken{};
    std::size_t moments = 0;
    for (std::size_t w = 0; w < record.waves.size(); ++w) {
        const std::size_t lasts = record.waves[w].end_ms > record.waves[w].start_ms ? 1 : 0;
        moments += 1 - lasts;
        needed[lasts] += record.published[w].needed;
        taken[lasts] += record.published[w].taken[0];
    }
    return fmt::format(
        "The {} waves of one moment needed {} and production took {}; the {} that last needed {} "
        "and it took {} (read).",
        moments,
        format_money(needed[0]),
        format_money(taken[0]),
        record.waves.size() - moments,
        format_money(needed[1]),
        format_money(taken[1]));
}

// What the record leaves to be assumed whatever is asked, a sentence a line.
constexpr std::string_view always_assumed =
    R"(Every position is a short; its profit a dollar is that of its account, valued at the coin's average price of the twelve minutes, and stays there: the record holds no marks.
Account values are wallets without unrealised profit, and equity is that and the profit of what was closed.
All are ranked by their state before a wave. Whoever could not bear the closing of all he has is passed over.
Maintenance is 2.5 % of notional for all; its size moves nobody in the two rankings that use it.
A gap has no sign: the distance of the closing price from the mark, as published.
A haircut leaves the insolvent side's positions with the venue, whose risk from then on is not counted.
The record cannot say: who was hit in which wave, who was hedged, what an order resting at the bankruptcy price would have got, and what a position would have earned until the end of its wave.)";

}  // namespace

std::vector<std::string> adl_lab_answer(const AdlLabReport& report) {
    std::vector<std::string> out;
    if (report.record == nullptr) {
        for (const waves::CaseWaves& c : report.cases) {
            out.push_back(fmt::format("{}: {} accounts in {} waves were needed for {} and gave {}.",
                                      c.name,
                                      format_count(static_cast<double>(c.tally.all.accounts)),
                                      c.tally.waves.size(),
                                      format_money(c.tally.all.needed),
                                      format_money(c.tally.all.taken)));
        }
        if (out.empty()) {
            out.emplace_back("Nothing was deleveraged in this stress.");
        }
        return out;
    }
    double needed = 0.0;
    for (const waves::RecordedWave& wave : report.record->waves) {
        needed += wave.needed();
    }
    out.push_back(fmt::format("{} waves needed {} (computed from coins and gaps).",
                              report.record->waves.size(),
                              format_money(needed)));
    if (!report.record->published.empty()) {
        out.push_back(fmt::format(
            "Production took {}, integer pro-rata {} (read: the authors' figures, of other "
            "definitions).",
            format_money(published_total(*report.record, 0).taken),
            format_money(
                published_total(*report.record, waves::published_rules.size() - 1).taken)));
    }
    if (!report.record->published.empty()) {
        out.push_back(moments_sentence(*report.record));
    }
    const RuleRuns* const hardest = extreme_rule(report, true);
    const RuleRuns* const mildest = extreme_rule(report, false);
    if (hardest != nullptr) {
        const auto share = [](const RuleRuns& rule) {
            return format_percent(
                rule.spread([](const WaveTally& t) { return t.all.hardest_share; }).median);
        };
        out.push_back(
            fmt::format("Whoever is closed, the same coins at the same gap cost the same: a "
                        "ranking decides who pays, not "
                        "how much. The hardest hit account gives {} of its equity under {} and {} "
                        "under {} (computed).",
                        share(*hardest),
                        hardest->rule.key,
                        share(*mildest),
                        mildest->rule.key));
    }
    return out;
}

std::vector<std::string> adl_lab_assumptions(const AdlLabReport& report) {
    if (report.record == nullptr) {
        return {"The file of a stress holds no equity, so that nobody's share of it is known.",
                "What a position would have earned is valued at the last mark of the stress."};
    }
    std::vector<std::string> out{
        fmt::format("Which coins an account was closed in is not in the record: its dollars, cut "
                    "into as many equal pieces as it "
                    "had fills, are dealt to the coins at random, {} times; every account's and "
                    "every coin's sum is the record's.",
                    report.deals),
        fmt::format("Nobody else can be chosen, and everybody had {} than was closed in the twelve "
                    "minutes: winners who were spared, "
                    "and what the closed kept, are not in the record. So every rule chooses among "
                    "the same accounts.",
                    report.spare > 0.0 ? format_percent(report.spare) + " more" : "no more")};
    for (const auto line : std::views::split(always_assumed, '\n')) {
        out.emplace_back(line.begin(), line.end());
    }
    for (const RuleRuns& rule : report.rules) {
        if (!rule.rule.not_in_record.empty()) {
            out.push_back(fmt::format("{}: {}.", rule.rule.key, rule.rule.not_in_record));
        }
    }
    return out;
}

std::vector<StressTable> adl_lab_tables(const AdlLabReport& report, LabDetail detail) {
    if (report.record == nullptr) {
        return case_tables(report);
    }
    std::vector<StressTable> out;
    if (!report.record->published.empty()) {
        out.push_back(read_table(*report.record));
    }
    out.push_back(computed_table(report, detail));
    out.push_back(waves_table(*report.record));
    for (const LabFigure& figure : lab_figures) {
        if (figure.key == "taken_usd" || figure.key == "accounts" || figure.key == "hardest_usd" ||
            figure.key == "hardest_share" || figure.key == "profit_lost_usd") {
            out.push_back(by_wave_table(report, figure));
        }
    }
    return out;
}

}  // namespace margincall::inline report
