#include "report/causes_page.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace margincall {
namespace {

using Json = nlohmann::json;

// What stands in a page's element of data.
Json data_of(const std::string& page) {
    const std::string mark = "id=\"causes-data\">";
    const std::size_t begin = page.find(mark) + mark.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

constexpr const char* attribution_text = R"({"title":"A </script><b> day","seeds":2})";
constexpr const char* policies_text = R"({"figures":[],"rankings":[],"days":[]})";
const std::vector<std::string> two_verdicts = {
    R"({"id":"S1","statement":"x","verdict":"supported"})",
    R"({"id":"S2","statement":"y","verdict":"contradicted"})"};

TEST(CausesPage, AnAttributionStandsInItAsItWasWritten) {
    const std::string page = attribution_html(attribution_text, "margincall attribute <x>");
    const Json data = data_of(page);
    EXPECT_EQ(data["kind"], "attribution");
    EXPECT_EQ(data["command"], "margincall attribute <x>");
    EXPECT_EQ(data["attribution"], Json::parse(attribution_text));
    EXPECT_NE(page.find("<title>Causes: A &lt;/script>&lt;b> day</title>"), std::string::npos);
    EXPECT_EQ(page.find("MARGINCALL_"), std::string::npos);
}

TEST(CausesPage, PoliciesAndVerdictsHaveTheirKind) {
    for (const auto& [kind, page] : {std::pair{"cross", cross_html(R"({"days":["a","b"]})", "c")},
                                     {"warn", warn_html(R"({"title":"T"})", "c")},
                                     {"externality", externality_html(R"({"title":"T"})", "c")}}) {
        const Json data = data_of(page);
        EXPECT_EQ(data["kind"], kind);
        EXPECT_EQ(data["command"], "c");
        EXPECT_TRUE(data[kind].is_object()) << "under its kind";
    }
    const Json policies = data_of(policies_html(policies_text, "p"));
    EXPECT_EQ(policies["kind"], "policies");
    EXPECT_EQ(policies["policies"], Json::parse(policies_text));
    const Json judged = data_of(
        verdict_html(two_verdicts,
                     {"s", "T", "worlds", "", {"old worlds"}, "stale", "old", "margincall judge"}));
    EXPECT_EQ(judged["notes"][0], "old worlds");
    EXPECT_EQ(judged["kind"], "verdict");
    EXPECT_EQ(judged["verdicts"].size(), 2U);
    EXPECT_EQ(judged["verdicts"][1]["id"], "S2");
    EXPECT_EQ(judged["price_gates"]["reason"], "old");
    EXPECT_EQ(judged["worlds"], "worlds");
}

TEST(CausesPage, ABoardSummaryWithoutThemSaysSo) {
    const Json alone = data_of(board_html({attribution_text, "", "", {}, "c"}));
    EXPECT_EQ(alone["kind"], "board");
    EXPECT_TRUE(alone["policies"].is_null());
    EXPECT_TRUE(alone["verdicts"].is_null());
    EXPECT_EQ(alone["limits"], Json::array());
    const Json full = data_of(board_html({attribution_text,
                                          R"([{"verdict":2,"word":"broken"}])",
                                          policies_text,
                                          two_verdicts,
                                          "c"}));
    EXPECT_EQ(full["policies"], Json::parse(policies_text));
    EXPECT_EQ(full["verdicts"][0]["verdict"], "supported");
    EXPECT_EQ(full["limits"][0]["word"], "broken");
}

TEST(CausesPage, FilesForTheBoardAreWhatTheySayTheyAre) {
    EXPECT_TRUE(is_policies_json(policies_text));
    for (const char* const other : {"",
                                    "[]",
                                    "not JSON",
                                    R"({"figures":[],"days":[]})",
                                    R"({"figures":[],"rankings":[],"days":1})"}) {
        EXPECT_FALSE(is_policies_json(other)) << other;
    }
    EXPECT_EQ(verdict_lines(two_verdicts[0] + "\n\n" + two_verdicts[1] + "\n"), two_verdicts);
    EXPECT_TRUE(verdict_lines("").empty());
    EXPECT_TRUE(verdict_lines(two_verdicts[0] + "\nS2 supported\n").empty());
    EXPECT_TRUE(verdict_lines(R"({"id":"S1","verdict":"supported"})").empty()) << "no statement";
}

}  // namespace
}  // namespace margincall
