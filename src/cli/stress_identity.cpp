#include "cli/stress_identity.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/decimal.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {
namespace {

// Shortest text that reads back as the same number.
std::string number(double value) {
    return fmt::format("{}", value);
}

// The sections of a resolved scenario that describe coins and venues: how agents behave, the clock
// and what is recorded change nothing in a stress. Resting depth follows from agents, too, and has a
// row of its own.
std::string rules_text(std::string_view resolved) {
    std::string out;
    bool wanted = false;
    while (!resolved.empty()) {
        const std::size_t end = resolved.find('\n');
        const std::string_view line = resolved.substr(0, end);
        if (line.starts_with('[')) {
            const std::string_view name = line.substr(line.find_first_not_of('['));
            wanted = name.starts_with("assets.") || name.starts_with("venues.");
        }
        if (wanted) {
            out += line;
            out += '\n';
        }
        resolved.remove_prefix(end == std::string_view::npos ? resolved.size() : end + 1);
    }
    return out;
}

std::string depth_text(const StressMarket& market) {
    fmt::memory_buffer out;
    for (const StressInstrument& inst : market.instruments) {
        for (const DepthSide* const side : {&inst.bids, &inst.asks}) {
            fmt::format_to(
                std::back_inserter(out), "{} {}\n", inst.name, side == &inst.bids ? "bid" : "ask");
            for (const DepthLevel& level : *side) {
                fmt::format_to(std::back_inserter(out), "{} {}\n", level.distance, level.usd);
            }
        }
    }
    return fmt::to_string(out);
}

// Steps and margin tables: those of a scenario stand in its rules, too, those that were made do not.
std::string instruments_text(const StressMarket& market) {
    fmt::memory_buffer out;
    for (const StressInstrument& inst : market.instruments) {
        const Instrument& steps = inst.instrument;
        fmt::format_to(std::back_inserter(out),
                       "{} {} {} {} {}\n",
                       inst.name,
                       steps.tick_value.raw(),
                       number(steps.tick_usd),
                       number(steps.lot_base),
                       inst.tick_parts);
        const MarginSchedule& schedule =
            market.venues[steps.venue.raw()].margin.schedules[steps.id.raw()];
        for (const ScheduleTier& tier : schedule.tiers) {
            fmt::format_to(std::back_inserter(out),
                           "{} {}/{} {}/{}\n",
                           to_text(tier.cap.raw()),
                           tier.maintenance.num,
                           tier.maintenance.den,
                           tier.initial.num,
                           tier.initial.den);
        }
    }
    return fmt::to_string(out);
}

void add_market(StressIdentity& out, const std::string& prefix, const StressMarketIdentity& from) {
    const StressMarket& market = *from.market;
    std::string prices;
    for (const StressCoin& coin : market.coins) {
        prices += fmt::format("{}{} {}", prices.empty() ? "" : ", ", coin.name, number(coin.price));
    }
    std::string marks;
    for (const StressInstrument& inst : market.instruments) {
        marks += fmt::format("{} {} {}\n", inst.name, inst.mark.raw(), number(inst.volume));
    }
    std::string funds;
    for (const StressPool& pool : market.pools) {
        funds += fmt::format("{}{} {}", funds.empty() ? "" : ", ", pool.name, pool.balance.raw());
    }
    // Which instruments a pool pays for.
    std::string members;
    for (const StressInstrument& inst : market.instruments) {
        members += fmt::format("{} {}\n", inst.name, inst.pool);
    }
    out.emplace_back(prefix + "rules, FNV-1a", text_hash(rules_text(from.resolved)));
    out.emplace_back(prefix + "instruments, FNV-1a", text_hash(instruments_text(market)));
    out.emplace_back(prefix + "prices, USD", prices);
    out.emplace_back(prefix + "marks, FNV-1a", text_hash(marks));
    out.emplace_back(prefix + "depth, FNV-1a", text_hash(depth_text(market)));
    out.emplace_back(prefix + "funds, micro-dollars", funds);
    out.emplace_back(prefix + "pools, FNV-1a", text_hash(members));
}

}  // namespace

StressIdentity stress_identity(const StressInputs& inputs) {
    StressIdentity out;
    out.emplace_back("book, FNV-1a", inputs.book_hash);
    out.emplace_back("lines left out", fmt::format("{}", inputs.rows_left_out));
    add_market(out, "", inputs.market);
    const StressMarket& market = *inputs.market.market;
    std::string moves;
    for (std::size_t k = 0; k < inputs.shock->coins.size(); ++k) {
        const CoinShock& coin = inputs.shock->coins[k];
        moves += fmt::format("{}{} {} in {} ns",
                             moves.empty() ? "" : ", ",
                             market.coins[k].name,
                             number(coin.move),
                             coin.over.raw());
    }
    out.emplace_back("shock", moves);
    out.emplace_back("feedback", inputs.options.feedback == Feedback::on ? "on" : "off");
    out.emplace_back("half-life of taken depth, ns",
                     fmt::format("{}", inputs.options.refill.raw()));
    out.emplace_back("step, ns", fmt::format("{}", inputs.options.step.raw()));
    out.emplace_back("defaulting owner groups", fmt::format("{}", inputs.defaults));
    out.emplace_back("reverse search", inputs.reverse ? "yes" : "no");
    out.emplace_back("variations", inputs.varied ? "yes" : "no");
    out.emplace_back("limits", fmt::format("{}", fmt::join(inputs.limits, "; ")));
    out.emplace_back("tolerance", number(inputs.tolerance));
    for (std::size_t k = 0; k < inputs.proposed.size(); ++k) {
        const std::string number = k == 0 ? std::string{} : fmt::format("{} ", k + 1);
        add_market(out, "proposed " + number, inputs.proposed[k]);
    }
    if (!inputs.proposed.empty()) {
        out.emplace_back("stages", fmt::format("{}", inputs.stages));
    }
    if (!inputs.adl_ranks.empty()) {
        out.emplace_back("orders of ADL", fmt::format("{}", fmt::join(inputs.adl_ranks, ", ")));
    }
    out.insert(out.end(), inputs.lending.begin(), inputs.lending.end());
    return out;
}

std::string stress_hash(const StressIdentity& identity) {
    std::string text;
    for (const auto& [name, value] : identity) {
        text += fmt::format("{} = {}\n", name, value);
    }
    return text_hash(text);
}

}  // namespace margincall::inline cli
