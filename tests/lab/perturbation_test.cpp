// Experiments on forks: a forced sale in a tiny market against the same world without, found by hand; the
// bisection of a critical shock; answers as lines and their folder.
#include "lab/perturbation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lab/critical_shock.hpp"
#include "lab/study_folder.hpp"
#include "lab/tiny_list.hpp"
#include "scenario/measure.hpp"

namespace margincall {
namespace {

std::shared_ptr<const Compiled> tiny_market(const char* more = "population.accounts=2000") {
    TaskRequest request = testing::tiny_request(1);
    request.overrides.emplace_back("random.seed=11");
    request.overrides.emplace_back(more);
    auto compiled = compile_scenario(request.scenario, request.overrides);
    EXPECT_TRUE(compiled) << compiled.error().front().message;
    return std::make_shared<const Compiled>(std::move(*compiled));
}

SimTime after_s(int s) {
    return SimTime{} + seconds(s);
}

TEST(Perturbation, ReproductionIsMadeOfXiThatIsNotNegative) {
    EXPECT_EQ(reproduction_of(0.0), 0.0);
    EXPECT_DOUBLE_EQ(*reproduction_of(1.0), 0.5);
    EXPECT_DOUBLE_EQ(*reproduction_of(3.0), 0.75);
    EXPECT_FALSE(reproduction_of(-0.01));
    EXPECT_DOUBLE_EQ((Response{5e6, 2e6}.xi(10e6)), 0.3);
}

// The same by hand: two worlds from the start, one of which is told of the sale.
TEST(Perturbation, IsTheDifferenceOfAForkAndItsWorld) {
    const auto scenario = tiny_market();
    const ForcedSale forced{.coin = "BTC", .usd = 400e6, .over = seconds(20)};
    const std::vector<SimTime> times = {after_s(40), after_s(70)};
    const auto rows = perturb(scenario, times, forced, nullptr);
    ASSERT_TRUE(rows) << rows.error().front().message;
    ASSERT_EQ(rows->size(), 2U);
    double most = 0.0;
    for (std::size_t k = 0; k < times.size(); ++k) {
        const Perturbation& p = (*rows)[k];
        EXPECT_EQ(p.at_ns, times[k].ns());
        EXPECT_EQ(p.seed, 11U);
        const auto without = HandWorld::begin(scenario, {}, Keep::records);
        (void)without->step_to(after_s(180), nullptr);
        const auto with = HandWorld::begin(scenario, {}, Keep::records);
        (void)with->step_to(times[k], nullptr);
        ASSERT_TRUE(with->inject(forced_sale_row(scenario->plan, times[k], forced)));
        (void)with->step_to(after_s(180), nullptr);
        for (const Response& r : p.response) {  // both windows end with the scenario
            EXPECT_EQ(r.with_usd, forced_usd(*with->recorder(), times[k], after_s(180)));
            EXPECT_EQ(r.without_usd, forced_usd(*without->recorder(), times[k], after_s(180)));
        }
        most = std::max(most, p.response[0].xi(forced.usd));
        EXPECT_GE(p.local_with_stops, p.local * (1.0 - 1e-6));
        EXPECT_GE(p.local, p.local_own * (1.0 - 1e-6));
    }
    EXPECT_GT(most, 0.0) << "a sale of that size closes somebody";
}

TEST(Perturbation, ASaleIsAForcedFlowInPerpetuals) {
    const auto scenario = tiny_market();
    const auto hand = HandWorld::begin(scenario, {}, Keep::nothing);
    (void)hand->step_to(after_s(10), nullptr);
    const auto event =
        hand->inject(forced_sale_row(scenario->plan, after_s(10), {"ETH", 3e6, seconds(30)}));
    ASSERT_TRUE(event) << event.error().front().message;
    EXPECT_TRUE(event->forced);
    EXPECT_TRUE(event->perps);
    EXPECT_EQ(event->at, after_s(10));
    EXPECT_EQ(event->until, after_s(40));
    EXPECT_DOUBLE_EQ(event->sell_usd[find_asset(scenario->plan, "ETH").raw()], 3e6);
    EXPECT_DOUBLE_EQ(event->sell_usd[0], 0.0);
}

TEST(Perturbation, AnAnswerIsALineAndBack) {
    Perturbation p;
    p.seed = 7;
    p.at_ns = 42;
    p.sale_usd = 2e8;
    p.local = 0.25;
    p.local_with_stops = std::numeric_limits<double>::infinity();
    p.response = {Response{3e6, 1e6}, Response{1e6, 4e6}};
    const std::string line = perturbation_json("k", std::vector{p});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto back = parse_perturbations(line);
    ASSERT_TRUE(back);
    EXPECT_EQ((*back)[0].seed, 7U);
    EXPECT_EQ((*back)[0].local, 0.25);
    EXPECT_TRUE(std::isinf((*back)[0].local_with_stops));
    EXPECT_EQ((*back)[0].response[1].without_usd, 4e6);
    EXPECT_NE(line.find("\"reproduction\":null"), std::string::npos) << "no R of a negative Xi";
    EXPECT_FALSE(parse_perturbations("{\"rows\": [{}]}"));
}

TEST(CriticalShock, BisectionFindsTheSmallestSize) {
    for (std::size_t first = 0; first <= 9; ++first) {
        int asked = 0;
        const auto found = smallest_of(9, [&](std::size_t k) {
            ++asked;
            return k >= first;
        });
        if (first == 9) {
            EXPECT_FALSE(found);
            EXPECT_EQ(asked, 1) << "the largest alone says so";
        } else {
            EXPECT_EQ(found, first);
            EXPECT_LE(asked, 5);
        }
    }
    EXPECT_FALSE(smallest_of(0, [](std::size_t) { return true; }));
}

TEST(CriticalShock, SizesAreAQuarterOfAnOctaveApart) {
    ShockRange range;
    range.least_usd = 10e6;
    range.most_usd = 40e6;
    const auto sizes = shock_sizes(range);
    ASSERT_EQ(sizes.size(), 9U);
    EXPECT_NEAR(sizes[4], 20e6, 1.0);
    EXPECT_NEAR(sizes.back(), 40e6, 1.0);
    range.most_usd = 41e6;
    EXPECT_EQ(shock_sizes(range).size(), 10U) << "the last is not below the largest asked for";
    range.most_usd = range.least_usd;
    EXPECT_EQ(shock_sizes(range).size(), 1U);
}

// The size that is found does it and the next smaller one does not, and a small range says "not reached".
TEST(CriticalShock, OfATinyMarket) {
    const auto scenario = tiny_market();
    ShockRange range;
    range.sale.over = seconds(20);
    range.least_usd = 10e6;
    range.most_usd = 20e9;
    range.horizon = minutes(2);
    const std::vector<SimTime> times = {after_s(40)};
    const auto answers = critical_shocks(scenario, times, range, nullptr);
    ASSERT_TRUE(answers) << answers.error().front().message;
    ASSERT_EQ(answers->size(), 1U);
    const ShockAnswer& answer = answers->front();
    EXPECT_EQ(answer.tried.front().usd, 0.0);
    bool any = false;
    for (std::size_t limit = 0; limit < limit_words.size(); ++limit) {
        const CriticalShock& shock = answer.shock[limit];
        any = any || shock.end == ShockEnd::found;
        for (const ShockTried& tried : answer.tried) {
            if (shock.end == ShockEnd::found && tried.usd == shock.usd) {
                EXPECT_TRUE(tried.reached[limit]);
            }
            if (shock.end == ShockEnd::beyond && tried.usd == shock.usd) {
                EXPECT_FALSE(tried.reached[limit]);
            }
        }
    }
    EXPECT_TRUE(any) << "20 bn USD in a market of 2,000 rows reaches something";

    const std::string line = shock_answers_json("k", *answers);
    const auto back = parse_shock_answers(line);
    ASSERT_TRUE(back);
    EXPECT_EQ(shock_answers_json("k", *back), line);

    range.most_usd = 10e6;
    const auto small = critical_shocks(scenario, times, range, nullptr);
    ASSERT_TRUE(small);
    const CriticalShock& fund = small->front().shock[static_cast<std::size_t>(CriticalLimit::fund)];
    EXPECT_EQ(fund.end, ShockEnd::beyond);
    EXPECT_EQ(fund.usd, 10e6);
}

TEST(StudyFolder, KeepsAnswersAndRefusesAnotherStudy) {
    const testing::TemporaryFolder place;
    const auto folder = place.path() / "study";
    {
        auto study = StudyFolder::open(folder, "{\"asked\":1}\n");
        ASSERT_TRUE(study) << study.error().message;
        ASSERT_TRUE(study->append("a", "{\"key\":\"a\",\"x\":1}"));
    }
    {
        auto again = StudyFolder::open(folder, "{\"asked\":1}\n");
        ASSERT_TRUE(again);
        ASSERT_EQ(again->answers().size(), 1U);
        EXPECT_EQ(again->answers().at("a"), "{\"key\":\"a\",\"x\":1}");
    }
    const auto other = StudyFolder::open(folder, "{\"asked\":2}\n");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, "E711");
    const auto taken = StudyFolder::open(place.path(), "{\"asked\":1}\n");
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, "E715");
}

}  // namespace
}  // namespace margincall
