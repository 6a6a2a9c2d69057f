#include "cli/sample_book.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "agents/population.hpp"
#include "base/check.hpp"
#include "base/durable_files.hpp"
#include "base/files.hpp"
#include "desk/account_book.hpp"
#include "desk/run.hpp"
#include "desk/tables.hpp"
#include "scenario/stress_market.hpp"

namespace margincall::inline cli {
namespace {

constexpr std::uint32_t sample_family = 70;
constexpr double several_share = 0.2;      // of accounts: several positions in one wallet
constexpr double two_venues_share = 0.01;  // of accounts: a second account under the same id
constexpr double rows_per_account = 1.45;
constexpr std::uint32_t group_members = 3'000;  // largest accounts that belong to groups
constexpr std::uint32_t wrong_price_every = 20'000;

struct SampleUnit {
    VenueId venue;
    bool isolated = false;
    std::vector<AccountSeed> rows;  // of one account each, weight 1; instruments of the market
    double notional = 0.0, equity = 0.0;
    std::uint32_t account = 0;
    double coin_share = 0.0;  // of the wallet, held in a coin
    AssetId coin;
};

int decimals_of(double step) {
    int places = 0;
    while (places < 8 && std::fabs(step - std::round(step)) > 1e-9) {
        step *= 10.0;
        ++places;
    }
    return places;
}

// A row of the population stands for several like accounts; one of them.
AccountSeed one_account(const AccountSeed& row, InstrumentId id) {
    AccountSeed out = row;
    out.instrument = id;
    out.weight = 1;
    const std::int64_t lots = std::max<std::int64_t>(1, row.qty.raw() / row.weight);  // down
    out.margin = Money::from_raw(mul_div(row.margin.raw(), lots, row.qty.raw(), Round::up));
    out.qty = Lots::from_raw(lots);
    return out;
}

class Sampler {
  public:
    Sampler(const Plan& plan, std::uint32_t accounts, std::uint64_t seed)
        : plan_(plan),
          accounts_(accounts),
          rng_(seed, entity_name(sample_family, 0), Purpose::choice) {
        plan_.seed = seed;
        plan_.population.full = false;
        plan_.population.coins_max = 1;  // wallets are shared here (draw_units)
        plan_.population.rows =
            static_cast<std::int64_t>(rows_per_account * static_cast<double>(accounts));
        market_ = stress_market(plan_);
    }

    std::string text() {
        draw_units();
        name_accounts();
        const std::string plain = write(nullptr, nullptr);
        Errors errors;
        const AccountBook book =
            read_account_book(plain, "sample", market_.market, BadRows::refuse, errors);
        CHECK(errors.empty());
        const StressStart start(market_.market, book);
        return write(&book, &start);
    }

  private:
    void add(std::vector<AccountSeed> rows) {
        SampleUnit unit;
        for (const AccountSeed& row : rows) {
            const StressInstrument& inst = market_.market.at(row.instrument);
            unit.venue = inst.instrument.venue;
            unit.isolated = row.mode == MarginMode::isolated;
            unit.notional += to_usd(notional(inst.instrument, inst.mark, row.qty));
            unit.equity += to_usd(row.margin);
        }
        unit.rows = std::move(rows);
        units_.push_back(std::move(unit));
    }

    // Neighbours in wealth at one venue, with different instruments, share a wallet.
    void draw_units() {
        std::vector<InstrumentId> of_plan(plan_.instruments.size());
        for (std::uint32_t i = 0; i < market_.plan_instrument.size(); ++i) {
            of_plan[market_.plan_instrument[i].raw()] = InstrumentId::from_raw(i);
        }
        std::vector<AccountSeed> cross, isolated;
        for (const AccountSeed& row : draw_population(plan_)) {
            if (row.basis_fund != 0) {
                continue;  // one row for all basis funds together
            }
            (row.mode == MarginMode::cross ? cross : isolated)
                .push_back(one_account(row, of_plan[row.instrument.raw()]));
        }
        const auto venue = [&](const AccountSeed& row) {
            return market_.market.at(row.instrument).instrument.venue.raw();
        };
        std::stable_sort(cross.begin(), cross.end(), [&](const auto& a, const auto& b) {
            return venue(a) != venue(b) ? venue(a) < venue(b) : a.margin > b.margin;
        });
        const auto wanted = static_cast<std::size_t>(
            std::lround(static_cast<double>(accounts_) * (1.0 + two_venues_share)));
        const auto several = static_cast<std::size_t>(several_share * static_cast<double>(wanted));
        // So many of the cross rows begin a shared wallet that the number comes out about right.
        const double begin = std::min(
            0.9,
            3.0 * static_cast<double>(several) / std::max(1.0, static_cast<double>(cross.size())) /
                (1.0 + 2.0 * static_cast<double>(several) /
                           std::max(1.0, static_cast<double>(cross.size()))));
        for (std::size_t k = 0; k < cross.size();) {
            std::vector<AccountSeed> rows{cross[k++]};
            if (rng_.chance(begin)) {
                const std::size_t count = 2 + rng_.below(3);
                while (k < cross.size() && rows.size() < count &&
                       venue(cross[k]) == venue(rows[0])) {
                    const bool fresh = std::none_of(rows.begin(), rows.end(), [&](const auto& r) {
                        return r.instrument == cross[k].instrument;
                    });
                    if (!fresh) {
                        break;
                    }
                    rows.push_back(cross[k++]);
                }
            }
            add(std::move(rows));
        }
        for (const AccountSeed& row : isolated) {
            add({row});
        }
        CHECK(units_.size() >= wanted);
        // Evenly thinned to the wanted number.
        std::vector<SampleUnit> kept;
        for (std::size_t k = 0; k < wanted; ++k) {
            kept.push_back(std::move(units_[k * units_.size() / wanted]));
        }
        units_ = std::move(kept);
    }

