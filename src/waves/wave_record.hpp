// A venue's own record of a day's auto-deleveraging: who was closed, in which coins, in which waves, and at what
// distance from the mark (docs/adl-laboratory.md). Figures are doubles; nothing is posted from them.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace margincall::inline waves {

// An account whose positions were closed because it was on the winning side; over the whole window.
struct RecordedWinner {
    std::string account;
    double closed = 0.0;  // notional closed, USD
    double profit = 0.0;  // realised by it, USD
    double wallet = 0.0;  // account value without unrealised profit, USD
    std::uint32_t fills = 0;
};
// Closed in a coin over the whole window.
struct RecordedCoin {
    std::string name;
    double coins = 0.0, usd = 0.0;
    // Decimals that every recorded size has at most; a lot is 10^-decimals coins.
    int decimals = 0;
    [[nodiscard]] double price() const { return usd / coins; }
    [[nodiscard]] double lots_per_coin() const;
};
// Closed in a coin in one wave: what each winner gave up a coin, as the distance of the closing price from the
// mark, without a sign.
struct RecordedGap {
    std::uint32_t coin = 0;
    double coins = 0.0;
    double usd_a_coin = 0.0;
};

// What somebody else computed of each wave, taken over as it stands: never a result of ours.
struct PublishedRule {
    std::string_view key, name;
};
inline constexpr std::array<PublishedRule, 7> published_rules{
    {{"prod", "production"},
     {"pr", "pro-rata of profit capacity"},
     {"pnl_pr", "pro-rata of profit"},
     {"eq_pr", "pro-rata of equity"},
     {"vector", "mirror descent"},
     {"contract_pr", "whole contracts pro-rata"},
     {"fixed_point_ilp_integer", "integer pro-rata"}}};
struct PublishedWave {
    double needed = 0.0;
    std::array<double, published_rules.size()> taken{};    // USD
    std::array<double, published_rules.size()> hardest{};  // largest share of somebody's equity
};

struct RecordedWave {
    std::uint32_t number = 0;  // the record's
    std::int64_t start_ms = 0, end_ms = 0;
    std::uint32_t fills = 0, insolvent = 0;
    std::vector<RecordedGap> gaps;
    [[nodiscard]] double needed() const;  // sum of coins times USD a coin
};

struct WaveRecord {
    std::vector<RecordedWinner> winners;
    std::vector<RecordedCoin> coins;
    std::vector<RecordedWave> waves;
    std::vector<PublishedWave> published;  // by wave; empty: no such file
};

struct RecordText {
    std::string name, text;
};
struct RecordTexts {
    RecordText winners, coins, waves, gaps;
    RecordText published;  // without a name: not given
};
// File names that the texts have in the folder of the record.
inline constexpr std::array<std::string_view, 5> record_file_names{"adl_by_user_REALTIME.csv",
                                                                   "adl_net_volume_full_12min.csv",
                                                                   "bad_debt_loser_waves.csv",
                                                                   "wave_coin_gap_per_contract.csv",
                                                                   "policy_per_wave_metrics.csv"};

// All problems, with file, line and column: E601 to E609, and E641 where the files contradict each other.
[[nodiscard]] std::expected<WaveRecord, Errors> read_wave_record(const RecordTexts& texts);

}  // namespace margincall::inline waves
