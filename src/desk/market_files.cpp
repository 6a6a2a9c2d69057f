#include "desk/market_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/decimal.hpp"
#include "base/text.hpp"
#include "desk/account_book.hpp"
#include "desk/csv.hpp"

namespace margincall::inline desk {
namespace {

// Lines of a file about a market.
class Table : public CsvTable {
  public:
    using CsvTable::CsvTable;
    using CsvTable::number;
    // The next line whose fields fit.
    [[nodiscard]] bool next() {
        while (CsvTable::next()) {
            if (fits()) {
                return true;
            }
        }
        return false;
    }
    std::optional<VenueId> venue(std::size_t column, const StressMarket& market) {
        const CsvField name = field(column);
        const auto found = market.find_venue(name.text);
        if (!found) {
            problem(name, "E606", "unknown venue " + in_quotes(name.text)).allowed =
                "known: " + market.venue_names();
        }
        return found;
    }
    std::optional<InstrumentId> instrument(const CsvField& name,
                                           VenueId venue,
                                           const StressMarket& market) {
        const auto found = market.find_instrument(venue, name.text);
        if (!found) {
            problem(name, "E606", "unknown instrument " + in_quotes(name.text)).allowed =
                "known: " + market.instrument_names(venue);
        }
        return found;
    }
    // A number >= 0; "5%" is 0.05 where a share is wanted.
    enum class Percent : std::uint8_t { no, allowed };
    std::optional<double> number(std::size_t column, Percent percent) {
        const CsvField text = field(column);
        std::string_view digits = text.text;
        double scale = 1.0;
        if (percent == Percent::allowed && digits.ends_with('%')) {
            digits.remove_suffix(1);
            digits = digits.substr(0, digits.find_last_not_of(' ') + 1);
            scale = 0.01;
        }
        const auto value = CsvTable::number(digits);
        if (!value) {
            problem(text, "E603", value.error()).allowed =
                percent == Percent::allowed ? "a share such as 0.5% or 0.005" : "a decimal";
            return std::nullopt;
        }
        return value->value() * scale;
    }
};

struct DepthRow {
    InstrumentId instrument;
    bool bid = true;
    double where = 0.0;  // distance or price
    double much = 0.0;   // cumulative USD or coins
    CsvField field;
    int line = 0;
};

constexpr std::array<CsvColumn, 9> depth_columns = {{{"venue", true},
                                                     {"instrument", true},
                                                     {"side", false},
                                                     {"distance", false},
                                                     {"depth", false},
                                                     {"price", false},
                                                     {"size", false},
                                                     {"volume", false},
                                                     {"share", false}}};

// The profile by volume. What the shipped scenarios have within 1 % of the mid is 1.2 to 1.7 % of a day's volume
// (BTC 1 of 60 bn USD); the exponent is that of their makers (docs/agents.md).
constexpr double share_of_volume = 0.015;
constexpr double profile_exponent = 0.65;
constexpr double profile_nearest = 0.0001, profile_reach = 0.1;
constexpr int profile_levels = 48;

DepthSide levels_by_volume(double within_one_percent) {
    DepthSide out;
    const double ratio = std::pow(profile_reach / profile_nearest, 1.0 / profile_levels);
    double inner = 0.0;
    double outer = profile_nearest;
    const auto depth = [&](double x) {
        return within_one_percent * std::pow(x / 0.01, profile_exponent);
    };
    for (int k = 0; k <= profile_levels; ++k) {
        out.push_back({k == 0 ? outer : std::sqrt(inner * outer), depth(outer) - depth(inner)});
        inner = outer;
        outer *= ratio;
    }
    return out;
}

void read_volume_rows(Table& table, StressMarket& market, std::vector<InstrumentId>* taken) {
    while (table.next()) {
        const auto venue = table.venue(0, market);
        const auto instrument =
            venue ? table.instrument(table.field(1), *venue, market) : std::nullopt;
        const auto volume = table.number(7, Table::Percent::no);
        const auto share = table.field(8).text.empty() ? std::optional{share_of_volume}
                                                       : table.number(8, Table::Percent::allowed);
        if (volume && *volume <= 0.0) {
            table.problem(table.field(7), "E604", "not above 0");
        } else if (share && (*share <= 0.0 || *share > 1.0)) {
            table.problem(table.field(8), "E604", "out of range").allowed =
                "above 0, at most 100 %";
        } else if (instrument && volume && share) {
            StressInstrument& target = market.instruments[instrument->raw()];
            target.bids = levels_by_volume(*volume * *share);
            target.asks = target.bids;
            target.volume = *volume;
            if (taken != nullptr) {
                taken->push_back(*instrument);
            }
        }
    }
}

std::vector<DepthRow> read_depth_rows(Table& table, const StressMarket& market, bool is_book) {
    std::vector<DepthRow> rows;
    while (table.next()) {
        const auto venue = table.venue(0, market);
        const auto instrument =
            venue ? table.instrument(table.field(1), *venue, market) : std::nullopt;
        const CsvField side = table.field(2);
        const bool both = same_word(side.text, "both");
        const bool bid = same_word(side.text, "bid") || both;
        const bool ask = same_word(side.text, "ask") || both;
        if ((!bid && !ask) || (is_book && both)) {
            table.problem(side, "E605", "unknown side " + in_quotes(side.text)).allowed =
                is_book ? "bid or ask" : "bid, ask or both";
        }
        const std::size_t column = is_book ? 5 : 3;
        const auto where =
            table.number(column, is_book ? Table::Percent::no : Table::Percent::allowed);
        const auto much = table.number(column + 1, Table::Percent::no);
        if (where && (*where <= 0.0 || (!is_book && *where >= 1.0))) {
            table.problem(table.field(column), "E604", "out of range").allowed =
                is_book ? "a price above 0" : "a distance between 0 and 100 %";
            continue;
        }
        if (much && *much < 0.0) {
            table.problem(table.field(column + 1), "E604", "below 0");
            continue;
        }
        if (!instrument || !where || !much) {
            continue;
        }
        for (const bool is_bid : {true, false}) {
            if (is_bid ? bid : ask) {
                rows.push_back({*instrument,
                                is_bid,
                                *where,
                                *much,
                                table.field(column + 1),
                                table.reader().line()});
            }
        }
    }
    return rows;
}

// The rows of one instrument and side, sorted by distance, as levels.
DepthSide levels_from_profile(std::vector<DepthRow>& rows,
                              const std::string& name,
                              Errors& errors) {
    std::stable_sort(rows.begin(), rows.end(), [](const DepthRow& a, const DepthRow& b) {
        return a.where < b.where;
    });
    DepthSide out;
    double below = 0.0;
    for (const DepthRow& row : rows) {
        if (row.much < below) {
            Error error;
            error.file = name;
            error.line = row.line;
            error.column = static_cast<int>(row.field.column);
            error.code = "E613";
            error.message = fmt::format("depth {} is less than nearer to the mid", row.field.text);
            error.allowed = "cumulative: everything between the mid and this distance, in USD";
            add_problem(errors, std::move(error));
            continue;
        }
        if (row.much > below) {
            out.push_back({row.where, row.much - below});
        }
        below = row.much;
    }
    return out;
}

}  // namespace

void read_depth_file(std::string_view text,
                     const std::string& name,
                     StressMarket& market,
                     Errors& errors,
                     std::vector<InstrumentId>* taken) {
    Table table(text, name, depth_columns, errors);
    if (!table.good()) {
        return;
    }
    const bool is_profile = table.has(3) && table.has(4);
    const bool is_book = table.has(5) && table.has(6);
    const bool by_volume = table.has(7);
    if (int{is_profile} + int{is_book} + int{by_volume} != 1) {
        table.header_problem("neither a depth profile nor an order book",
                             "give distance and depth, price and size, or volume");
        return;
    }
    if (by_volume) {
        read_volume_rows(table, market, taken);
        return;
    }
    if (!table.has(2)) {
        table.header_problem("the column \"side\" is missing", "bid, ask or both");
        return;
    }
    std::vector<DepthRow> rows = read_depth_rows(table, market, is_book);
    std::stable_sort(rows.begin(), rows.end(), [](const DepthRow& a, const DepthRow& b) {
        return a.instrument.raw() < b.instrument.raw();
    });
    for (std::size_t from = 0; from < rows.size();) {
        std::size_t to = from;
        std::array<std::vector<DepthRow>, 2> sides;
        while (to < rows.size() && rows[to].instrument == rows[from].instrument) {
            sides[rows[to].bid ? 0 : 1].push_back(rows[to]);
            ++to;
        }
        StressInstrument& target = market.instruments[rows[from].instrument.raw()];
        if (taken != nullptr) {
            taken->push_back(rows[from].instrument);
        }
        if (is_book) {
            double bid = 0.0;
            double ask = INFINITY;
            for (const DepthRow& row : sides[0]) {
                bid = std::max(bid, row.where);
            }
            for (const DepthRow& row : sides[1]) {
                ask = std::min(ask, row.where);
            }
            if (sides[0].empty() || sides[1].empty() || bid >= ask) {
                Error error;
                error.file = name;
                error.line = rows[from].line;
                error.column = 1;
                error.code = "E613";
                error.message =
                    fmt::format("{}: the order book is crossed or has one side only", target.name);
                add_problem(errors, std::move(error));
                from = to;
                continue;
            }
            const double mid = 0.5 * (bid + ask);
            for (auto& side : sides) {
                std::stable_sort(side.begin(), side.end(), [&](const auto& a, const auto& b) {
                    return std::fabs(a.where - mid) < std::fabs(b.where - mid);
                });
                DepthSide levels;
                for (const DepthRow& row : side) {
                    levels.push_back({std::fabs(row.where / mid - 1.0), row.where * row.much});
                }
                (&side == sides.data() ? target.bids : target.asks) = std::move(levels);
            }
        } else {
            if (!sides[0].empty()) {
                target.bids = levels_from_profile(sides[0], name, errors);
            }
            if (!sides[1].empty()) {
                target.asks = levels_from_profile(sides[1], name, errors);
            }
        }
        from = to;
    }
}

void read_fund_file(std::string_view text,
                    const std::string& name,
                    StressMarket& market,
                    Errors& errors) {
    static constexpr std::array<CsvColumn, 4> columns = {
        {{"venue", true}, {"pool", true}, {"instruments", true}, {"balance", true}}};
    Table table(text, name, columns, errors);
    if (!table.good()) {
        return;
    }
    std::vector<StressPool> pools;
    i128 total_raw = 0;
    std::vector<std::uint32_t> pool_of(market.instruments.size(), UINT32_MAX);
    std::vector<std::uint8_t> named(market.venues.size(), 0);
    while (table.next()) {
        const auto venue = table.venue(0, market);
        const CsvField balance = table.field(3);
        const auto value = table.number(balance.text);
        const std::int64_t raw = value ? scaled(*value, 6, Round::down).value_or(-1) : -1;
        total_raw += std::max<i128>(raw, 0);
        const bool good = raw >= 0 && total_raw <= countable_raw_max;
        if (!good) {
            table
                .problem(balance,
                         value ? "E604" : "E603",
                         "balance: " +
                             (value ? in_quotes(balance.text) + " is out of range" : value.error()))
                .allowed = "0 to 2 tn US dollars, all pools together";
        }
        if (!venue || !good) {
            continue;
        }
        named[venue->raw()] = 1;
        const auto pool = static_cast<std::uint32_t>(pools.size());
        pools.push_back(
            {fmt::format("{}/{}", market.venues[venue->raw()].name, table.field(1).text),
             *venue,
             Money::from_raw(raw)});
        const auto take = [&](InstrumentId id, const CsvField& at) {
            if (pool_of[id.raw()] != UINT32_MAX) {
                table.problem(at, "E614", fmt::format("{} is in two pools", market.at(id).name));
            }
            pool_of[id.raw()] = pool;
        };
        const CsvField list = table.field(2);
        if (list.text == "*") {
            for (const StressInstrument& row : market.instruments) {
                if (row.instrument.venue == *venue &&
                    pool_of[row.instrument.id.raw()] == UINT32_MAX) {
                    take(row.instrument.id, list);
                }
            }
            continue;
        }
        for (std::size_t at = 0; at < list.text.size();) {
            const std::size_t end = std::min(list.text.find(' ', at), list.text.size());
            const CsvField one{list.text.substr(at, end - at),
                               list.column + static_cast<std::uint32_t>(at)};
            if (!one.text.empty()) {
                if (const auto id = table.instrument(one, *venue, market)) {
                    take(*id, one);
                }
            }
            at = end + 1;
        }
    }
    for (StressPool& pool : market.pools) {
        if (named[pool.venue.raw()] == 0) {
            pools.push_back(pool);
        }
    }
    for (StressInstrument& row : market.instruments) {
        std::uint32_t& pool = pool_of[row.instrument.id.raw()];
        if (named[row.instrument.venue.raw()] == 0) {
            const StressPool& old = market.pools[row.pool];
            pool = static_cast<std::uint32_t>(
                std::find_if(pools.begin(),
                             pools.end(),
                             [&](const StressPool& p) { return p.name == old.name; }) -
                pools.begin());
        } else if (pool == UINT32_MAX) {
            Error error;
            error.file = name;
            error.code = "E614";
            error.message = fmt::format("{} is in no pool", row.name);
            error.hint = "a row with * takes every instrument of the venue that is in no other";
            add_problem(errors, std::move(error));
            pool = 0;
        }
        row.pool = pool;
    }
    market.pools = std::move(pools);
}

}  // namespace margincall::inline desk
