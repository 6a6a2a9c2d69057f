#include "lab/players.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace margincall::inline lab {
namespace {

constexpr std::array all_players = {
    Player{"macro",
           "Macro news",
           "no factor moves, no news changes what a coin is worth, and what is sold on the news is "
           "not sold",
           {"macro", "news", "first-sellers"},
           {}},
    Player{"holders",
           "Long-term and short-term holders",
           "no holder's programme sells",
           {"holders"},
           {}},
    Player{"funds", "Funds", "no fund flow", {"funds"}, {}},
    Player{"security",
           "Security and collateral",
           "no hack, nothing that follows one, no collateral that fails; the first venue values "
           "the synthetic "
           "dollar at what it redeems for",
           {"security"},
           {"defi.usde.first_venue_value=redemption-anchored"},
           true},
    Player{"leverage",
           "Leverage",
           "accounts below margin are closed at mark without an order, and no stop order is sent",
           {},
           {"mechanisms.forced_orders=false", "mechanisms.stops=false"}},
    Player{"makers",
           "Withdrawal of makers",
           "every firm shows the depth of the hour of day whatever happens, and its losses take "
           "nothing from it",
           {},
           {"agents.market_maker.frozen=true", "mechanisms.maker_losses=false"}},
    Player{"behaviour",
           "Trend and panic",
           "trend followers and panic sellers send no orders",
           {},
           {"mechanisms.behaviour=false"}},
    Player{"arbitrage",
           "Limits of arbitrage",
           "arbitrage has no threshold and no limit of capital, no venue slows down, and balances "
           "always move",
           {"arbitrage"},
           {"agents.arbitrage.unlimited=true", "mechanisms.overload=false"}},
};

bool has_cause(const Player& player, std::string_view cause) {
    return std::ranges::find(player.causes, cause) != player.causes.end();
}

std::string event_off(const EventPlan& event) {
    return fmt::format("events.{}.scale=0", event.row);
}

bool is_assumed(const EventPlan& event) {
    return event.source.empty() || event.source.starts_with("assumed");
}

template <class Wanted>
std::vector<std::string> events_off(const Plan& plan, const Wanted& wanted) {
    std::vector<std::string> out;
    for (const EventPlan& event : plan.events) {
        if (event.scale != 0.0 && wanted(event)) {
            out.push_back(event_off(event));
        }
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace

std::span<const Player> players() {
    return all_players;
}

std::vector<std::string> overrides_off(const Player& player, const Plan& plan) {
    std::vector<std::string> out =
        events_off(plan, [&](const EventPlan& event) { return has_cause(player, event.cause); });
    // Where it is valued so already there is nothing to take out.
    const bool dollar = plan.defi.enabled && find_asset(plan, plan.defi.usde.asset).valid() &&
                        plan.defi.usde.first_venue != CollateralValue::redemption_anchored;
    for (const std::string_view set : player.set) {
        if (!set.empty() && (!player.needs_synthetic_dollar || dollar)) {
            out.emplace_back(set);
        }
    }
    return out;
}

std::vector<std::string> overrides_assumed_off(const Player& player, const Plan& plan) {
    return events_off(plan, [&](const EventPlan& event) {
        return has_cause(player, event.cause) && is_assumed(event);
    });
}

std::vector<std::string> assumed_events(const Player& player, const Plan& plan) {
    std::vector<std::string> out;
    for (const EventPlan& event : plan.events) {
        if (event.scale != 0.0 && has_cause(player, event.cause) && is_assumed(event)) {
            out.push_back(event.name);
        }
    }
    return out;
}

std::vector<std::string> other_causes(const Plan& plan) {
    std::vector<std::string> out;
    for (const EventPlan& event : plan.events) {
        const bool claimed = std::ranges::any_of(
            all_players, [&](const Player& player) { return has_cause(player, event.cause); });
        if (!claimed && std::ranges::find(out, event.cause) == out.end()) {
            out.push_back(event.cause);
        }
    }
    return out;
}

std::vector<std::string> overrides_cause_off(std::string_view cause, const Plan& plan) {
    return events_off(plan, [&](const EventPlan& event) { return event.cause == cause; });
}

}  // namespace margincall::inline lab
