// Reads what a world's accounts and books say about R: who would be closed in which half percent of the
// price, and what is bid there.
#include <algorithm>
#include <cmath>

#include "rules/portfolio_margin.hpp"
#include "sim/reproduction.hpp"
#include "sim/world.hpp"

namespace margincall::inline sim {
namespace {

// reproduction_step is one part of so many.
constexpr std::int64_t parts = 200;
static_assert(reproduction_step * parts == 1.0);

// Lowest price of a mark's step k: not above it lies whatever is set off before the step's end.
Ticks edge_below(Ticks mark, std::uint32_t k) {
    return Ticks::from_raw(mul_div(mark.raw(), parts - 1 - std::int64_t{k}, parts, Round::up));
}

// The step in which a price is met by a mark that falls: step k is (1 - (k + 1) s, 1 - k s] of the mark,
// its lower end included; what lies at the mark or above is met in the first.
std::uint32_t step_of(Ticks price, Ticks mark) {
    if (price >= mark) {
        return 0;
    }
    const i128 below = i128{mark.raw() - price.raw()} * parts;
    return static_cast<std::uint32_t>(div_round(below, mark.raw(), Round::up) - 1);
}

class WorldReader {
  public:
    WorldReader(const World& world, std::uint32_t steps)
        : world_{world},
          plan_{world.plan()},
          house_{world.clearing()},
          coins_{plan_.assets.size()},
          steps_(steps, ForcedStep(coins_)) {}

    [[nodiscard]] std::vector<LocalReproduction> read() {
        for (const InstrumentPlan& p : plan_.instruments) {
            if (p.instrument.kind == InstrumentKind::linear_perp) {
                read_rows(p.instrument);
            }
            read_bids(p.instrument);
        }
        read_cross_accounts();
        refill_from_top();
        std::vector<LocalReproduction> out;
        for (std::uint32_t k = 0; k < steps_.size(); ++k) {
            out.push_back(result_of(k));
        }
        return out;
    }

  private:
    // A row closes once, at the first price that it meets: its stop order or its liquidation.
    void read_row(const Instrument& inst, Ticks mark, const Row& r) {
        const bool stops =
            r.stop > r.liquidation && r.pending_close == 0 && world_.switches().stops;
        const Ticks price = Ticks::from_raw(stops ? r.stop : r.liquidation);
        if (price.raw() <= 0) {
            return;
        }
        const std::uint32_t k = step_of(price, mark);
        if (k >= steps_.size()) {
            return;
        }
        const double usd = static_cast<double>(house_.state(r).qty.raw()) * inst.lot_base *
                           to_usd(inst, std::min(price, mark));
        const std::size_t coin = inst.base.raw();
        (stops ? steps_[k].stops[coin] : steps_[k].closes[coin * coins_ + coin]) += usd;
    }
    void read_rows(const Instrument& inst) {
        const Ticks mark = house_.margin_price(inst.id);
        if (mark.raw() <= 0) {
            return;
        }
        if (steps_.size() == 1) {
            house_.for_each_row_due(
                inst.id, Side::buy, edge_below(mark, 0), [&](const Row& r, Ticks) {
                    read_row(inst, mark, r);
                });
            return;
        }
        for (const AccountId a : house_.live_rows(inst.id)) {
            const Row& r = house_.row(a);
            if (r.side == Side::buy && r.state == RowState::open) {
                read_row(inst, mark, r);
            }
        }
    }

    // Bids by step of the distance from mid. What makers quote there moves with the price, so it stands
    // in every step's first half percent; it is kept in the first and handed on by refill_from_top.
    void read_bids(const Instrument& inst) {
        const OrderBook& book = world_.book(inst.id);
        const double bid = to_usd(inst, book.best_bid());
        const double ask = to_usd(inst, book.best_ask());
        if (bid <= 0.0) {
            return;
        }
        const double mid = ask > 0.0 ? 0.5 * (bid + ask) : bid;
        const std::size_t coin = inst.base.raw();
        const double reach = reproduction_step * static_cast<double>(steps_.size());
        const auto limit = quantize_price(mid * (1.0 - reach), inst, Round::up);
        book.for_each_level(Side::buy, limit.value_or(Ticks::from_raw(1)), [&](Ticks price, Lots) {
            const double usd = to_usd(inst, price);
            const double distance = std::max(0.0, 1.0 - usd / mid);
            const auto k = static_cast<std::size_t>(distance / reproduction_step);
            book.for_each_order(price, [&](OrderId, const RestingOrder& order) {
                const double value = usd * static_cast<double>(order.left.raw()) * inst.lot_base;
                if (order.cause == Cause::maker) {
                    makers_[k == 0 ? coin : coins_] += value;
                } else if (k < steps_.size()) {
                    steps_[k].resting[coin] += value;
                }
            });
            return true;
        });
    }
    void refill_from_top() {
        const double share = refilled_share(reproduction_refill, plan_.maker.refill_half_life_s);
        for (ForcedStep& step : steps_) {
            for (std::size_t coin = 0; coin < coins_; ++coin) {
                step.resting[coin] += makers_[coin];
                step.refill[coin] += share * makers_[coin];
            }
        }
    }

