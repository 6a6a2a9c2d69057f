#include "desk/made_market.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/name_list.hpp"
#include "base/ppm.hpp"
#include "desk/instrument_bounds.hpp"
#include "desk/resting_depth.hpp"
#include "desk/state_reader.hpp"

namespace margincall::inline desk {
namespace {

constexpr std::int64_t endless_usd = 100'000'000'000;
constexpr int significant_digits = 5;
constexpr std::size_t names_shown = 8;
constexpr const char* assumed_as = "assumed: as ";

bool before(const Decimal& a, const Decimal& b) {
    const int places = std::max(a.places, b.places);
    return a.digits * power_of_ten(places - a.places) < b.digits * power_of_ten(places - b.places);
}
// The lower one of the two in the middle.
Decimal median_of(std::vector<Decimal> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end(), before);
    return *middle;
}

Decimal without_zeros(Decimal value) {
    while (value.places > 0 && value.digits % 10 == 0) {
        value.digits = div_round(value.digits, 10, Round::down);  // exact
        --value.places;
    }
    return value;
}

// Both terms over their greatest common divisor; both above 0.
struct Terms {
    i128 num, den;
};
Terms reduced(i128 num, i128 den) {
    i128 a = num;
    i128 b = den;
    while (b != 0) {
        const i128 rest = a % b;
        a = b;
        b = rest;
    }
    return {div_round(num, a, Round::down), div_round(den, a, Round::down)};  // exact
}

// a / b; both above 0. Nothing where the terms do not fit.
std::optional<Fraction> ratio(i128 a, i128 b) {
    const Terms terms = reduced(a, b);
    if (terms.num > INT64_MAX || terms.den > INT64_MAX) {
        return std::nullopt;
    }
    return Fraction{static_cast<std::int64_t>(terms.num), static_cast<std::int64_t>(terms.den)};
}

// 10^exponent
Decimal step_of(int exponent) {
    return exponent < 0 ? Decimal{1, -exponent} : Decimal{power_of_ten(exponent), 0};
}

// Five significant digits, but never coarser than a dollar: Hyperliquid's rule, and an assumption elsewhere.
Decimal tick_at(const Decimal& price) {
    int digits = 0;
    for (i128 rest = price.digits; rest > 0; rest = div_round(rest, 10, Round::down)) {
        ++digits;
    }
    return step_of(std::min(0, digits - price.places - significant_digits));
}

struct Steps {
    Decimal tick, lot;  // USD; coins
};

void add_assumed(Errors& warnings,
                 const std::vector<std::string>& names,
                 std::string_view what,
                 std::string hint) {
    if (names.empty()) {
        return;
    }
    Error warning = file_error("market",
                               "W632",
                               fmt::format("{}: {}", what, name_list(names, names_shown)),
                               std::move(hint));
    warning.warning = true;
    add_problem(warnings, std::move(warning));
}

class Maker {
  public:
    Maker(StressMarket& market, const MarketRequest& request, Errors& errors)
        : market_(market),
          request_(request),
          errors_(errors),
          first_made_(market.instruments.size()) {}

    MarketSources make() {
        find_templates();
        take_prices();
        for (std::size_t k = 0; k < request_.needs->instruments.size(); ++k) {
            take(request_.needs->instruments[k]);
        }
        for (const std::string& name : request_.needs->collateral) {
            take_collateral(name);
        }
        fill_margin_rules(market_, Fraction{0, 1});
        warn();
        return std::move(out_);
    }

  private:
    using Names = std::vector<std::string>;

    void refuse(const std::string& file, const char* code, std::string message, std::string hint) {
        add_problem(errors_, file_error(file, code, std::move(message), std::move(hint)));
    }
    void find_templates();
    void take_prices();
    void take(const NeededInstrument& needed);
    void take_collateral(const std::string& name);
    void warn();
    void warn_of(const Names& names, std::string_view what, std::string hint) {
        add_assumed(out_.warnings, names, what, std::move(hint));
    }

