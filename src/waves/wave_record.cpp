#include "waves/wave_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "waves/record_lines.hpp"

namespace margincall::inline waves {
namespace {

constexpr int decimals_most = 8;
void read_winners(const RecordText& file, WaveRecord& out, Errors& errors) {
    constexpr std::array<CsvColumn, 5> columns{{{"user", true},
                                                {"adl_notional", true},
                                                {"closed_pnl", true},
                                                {"account_value_realtime", true},
                                                {"num_adl_events", true}}};
    RecordLines lines(file, columns, errors);
    std::set<std::string, std::less<>> seen;
    while (lines.next()) {
        RecordedWinner winner{.account = std::string{lines.field(0).text}};
        const auto closed = lines.positive(1);
        const auto profit = lines.any(2);
        const auto wallet = lines.any(3);
        const auto fills = lines.whole<std::uint32_t>(4);
        if (!seen.insert(winner.account).second) {
            lines.problem(lines.field(0), "E641", "account twice");
        } else if (fills && *fills == 0) {
            lines.problem(lines.field(4), "E604", "no fill").allowed = "at least 1";
        } else if (closed && profit && wallet && fills) {
            winner.closed = *closed;
            winner.profit = *profit;
            winner.wallet = *wallet;
            winner.fills = *fills;
            out.winners.push_back(std::move(winner));
        }
    }
}

using Coins = std::map<std::string, std::uint32_t, std::less<>>;

Coins read_coins(const RecordText& file, WaveRecord& out, Errors& errors) {
    constexpr std::array<CsvColumn, 3> columns{
        {{"ticker", true}, {"net_volume", true}, {"net_notional_usd", true}}};
    RecordLines lines(file, columns, errors);
    Coins places;
    while (lines.next()) {
        RecordedCoin coin{.name = std::string{lines.field(0).text}};
        const auto coins = lines.positive(1);
        const auto usd = lines.positive(2);
        if (!places.emplace(coin.name, static_cast<std::uint32_t>(out.coins.size())).second) {
            lines.problem(lines.field(0), "E641", "coin twice");
        } else {
            coin.coins = coins.value_or(1.0);
            coin.usd = usd.value_or(1.0);
            out.coins.push_back(std::move(coin));
        }
    }
    return places;
}

void read_waves(const RecordText& file, WaveRecord& out, Errors& errors) {
    constexpr std::array<CsvColumn, 5> columns{{{"wave", true},
                                                {"t_start_ms", true},
                                                {"t_end_ms", true},
                                                {"n_rows", true},
                                                {"unique_losers", true}}};
    RecordLines lines(file, columns, errors);
    while (lines.next()) {
        const auto number = lines.whole<std::uint32_t>(0);
        const auto start = lines.whole<std::int64_t>(1);
        const auto end = lines.whole<std::int64_t>(2);
        const auto fills = lines.whole<std::uint32_t>(3);
        const auto insolvent = lines.whole<std::uint32_t>(4);
        if (!number || !start || !end || !fills || !insolvent) {
            continue;
        }
        if (*end < *start || (!out.waves.empty() && *start < out.waves.back().end_ms)) {
            lines.problem(lines.field(1),
                          "E641",
                          "the wave begins before the last one ends, or ends before it begins");
        } else if (!out.waves.empty() && *number <= out.waves.back().number) {
            lines.problem(lines.field(0), "E641", "wave numbers do not rise");
        } else {
            out.waves.push_back({.number = *number,
                                 .start_ms = *start,
                                 .end_ms = *end,
                                 .fills = *fills,
                                 .insolvent = *insolvent,
                                 .gaps = {}});
        }
    }
}

// The wave of a line by its number; a problem when the record has no such wave.
std::optional<std::size_t> wave_of(RecordLines& lines, const WaveRecord& record) {
    const auto number = lines.whole<std::uint32_t>(0);
    if (!number) {
        return std::nullopt;
    }
    const auto at = std::find_if(record.waves.begin(), record.waves.end(), [&](const auto& wave) {
        return wave.number == *number;
    });
    if (at == record.waves.end()) {
        lines.problem(
            lines.field(0), "E641", fmt::format("no wave {} in the file of waves", *number));
        return std::nullopt;
    }
    return static_cast<std::size_t>(at - record.waves.begin());
}

void read_gaps(const RecordText& file, const Coins& places, WaveRecord& out, Errors& errors) {
    constexpr std::array<CsvColumn, 4> columns{
        {{"wave", true}, {"coin", true}, {"qty_contracts", true}, {"gap_per_contract_usd", true}}};
    RecordLines lines(file, columns, errors);
    std::vector<double> closed(out.coins.size(), 0.0);
    std::set<std::pair<std::size_t, std::uint32_t>> seen;
    while (lines.next()) {
        const auto wave = wave_of(lines, out);
        const auto coins = lines.positive(2);
        const auto gap = lines.not_negative(3);
        const auto place = places.find(lines.field(1).text);
        if (place == places.end()) {
            lines.problem(lines.field(1),
                          "E641",
                          "no coin " + in_quotes(lines.field(1).text) + " in the file of coins");
            continue;
        }
        if (!wave || !coins || !gap) {
            continue;
        }
        const std::uint32_t coin = place->second;
        if (!seen.emplace(*wave, coin).second) {
            lines.problem(lines.field(1), "E641", "coin twice in a wave");
            continue;
        }
        closed[coin] += *coins;
        if (closed[coin] > out.coins[coin].coins * (1.0 + 1e-9)) {
            lines
                .problem(lines.field(2),
                         "E641",
                         "the waves close more of the coin than the whole window did")
                .allowed = fmt::format("{:.10g} coins in all", out.coins[coin].coins);
            continue;
        }
        out.waves[*wave].gaps.push_back({.coin = coin, .coins = *coins, .usd_a_coin = *gap});
    }
}

void read_published(const RecordText& file, WaveRecord& out, Errors& errors) {
    std::vector<std::string> names{"wave", "budget_needed"};
    for (const PublishedRule& rule : published_rules) {
        names.push_back(fmt::format("budget_{}", rule.key));
        names.push_back(fmt::format("max_pct_{}", rule.key));
    }
    std::vector<CsvColumn> columns;
    columns.reserve(names.size());
    for (const std::string& name : names) {
        columns.push_back({name, true});
    }
    RecordLines lines(file, columns, errors);
    out.published.resize(out.waves.size());
    while (lines.next()) {
        const auto wave = wave_of(lines, out);
        PublishedWave read;
        read.needed = lines.not_negative(1).value_or(0.0);
        for (std::size_t k = 0; k < published_rules.size(); ++k) {
            read.taken[k] = lines.not_negative(2 + 2 * k).value_or(0.0);
            read.hardest[k] = lines.not_negative(3 + 2 * k).value_or(0.0);
        }
        if (wave) {
            out.published[*wave] = read;
        }
    }
}

// The fewest decimals that show a size up to the noise of a sum of doubles.
int decimals_of(double coins, int at_least) {
    for (int places = at_least; places < decimals_most; ++places) {
        const double lots = coins * std::pow(10.0, places);
        if (std::abs(lots - std::round(lots)) < 1e-4) {
            return places;
        }
    }
    return decimals_most;
}

void find_lots(WaveRecord& record) {
    for (const RecordedWave& wave : record.waves) {
        for (const RecordedGap& gap : wave.gaps) {
            RecordedCoin& coin = record.coins[gap.coin];
            coin.decimals = decimals_of(gap.coins, coin.decimals);
        }
    }
    for (RecordedCoin& coin : record.coins) {
        coin.decimals = decimals_of(coin.coins, coin.decimals);
    }
}

void check_not_empty(const RecordText& file, bool empty, Errors& errors) {
    if (empty && errors.empty()) {
        Error error;
        error.file = file.name;
        error.code = "E601";
        error.message = "no line";
        add_problem(errors, error);
    }
}

}  // namespace

double RecordedCoin::lots_per_coin() const {
    return std::pow(10.0, decimals);
}

double RecordedWave::needed() const {
    double usd = 0.0;
    for (const RecordedGap& gap : gaps) {
        usd += gap.coins * gap.usd_a_coin;
    }
    return usd;
}

std::expected<WaveRecord, Errors> read_wave_record(const RecordTexts& texts) {
    WaveRecord out;
    Errors errors;
    read_winners(texts.winners, out, errors);
    check_not_empty(texts.winners, out.winners.empty(), errors);
    const Coins places = read_coins(texts.coins, out, errors);
    read_waves(texts.waves, out, errors);
    check_not_empty(texts.waves, out.waves.empty(), errors);
    read_gaps(texts.gaps, places, out, errors);
    if (!texts.published.name.empty()) {
        read_published(texts.published, out, errors);
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    find_lots(out);
    return out;
}

}  // namespace margincall::inline waves
