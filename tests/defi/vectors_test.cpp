// Every worked example of the protocols that are built, evaluated as `vector_check` does.
#include <gtest/gtest.h>

#include <set>

#include "defi/desk.hpp"
#include "vector_check/vector_file.hpp"

namespace margincall::test {
namespace {

TEST(DefiVectors, AllOfTheBuiltProtocolsPassAndTheOthersAreNamed) {
    const auto folder = shared_folder() / "vectors" / "defi";
    if (!std::filesystem::exists(folder)) {
        GTEST_SKIP() << "no " << folder;
    }
    const auto files = read_vectors(folder);
    ASSERT_TRUE(files.has_value());

    int passed = 0;
    std::set<std::string> skipped_files;
    for (const VectorFile& file : *files) {
        for (const VectorResult& r : evaluate_vectors(file)) {
            EXPECT_NE(r.outcome, VectorOutcome::failed) << r.id << " " << r.detail;
            passed += r.outcome == VectorOutcome::passed ? 1 : 0;
            if (r.outcome == VectorOutcome::skipped) {
                skipped_files.insert(file.path.filename().string());
            }
        }
    }

    EXPECT_GE(passed, 300);
    EXPECT_EQ(skipped_files,
              (std::set<std::string>{
                  "balancer_v3_pools.json", "lending_other_derived.json", "uniswap_v2.json"}));
}

TEST(DefiVectors, AWrongExpectationFails) {
    VectorFile file;
    file.path = "made_up.json";
    file.content = nlohmann::json::parse(R"({"vectors": [
        {"name": "good", "inputs": {"function": "rayMulCeil", "a": "3", "b": "5"}, "expected": {"value": "1"}},
        {"name": "bad", "inputs": {"function": "rayMulCeil", "a": "3", "b": "5"}, "expected": {"value": "0"}},
        {"name": "revert", "inputs": {"function": "divDown", "a": "3", "b": "0"}, "expected": {"revert": "ZERO_DIVISION"}},
        {"name": "no revert", "inputs": {"function": "divDown", "a": "3", "b": "1"}, "expected": {"revert": "ZERO_DIVISION"}},
        {"name": "what", "inputs": {"function": "unheardOf"}, "expected": {}},
        {"name": "comet_absorb/0", "inputs": {"function": "absorb"}, "expected": {}}]})");

    const auto results = evaluate_vectors(file);

    ASSERT_EQ(results.size(), 6U);
    EXPECT_EQ(results[0].outcome, VectorOutcome::passed);
    EXPECT_EQ(results[1].outcome, VectorOutcome::failed);
    EXPECT_EQ(results[2].outcome, VectorOutcome::passed);
    EXPECT_EQ(results[3].outcome, VectorOutcome::failed);
    EXPECT_EQ(results[4].outcome, VectorOutcome::failed);
    EXPECT_EQ(results[5].outcome, VectorOutcome::skipped);
}

}  // namespace
}  // namespace margincall::test