    void name_accounts() {
        // Ids in random order, so that they say nothing of size.
        std::vector<std::uint32_t> order(units_.size());
        for (std::uint32_t k = 0; k < order.size(); ++k) {
            order[k] = k;
        }
        for (std::size_t k = order.size(); k > 1; --k) {
            std::swap(order[k - 1], order[rng_.below(k)]);
        }
        std::vector<bool> paired(accounts_, false);
        std::uint32_t next = 0;
        for (const std::uint32_t k : order) {
            SampleUnit& unit = units_[k];
            if (next < accounts_) {
                unit.account = next++;
                owner_.push_back(k);
                continue;
            }
            // The same person's account at another venue.
            auto partner = static_cast<std::uint32_t>(rng_.below(accounts_));
            while (paired[partner] || units_[owner_[partner]].venue == unit.venue) {
                partner = (partner + 1) % accounts_;
            }
            paired[partner] = true;
            unit.account = partner;
        }
        std::stable_sort(units_.begin(), units_.end(), [](const auto& a, const auto& b) {
            return a.account < b.account;
        });
        choose_groups();
        for (SampleUnit& unit : units_) {
            const bool chain = market_.market.venues[unit.venue.raw()]
                                   .margin.collateral[1]
                                   .tiers.front()
                                   .ratio.num == 0;
            if (!unit.isolated && !chain && unit.rows.size() > 1 && rng_.chance(0.25)) {
                unit.coin_share = rng_.uniform(0.2, 0.6);
                unit.coin = AssetId::from_raw(static_cast<std::uint16_t>(rng_.below(2)));
            }
        }
    }
    void choose_groups() {
        group_.assign(accounts_, 0);
        std::vector<double> size(accounts_, 0.0);
        for (const SampleUnit& unit : units_) {
            size[unit.account] += unit.notional;
        }
        std::vector<std::uint32_t> largest(accounts_);
        for (std::uint32_t a = 0; a < accounts_; ++a) {
            largest[a] = a;
        }
        std::stable_sort(largest.begin(), largest.end(), [&](std::uint32_t a, std::uint32_t b) {
            return size[a] > size[b];
        });
        const std::uint32_t members = std::min(group_members, accounts_ / 4);
        const std::uint32_t groups = std::max<std::uint32_t>(1, members / 5);
        for (std::uint32_t k = 0; k < members; ++k) {
            group_[largest[k]] = 1 + static_cast<std::uint32_t>(rng_.below(groups));
        }
    }

    [[nodiscard]] std::string account_columns(const SampleUnit& unit) const {
        const std::uint32_t group = group_[unit.account];
        return fmt::format("u{:06},{},{}",
                           unit.account + 1,
                           group == 0 ? std::string{} : fmt::format("firm-{:04}", group),
                           market_.market.venues[unit.venue.raw()].name);
    }

