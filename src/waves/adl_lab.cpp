#include "waves/adl_lab.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "rules/adl_allocation.hpp"
#include "rules/socialised_loss.hpp"

namespace margincall::inline waves {
namespace {

constexpr std::size_t ranks = adl_rank_words.size();
constexpr std::size_t venues_own = 5;  // the first so many words

constexpr std::array<LabRule, ranks + 3> make_rules() {
    std::array<LabRule, ranks + 3> out{};
    for (std::size_t k = 0; k < ranks; ++k) {
        out[k].key = adl_rank_words[k];
        out[k].rank = static_cast<AdlRank>(k);
        out[k].of_a_venue = k < venues_own;
    }
    out[static_cast<std::size_t>(AdlRank::hedge_exempt)].not_in_record =
        "the record does not say who was hedged; without that it is profit*leverage";
    out[ranks] = {.key = "integer-pro-rata/whole-coins",
                  .kind = LabKind::whole_coins,
                  .rank = AdlRank::integer_pro_rata,
                  .not_in_record = {}};
    out[ranks + 1] = {.key = "profit-haircut",
                      .kind = LabKind::haircut,
                      .by = SocialiseBy::winners,
                      .of_a_venue = true,
                      .not_in_record = {}};
    out[ranks + 2] = {.key = "position-haircut",
                      .kind = LabKind::haircut,
                      .by = SocialiseBy::positions,
                      .of_a_venue = true,
                      .not_in_record = {}};
    return out;
}
constexpr auto rule_list = make_rules();

// The winners' accounts as one rule leaves them.
class Table {
  public:
    Table(const LabRule& rule, const WaveRecord& record, const Holdings& holdings)
        : rule_(rule),
          record_(record),
          begin_(holdings.begin),
          positions_(holdings.positions),
          equity_(record.winners.size()),
          notional_(record.winners.size()),
          given_(record.winners.size()),
          counter_(record.winners.size()) {
        for (const RecordedWinner& winner : record.winners) {
            wallet_.push_back(winner.wallet);
        }
    }
    WaveTally play() {
        for (const RecordedWave& wave : record_.waves) {
            look();
            counter_.begin_wave(wave.needed());
            if (rule_.kind == LabKind::haircut) {
                take_money(wave.needed());
                continue;
            }
            for (const RecordedGap& gap : wave.gaps) {
                close(gap);
            }
        }
        return counter_.finish();
    }

