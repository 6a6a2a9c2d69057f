#include "desk/tables.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "rules/liquidation_price.hpp"
#include "rules/portfolio_liquidation.hpp"

namespace margincall::inline desk {
namespace {

double price_of(const StressStart& start, InstrumentId i) {
    const StressInstrument& row = start.market().at(i);
    return to_usd(row.instrument, row.mark);
}

// Gross and net by owner group and coin.
struct GroupCoin {
    double gross = 0.0, net = 0.0;
};
std::map<std::pair<std::uint16_t, std::uint32_t>, GroupCoin> by_group(const StressStart& start) {
    std::map<std::pair<std::uint16_t, std::uint32_t>, GroupCoin> out;
    const AccountBook& book = start.book();
    for (SlotId slot = 0; slot < book.positions.size(); ++slot) {
        const BookPosition& p = book.positions[slot];
        const Instrument& inst = start.market().at(p.instrument).instrument;
        const std::uint32_t group = book.accounts[book.units[start.unit_of(slot)].account].group;
        const double usd =
            static_cast<double>(p.lots.raw()) * inst.lot_base * price_of(start, p.instrument);
        GroupCoin& cell = out[{inst.base.raw(), group}];
        cell.gross += usd;
        cell.net += static_cast<double>(sign(p.side)) * usd;
    }
    return out;
}

Concentration shares_of(std::vector<double> sizes) {
    std::sort(sizes.begin(), sizes.end(), std::greater<>());
    Concentration out;
    for (const double usd : sizes) {
        out.gross += usd;
    }
    out.groups = sizes.size();
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        sum += sizes[k] / out.gross;
        squares += (sizes[k] / out.gross) * (sizes[k] / out.gross);
        out.top1 = k < 1 ? sum : out.top1;
        out.top5 = k < 5 ? sum : out.top5;
        out.top10 = k < 10 ? sum : out.top10;
        out.top20 = k < 20 ? sum : out.top20;
    }
    out.effective = squares > 0.0 ? 1.0 / squares : 0.0;
    return out;
}

}  // namespace

BookView::BookView(const StressStart& start)
    : start_(start),
      market_(start.market()),
      prices_(start.prices()),
      margins_(market_, start.book()) {
    for (StressInstrument& row : market_.instruments) {
        const std::uint32_t id = row.instrument.id.raw();
        Contract& contract = market_.venues[row.instrument.venue.raw()].margin.contracts[id];
        contract.price_max = Ticks::from_raw(INT64_MAX / 4);
        if (row.tick_parts > 1) {
            contract.unit.den = row.tick_parts;
            row.instrument.tick_usd /= static_cast<double>(row.tick_parts);
            row.instrument.price_max = contract.price_max;
            const double price = market_.coins[row.instrument.base.raw()].price;
            prices_.mark[id] = row.mark =
                quantize_price(price, row.instrument, Round::down).value_or(Ticks::from_raw(1));
        }
    }
}

double BookView::liquidation_price(SlotId slot, const PortfolioMargin& whole) {
    const AccountBook& book = start_.book();
    const std::uint32_t unit = start_.unit_of(slot);
    const MarginUnit& u = book.units[unit];
    const BookPosition& asked = book.positions[slot];
    const StressInstrument& row = market_.at(asked.instrument);
    bool alone = row.tick_parts == 1;
    for (std::uint32_t k = 0; k < u.positions; ++k) {
        const SlotId other = u.first_position + k;
        alone = alone && (other == slot || book.positions[other].instrument != asked.instrument);
    }
    for (std::uint32_t k = 0; k < u.collaterals; ++k) {
        alone = alone && book.collateral[u.first_collateral + k].coin != row.instrument.base;
    }
    if (alone && margins_.folds(slot)) {
        // Everything else folded into the collateral: the closed form of one position, as far as
        // its value can be counted.
        Instrument inst = row.instrument;
        inst.price_max =
            Ticks::from_raw(INT64_MAX / 8 / (asked.lots.raw() * inst.tick_value.raw()));
        return to_usd(
            inst,
            rules::liquidation_price(inst,
                                     margins_.tiers(slot),
                                     margins_.folded(start_.house(), unit, slot, whole, prices_),
                                     market_.venues[u.venue.raw()].rules.trigger_at_equality));
    }
    const PortfolioAccount& account = margins_.account(start_.house(), unit);
    const PricePoint point{.rules = &market_.venues[u.venue.raw()].margin,
                           .account = &account,
                           .prices = &prices_,
                           .position = slot - u.first_position};
    return to_usd(row.instrument, rules::liquidation_price(point).value_or(Ticks{}));
}

std::optional<double> BookView::excess_at(SlotId slot, double price) {
    const AccountBook& book = start_.book();
    const std::uint32_t unit = start_.unit_of(slot);
    const MarginUnit& u = book.units[unit];
    const StressInstrument& row = market_.at(book.positions[slot].instrument);
    for (std::uint32_t k = 0; k < u.collaterals; ++k) {
        if (book.collateral[u.first_collateral + k].coin == row.instrument.base) {
            return std::nullopt;
        }
    }
    Instrument endless = row.instrument;  // no ceiling of the order book, as for liquidation prices
    endless.price_max = Ticks::from_raw(INT64_MAX / 4);
    const auto ticks = quantize_price(price, endless, Round::down);
    if (!ticks) {
        return std::nullopt;
    }
    PortfolioPrices moved = prices_;
    moved.mark[row.instrument.id.raw()] = *ticks;
    const PortfolioMargin margin = margins_.of(start_.house(), unit, moved);
    return to_usd(to_money(margin.equity - margin.maintenance));
}