    // Without `book` the reported columns stay empty.
    std::string write(const AccountBook* book, const StressStart* start) {
        fmt::memory_buffer out;
        const auto to = std::back_inserter(out);
        fmt::format_to(to,
                       "# Account book drawn by margincall stress --make-sample {} --seed {} from "
                       "scenario {}; docs/account-book.md\n",
                       accounts_,
                       plan_.seed,
                       plan_.name);
        fmt::format_to(
            to,
            "account,owner_group,venue,instrument,side,size,entry,margin_mode,collateral,"
            "amount,reported_equity,reported_margin,reported_liquidation_price\n");
        Reported reported = report(book, start);
        std::size_t slot = 0;
        std::size_t unit_row = 0;
        for (const SampleUnit& unit : units_) {
            const std::string who = account_columns(unit);
            const double coin_price =
                unit.coin.valid() ? market_.market.coins[unit.coin.raw()].price : 0.0;
            for (std::size_t k = 0; k < unit.rows.size(); ++k, ++slot) {
                const AccountSeed& row = unit.rows[k];
                const StressInstrument& inst = market_.market.at(row.instrument);
                fmt::format_to(
                    to,
                    "{},{},{},{:.{}f},{:.{}f},{},{},{},{},{}\n",
                    who,
                    market_.market.coins[inst.instrument.base.raw()].name,
                    row.side == Side::buy ? "long" : "short",
                    static_cast<double>(row.qty.raw()) * inst.instrument.lot_base,
                    decimals_of(inst.instrument.lot_base),
                    to_usd(inst.instrument, row.entry),
                    decimals_of(inst.instrument.tick_usd),
                    unit.isolated ? "isolated" : "cross",
                    k == 0 ? "USD" : "",
                    k == 0 ? fmt::format("{:.2f}", unit.equity * (1.0 - unit.coin_share)) : "",
                    k == 0 && book != nullptr ? reported.unit[unit_row] : ",",
                    book != nullptr ? reported.liquidation[slot] : "");
            }
            if (unit.coin.valid()) {
                fmt::format_to(to,
                               "{},,,,,cross,{},{:.6f},,,\n",
                               who,
                               market_.market.coins[unit.coin.raw()].name,
                               unit.equity * unit.coin_share / coin_price);
            }
            ++unit_row;
        }
        return fmt::to_string(out);
    }

    struct Reported {
        std::vector<std::string> unit;         // "equity,margin", in the order of writing
        std::vector<std::string> liquidation;  // by position, in the order of writing
    };
    // Units of the book are ordered by account, venue and mode, those written by account only;
    // lines tie them together.
    Reported report(const AccountBook* book, const StressStart* start) {
        Reported out;
        if (book == nullptr) {
            return out;
        }
        BookView view(*start);
        std::vector<std::pair<std::uint32_t, std::string>> units, prices;
        for (std::uint32_t u = 0; u < book->units.size(); ++u) {
            const MarginUnit& unit = book->units[u];
            const PortfolioMargin m = view.margin(u);
            units.emplace_back(
                unit.line,
                fmt::format(
                    "{:.6f},{:.6f}", to_usd(to_money(m.equity)), to_usd(to_money(m.maintenance))));
            for (std::uint32_t k = 0; k < unit.positions; ++k) {
                const SlotId slot = unit.first_position + k;
                const BookPosition& p = book->positions[slot];
                const double price = view.liquidation_price(slot, m);
                const bool wrong =
                    unit.account % wrong_price_every == wrong_price_every / 2 && k == 0;
                prices.emplace_back(p.line,
                                    price > 0.0 ? fmt::format("{:.{}f}",
                                                              price * (wrong ? 1.01 : 1.0),
                                                              decimals_of(view.tick(p.instrument)))
                                                : "");
            }
        }
        std::sort(units.begin(), units.end());
        std::sort(prices.begin(), prices.end());
        for (auto& row : units) {
            out.unit.push_back(std::move(row.second));
        }
        for (auto& row : prices) {
            out.liquidation.push_back(std::move(row.second));
        }
        return out;
    }

    Plan plan_;
    std::uint32_t accounts_;
    Rng rng_;
    PlanMarket market_;
    std::vector<SampleUnit> units_;
    std::vector<std::uint32_t> owner_;  // by account: its first unit, before sorting
    std::vector<std::uint32_t> group_;  // by account; 0 = none
};

std::string gzipped(const std::string& text) {
    z_stream stream{};
    // 15 bits of window, and 16 for a gzip frame.
    CHECK(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.avail_out = static_cast<uInt>(out.size());
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

Error write_error(const std::string& path, int reason) {
    return disk_error(path, reason, "give another place with -o");
}

}  // namespace

std::string sample_book(const Plan& plan, std::uint32_t accounts, std::uint64_t seed) {
    return Sampler(plan, accounts, seed).text();
}

std::expected<void, Error> write_text_file(const std::string& path, const std::string& text) {
    const std::string bytes = path.ends_with(".gz") ? gzipped(text) : text;
    if (const int reason = put_file(path, bytes, Existing::replace); reason != 0) {
        return std::unexpected(write_error(path, reason));
    }
    return {};
}

}  // namespace margincall::inline cli