  private:
    [[nodiscard]] double usd(const WinnerPosition& p) const {
        const RecordedCoin& coin = record_.coins[p.coin];
        return static_cast<double>(p.lots) / coin.lots_per_coin() * coin.price();
    }
    // Equity and notional of each account before a wave; all its rankings use these.
    void look() {
        equity_ = wallet_;
        std::fill(notional_.begin(), notional_.end(), 0.0);
        std::fill(given_.begin(), given_.end(), 0.0);
        for (const WinnerPosition& p : positions_) {
            equity_[p.winner] += static_cast<double>(p.lots) * p.profit_a_lot;
            notional_[p.winner] += usd(p);
        }
    }
    // What the engine ranks by: the whole account stands behind the position.
    [[nodiscard]] AdlAccount figures(std::uint32_t row) const {
        const WinnerPosition& p = positions_[row];
        const RecordedCoin& coin = record_.coins[p.coin];
        AdlAccount out;
        out.row = row;
        out.side = Side::sell;
        out.mark = coin.price();
        out.entry = coin.price() + p.profit_a_lot * coin.lots_per_coin();
        out.notional = usd(p);
        out.unrealised = static_cast<double>(p.lots) * p.profit_a_lot;
        out.wallet = equity_[p.winner] - out.unrealised;
        out.maintenance = assumed_maintenance * notional_[p.winner];
        return out;
    }
    void close(const RecordedGap& gap) {
        const RecordedCoin& coin = record_.coins[gap.coin];
        const double per_coin = coin.lots_per_coin();
        const bool whole = rule_.kind == LabKind::whole_coins;
        // Lots that are closed at once.
        const auto unit = whole ? static_cast<std::int64_t>(std::llround(per_coin)) : 1;
        const double lot_gap = gap.usd_a_coin / per_coin;
        std::vector<AdlCandidate> candidates;
        for (std::uint32_t k = begin_[gap.coin]; k < begin_[gap.coin + 1]; ++k) {
            const WinnerPosition& p = positions_[k];
            const std::int64_t size = narrow_i64(div_round(p.lots, unit, Round::down));
            // Nobody is closed at a price that would leave them below zero.
            const double left = equity_[p.winner] - given_[p.winner];
            const bool bears = left - lot_gap * static_cast<double>(p.lots) >= 0.0;
            if (size > 0 && bears) {
                candidates.push_back(
                    {.account = figures(k), .size = Lots::from_raw(size), .hedged = {}});
            }
        }
        const std::int64_t lots = std::llround(gap.coins * per_coin);
        const Lots needed = Lots::from_raw(narrow_i64(div_round(lots, unit, Round::up)));
        const AdlAllocation got = allocate_adl(rule_.rank, candidates, needed);
        for (const AdlTaken& part : got.from) {
            give(part.row, part.lots.raw() * unit, lot_gap);
        }
        const std::int64_t missing = lots - got.taken.raw() * unit;
        counter_.miss(lot_gap * static_cast<double>(std::max<std::int64_t>(0, missing)));
    }
    void give(std::uint32_t row, std::int64_t lots, double lot_gap) {
        WinnerPosition& p = positions_[row];
        const double before = usd(p);
        const double profit = static_cast<double>(lots) * p.profit_a_lot;
        const double taken = static_cast<double>(lots) * lot_gap;
        p.lots -= lots;
        wallet_[p.winner] += profit - taken;
        given_[p.winner] += taken;
        counter_.hit(p.winner,
                     {.closed = before - usd(p),
                      .profit_closed = profit,
                      .profit = std::max(0.0, profit),
                      .taken = taken,
                      .equity = equity_[p.winner]});
    }
    // The ratio of the engine's socialised losses, over accounts with something left.
    void take_money(double needed) {
        std::vector<double> profit(wallet_.size(), 0.0);
        for (const WinnerPosition& p : positions_) {
            profit[p.winner] += std::max(0.0, static_cast<double>(p.lots) * p.profit_a_lot);
        }
        const std::vector<double>& by = rule_.by == SocialiseBy::winners ? profit : notional_;
        std::vector<std::uint32_t> bearers;
        std::vector<i128> shares;
        for (std::uint32_t a = 0; a < wallet_.size(); ++a) {
            if (const auto share = static_cast<i128>(std::llround(by[a] * 1e6)); share > 0) {
                bearers.push_back(a);
                shares.push_back(share);
            }
        }
        const Money loss = Money::from_raw(std::llround(needed * 1e6));
        const std::vector<Money> parts = socialised_parts(loss, shares);
        Money left = loss;
        for (std::size_t k = 0; k < parts.size() && parts[k] > Money{}; ++k) {
            const std::uint32_t a = bearers[k];
            const double usd_taken = to_usd(parts[k]);
            left -= parts[k];
            wallet_[a] -= usd_taken;
            counter_.hit(a,
                         {.closed = 0.0,
                          .profit_closed = 0.0,
                          .profit = profit[a],
                          .taken = usd_taken,
                          .equity = equity_[a]});
        }
        counter_.miss(to_usd(left));
    }

    LabRule rule_;
    const WaveRecord& record_;
    const std::vector<std::uint32_t>& begin_;
    std::vector<WinnerPosition> positions_;
    std::vector<double> wallet_, equity_, notional_;  // by winner, USD
    std::vector<double> given_;                       // in this wave
    WaveCounter counter_;
};

}  // namespace

std::span<const LabRule> lab_rules() {
    return rule_list;
}

std::expected<std::vector<LabRule>, Errors> choose_lab_rules(std::span<const std::string> names) {
    std::vector<LabRule> out;
    Errors errors;
    for (const std::string& name : names) {
        const auto at = std::find_if(
            rule_list.begin(), rule_list.end(), [&](const auto& r) { return r.key == name; });
        if (at != rule_list.end()) {
            out.push_back(*at);
            continue;
        }
        Error error;
        error.code = "E605";
        error.message = "--rules: no rule " + in_quotes(name);
        for (const LabRule& rule : rule_list) {
            error.allowed += (error.allowed.empty() ? "" : ", ") + std::string{rule.key};
        }
        add_problem(errors, std::move(error));
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return out;
}

WaveTally play_waves(const LabRule& rule, const WaveRecord& record, const Holdings& holdings) {
    return Table(rule, record, holdings).play();
}

Spread spread_of(std::vector<double> values) {
    if (values.empty()) {
        return {};
    }
    std::sort(values.begin(), values.end());
    return {
        .median = values[(values.size() - 1) / 2], .low = values.front(), .high = values.back()};
}

std::vector<RuleRuns> play_rules(std::span<const LabRule> rules,
                                 const WaveRecord& record,
                                 std::uint32_t deals,
                                 double spare) {
    std::vector<RuleRuns> out;
    for (const LabRule& rule : rules) {
        out.push_back({.rule = rule, .deals = {}});
    }
    for (std::uint32_t seed = 1; seed <= deals; ++seed) {
        const Holdings holdings = deal_holdings(record, seed, spare);
        for (RuleRuns& runs : out) {
            if (runs.rule.not_in_record.empty()) {
                runs.deals.push_back(play_waves(runs.rule, record, holdings));
            }
        }
    }
    return out;
}

}  // namespace margincall::inline waves