    [[nodiscard]] std::string letter_of(VenueId venue) const {
        const std::string& name = market_.venues[venue.raw()].name;
        const std::string_view usual = usual_venue(name);
        return usual.empty() ? name : std::string{usual};
    }
    [[nodiscard]] std::optional<SheetRow> sheet_of(VenueId venue,
                                                   const NeededInstrument& needed) const {
        return find_sheet_row(request_.sheets, letter_of(venue), needed.coin, needed.settle);
    }
    [[nodiscard]] std::optional<Decimal> named_price(std::string_view coin) const {
        for (const auto& [name, price] : request_.prices) {
            if (same_word(coin_of_symbol(name), coin) && is_usable(price)) {
                return price;
            }
        }
        return std::nullopt;
    }
    // What the book, or a file beside it, says of a coin's price.
    struct OwnPrice {
        std::vector<Decimal> marks;
        const char* from = "";
    };
    [[nodiscard]] AssetId coin_at(const std::string& name, const Decimal& price);
    [[nodiscard]] std::optional<Steps> steps_of(const StressInstrument* known,
                                                const NeededInstrument& needed,
                                                const std::optional<SheetRow>& sheet,
                                                const Decimal& price,
                                                InstrumentSource& source);
    [[nodiscard]] bool set_steps(Instrument& inst,
                                 std::int64_t& parts,
                                 const Steps& steps,
                                 const Decimal& price,
                                 const std::string& name);
    // From files or the highest leverage; false = neither.
    [[nodiscard]] bool set_tiers(StressInstrument& row,
                                 const NeededInstrument& needed,
                                 const std::optional<SheetRow>& sheet,
                                 InstrumentSource& source);
    [[nodiscard]] bool set_shipped_tiers(StressInstrument& row, const std::string& coin);
    void set_schedule(StressInstrument& row, MarginSchedule schedule);
    void set_depth(StressInstrument& row,
                   const std::optional<SheetRow>& sheet,
                   InstrumentSource& source);
    void set_price(StressInstrument& row, const Decimal& price);
    [[nodiscard]] std::uint32_t pool_of_venue(VenueId venue);

