// The same position under the same rules is treated alike wherever it stands: as a row of the
// population, as an account with any number of positions, as a unit of a given book in a stress.
// Every shipped rule file; the same orders, takeovers, deleveraging and money to the micro-dollar.
#include <gtest/gtest.h>

#include <filesystem>

#include "clearing/liquidation_story.hpp"
#include "desk/small_market.hpp"
#include "scenario/rule_book.hpp"
#include "support/adl_ranks.hpp"

namespace margincall {
namespace {

using test::plain;
using test::Story;

struct Who {
    std::string name, side;
    double size = 0.0;
    std::int64_t entry = 100'000;
    std::int64_t margin = 0;
    double coins = 0.0;  // pledged
};
struct Case {
    const char* what;
    std::vector<Who> accounts;
    double move = 0.0;
    double depth_usd = 0.0;  // at 0.1 % from the mid, 0 = an empty book
    std::int64_t fund = 1'000'000;
};

// Of several that one mark brings below their margin, rows are looked at in the order in which the
// mark meets them, others by their ids: here both are the same.
const std::vector<Case>& cases() {
    static const std::vector<Case> all{
        {"sold into a deep book",
         {{"ann", "long", 9, 100'000, 60'000}, {"bob", "short", 9, 100'000, 2'000'000}},
         -0.049,
         1e9},
        {"an empty book",
         {{"ann", "long", 9, 100'000, 60'000}, {"bob", "short", 9, 100'000, 2'000'000}},
         -0.049},
        {"a short in a book too thin for it",
         {{"ann", "short", 9, 100'000, 55'000}, {"bob", "long", 9, 100'000, 2'000'000}},
         0.049,
         300'000},
        {"bankrupt at once, two winners",
         {{"ann", "long", 10, 100'000, 50'000},
          {"bob", "short", 10, 100'000, 500'000},
          {"cas", "short", 10, 100'000, 500'000}},
         -0.06},
        {"a bankrupt short, winners of different leverage",
         {{"bob", "long", 4, 98'000, 30'000},
          {"cas", "long", 2, 99'000, 900'000},
          {"ann", "short", 6, 100'000, 20'000}},
         0.05,
         0,
         1'000},
        {"a queue of losers and little fund",
         {{"cas", "long", 0.4, 101'000, 2'300},
          {"ann", "long", 1, 100'000, 5'000},
          {"ben", "long", 2.5, 99'000, 13'000},
          {"dee", "long", 7, 100'000, 52'000},
          {"eve", "short", 3, 100'500, 40'000},
          {"fay", "short", 6, 99'500, 400'000},
          {"gus", "short", 1, 95'500, 2'000}},
         -0.058,
         200'000,
         30'000},
        {"small positions near their margin",
         {{"ben", "long", 0.9, 100'000, 6'000},
          {"ann", "long", 0.5, 100'000, 3'400},
          {"cas", "short", 2, 100'000, 100'000}},
         -0.06,
         1e9},
    };
    return all;
}

StressMarket market_of(const VenueRules& rules, const Case& c) {
    DepthSide side;
    if (c.depth_usd > 0.0) {
        side.push_back({0.001, c.depth_usd});
    }
    StressMarket market = hand_market(c.fund, side, side);
    StressVenue& venue = market.venues[0];
    venue.rules = rules;
    venue.rules.margin.measure = TierMeasure::value;  // as the tiers of this test count
    // Rows are wallets of dollars alone, at par; what a venue takes off dollars where several
    // assets count (Binance: 0.01 %) concerns the others only.
    venue.margin = {};
    venue.margin.collateral.assign(2, CollateralRule{});
    venue.margin.collateral[1].tiers.front().ratio = Fraction{95, 100};
    market.instruments[0].tiers = test::story_tiers();
    fill_margin_rules(market, Fraction{95, 100});
    MarginSchedule& schedule = venue.margin.schedules[0];
    if (rules.margin.style == MarginStyle::stepped) {
        schedule.tiers.resize(1);
        schedule.tiers[0].cap = to_amount(dollars(1'000'000'000));
        schedule.step_above = to_amount(dollars(100'000));
        schedule.step_size = to_amount(dollars(100'000));
        schedule.step_rate = Fraction{1, 1'000};
    }
    if (rules.margin.style == MarginStyle::linear_in_size) {
        schedule.slope = Fraction{5, 100'000'000};  // a coin has a thousand lots
    }
    if (rules.margin.maintenance_from == MaintenanceFrom::initial_margin) {
        schedule.maintenance_share = Fraction{3, 5};
    }
    return market;
}

// What happened and what was left, a line each.
std::string at_the_end(const ClearingHouse& house,
                       AccountId a,
                       const std::string& name,
                       Money money) {
    const i128 pledged = house.is_row(a) ? i128{0} : house.coins(a, AssetId::from_raw(0)).raw();
    return name + ": " + plain(house.position(a, InstrumentId::from_raw(0))) + ", " +
           (pledged != 0 ? plain(pledged, 8) + " coins, " : "") + plain(money) + "\n";
}
std::string line(
    const std::string& name, const char* what, double coins, double price, double fee) {
    return name + " " + what + " " + plain(test::story_lots(coins)) + " at " +
           plain(test::story_usd(price)) + ", fee " + plain(test::story_usd(fee)) + "\n";
}

struct Told {
    std::string orders, records;
};

Told told_by_engine(const std::string& kind,
                    const StressMarket& market,
                    const Case& c,
                    double length_s) {
    const StressInstrument& inst = market.instruments[0];
    ClearingConfig config;
    config.instruments = {inst.instrument};
    config.tiers = {inst.tiers};
    config.venues = {market.venues[0].rules};
    config.margin = {market.venues[0].margin};
    config.funds = {{VenueId::from_raw(0), market.pools[0].balance}};
    config.assets = 1;
    config.collateral = {{.unit = Amount::from_raw(i128{coin_units}), .haircut_ppm = 0}};
    const auto both_sides = [&](const Who& who) {
        return std::any_of(c.accounts.begin(), c.accounts.end(), [&](const Who& other) {
            return other.name == who.name && other.side != who.side;
        });
    };
    config.hedge_mode = std::any_of(c.accounts.begin(), c.accounts.end(), both_sides);
    Story story(config);
    story.play("street outside");
    for (const Who& who : c.accounts) {
        story.play(std::string{kind == "row" ? "row" : "cross"} + " " + who.name + " " + who.side +
                   " " + std::to_string(who.size) + " at " + std::to_string(who.entry) +
                   " margin " + std::to_string(who.margin) + (kind == "general" ? " general" : "") +
                   (both_sides(who) ? " hedged" : ""));
        if (who.coins > 0.0) {
            story.play("coins " + who.name + " " + std::to_string(who.coins));
        }
    }
    story.start();
    const double price = 100'000.0 * (1.0 + c.move);
    if (c.depth_usd > 0.0) {
        for (const Side side : {Side::buy, Side::sell}) {
            const double away = side == Side::buy ? 0.999 : 1.001;
            story.rest(
                side,
                inst.instrument.id,
                quantize_price(
                    price * away, inst.instrument, side == Side::buy ? Round::down : Round::up)
                    .value(),
                Lots::from_raw(static_cast<std::int64_t>(
                    std::floor(c.depth_usd / (100'000.0 * away) / 0.001))));
        }
    }
    story.play("mark " + std::to_string(std::llround(price)));
    story.play("pass " + std::to_string(length_s));
    Told out;
    for (const std::string& said : story.said) {
        // Who falls below at one moment is found rows first, by price, then by account.
        out.orders += said.ends_with(" below") ? "" : said + "\n";
    }
    const auto name = [&](std::uint32_t id) {
        for (const Who& who : c.accounts) {
            if (story.account(who.name).raw() == id) {
                return who.name;
            }
        }
        return std::string{"fund"};
    };
    for (const LiquidationRecord& r : story.liquidations) {
        const auto by = static_cast<LiquidationKind>(r.kind);
        out.records += line(name(r.account),
                            by == LiquidationKind::book  ? "sold"
                            : by == LiquidationKind::adl ? "deleveraged"
                                                         : "taken over",
                            r.qty,
                            r.price,
                            r.fee_usd);
    }
    for (const AdlRecord& r : story.adl) {
        out.records +=
            line(name(r.account), ("gives to " + name(r.against)).c_str(), r.qty, r.price, 0);
    }
    std::string last;  // lines of one account stand together
    for (const Who& who : c.accounts) {
        const AccountId a = story.account(who.name);
        if (who.name == last) {
            continue;
        }
        last = who.name;
        out.records += at_the_end(story.house(), a, who.name, story.money(a));
    }
    const AccountId fund = story.house().fund_account(0);
    out.records += at_the_end(story.house(), fund, "fund", story.house().cash(fund));
    out.records += "bad debt: " + plain(story.house().bad_debt_of(0)) + "\n";
    return out;
}

std::string told_by_desk(const StressMarket& market, const Case& c, double& length_s) {
    std::string rows;
    for (const Who& who : c.accounts) {
        rows += who.name + ",,A,BTC," + who.side + "," + std::to_string(who.size) + "," +
                std::to_string(who.entry) + ",cross,USD," + std::to_string(who.margin) + "\n";
        if (who.coins > 0.0) {
            rows += who.name + ",,A,,,,,cross,BTC," + std::to_string(who.coins) + "\n";
        }
    }
    const AccountBook book = read_rows(rows, market);
    const StressStart start(market, book);
    StressRun run(start);
    StressOptions options = without_feedback();
    options.refill = Duration{};
    const StressOutcome out = run.run(fall(market, c.move), options);
    length_s = out.end_s;
    const auto name = [&](std::int64_t unit) {
        return unit < 0 ? "fund"
                        : book.accounts[book.units[static_cast<std::size_t>(unit)].account].id;
    };
    std::string text;
    for (const LiquidationRow& r : out.liquidations) {
        text += line(name(r.unit),
                     r.by == ClosedBy::book  ? "sold"
                     : r.by == ClosedBy::adl ? "deleveraged"
                                             : "taken over",
                     r.coins,
                     r.price,
                     r.fee);
    }
    for (const AdlRow& r : out.adl) {
        text +=
            line(name(r.unit), ("gives to " + name(r.against_unit)).c_str(), r.coins, r.price, 0);
    }
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        text +=
            at_the_end(run.house(), start.account(u), name(u), run.house().cash(start.account(u)));
    }
    const AccountId fund = run.house().fund_account(0);
    text += at_the_end(run.house(), fund, "fund", run.house().cash(fund));
    return text + "bad debt: " + plain(run.house().bad_debt_of(0)) + "\n";
}

void expect_three_alike(const VenueRules& rules, const Case& c) {
    SCOPED_TRACE(c.what);
    const StressMarket market = market_of(rules, c);
    double length_s = 0.0;
    const std::string unit = told_by_desk(market, c, length_s);
    const Told row = told_by_engine("row", market, c, length_s);
    const Told cross = told_by_engine("cross", market, c, length_s);
    const Told general = told_by_engine("general", market, c, length_s);
    EXPECT_EQ(row.orders, cross.orders);
    EXPECT_EQ(row.records, cross.records);
    EXPECT_EQ(cross.records, unit);
    EXPECT_EQ(general.orders, cross.orders);
    EXPECT_EQ(general.records, cross.records);
}

TEST(ThreePaths, EveryShippedRuleFileTreatsRowCrossAccountAndUnitAlike) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path{MC_SOURCE_DIR} / "scenarios/rules")) {
        const std::string file = entry.path().filename().string();
        if (file == "spot-us.toml") {
            continue;  // no contracts
        }
        SCOPED_TRACE(file);
        const auto book = load_rule_book("builtin/rules/" + file);
        ASSERT_TRUE(book.has_value());
        ++files;
        for (const Case& c : cases()) {
            expect_three_alike(book->rules, c);
        }
    }
    EXPECT_GE(files, 17U);
}

TEST(ThreePaths, EveryWayOfSharingOutDeleveragingIsTheSame) {
    for (const AdlRank rank : test::adl_ranks) {
        VenueRules rules = hand_rules();
        rules.adl.rank = rank;
        for (Case c : cases()) {
            c.fund = 1;
            expect_three_alike(rules, c);
        }
    }
}

// Wallets that no row can be: coins behind a position, a long and a short apart.
TEST(ThreePaths, WalletsOfCoinsAndHedgedPairsAreAlikeUnderEveryRuleFile) {
    const std::vector<Case> wallets{
        {"coins that fall with the position",
         {{"ann", "long", 3, 100'000, 5'000, 0.15}, {"bob", "short", 3, 100'000, 900'000}},
         -0.06,
         400'000},
        {"a bankrupt wallet of coins",
         {{"ann", "long", 3, 100'000, 1'000, 0.15}, {"bob", "short", 3, 100'000, 900'000}},
         -0.12,
         0.0},
        {"a hedged pair",
         {{"ann", "long", 4, 100'000, 11'000},
          {"ann", "short", 2, 100'000, 0},
          {"bob", "short", 2, 100'000, 900'000}},
         -0.05,
         100'000,
         20'000},
        {"a hedged pair with coins, bankrupt by a rise",
         {{"ann", "short", 4, 100'000, 2'000, 0.05},
          {"ann", "long", 1, 101'000, 0},
          {"bob", "long", 3, 100'000, 900'000}},
         0.07,
         0.0,
         500},
    };
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path{MC_SOURCE_DIR} / "scenarios/rules")) {
        const std::string file = entry.path().filename().string();
        SCOPED_TRACE(file);
        const auto book = load_rule_book("builtin/rules/" + file);
        ASSERT_TRUE(book.has_value());
        for (const Case& c : wallets) {
            SCOPED_TRACE(c.what);
            const StressMarket market = market_of(book->rules, c);
            double length_s = 0.0;
            const std::string unit = told_by_desk(market, c, length_s);
            const Told cross = told_by_engine("cross", market, c, length_s);
            EXPECT_EQ(cross.records, unit);
            EXPECT_NE(unit.find(" at "), std::string::npos);  // something was closed
        }
    }
}

// The five cases in which the three once gave different answers, with the decided one.
struct Decided {
    const char* what;
    const char* rules;
    Case c;
    const char* happened;
};

TEST(ThreePaths, TheFiveCasesThatOnceDiffered) {
    const Who bob{"bob", "short", 9, 100'000, 5'000'000};
    const std::vector<Decided> all{
        {"a vault never takes a negative account",
         "hyperliquid",
         {"", {{"ann", "long", 1, 100'000, 5'000}, bob}, -0.06, 0},
         "ann deleveraged 1 at 95000, fee 0\n"
         "bob gives to ann 1 at 95000, fee 0\n"
         "ann: 0, 0\n"
         "bob: -8, 5005000\n"},
        {"an engine takes the lowest tier without an order",
         "bybit-uta",
         {"", {{"ann", "long", 0.9, 100'000, 5'000}, bob}, -0.05, 1e6},
         "ann taken over 0.9 at 94445, fee 0\n"
         "ann: 0, 0\n"},
        {"below the lowest tier's rate the engine takes all",
         "okx",
         {"", {{"ann", "long", 9, 100'000, 53'000}, bob}, -0.055, 1e9},
         "ann taken over 9 at 94112, fee 0\n"
         "ann: 0, 0\n"},
        {"a slice is rounded down",
         "deribit",
         {"", {{"ann", "long", 0.5, 100'000, 1'900}, bob}, -0.03, 1e9},
         "ann sold 0.103 at 96903, fee 0\n"},
        {"in proportion",
         "",
         {"",
          {{"ann", "long", 10, 100'000, 50'000},
           {"bob", "short", 10, 100'000, 500'000},
           {"cas", "short", 10, 100'000, 500'000}},
          -0.06,
          0,
          1},
         "ann deleveraged 10 at 95000, fee 0\n"
         "bob gives to ann 5 at 95000, fee 0\n"
         "cas gives to ann 5 at 95000, fee 0\n"
         "ann: 0, 0\n"
         "bob: -5, 525000\n"
         "cas: -5, 525000\n"
         "fund: 0, 1\n"},
    };
    for (const Decided& d : all) {
        SCOPED_TRACE(d.what);
        VenueRules rules = hand_rules();
        rules.adl.rank = AdlRank::pro_rata;
        if (*d.rules != '\0') {
            const auto book = load_rule_book("builtin/rules/" + std::string{d.rules} + ".toml");
            ASSERT_TRUE(book.has_value());
            rules = book->rules;
        }
        if (d.c.accounts.size() == 2) {
            rules.liquidation.fee_ppm = 0;
            rules.liquidation.slice = dollars(10'000);  // as when they were found
        }
        expect_three_alike(rules, d.c);
        double length_s = 0.0;
        const std::string unit = told_by_desk(market_of(rules, d.c), d.c, length_s);
        const std::string happened = d.happened;
        EXPECT_EQ(unit.substr(0, happened.size()), happened) << unit;
    }
}

}  // namespace
}  // namespace margincall
