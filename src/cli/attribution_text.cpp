#include "cli/attribution_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "lab/attribution_json.hpp"
#include "report/format.hpp"

namespace margincall::inline cli {
namespace {

std::string value_text(const std::string& unit, double value) {
    if (unit == "fraction") {
        return fmt::format("{}{:.2f} %", value < 0.0 ? minus_sign : "", std::abs(value) * 100.0);
    }
    return unit == "USD" ? format_money(value) : format_count(value);
}

std::string spread_text(const std::string& unit, const MeanSpread& spread) {
    if (spread.n == 1) {
        return value_text(unit, spread.mean);
    }
    return spread.n == 0 ? std::string{no_data}
                         : fmt::format("{} [{} … {}]",
                                       value_text(unit, spread.mean),
                                       value_text(unit, spread.p05),
                                       value_text(unit, spread.p95));
}

std::string percent(double fraction) {
    return fmt::format("{}{:.0f}", fraction < 0.0 ? minus_sign : "", std::abs(fraction) * 100.0);
}

std::string outcome_text(const OutcomeAttribution& outcome, const PriceGates& gates) {
    std::string out = fmt::format("\n{}, {}: {} with all, {} with none of them ({} seeds)\n",
                                  outcome.label,
                                  outcome.when,
                                  spread_text(outcome.unit, outcome.whole),
                                  spread_text(outcome.unit, outcome.rest),
                                  outcome.seeds);
    if (outcome.no_effect > 0) {
        out += fmt::format("   on {} of the seeds all of them together do nothing or the reverse\n",
                           outcome.no_effect);
    }
    if (outcome.opposed) {
        out += "   players work against each other: a part in per cent of the whole says nothing\n";
    }
    out += pad_right("   player", 37) + pad_left("adds", 40) + pad_left("% of it", 22) +
           pad_left("taken out alone", 40) + "\n";
    for (const PlayerShare& share : outcome.shares) {
        const std::string state = share_state(outcome, share, gates);
        const std::string part = share.share.n == 0 || outcome.opposed ? std::string{no_data}
                                 : share.share.n == 1                  ? percent(share.share.p50)
                                                      : fmt::format("{} [{} … {}]",
                                                                    percent(share.share.p50),
                                                                    percent(share.share.p05),
                                                                    percent(share.share.p95));
        out += pad_right(fmt::format("   {}", share.player->label), 37) +
               pad_left(spread_text(outcome.unit, share.shapley), 40) + pad_left(part, 22) +
               pad_left(spread_text(outcome.unit, share.removed), 40);
        out += state == "identified" ? "" : "   " + state;
        out += share.disagrees ? "   the two disagree" : "";
        out += share.assumed_part > 0.0
                   ? fmt::format("   {} % of it on assumed sizes", percent(share.assumed_part))
                   : "";
        out += "\n";
    }
    return out;
}

std::string largest_pair(const OutcomeAttribution& outcome) {
    const std::size_t n = outcome.shares.size();
    std::size_t at = 1;
    for (std::size_t k = 0; k < n * n; ++k) {
        if (k % n > k / n && std::abs(outcome.interaction[k]) > std::abs(outcome.interaction[at])) {
            at = k;
        }
    }
    return fmt::format("   largest pair: {} with {}, {} beyond what each adds\n",
                       outcome.shares[at / n].player->label,
                       outcome.shares[at % n].player->label,
                       value_text(outcome.unit, outcome.interaction[at]));
}

}  // namespace

std::string attribution_text(const AttributionPlan& plan,
                             const Attribution& result,
                             const PriceGates& gates) {
    std::string out =
        fmt::format("{}\n{} coalitions of {} players x {} seeds from {}, {:.2f} core hours\n",
                    plan.list.base().plan.title,
                    std::size_t{1} << result.players.size(),
                    result.players.size(),
                    result.seeds,
                    plan.list.seed_from(),
                    result.core_hours);
    if (gates.state != "met") {
        out += fmt::format("shares of a price are void: {}\n", gates.reason);
    }
    for (const OutcomeAttribution& outcome : result.outcomes) {
        // The fixed times are in attribution.json and on the page.
        if (outcome.when.starts_with("at the low") || outcome.when.starts_with("over the")) {
            out += outcome_text(outcome, gates) + largest_pair(outcome);
        }
    }
    for (const OtherRemoval& other : result.others) {
        if (other.outcome == "btc_fall") {
            out += fmt::format("\n{}, by removal alone: {} of the BTC fall\n",
                               other.cause,
                               spread_text("fraction", other.removed));
        }
    }
    out += "\nwhat \"taken out\" means:\n";
    for (const Player* player : result.players) {
        out += fmt::format("   {}: {}\n", player->label, player->off);
    }
    if (!result.incomplete.empty()) {
        out +=
            fmt::format("not complete, left out: seeds {}\n", fmt::join(result.incomplete, ", "));
    }
    return out;
}

}  // namespace margincall::inline cli