    StressMarket& market_;
    const MarketRequest& request_;
    Errors& errors_;
    std::size_t first_made_;
    std::vector<std::optional<std::size_t>> thinnest_;  // by venue: row of the market as it was
    std::optional<std::size_t> thinnest_of_all_;
    std::map<std::string, OwnPrice> own_prices_;  // by coin in capitals
    Names rates_of_answers_, assumed_tiers_, assumed_steps_, assumed_beta_, no_collateral_,
        market_prices_;
    MarketSources out_;
};

std::string capitals(std::string_view name) {
    std::string out{name};
    for (char& c : out) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

double depth_of(const StressInstrument& row) {
    return RestingDepth::depth_within(row.bids, 0.01) + RestingDepth::depth_within(row.asks, 0.01);
}

void Maker::find_templates() {
    thinnest_.resize(market_.venues.size());
    const auto take_thinner = [&](std::optional<std::size_t>& best, std::size_t k) {
        if (!best || depth_of(market_.instruments[k]) < depth_of(market_.instruments[*best])) {
            best = k;
        }
    };
    for (std::size_t k = 0; k < first_made_; ++k) {
        take_thinner(thinnest_[market_.instruments[k].instrument.venue.raw()], k);
        take_thinner(thinnest_of_all_, k);
    }
}

void Maker::take_prices() {
    for (const NeededInstrument& needed : request_.needs->instruments) {
        OwnPrice& own = own_prices_[capitals(needed.coin)];
        own.marks.insert(own.marks.end(), needed.marks.begin(), needed.marks.end());
        own.from = price_of_book;
    }
    const auto from_files = [&](const std::string& coin) {
        OwnPrice& own = own_prices_[capitals(coin)];
        for (const MarketSheet& sheet : request_.sheets) {
            for (const SheetRow& row : sheet.rows) {
                if (own.marks.empty() && row.mark && is_usable(*row.mark) &&
                    same_word(row.coin, coin)) {
                    own.marks.push_back(*row.mark);
                    own.from = "instrument file";
                }
            }
        }
    };
    for (const NeededInstrument& needed : request_.needs->instruments) {
        from_files(needed.coin);
    }
    for (const std::string& name : request_.needs->collateral) {
        from_files(name);
    }
    // Where the book's own marks hold, a coin has one price wherever it is traded.
    for (StressCoin& coin : market_.coins) {
        const auto own = own_prices_.find(capitals(coin.name));
        if (request_.prices_of == PricesOf::book && own != own_prices_.end() &&
            !own->second.marks.empty() && !named_price(coin.name)) {
            const Decimal price = median_of(own->second.marks);
            coin.price = price.value();
            for (StressInstrument& row : market_.instruments) {
                if (market_.coins[row.instrument.base.raw()].name == coin.name) {
                    set_price(row, price);
                }
            }
        }
    }
}

void Maker::set_price(StressInstrument& row, const Decimal& price) {
    Instrument& inst = row.instrument;
    const double usd = price.value();
    if (usd * inst.lot_base > order_usd_most) {
        refuse(row.name,
               "E604",
               fmt::format(
                   "a lot of {:.6g} coins is worth {:.6g} USD", inst.lot_base, usd * inst.lot_base),
               "at most 2 bn USD");
        return;
    }
    const bool few = has_too_few_ticks(usd, inst.tick_usd);
    if (few || has_too_many_ticks(usd, inst.tick_usd)) {
        refuse(row.name,
               "E604",
               fmt::format("the price {} USD is {} than {:.0f} ticks of {:.6g} USD",
                           usd,
                           few ? "less" : "more",
                           few ? ticks_least : ticks_most,
                           inst.tick_usd),
               "give the venue's instrument file, or name a market with --market");
        return;
    }
    set_bounds(inst, usd);
    row.mark = quantize_price(usd, inst, Round::down).value_or(Ticks::from_raw(1));
}

AssetId Maker::coin_at(const std::string& name, const Decimal& price) {
    if (const auto known = market_.find_coin(name)) {
        return *known;
    }
    StressCoin coin{name, price.value(), 1.0};
    // As the coin of the market that falls most with the first one: its long tail.
    for (const StressCoin& other : market_.coins) {
        coin.beta = std::max(coin.beta, other.beta);
    }
    market_.coins.push_back(coin);
    assumed_beta_.push_back(name);
    return AssetId::of_row(market_.coins.size() - 1);
}

std::optional<Steps> Maker::steps_of(const StressInstrument* known,
                                     const NeededInstrument& needed,
                                     const std::optional<SheetRow>& sheet,
                                     const Decimal& price,
                                     InstrumentSource& source) {
    if (sheet && sheet->size_places) {
        source.steps = sheet->file + ", five significant digits";
        const Decimal finest = step_of(*sheet->size_places - 6);
        const Decimal tick = tick_at(price);
        return Steps{before(tick, finest) ? finest : tick, step_of(-*sheet->size_places)};
    }
    if (sheet && sheet->tick && sheet->lot) {
        source.steps = "instrument file";
        return Steps{*sheet->tick, *sheet->lot};
    }
    if (known != nullptr) {
        source.steps = "market";
        return std::nullopt;
    }
    source.steps = "assumed: five significant digits, the finest size of the book";
    assumed_steps_.push_back(source.instrument);
    return Steps{tick_at(price), step_of(-needed.size_places)};
}

bool Maker::set_steps(Instrument& inst,
                      std::int64_t& parts,
                      const Steps& steps,
                      const Decimal& price,
                      const std::string& name) {
    const Decimal tick = without_zeros(steps.tick);
    const Decimal lot = without_zeros(steps.lot);
    constexpr std::int64_t digits_most = 1'000'000'000;
    constexpr int places_most = 15;
    bool good = tick.digits > 0 && lot.digits > 0 && tick.digits < digits_most &&
                lot.digits < digits_most && tick.places <= places_most && lot.places <= places_most;
    i128 value = 0;
    if (good) {
        // Money is whole micro-dollars: prices move by as many ticks as that takes.
        const Terms terms = reduced(tick.digits * lot.digits * power_of_ten(6),
                                    power_of_ten(tick.places + lot.places));
        good = terms.den <= tick_parts_max && terms.num <= INT64_MAX;
        parts = good ? static_cast<std::int64_t>(terms.den) : 1;
        value = terms.num;
    }
    const double coarse = good ? Decimal{tick.digits * parts, tick.places}.value() : 0.0;
    if (!good || has_too_few_ticks(price.value(), coarse)) {
        refuse(
            name,
            "E604",
            fmt::format("steps of {} USD and {} coins cannot be counted at a price of {} USD",
                        steps.tick.value(),
                        steps.lot.value(),
                        price.value()),
            "one tick of one lot is worth a micro-dollar or more, the price is 20 ticks or more");
        return false;
    }
    inst.tick_value = Money::from_raw(narrow_i64(value));
    inst.tick_usd = coarse;
    inst.lot_base = lot.value();
    inst.lot_amount = Amount::from_raw(in_units(lot, 18));
    return true;
}

void Maker::set_schedule(StressInstrument& row, MarginSchedule schedule) {
    PortfolioRules& margin = market_.venues[row.instrument.venue.raw()].margin;
    const std::uint32_t id = row.instrument.id.raw();
    if (margin.schedules.size() <= id) {
        margin.schedules.resize(id + 1U);
    }
    margin.schedules[id] = std::move(schedule);
}

// A table in dollars, as agents and the fast form of the margin read it.
MarginTiers dollar_tiers(const std::vector<SheetTier>& tiers, double usd_per_unit, bool marginal) {
    MarginTiers out;
    const auto bound = [&](const Decimal& value) {
        const double usd = value.value() * usd_per_unit;
        return Money::from_raw(usd >= static_cast<double>(endless_usd) ? endless_usd * micro_per_usd
                               : usd_per_unit == 1.0 ? scaled(value, 6, Round::down).value_or(0)
                                                     : std::llround(usd * 1e6));
    };
    for (const SheetTier& from : tiers) {
        MarginTier tier;
        tier.floor = out.empty() ? Money{} : out.back().cap;
        tier.cap = from.cap ? bound(*from.cap) : Money::from_raw(endless_usd * micro_per_usd);
        tier.mmr_ppm = to_ppm(from.maintenance, Round::up);
        tier.leverage_max =
            std::max<std::int64_t>(1, mul_div(from.initial.den, 1, from.initial.num, Round::down));
        if (marginal && !out.empty()) {
            tier.deduction =
                out.back().deduction +
                Money::from_raw(mul_div(
                    tier.floor.raw(), tier.mmr_ppm - out.back().mmr_ppm, whole_ppm, Round::down));
        }
        if (tier.cap > tier.floor) {
            out.push_back(tier);
        }
    }
    return out;
}

bool Maker::set_shipped_tiers(StressInstrument& row, const std::string& coin) {
    for (const ShippedTiers& shipped : request_.shipped) {
        if (shipped.venue != market_.venues[row.instrument.venue.raw()].name ||
            !same_word(shipped.coin, coin)) {
            continue;
        }
        MarginSchedule schedule = shipped.schedule;
        if (schedule.measure == TierMeasure::size) {
            const auto lots = ratio(shipped.lot.raw(), row.instrument.lot_amount.raw());
            if (!lots) {
                return false;
            }
            scale_sizes(schedule, *lots);
        }
        row.tiers = shipped.tiers;
        set_schedule(row, std::move(schedule));
        return true;
    }
    return false;
}

bool Maker::set_tiers(StressInstrument& row,
                      const NeededInstrument& needed,
                      const std::optional<SheetRow>& sheet,
                      InstrumentSource& source) {
    const MarginRule& rule = market_.venues[row.instrument.venue.raw()].rules.margin;
    const bool by_size = rule.measure == TierMeasure::size;
    std::vector<SheetTier> tiers;
    if (sheet && !sheet->tiers.empty()) {
        if (rule.style != MarginStyle::marginal && rule.style != MarginStyle::whole_tier) {
            refuse(sheet->file,
                   "E636",
                   fmt::format("{}: tiers for a venue whose rates grow with size", row.name),
                   "leave the file out, or name a market with other rules");
            return false;
        }
        if (by_size != sheet->counts_contracts || (by_size && !sheet->contract)) {
            refuse(sheet->file,
                   "E636",
                   fmt::format("{}: the tiers count {}{}",
                               row.name,
                               sheet->counts_contracts ? "contracts" : "dollars",
                               by_size && !sheet->contract ? ", and no file says what one is"
                                                           : ", the venue's rules do not"),
                   "give the answer of /api/v5/public/instruments?instType=SWAP as well");
            return false;
        }
        tiers = sheet->tiers;
        source.tiers = sheet->file;
    } else if (!row.tiers.empty()) {
        source.tiers = "market";
        return true;
    } else if (set_shipped_tiers(row, needed.coin)) {
        source.tiers = "shipped with the venue's rules";
        return true;
    } else if (!needed.leverages.empty()) {
        // The leverage that most of its positions may have; of several the lowest.
        const auto most = std::ranges::max_element(
            needed.leverages, {}, [](const auto& pair) { return pair.second; });
        tiers = {{{},
                  std::nullopt,
                  make_fraction(1, 2 * most->first),
                  Fraction{1, most->first},
                  std::nullopt}};
        source.tiers = fmt::format("highest leverage {}x: maintenance {:.4g} % at every size",
                                   most->first,
                                   50.0 / static_cast<double>(most->first));
        source.tiers_assumed = true;
        assumed_tiers_.push_back(fmt::format("{} {}x", row.name, most->first));
    } else if (needed.rate) {
        const Fraction rate = to_fraction(*needed.rate);
        tiers = {{{}, std::nullopt, rate, rate, std::nullopt}};
        source.tiers = fmt::format("what the venue asks now: maintenance {:.4g} % at every size",
                                   100.0 * needed.rate->value());
        source.tiers_assumed = true;
        rates_of_answers_.push_back(
            fmt::format("{} {:.4g} %", row.name, 100.0 * needed.rate->value()));
    } else {
        return false;
    }
    const double usd_per_unit = by_size && sheet && sheet->contract
                                    ? sheet->contract->value() * to_usd(row.instrument, row.mark)
                                    : 1.0;
    const bool marginal = rule.style == MarginStyle::marginal;
    row.tiers = dollar_tiers(tiers, usd_per_unit, marginal);
    if (row.tiers.size() != tiers.size()) {
        refuse(source.tiers,
               "E636",
               fmt::format("{}: a tier has no room", row.name),
               "each is a micro-dollar wide or more");
        return false;
    }
    for (std::size_t k = 0; marginal && k < row.tiers.size(); ++k) {
        // The published deduction must be the one that keeps the requirement continuous.
        const auto& published = tiers[k].deduction;
        if (published && std::fabs(published->value() - to_usd(row.tiers[k].deduction)) >
                             1.0 + 1e-3 * published->value()) {
            refuse(sheet->file,
                   "E636",
                   fmt::format("{}: the deduction {} of tier {} does not continue the tier below; "
                               "computed {:.0f}",
                               row.name,
                               published->value(),
                               k + 1,
                               to_usd(row.tiers[k].deduction)),
                   "maintenance amounts follow from the rates and the floors");
            return false;
        }
    }
    MarginSchedule schedule = schedule_of(row.tiers);
    apply_rule(rule, schedule);
    if (by_size) {
        schedule.tiers.clear();
        Amount floor;
        for (const SheetTier& tier : tiers) {
            // Whole contracts.
            const Amount cap =
                Amount::from_raw(tier.cap ? in_units(*tier.cap, 0) : power_of_ten(15));
            schedule.tiers.push_back({.floor = floor,
                                      .cap = cap,
                                      .maintenance = tier.maintenance,
                                      .initial = tier.initial,
                                      .deduction = {}});
            floor = cap;
        }
        if (sheet && sheet->contract) {
            const auto lots =
                ratio(in_units(*sheet->contract, 18), row.instrument.lot_amount.raw());
            if (!lots) {
                refuse(sheet->file,
                       "E636",
                       fmt::format("{}: a contract is not countable in lots", row.name),
                       "give the answer of /api/v5/public/instruments?instType=SWAP");
                return false;
            }
            scale_sizes(schedule, *lots);
        }
    }
    set_schedule(row, std::move(schedule));
    return true;
}

void Maker::set_depth(StressInstrument& row,
                      const std::optional<SheetRow>& sheet,
                      InstrumentSource& source) {
    // The thinnest book of the coin, else of the venue, else of all.
    std::optional<std::size_t> from;
    for (std::size_t k = 0; k < first_made_; ++k) {
        if (market_.instruments[k].instrument.base == row.instrument.base &&
            (!from || depth_of(market_.instruments[k]) < depth_of(market_.instruments[*from]))) {
            from = k;
        }
    }
    from = from ? from : thinnest_[row.instrument.venue.raw()];
    from = from ? from : thinnest_of_all_;
    if (!from) {
        source.depth = "none";
        return;
    }
    const StressInstrument& thin = market_.instruments[*from];
    row.bids = thin.bids;
    row.asks = thin.asks;
    row.volume = thin.volume;
    if (sheet && sheet->volume && thin.volume > 0.0) {
        const double share = sheet->volume->value() / thin.volume;
        for (DepthSide* const side : {&row.bids, &row.asks}) {
            for (DepthLevel& level : *side) {
                level.usd *= share;
            }
        }
        row.volume = sheet->volume->value();
        source.depth =
            fmt::format("by volume: {} scaled to {:.3g} USD a day", thin.name, row.volume);
        return;
    }
    source.depth = assumed_as + thin.name;
}

void Maker::take(const NeededInstrument& needed) {
    const auto venue = market_.find_venue(needed.venue);
    if (!venue) {
        return;  // the book's reader names it
    }
    const auto found = market_.find_instrument(*venue, needed.coin);
    const auto sheet = sheet_of(*venue, needed);
    const OwnPrice& own = own_prices_[capitals(needed.coin)];
    InstrumentSource source;
    source.instrument =
        found ? market_.at(*found).name
              : fmt::format("{}:{}-PERP", market_.venues[venue->raw()].name, needed.coin);
    const auto coin = market_.find_coin(needed.coin);
    const bool at_own = !own.marks.empty() && (!coin || request_.prices_of == PricesOf::book);
    std::optional<Decimal> price = named_price(needed.coin);
    if (price) {
        source.price = "--price";
    } else if (at_own) {
        price = median_of(needed.marks.empty() ? own.marks : needed.marks);
        source.price = own.from;
        ++out_.prices_of_book;
    } else {
        source.price = "market";
        if (request_.prices_of == PricesOf::book && coin) {
            market_prices_.push_back(source.instrument);
        }
    }
    if (coin && !price) {
        // The market's own, as a decimal of its digits.
        price = parse_long_decimal(fmt::format("{}", market_.coins[coin->raw()].price));
    }
    if (!price) {
        market_.not_made.push_back({*venue,
                                    needed.coin,
                                    fmt::format("it can be made where its price is known: a column "
                                                "mark, --price {}=USD or --prices FILE",
                                                needed.coin)});
        return;
    }
    StressInstrument row;
    if (found) {
        row = market_.at(*found);
    } else {
        row.name = source.instrument;
        row.instrument.id = InstrumentId::of_row(market_.instruments.size());
        row.instrument.venue = *venue;
        row.instrument.kind = InstrumentKind::linear_perp;
    }
    const std::size_t errors_before = errors_.size();
    const auto steps = steps_of(found ? &row : nullptr, needed, sheet, *price, source);
    if (steps && !set_steps(row.instrument, row.tick_parts, *steps, *price, row.name)) {
        return;
    }
    if (!found || steps || at_own) {
        set_price(row, *price);
    }
    if (errors_.size() > errors_before) {
        return;
    }
    if (!set_tiers(row, needed, sheet, source)) {
        market_.not_made.push_back(
            {*venue,
             needed.coin,
             "it can be made where its margin tiers are known: give the venue's bracket file "
             "(docs/import.md), or a column max_leverage"});
        return;
    }
    if (found) {
        source.depth = "market";
        market_.instruments[found->raw()] = std::move(row);
    } else {
        row.instrument.base = coin_at(needed.coin, *price);
        set_depth(row, sheet, source);
        const auto& thin = thinnest_[venue->raw()];
        row.pool = thin ? market_.instruments[*thin].pool : pool_of_venue(*venue);
        market_.instruments.push_back(std::move(row));
    }
    out_.instruments.push_back(std::move(source));
}

std::uint32_t Maker::pool_of_venue(VenueId venue) {
    const auto known = std::ranges::find(market_.pools, venue, &StressPool::venue);
    if (known == market_.pools.end()) {
        market_.pools.push_back({market_.venues[venue.raw()].name, venue, Money{}});
        return static_cast<std::uint32_t>(market_.pools.size() - 1);
    }
    return static_cast<std::uint32_t>(known - market_.pools.begin());
}

void Maker::take_collateral(const std::string& name) {
    const OwnPrice& own = own_prices_[capitals(name)];
    const auto named = named_price(name);
    if (market_.find_coin(name)) {
        if (request_.prices_of == PricesOf::book && own.marks.empty() && !named) {
            market_prices_.push_back(name + " as collateral");
        }
        return;
    }
    if (named || !own.marks.empty()) {
        static_cast<void>(coin_at(name, named ? *named : median_of(own.marks)));
        no_collateral_.push_back(name);
    }
}

void Maker::warn() {
    warn_of(rates_of_answers_,
            "margin tiers are not given, so what the venue asks now is taken at every size",
            "the venue's bracket file has the tiers by size (docs/import.md)");
    warn_of(assumed_tiers_,
            "margin tiers from the highest leverage, maintenance half of its initial rate",
            "the venue's instrument or bracket file has the tiers by size (docs/import.md)");
    warn_of(
        assumed_steps_, "price and size steps are assumed", "the venue's instrument file has them");
    warn_of(assumed_beta_,
            "beta is assumed, the largest of the market",
            "--shock COIN=MOVE names a move of its own, --betas off moves named coins only");
    warn_of(no_collateral_,
            "counts as collateral only where the venue's rules give it a ratio",
            "--set venues.V.collateral.COIN sets one");
    if (out_.prices_of_book > 0) {
        warn_of(market_prices_,
                "the book gives no price, so the market's of another day is taken",
                "--price COIN=USD or --prices FILE gives it");
    }
}

}  // namespace

Errors depth_warnings(const MarketSources& sources) {
    std::vector<std::string> names;
    for (const InstrumentSource& source : sources.instruments) {
        if (source.depth.starts_with(assumed_as)) {
            names.push_back(fmt::format("{} as {}",
                                        source.instrument,
                                        source.depth.substr(std::string_view{assumed_as}.size())));
        }
    }
    Errors out;
    add_assumed(out,
                names,
                "resting depth is assumed, the thinnest that the market has",
                "--depth gives it, as recorded order books or by volume");
    return out;
}

MarketSources complete_market(StressMarket& market, const MarketRequest& request, Errors& errors) {
    return Maker(market, request, errors).make();
}

}  // namespace margincall::inline desk