    // Prices of a venue with all marks in step k at its lower end.
    [[nodiscard]] PortfolioPrices prices_at(VenueId venue, std::uint32_t k) const {
        PortfolioPrices prices = house_.portfolio_prices(venue);
        for (Ticks& mark : prices.mark) {
            mark = edge_below(mark, k);
        }
        for (Ticks& oracle : prices.oracle) {
            oracle = edge_below(oracle, k);
        }
        return prices;
    }
    void read_cross_accounts() {
        const BigVector<CrossAccount>& cross = house_.cross_accounts().accounts();
        if (cross.empty()) {
            return;
        }
        prices_.resize(plan_.venues.size());
        for (std::size_t v = 0; v < prices_.size(); ++v) {
            for (std::uint32_t k = 0; k < steps_.size(); ++k) {
                prices_[v].push_back(prices_at(VenueId::of_row(v), k));
            }
        }
        if (steps_.size() > 1) {
            for (const CrossAccount& c : cross) {
                if (c.state == CrossState::open) {
                    read_cross_account(c.account);
                }
            }
            return;
        }
        std::vector<Ticks> marks(plan_.instruments.size());
        for (const InstrumentPlan& p : plan_.instruments) {
            if (p.instrument.kind == InstrumentKind::linear_perp) {
                marks[p.instrument.id.raw()] = edge_below(house_.margin_price(p.instrument.id), 0);
            }
        }
        std::vector<AccountId> perhaps;
        house_.append_perhaps_due(marks, perhaps);
        for (const AccountId a : perhaps) {
            read_cross_account(a);
        }
    }
    // Falls of all marks together until the account is liquidatable; the more, the worse for it, unless
    // it holds shorts beside longs (then the largest fall decides whether it is looked at).
    void read_cross_account(AccountId a) {
        const std::vector<PortfolioPrices>& at = prices_[house_.venue(a).raw()];
        const auto due = [&](std::size_t k) { return house_.liquidatable_at(a, at[k]); };
        const auto last = at.size() - 1;
        double longs = 0.0;
        (void)house_.look_at(a, held_);
        const auto usd_of = [&](const HeldPosition& p) {
            const Instrument& inst = *p.terms.inst;
            return static_cast<double>(p.state.qty.raw()) * inst.lot_base *
                   to_usd(inst, house_.margin_price(p.instrument));
        };
        for (const HeldPosition& p : held_) {
            longs += std::max(0.0, usd_of(p));
        }
        if (longs <= 0.0 || !due(last)) {
            return;
        }
        std::size_t low = 0;
        std::size_t high = last;
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (due(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // The part that a coin's fall has: its part of what the longs lose.
        for (const HeldPosition& closed : held_) {
            for (const HeldPosition& falls : held_) {
                steps_[low].closes[closed.terms.inst->base.raw() * coins_ +
                                   falls.terms.inst->base.raw()] +=
                    usd_of(closed) * std::max(0.0, usd_of(falls)) / longs;
            }
        }
    }

    [[nodiscard]] LocalReproduction result_of(std::uint32_t k) const {
        const ForcedStep& step = steps_[k];
        std::vector<double> passed(coins_, 1.0);
        for (std::size_t a = 1; a < coins_; ++a) {
            passed[a] = plan_.maker.pass_through * plan_.assets[a].beta;
        }
        const auto plain = reproduction_kernel(step, passed, CountStops::no);
        const auto stopped = reproduction_kernel(step, passed, CountStops::yes);
        LocalReproduction out;
        out.fall = static_cast<double>(k) / static_cast<double>(parts);
        out.kernel = plain;
        out.liquidations = spectral_radius(plain);
        out.with_stops = spectral_radius(stopped);
        for (std::size_t a = 0; a < coins_; ++a) {
            if (plan_.assets[a].pegged) {
                continue;  // no perpetual
            }
            CoinReproduction coin;
            coin.asset = AssetId::of_row(a);
            for (std::size_t c = 0; c < coins_; ++c) {
                coin.liquidation_usd += step.closes[a * coins_ + c];
            }
            coin.stop_usd = step.stops[a];
            coin.resting_usd = step.resting[a];
            coin.refill_usd = step.refill[a];
            coin.own = plain[a * coins_ + a];
            coin.own_with_stops = stopped[a * coins_ + a];
            out.coins.push_back(coin);
        }
        return out;
    }

    const World& world_;
    const Plan& plan_;
    const ClearingHouse& house_;
    std::size_t coins_;
    std::vector<ForcedStep> steps_;
    std::vector<double> makers_ = std::vector<double>(coins_ + 1);  // by coin; last: further away
    std::vector<std::vector<PortfolioPrices>> prices_;              // by venue, step
    std::vector<HeldPosition> held_;
};

}  // namespace

LocalReproduction local_reproduction(const World& world) {
    return WorldReader(world, 1).read().front();
}

std::vector<LocalReproduction> reproduction_curve(const World& world) {
    return WorldReader(world, reproduction_steps).read();
}

}  // namespace margincall::inline sim
