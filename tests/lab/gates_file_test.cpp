#include "lab/gates_file.hpp"

#include <gtest/gtest.h>

namespace margincall {
namespace {

const GateIdentity here = {"core", "texts", "rules"};

GateResult gate(const char* name, double value) {
    GateResult out;
    out.name = name;
    out.title = "a \"title\"";
    out.seeds = {1, 2, 5};
    out.rows = {median_row("figure", "%", {value, value + 1.0 / 3.0}, {0, 10}, "measured: x")};
    return out;
}
GateFile met_file() {
    return {here, {"reduced", {}, {gate("loop", 5), gate("edge", 6), gate("calm", 99)}, {}}, here};
}

TEST(GatesFile, ComesBackAsItWasWritten) {
    GateFile file = met_file();
    file.report.gates[0].rows.push_back(share_row(
        "share", std::vector{1.0}, [](double) { return true; }, {80, std::nullopt}, "s"));
    file.report.gates[1].not_run = "not built";
    file.report.gates[2].failed = 2;
    file.report.gates[2].named_seeds = false;
    file.report.samples = {{"crash", 3, 0xFEDC'BA98'7654'3210, 7}};
    file.ran.sources = "older core";
    const std::string text = gates_json(file);
    const auto back = parse_gates_json(text, "gates.json");
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(gates_json(*back), text);
    EXPECT_EQ(back->identity, here);
    EXPECT_EQ(back->ran.sources, "older core");
    EXPECT_EQ(back->report.samples, file.report.samples) << "every bit of the digest";
    const GateResult& loop = back->report.gates[0];
    EXPECT_EQ(loop.seeds, (std::vector<std::uint64_t>{1, 2, 5}));
    EXPECT_EQ(loop.rows[0].value, file.report.gates[0].rows[0].value) << "to the last bit";
    EXPECT_EQ(loop.rows[1].value, 100.0);
    EXPECT_EQ(loop.rows[1].judged, "share");
    EXPECT_NE(text.find("\"share\": 100.0"), std::string::npos) << text;
    EXPECT_TRUE(loop.met());
    EXPECT_FALSE(back->report.gates[1].met());
    EXPECT_EQ(back->report.gates[2].failed, 2U);
    EXPECT_FALSE(back->report.gates[2].named_seeds);
}

TEST(GatesFile, WhatIsNoAnswerIsRefused) {
    for (const char* const text :
         {"", "no", "{}", "[]", "{\"format\":1}", "{\"format\":2}", "{\"format\":3}"}) {
        const auto file = parse_gates_json(text, "here.json");
        ASSERT_FALSE(file) << text;
        EXPECT_EQ(file.error().code, "E716");
        EXPECT_EQ(file.error().file, "here.json");
    }
}

TEST(PriceGates, MetOnlyWhenTheLoopIsMetByThisProgram) {
    const PriceGates met = price_gates(gates_json(met_file()), here);
    EXPECT_EQ(met.state, "met") << "quiet days are another question";
    EXPECT_EQ(met.reason, "");

    EXPECT_EQ(price_gates("", here).state, "missing");
    EXPECT_EQ(price_gates("{}", here).state, "missing");
    GateFile other = met_file();
    other.report.set = {"agents.patient.to=20 %"};
    EXPECT_EQ(price_gates(gates_json(other), here).state, "missing");
    EXPECT_NE(price_gates(gates_json(other), here).reason.find("other values"), std::string::npos);
}

TEST(PriceGates, AnyOtherSourceMakesThemStale) {
    const std::string text = gates_json(met_file());
    for (const GateIdentity& now : {GateIdentity{"newer", "texts", "rules"},
                                    GateIdentity{"core", "newer", "rules"},
                                    GateIdentity{"core", "texts", "newer"}}) {
        EXPECT_EQ(price_gates(text, now).state, "stale");
    }
}

TEST(PriceGates, NamesTheGatesOfTheLoopThatAreMissed) {
    GateFile file = met_file();
    file.report.gates[0] = gate("loop", 11);
    PriceGates gates = price_gates(gates_json(file), here);
    EXPECT_EQ(gates.state, "missed");
    EXPECT_EQ(gates.missed, (std::vector<std::string>{"loop"}));
    file.report.gates.erase(file.report.gates.begin() + 1);  // the edge test was not asked for
    gates = price_gates(gates_json(file), here);
    EXPECT_EQ(gates.missed, (std::vector<std::string>{"loop", "edge"}));
    EXPECT_EQ(gates.reason, "price formation misses its gates loop and edge");
    file = met_file();
    file.report.gates[1].named_seeds = false;
    EXPECT_EQ(price_gates(gates_json(file), here).missed, (std::vector<std::string>{"edge"}));
}

TEST(PriceGates, TheProgramsOwnAnswerIsOneOfTheFour) {
    const PriceGates gates = shipped_price_gates();
    EXPECT_EQ(gates.state.empty(), false);
    EXPECT_EQ(gates.reason.empty(), gates.state == "met");
    EXPECT_EQ(gate_identity().sources.size(), 64U);
    EXPECT_EQ(gate_identity().rules.size(), 64U);
    EXPECT_EQ(gate_identity().scenarios.size(), 16U);
}

}  // namespace
}  // namespace margincall
