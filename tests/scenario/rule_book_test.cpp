// The shipped rule and tier files, read without a scenario: the rows that stress and vector_check
// use.
#include "scenario/rule_book.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "scenario/builtin.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"

namespace margincall {
namespace {

RuleBook book(const std::string& rules, const std::string& tiers = "") {
    const auto loaded =
        load_rule_book("builtin/rules/" + rules + ".toml",
                       tiers.empty() ? std::string{} : "builtin/tiers/" + tiers + ".toml");
    if (!loaded) {
        ADD_FAILURE() << errors_text(loaded.error(), rules, "");
        return {};
    }
    return *loaded;
}

TEST(RuleBook, EveryShippedRuleFileLoads) {
    int files = 0;
    for (const BuiltinFile& file : builtin_files()) {
        if (file.path.starts_with("rules/")) {
            const std::string name{file.path.substr(6, file.path.size() - 11)};
            (void)book(name);
            ++files;
        }
    }
    EXPECT_GE(files, 15);
}

TEST(RuleBook, StylesOfTheVenues) {
    const RuleBook okx = book("okx", "okx-2026-05-28");
    const MarginSchedule& btc = okx.schedules.at("BTC");
    EXPECT_EQ(btc.style, MarginStyle::whole_tier);
    EXPECT_EQ(btc.measure, TierMeasure::size);
    EXPECT_EQ(btc.tiers.at(1).cap, Amount::from_raw(5'000));
    EXPECT_TRUE(btc.tiers.at(1).initial == from_ppm(15'000));
    EXPECT_TRUE(okx.rules.trigger_at_equality);

    const RuleBook bitmex = book("bitmex", "bitmex-2025");
    EXPECT_EQ(bitmex.schedules.at("XBTUSD").style, MarginStyle::stepped);
    EXPECT_EQ(bitmex.schedules.at("XBTUSD").step_size, Amount::from_raw(150'000'000));
    EXPECT_EQ(bitmex.rules.margin.valuation, MarginValuation::entry);

    const RuleBook deribit = book("deribit", "deribit-2025");
    EXPECT_TRUE((deribit.schedules.at("BTC").slope == Fraction{5, 100'000}));

    const RuleBook dydx = book("dydx-v4", "dydx-v4-2026-03-04");
    EXPECT_EQ(dydx.schedules.at("SOL").maintenance_from, MaintenanceFrom::initial_margin);
    EXPECT_EQ(dydx.schedules.at("SOL").open_interest_upper, Amount::from_raw(50'000'000'000'000));
}

TEST(RuleBook, HalfOfTheInitialRateIsExact) {
    const RuleBook chain = book("hyperliquid", "hyperliquid-2025");
    const ScheduleTier& second = chain.schedules.at("ETH").tiers.at(1);
    EXPECT_TRUE((second.maintenance == Fraction{1, 30}));
    EXPECT_EQ(second.deduction, Amount::from_raw(1'333'333'333'333));  // 100 M * (1/30 - 1/50)
}

TEST(RuleBook, BothSidesOfOctober) {
    const auto usde = [](const RuleBook& rows, const std::string& asset) {
        for (const AssetCollateral& row : rows.rules.collateral) {
            if (row.asset == asset) {
                return row.rule;
            }
        }
        ADD_FAILURE() << "no row for " << asset;
        return CollateralRule{};
    };
    const RuleBook before = book("binance-usdm-2025-10-09");
    const RuleBook after = book("binance-usdm-2025-10-30");
    const AssetPrices fallen{.index = {65, 100}, .conversion = {99, 100}};
    EXPECT_TRUE((collateral_price(usde(before, "USDe"), fallen) == Fraction{65, 100}));
    EXPECT_TRUE((collateral_price(usde(after, "USDe"), fallen) == Fraction{97, 100}));
    EXPECT_TRUE((collateral_price(usde(after, "wBETH"), fallen) == Fraction{99, 100}));
    EXPECT_EQ(book("hyperliquid-2025-10-09").rules.adl.price, AdlPrice::previous_oracle);
    EXPECT_EQ(book("hyperliquid").rules.adl.price, AdlPrice::previous_mark);
}

TEST(RuleBook, CollateralRowsAreNamedAsWithoutEffectInASimulation) {
    const auto compiled = compile_text(
        "extends = \"builtin/blank.toml\"\n[venues.A]\nrules = "
        "\"builtin/rules/binance-usdm-2025-10-30.toml\"\n",
        "october.toml",
        ".");
    ASSERT_TRUE(compiled) << errors_text(compiled.error(), "october.toml", "");
    bool named = false;
    for (const Error& warning : compiled->warnings) {
        named = named || warning.code == "W402";
    }
    EXPECT_TRUE(named);
    EXPECT_EQ(compiled->plan.venues.at(0).rules.collateral.size(), 11U);
}

}  // namespace
}  // namespace margincall
