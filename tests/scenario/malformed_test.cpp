// Malformed scenarios and their exact messages: every NAME.toml of tests/scenario/malformed has a
// NAME.expected with what the program prints. UPDATE_GOLDEN=1 rewrites them (then read the diff).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "scenario/compile.hpp"
#include "scenario/error_codes.hpp"
#include "scenario/error_text.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> malformed_cases() {
    std::vector<std::string> names;
    for (const auto& entry :
         fs::directory_iterator(fs::path{MC_SOURCE_DIR} / "tests/scenario/malformed")) {
        if (entry.path().extension() == ".toml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

class Malformed : public ::testing::TestWithParam<std::string> {};

TEST_P(Malformed, PrintsExactlyThis) {
    const fs::path folder = fs::path{MC_SOURCE_DIR} / "tests/scenario/malformed";
    const std::string file = GetParam() + ".toml";
    const auto compiled = compile_text(read(folder / file), file, ".");
    ASSERT_FALSE(compiled) << "it compiles";
    for (const Error& error : compiled.error()) {
        const auto codes = error_codes();
        EXPECT_TRUE(std::any_of(codes.begin(),
                                codes.end(),
                                [&](const ErrorCode& code) { return code.code == error.code; }))
            << error.code << " is not explained";
    }
    const std::string text = errors_text(compiled.error(), file, "Nothing was run.");
    const fs::path golden = folder / (GetParam() + ".expected");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(golden, std::ios::binary) << text;
        return;
    }
    EXPECT_EQ(text, read(golden));
}

INSTANTIATE_TEST_SUITE_P(All,
                         Malformed,
                         ::testing::ValuesIn(malformed_cases()),
                         [](const auto& param) {
                             std::string name = param.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(Malformed, ThereAreAtLeastForty) {
    EXPECT_GE(malformed_cases().size(), 40U);
}

}  // namespace
}  // namespace margincall
