// Units and counting rules of [observed].
#include <gtest/gtest.h>

#include <string>

#include "scenario/builtin.hpp"
#include "scenario/compile.hpp"
#include "scenario/error_text.hpp"
#include "sim/metrics.hpp"

namespace margincall {
namespace {

Compiled observed(const std::string& row) {
    auto compiled =
        compile_text("extends = \"builtin/blank.toml\"\n[observed]\n" + row + "\n", "x.toml", ".");
    EXPECT_TRUE(compiled) << errors_text(compiled.error(), "x.toml", "");
    return *std::move(compiled);
}

std::size_t without_unit(const Compiled& compiled) {
    std::size_t found = 0;
    for (const Error& warning : compiled.warnings) {
        found += warning.code == "W403" ? 1U : 0U;
    }
    return found;
}

TEST(Observed, EveryMetricHasAUnitAndACountingRule) {
    for (const MetricName& metric : metric_names) {
        EXPECT_FALSE(unit_name(metric.unit).empty()) << metric.name;
        EXPECT_GE(metric.counts.size(), 12U) << metric.name;
        EXPECT_TRUE(metric.over.contains("; ")) << metric.name << " is over which books, when?";
    }
}

TEST(Observed, ABareNumberThatIsNoShareSaysWhatItCounts) {
    const Compiled bare = observed("adl_fills = { value = 5 }");
    ASSERT_EQ(without_unit(bare), 1U);
    EXPECT_EQ(bare.warnings.back().message, "observed.adl_fills: a number without its unit");
    EXPECT_TRUE(bare.warnings.back().hint.starts_with("adl_fills is in fills: closings of one"))
        << bare.warnings.back().hint;
    EXPECT_EQ(without_unit(observed("adl_fills = 5")), 1U);

    EXPECT_EQ(without_unit(observed("adl_fills = { value = 5, unit = \"fills\" }")), 0U);
    EXPECT_EQ(without_unit(observed("adl_usd = { value = \"5 m USD\" }")), 0U);
    EXPECT_EQ(without_unit(observed("long_share_true = { value = 0.5 }")), 0U);
}

TEST(Observed, TheUnitIsKeptInTheResolvedText) {
    const Compiled stated = observed("adl_fills = { value = 5, unit = \"fills\" }");
    EXPECT_NE(stated.resolved.find("unit = \"fills\", value = 5"), std::string::npos);
    const auto again = compile_text(stated.resolved, "resolved.toml", ".");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->resolved, stated.resolved);
}

TEST(Observed, ShippedScenariosSayTheirUnits) {
    std::size_t rows = 0;
    for (const BuiltinFile& file : builtin_files()) {
        if (file.path.contains('/')) {
            continue;
        }
        const auto compiled = compile_scenario("builtin/" + std::string{file.path});
        ASSERT_TRUE(compiled) << file.path;
        EXPECT_EQ(without_unit(*compiled), 0U) << file.path;
        rows += compiled->plan.observed.size();
    }
    EXPECT_GT(rows, 40U);
}

}  // namespace
}  // namespace margincall
