// Every bracket of the real margin tables (MARGINCALL_SHARED/data/margin-tiers): floors and rates
// give the venue's own deduction column, and the tables that this program ships hold the venues'
// numbers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "rules/margin_schedule.hpp"
#include "scenario/rule_book.hpp"
#include "vector_check/clearing_desk.hpp"
#include "vector_check/shared_folder.hpp"
#include "vector_check/vector_file.hpp"

namespace margincall {
namespace {

constexpr int places = 9;  // money of the tables, 1e-9 USD

nlohmann::json table(const std::string& name) {
    const auto files = read_vectors(shared_folder() / "data" / "margin-tiers" / name);
    return files ? files->front().content : nlohmann::json{};
}

std::size_t column(const nlohmann::json& content, const std::string& name) {
    const nlohmann::json& columns = content.at("columns");
    for (std::size_t k = 0; k < columns.size(); ++k) {
        if (columns[k].get<std::string>().starts_with(name)) {
            return k;
        }
    }
    ADD_FAILURE() << "no column " << name;
    return 0;
}

struct MarginalFile {
    const char* name;
    const char* deduction;  // its column
    int brackets;           // at least so many
};
void PrintTo(const MarginalFile& file, std::ostream* out) {
    *out << file.name;
}

class MarginalTables : public ::testing::TestWithParam<MarginalFile> {};

// The table as a schedule with the deductions that the rule gives.
MarginSchedule schedule_of_rows(const nlohmann::json& rows,
                                std::size_t floor,
                                std::size_t rate,
                                std::size_t leverage) {
    MarginSchedule schedule;
    for (const nlohmann::json& row : rows) {
        const Fraction top = to_fraction(decimal_of(row.at(leverage)));
        schedule.tiers.push_back(
            {.floor = Amount::from_raw(in_units(decimal_of(row.at(floor)), places)),
             .cap = {},
             .maintenance = to_fraction(decimal_of(row.at(rate))),
             .initial = {top.den, top.num},
             .deduction = {}});
    }
    close_tiers(schedule);
    fill_deductions(schedule);
    return schedule;
}

TEST_P(MarginalTables, DeductionsFollowFromFloorsAndRates) {
    const nlohmann::json content = table(GetParam().name);
    if (content.is_null()) {
        GTEST_SKIP() << "no tier tables at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    const std::size_t floor = column(content, "notional_floor");
    const std::size_t rate = column(content, "maintenance_margin_rate");
    const std::size_t leverage = column(content, "max_leverage");
    const std::size_t deduction = column(content, GetParam().deduction);
    int brackets = 0;
    for (const auto& [symbol, rows] : content.at("symbols").items()) {
        const MarginSchedule schedule = schedule_of_rows(rows, floor, rate, leverage);
        check_schedule(schedule);
        for (std::size_t n = 0; n < schedule.tiers.size(); ++n) {
            const i128 want = in_units(decimal_of(rows.at(n).at(deduction)), places);
            EXPECT_EQ(to_text(schedule.tiers[n].deduction.raw()), to_text(want))
                << symbol << " tier " << n + 1;
            // Continuous: at the floor both tiers ask the same.
            if (n > 0) {
                MarginBase base;
                base.value = {.num = schedule.tiers[n].floor.raw(), .den = 1};
                const Amount below = maintenance_requirement(schedule, base);
                base.value.num += 1;
                const Amount above = maintenance_requirement(schedule, base);
                EXPECT_TRUE(above >= below && above - below <= Amount::from_raw(2))
                    << symbol << " tier " << n + 1;
            }
            ++brackets;
        }
    }
    RecordProperty("brackets", brackets);
    EXPECT_GE(brackets, GetParam().brackets);
}
INSTANTIATE_TEST_SUITE_P(
    All,
    MarginalTables,
    ::testing::Values(MarginalFile{"binance-usdm-2025-10-09.json.gz", "maintenance_amount", 5'425},
                      MarginalFile{"binance-usdm-2025-10-30.json.gz", "maintenance_amount", 5'000},
                      MarginalFile{"binance-usdm-2026-05-01.json.gz", "maintenance_amount", 5'500},
                      MarginalFile{
                          "binance-usdm-majors-2025-10-09.json", "maintenance_amount", 100},
                      MarginalFile{"bybit-linear-2024-12-25.json.gz", "mm_deduction", 8'410},
                      MarginalFile{"bybit-linear-majors-2024-12-25.json", "mm_deduction", 100},
                      MarginalFile{"bybit-btcusdc-2025-12-29.json", "mm_deduction", 30}));

// Half of the initial rate at each leverage; the printed columns have ten digits of the rate.
TEST(TierTables, HyperliquidRatesAndDeductions) {
    const nlohmann::json content = table("hyperliquid.json");
    if (content.is_null()) {
        GTEST_SKIP() << "no tier tables at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    int brackets = 0;
    for (const char* const part : {"symbols", "testnet"}) {
        for (const auto& [symbol, rows] : content.at(part).items()) {
            MarginSchedule schedule;
            for (const nlohmann::json& row : rows) {
                schedule.tiers.push_back(
                    half_initial_tier(Amount::from_raw(in_units(decimal_of(row.at(0)), places)),
                                      {},
                                      to_fraction(decimal_of(row.at(1)))));
            }
            close_tiers(schedule);
            fill_deductions(schedule);
            check_schedule(schedule);
            for (std::size_t n = 0; n < schedule.tiers.size(); ++n) {
                EXPECT_NEAR(to_double(schedule.tiers[n].maintenance),
                            decimal_of(rows.at(n).at(2)).value(),
                            1e-10)
                    << symbol;
                EXPECT_NEAR(static_cast<double>(schedule.tiers[n].deduction.raw()) * 1e-9,
                            decimal_of(rows.at(n).at(3)).value(),
                            1e-4)
                    << symbol;
                ++brackets;
            }
        }
    }
    EXPECT_GE(brackets, 40);
}

// The step rule of the notices continues the listed tiers of the same table.
TEST(TierTables, OkxContinuesByItsStepRule) {
    const nlohmann::json content = table("okx-swap-2026-05-28.json");
    if (content.is_null()) {
        GTEST_SKIP() << "no tier tables at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    const auto book = load_rule_book("builtin/rules/okx.toml", "builtin/tiers/okx-2026-05-28.toml");
    ASSERT_TRUE(book);
    const std::pair<const char*, const char*> names[] = {{"BTC-USDT-SWAP", "BTC"},
                                                         {"0G-USDT-SWAP", "0G"}};
    for (const auto& [symbol, shipped] : names) {
        const nlohmann::json& rows = content.at("symbols").at(symbol);
        const MarginSchedule& schedule = book->schedules.at(shipped);
        check_schedule(schedule);
        ASSERT_EQ(schedule.tiers.size(), rows.size());
        for (std::size_t n = 0; n < rows.size(); ++n) {
            const ScheduleTier& tier = schedule.tiers[n];
            EXPECT_TRUE(tier.cap == Amount::from_raw(in_units(decimal_of(rows[n][2]), 0)));
            EXPECT_TRUE(tier.maintenance == to_fraction(decimal_of(rows[n][3]))) << symbol << n;
            EXPECT_TRUE(tier.initial == to_fraction(decimal_of(rows[n][4]))) << symbol << n;
            // The whole position at the tier's rate, whatever the value of a contract.
            MarginBase base;
            base.size = Lots::from_raw(narrow_i64(tier.cap.raw()));
            base.value = {.num = i128{base.size.raw()} * 1'000'000, .den = 1};
            EXPECT_TRUE(maintenance_requirement(schedule, base) ==
                        Amount::from_raw(times(base.value.num, tier.maintenance, Round::up)));
            EXPECT_EQ(tier_index(schedule, base), n);
        }
    }
}

TEST(TierTables, BitmexStepsReproduceThePrintedTable) {
    const nlohmann::json content = table("bitmex.json");
    if (content.is_null()) {
        GTEST_SKIP() << "no tier tables at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    const auto book = load_rule_book("builtin/rules/bitmex.toml", "builtin/tiers/bitmex-2025.toml");
    ASSERT_TRUE(book);
    const MarginSchedule& row = book->schedules.at("XBTUSD");
    for (const nlohmann::json& line : content.at("table_XBTUSD")) {  // ["<350", 0.01, 0.015]
        const std::string bound = line.at(0).get<std::string>().substr(1);
        MarginBase base;
        base.value = {.num = in_units(*parse_decimal(bound), 6) - 1, .den = 1};
        EXPECT_TRUE(maintenance_rate(row, base) == to_fraction(decimal_of(line.at(1)))) << bound;
        EXPECT_TRUE(least_initial_rate(row, base) == to_fraction(decimal_of(line.at(2)))) << bound;
    }
}

TEST(TierTables, DydxAndDeribitAreShippedAsPublished) {
    const nlohmann::json chain = table("dydx-v4.json");
    const nlohmann::json linear = table("deribit.json");
    if (chain.is_null() || linear.is_null()) {
        GTEST_SKIP() << "no tier tables at MARGINCALL_SHARED/data/margin-tiers: skipped";
    }
    const auto dydx =
        load_rule_book("builtin/rules/dydx-v4.toml", "builtin/tiers/dydx-v4-2026-03-04.toml");
    ASSERT_TRUE(dydx);
    for (const nlohmann::json& tier : chain.at("liquidity_tiers")) {
        const MarginSchedule& row = dydx->schedules.at(tier.at(1).get<std::string>());
        EXPECT_TRUE(row.tiers[0].initial == from_ppm(tier.at(2).get<std::int64_t>()));
        EXPECT_TRUE(row.maintenance_share == from_ppm(tier.at(3).get<std::int64_t>()));
        EXPECT_TRUE(row.open_interest_lower ==
                    Amount::from_raw(i128{tier.at(5).get<std::int64_t>()} * 1'000'000));
        EXPECT_TRUE(row.open_interest_upper ==
                    Amount::from_raw(i128{tier.at(6).get<std::int64_t>()} * 1'000'000));
    }
    const auto deribit =
        load_rule_book("builtin/rules/deribit.toml", "builtin/tiers/deribit-2025.toml");
    ASSERT_TRUE(deribit);
    const nlohmann::json& btc = linear.at("symbols").at("BTC_USDC-PERPETUAL");
    const MarginSchedule& row = deribit->schedules.at("BTC");
    EXPECT_TRUE(row.tiers[0].initial == to_fraction(decimal_of(btc.at("im_base"))));
    EXPECT_TRUE(row.tiers[0].maintenance == to_fraction(decimal_of(btc.at("mm_base"))));
    EXPECT_TRUE(row.slope == to_fraction(decimal_of(btc.at("slope_per_coin"))));
}

}  // namespace
}  // namespace margincall