double BookView::notional(SlotId slot) const {
    const BookPosition& p = start_.book().positions[slot];
    return static_cast<double>(p.lots.raw()) *
           start_.market().at(p.instrument).instrument.lot_base * price_of(start_, p.instrument);
}

LiquidationPrices liquidation_map(const StressStart& start) {
    LiquidationPrices out;
    const AccountBook& book = start.book();
    BookView view(start);
    out.positions.resize(book.positions.size());
    std::map<std::tuple<std::uint16_t, int, std::int32_t, std::size_t>, MapBin> bins;
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        const MarginUnit& unit = book.units[u];
        if (unit.positions == 0) {
            continue;
        }
        const PortfolioMargin margin = view.margin(u);
        const bool below = view.liquidatable(u, margin);
        const double equity = to_usd(to_money(margin.equity));
        double gross = 0.0;
        for (std::uint32_t k = 0; k < unit.positions; ++k) {
            const BookPosition& p = book.positions[unit.first_position + k];
            gross += static_cast<double>(p.lots.raw()) *
                     start.market().at(p.instrument).instrument.lot_base *
                     price_of(start, p.instrument);
        }
        const double leverage = equity > 0.0 ? gross / equity : 0.0;
        const auto band = static_cast<std::size_t>(
            equity > 0.0
                ? std::lower_bound(leverage_band_ends.begin(), leverage_band_ends.end(), leverage) -
                      leverage_band_ends.begin()
                : static_cast<std::ptrdiff_t>(leverage_bands - 1));
        for (std::uint32_t k = 0; k < unit.positions; ++k) {
            const SlotId slot = unit.first_position + k;
            const BookPosition& p = book.positions[slot];
            const Instrument& inst = start.market().at(p.instrument).instrument;
            const double at = view.liquidation_price(slot, margin);
            out.positions[slot] = {at, leverage};
            const double way = at / price_of(start, p.instrument) - 1.0;
            // A price behind the market belongs to a unit that is below its margin already.
            if (at <= 0.0 || std::fabs(way) >= map_reach || below) {
                continue;
            }
            const auto bin = static_cast<std::int32_t>(std::floor(way / map_bin));
            MapBin& cell = bins[{inst.base.raw(), static_cast<int>(p.side), bin, band}];
            cell.coin = inst.base;
            cell.side = p.side;
            cell.band = static_cast<std::uint8_t>(band);
            cell.bin = bin;
            cell.usd +=
                static_cast<double>(p.lots.raw()) * inst.lot_base * price_of(start, p.instrument);
            ++cell.positions;
        }
    }
    for (const auto& [key, cell] : bins) {
        out.bins.push_back(cell);
    }
    return out;
}

std::vector<Concentration> concentration(const StressStart& start) {
    const auto cells = by_group(start);
    std::vector<Concentration> out;
    std::map<std::uint32_t, double> all;
    double net_all = 0.0;
    const auto coins = static_cast<std::uint16_t>(start.market().coins.size());
    for (std::uint16_t c = 0; c < coins; ++c) {
        std::vector<double> sizes;
        double net = 0.0;
        for (auto at = cells.lower_bound({c, 0}); at != cells.end() && at->first.first == c; ++at) {
            sizes.push_back(at->second.gross);
            net += at->second.net;
            all[at->first.second] += at->second.gross;
        }
        if (sizes.empty()) {
            continue;
        }
        out.push_back(shares_of(std::move(sizes)));
        out.back().coin = AssetId::from_raw(c);
        out.back().net = net;
        net_all += net;
    }
    std::vector<double> sizes;
    sizes.reserve(all.size());
    for (const auto& [group, gross] : all) {
        sizes.push_back(gross);
    }
    if (!sizes.empty()) {
        out.push_back(shares_of(std::move(sizes)));
        out.back().net = net_all;
    }
    return out;
}

std::vector<Horizon> horizons(const StressStart& start, std::size_t count) {
    const auto cells = by_group(start);
    const StressMarket& market = start.market();
    std::vector<Horizon> out;
    const auto coins = static_cast<std::uint16_t>(market.coins.size());
    for (std::uint16_t c = 0; c < coins; ++c) {
        std::vector<Horizon> rows;
        for (auto at = cells.lower_bound({c, 0}); at != cells.end() && at->first.first == c; ++at) {
            Horizon row;
            row.coin = AssetId::from_raw(c);
            row.group = at->first.second;
            row.side = at->second.net >= 0.0 ? Side::buy : Side::sell;
            row.usd = std::fabs(at->second.net);
            rows.push_back(row);
        }
        std::sort(rows.begin(), rows.end(), [](const Horizon& a, const Horizon& b) {
            return a.usd != b.usd ? a.usd > b.usd : a.group < b.group;
        });
        rows.resize(std::min(rows.size(), count));
        for (Horizon& row : rows) {
            // All venues of the coin together: what a group cannot close at one, it hedges at
            // others.
            std::vector<DepthSide> sides;
            double volume = 0.0;
            for (const StressInstrument& inst : market.instruments) {
                if (inst.instrument.base == row.coin) {
                    sides.push_back(row.side == Side::buy ? inst.bids : inst.asks);
                    volume += inst.volume;
                }
            }
            const DepthSide levels = joined(sides);
            row.depth_1pct = RestingDepth::depth_within(levels, 0.01);
            row.depth_5pct = RestingDepth::depth_within(levels, 0.05);
            const RestingDepth::Cost cost = RestingDepth::cost_of(levels, row.usd);
            row.at_once_filled = row.usd > 0.0 ? cost.filled_usd / row.usd : 0.0;
            row.at_once_cost = cost.slippage_usd;
            row.hours_at_tenth = volume > 0.0 ? row.usd / (0.1 * volume) * 24.0 : 0.0;
        }
        out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
}

}  // namespace margincall::inline desk
