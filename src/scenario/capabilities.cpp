#include "scenario/capabilities.hpp"

#include <algorithm>
#include <array>

namespace margincall::inline scenario {
namespace {

using enum Support;

// clang-format off
constexpr std::array capability_table = {
    Capability{"latency.*", "", yes, no_effect, "stress: a stress has no agents whose orders travel"},
    Capability{"block", "", yes, no_effect, "stress: a stress has no agents whose orders travel"},
    Capability{"overload_queue", "", yes, no_effect, "stress: a stress has no agents whose orders travel"},
    Capability{"calm_messages", "", yes, no_effect, "stress: a stress has no agents whose orders travel"},
    Capability{"request_life", "", yes, no_effect, "stress: a stress has no agents whose orders travel"},
    Capability{"tier_caps", ""},
    Capability{"fees.taker", ""},
    Capability{"fees.maker", "", yes, no_effect, "stress: no account's order rests in a book"},
    Capability{"margin.style", "marginal"},
    Capability{"margin.style", "whole-tier"},
    Capability{"margin.style", "stepped"},
    Capability{"margin.style", "linear-in-size"},
    Capability{"margin.measure", "value"},
    Capability{"margin.measure", "size"},
    Capability{"margin.valuation", "mark"},
    Capability{"margin.valuation", "entry"},
    Capability{"margin.valuation", "oracle"},
    Capability{"margin.maintenance", "own-rate"},
    Capability{"margin.maintenance", "share-of-initial"},
    Capability{"margin.close_fee_in", "none"},
    Capability{"margin.close_fee_in", "maintenance"},
    Capability{"margin.close_fee_in", "both"},
    Capability{"margin.close_fee", ""},
    Capability{"margin.profit", "at-par"},
    Capability{"margin.profit", "in-collateral", no_effect, yes, "run: accounts hold dollars, which count in full"},
    Capability{"margin.close_out", ""},
    Capability{"margin.concentration.from", ""},
    Capability{"margin.concentration.factor", ""},
    Capability{"margin.volatility.cap", "", yes, no_effect, "stress: its shock has no volatility"},
    Capability{"margin.volatility.step", "", yes, no_effect, "stress: its shock has no volatility"},
    Capability{"margin.volatility.update", "", yes, no_effect, "stress: its shock has no volatility"},
    Capability{"margin.transfer_floor", "", no_effect, no_effect, "nobody withdraws margin"},
    Capability{"collateral.measure", "amount", no_effect, yes, "run: accounts hold dollars, which count in full"},
    Capability{"collateral.measure", "value", no_effect, yes, "run: accounts hold dollars, which count in full"},
    Capability{"collateral.valuation", "market", no_effect, yes, "run: accounts hold dollars, which count in full"},
    Capability{"collateral.valuation", "floor", no_effect, yes, "run: accounts hold dollars, which count in full"},
    Capability{"collateral.valuation", "conversion", no_effect, no, "stress: its market has no conversion ratios"},
    Capability{"collateral.*", "", no_effect, yes, "run: accounts hold dollars, which count in full"},
    Capability{"band.method", "none"},
    Capability{"band.method", "around-mark", yes, no_effect, "stress: no users' orders; forced orders are outside the band"},
    Capability{"band.method", "around-last", yes, no_effect, "stress: no users' orders; forced orders are outside the band"},
    Capability{"band.method", "index+premium", yes, no_effect, "stress: no users' orders; forced orders are outside the band"},
    Capability{"band.*", "", yes, no_effect, "stress: no users' orders; forced orders are outside the band"},
    Capability{"circuit_breaker.on", "none"},
    Capability{"circuit_breaker.on", "mark", yes, no, "stress: nothing halts its sales"},
    Capability{"circuit_breaker.on", "index", yes, no, "stress: nothing halts its sales"},
    Capability{"circuit_breaker.scope", "coin", yes, no_effect, "stress: it has no breaker"},
    Capability{"circuit_breaker.scope", "venue", yes, no_effect, "stress: it has no breaker"},
    Capability{"circuit_breaker.reach", "venue", yes, no_effect, "stress: it has no breaker"},
    Capability{"circuit_breaker.reach", "market", yes, no_effect, "stress: it has no breaker"},
    Capability{"circuit_breaker.reopening", "auction", yes, no_effect, "stress: it has no breaker"},
    Capability{"circuit_breaker.reopening", "resume", yes, no_effect, "stress: it has no breaker"},
    Capability{"circuit_breaker.*", "", yes, no_effect, "stress: it has no breaker"},
    Capability{"halt.*", "", yes, no_effect, "stress: it begins with its shock, at no time after clock.start"},
    Capability{"maker_floor", "", yes, no_effect, "stress: its resting depth is given, not quoted"},
    Capability{"mark.method", "median(index+funding, index+average, last)", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"mark.method", "median(oracle+ema, book, perps)", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"mark.method", "index+funding", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"mark.method", "index+average", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"mark.method", "index+ema", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"mark.method", "last-in-book", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"mark.method", "oracle", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"mark.update", ""},
    Capability{"mark.*", "", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"funding.method", "impact+damper", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.method", "mean-clamp", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.method", "continuous", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.method", "vote-median", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.method", "twap-gap", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.weights", "flat", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.weights", "linear", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.weights", "moving", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.price", "mark", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.price", "index", yes, no_effect, "stress: a stress has no funding"},
    Capability{"funding.*", "", yes, no_effect, "stress: a stress has no funding"},
    Capability{"liquidation.style", "ioc-to-safety"},
    Capability{"liquidation.style", "tier-ladder"},
    Capability{"liquidation.style", "market-then-rest"},
    Capability{"liquidation.style", "tiers-down"},
    Capability{"liquidation.style", "slices"},
    Capability{"liquidation.style", "fillable-ioc"},
    Capability{"liquidation.style", "liquidator-share"},
    Capability{"liquidation.takeover", "fund-at-bankruptcy"},
    Capability{"liquidation.takeover", "engine-at-bankruptcy"},
    Capability{"liquidation.takeover", "vault-below-share"},
    Capability{"liquidation.takeover", "fund-per-fill"},
    Capability{"liquidation.takeover", "socialise"},
    Capability{"liquidation.order", "bankruptcy-limit"},
    Capability{"liquidation.order", "market"},
    Capability{"liquidation.*", ""},
    Capability{"insurance_fund", ""},
    Capability{"fund.scope", "venue"},
    Capability{"fund.scope", "group"},
    Capability{"fund.scope", "instrument"},
    Capability{"fund.shortfall", "bad-debt"},
    Capability{"fund.shortfall", "firm"},
    Capability{"fund.socialise_by", "positions"},
    Capability{"fund.socialise_by", "winners"},
    Capability{"fund.*", ""},
    Capability{"adl.trigger", "fund-cap"},
    Capability{"adl.trigger", "pool-drawdown"},
    Capability{"adl.trigger", "equity-negative"},
    Capability{"adl.trigger", "average-fall"},
    Capability{"adl.trigger", "fund-empty"},
    Capability{"adl.trigger", "never"},
    Capability{"adl.drawdown_of", "pool"},
    Capability{"adl.drawdown_of", "symbol"},
    Capability{"adl.rank", "profit*margin-ratio"},
    Capability{"adl.rank", "leveraged-return"},
    Capability{"adl.rank", "price-ratio*leverage"},
    Capability{"adl.rank", "profit/margin-ratio"},
    Capability{"adl.rank", "fixed-order"},
    Capability{"adl.rank", "profit-only"},
    Capability{"adl.rank", "leverage-only"},
    Capability{"adl.rank", "profit*leverage"},
    Capability{"adl.rank", "hedge-exempt"},
    Capability{"adl.rank", "pro-rata"},
    Capability{"adl.rank", "integer-pro-rata"},
    Capability{"adl.rank", "profit-pro-rata"},
    Capability{"adl.rank", "equity-pro-rata"},
    Capability{"adl.price", "bankruptcy"},
    Capability{"adl.price", "previous-mark"},
    Capability{"adl.price", "mark"},
    Capability{"adl.price", "previous-oracle"},
    Capability{"adl.*", ""},
    Capability{"feed.liquidations", "one per second and symbol", yes, no_effect, "stress: nobody reads the feed"},
    Capability{"feed.liquidations", "all", yes, no_effect, "stress: nobody reads the feed"},
    Capability{"feed.liquidations", "none", yes, no_effect, "stress: nobody reads the feed"},
    Capability{"index.*", "", yes, no_effect, "stress: the shock is the path of mark and index"},
    Capability{"leverage_max", ""},
};
// clang-format on

constexpr std::array descriptions = {std::string_view{"as_of"},
                                     std::string_view{"merged_from"},
                                     std::string_view{"kind"},
                                     std::string_view{"share"},
                                     std::string_view{"account_leverage"},
                                     std::string_view{"thinned_share"},
                                     std::string_view{"stands_for"},
                                     std::string_view{"perp_share"},
                                     std::string_view{"spot_share"},
                                     std::string_view{"index_weight"}};

const Capability* find_row(std::string_view key, std::string_view value) {
    const auto* const at =
        std::find_if(capability_table.begin(), capability_table.end(), [&](const Capability& row) {
            return row.key == key && row.value == value;
        });
    return at == capability_table.end() ? nullptr : at;
}

}  // namespace

std::string_view command_name(Subcommand command) {
    return command == Subcommand::run ? "run" : "stress";
}

std::string_view support_name(Support support) {
    switch (support) {
        case yes:
            return "yes";
        case no_effect:
            return "no effect";
        case no:
            return "no";
        case vector_only:
            return "vector_check only";
    }
    return "";
}

std::span<const Capability> capabilities() {
    return capability_table;
}

const Capability* find_capability(std::string_view key, std::string_view value) {
    if (const Capability* const exact = find_row(key, value)) {
        return exact;
    }
    if (!value.empty()) {
        return nullptr;  // words are listed one by one
    }
    const std::size_t dot = key.find('.');
    const auto* const at =
        std::find_if(capability_table.begin(), capability_table.end(), [&](const Capability& row) {
            return row.key.ends_with(".*") && dot != std::string_view::npos &&
                   row.key.substr(0, row.key.size() - 2) == key.substr(0, dot);
        });
    return at == capability_table.end() ? nullptr : at;
}

bool is_rule_key(std::string_view key) {
    return std::find(descriptions.begin(), descriptions.end(), key) == descriptions.end();
}

}  // namespace margincall::inline scenario
