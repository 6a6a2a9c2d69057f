#include "waves/stress_waves.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hpp"
#include "waves/record_lines.hpp"

namespace margincall::inline waves {
namespace {

struct StressClosing {
    double time_s = 0.0;
    std::uint32_t account = 0;
    std::string against;
    double coins = 0.0, mark = 0.0;
    double gap = 0.0;     // USD given up at the mark; below 0 = the price was better
    double profit = 0.0;  // realised
    double forgone = 0.0;
};

struct StressCaseRows {
    std::string name;
    std::vector<StressClosing> rows;
    std::map<std::string, std::uint32_t, std::less<>> accounts;
};

// What was closed against accounts that had been hit at an earlier moment.
void count_against_hit(const StressCaseRows& from, CaseWaves& out) {
    std::map<std::string_view, double> first;  // moment of the first hit
    std::map<std::uint32_t, std::string_view> names;
    for (const auto& [name, account] : from.accounts) {
        names.emplace(account, name);
    }
    std::set<std::string_view> insolvent;
    for (const StressClosing& row : from.rows) {
        const auto before = first.find(row.against);
        if (before != first.end() && before->second < row.time_s) {
            out.against_hit += row.coins * row.mark;
            insolvent.insert(row.against);
        }
        first.emplace(names.at(row.account), row.time_s);
    }
    out.accounts_against_hit = insolvent.size();
}

CaseWaves waves_of(const StressCaseRows& from) {
    CaseWaves out;
    out.name = from.name;
    WaveCounter counter(from.accounts.size());
    for (std::size_t begin = 0; begin < from.rows.size();) {
        std::size_t end = begin + 1;
        while (end < from.rows.size() &&
               from.rows[end].time_s - from.rows[end - 1].time_s <= wave_gap_s) {
            ++end;
        }
        double needed = 0.0;
        for (std::size_t k = begin; k < end; ++k) {
            needed += std::max(0.0, from.rows[k].gap);
        }
        out.start_s.push_back(from.rows[begin].time_s);
        counter.begin_wave(needed);
        for (std::size_t k = begin; k < end; ++k) {
            const StressClosing& row = from.rows[k];
            WaveHit hit;
            hit.closed = row.coins * row.mark;
            hit.profit_closed = row.profit + row.gap;
            hit.profit = std::max(0.0, row.profit + row.gap + row.forgone);
            hit.taken = std::max(0.0, row.gap + row.forgone);
            counter.hit(row.account, hit);
        }
        begin = end;
    }
    out.tally = counter.finish();
    count_against_hit(from, out);
    return out;
}

}  // namespace

std::expected<std::vector<CaseWaves>, Errors> read_stress_waves(const RecordText& file) {
    constexpr std::array<CsvColumn, 10> columns{{{"case", true},
                                                 {"time_s", true},
                                                 {"account", true},
                                                 {"side", true},
                                                 {"coins", true},
                                                 {"price", true},
                                                 {"mark", true},
                                                 {"profit_usd", true},
                                                 {"forgone_usd", true},
                                                 {"against", true}}};
    Errors errors;
    RecordLines lines(file, columns, errors);
    std::vector<StressCaseRows> cases;
    while (lines.next()) {
        const std::string name{lines.field(0).text};
        const bool is_long = lines.field(3).text == "long";
        if (!is_long && lines.field(3).text != "short") {
            lines.problem(lines.field(3), "E605", in_quotes(lines.field(3).text) + " is no side")
                .allowed = "long, short";
            continue;
        }
        const auto time = lines.not_negative(1);
        const auto coins = lines.positive(4);
        const auto price = lines.positive(5);
        const auto mark = lines.positive(6);
        const auto profit = lines.any(7);
        const auto forgone = lines.any(8);
        if (!time || !coins || !price || !mark || !profit || !forgone) {
            continue;
        }
        auto at =
            std::find_if(cases.begin(), cases.end(), [&](const auto& c) { return c.name == name; });
        if (at == cases.end()) {
            at = cases.insert(cases.end(), {.name = name, .rows = {}, .accounts = {}});
        }
        if (!at->rows.empty() && *time < at->rows.back().time_s) {
            lines.problem(lines.field(1), "E641", "earlier than the line before");
            continue;
        }
        const auto account = at->accounts
                                 .emplace(std::string{lines.field(2).text},
                                          static_cast<std::uint32_t>(at->accounts.size()))
                                 .first->second;
        at->rows.push_back({.time_s = *time,
                            .account = account,
                            .against = std::string{lines.field(9).text},
                            .coins = *coins,
                            .mark = *mark,
                            .gap = *coins * (is_long ? *mark - *price : *price - *mark),
                            .profit = *profit,
                            .forgone = *forgone});
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    std::vector<CaseWaves> out;
    out.reserve(cases.size());
    for (const StressCaseRows& rows : cases) {
        out.push_back(waves_of(rows));
    }
    return out;
}

}  // namespace margincall::inline waves
