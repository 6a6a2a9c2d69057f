#include "lab/gates_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json_text.hpp"
#include "lab/identity.hpp"
#include "scenario/builtin.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format_version = 2;
// The gate of the loop and its edge test (docs/gates.md).
constexpr std::array loop_gates = {"loop", "edge"};

Json number_json(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}
std::optional<double> number_of(const Json& value) {
    return value.is_null() ? std::nullopt : std::optional{value.get<double>()};
}

Json row_json(const GateRow& row) {
    Json out;
    out["figure"] = row.figure;
    out["unit"] = row.unit;
    out["target"] = {{"low", number_json(row.target.low)}, {"high", number_json(row.target.high)}};
    out["judged"] = row.judged;
    out[row.judged] = number_json(row.value);
    out["p05"] = number_json(row.p05);
    out["p95"] = number_json(row.p95);
    const std::optional<bool> met = row.met();
    out["met"] = met ? Json(*met) : Json(nullptr);
    out["source"] = row.source;
    return out;
}

Json gate_json(const GateResult& gate) {
    Json out;
    out["gate"] = gate.name;
    out["title"] = gate.title;
    out["met"] = gate.met();
    out["seeds"] = seeds_text(gate.seeds);
    out["named_seeds"] = gate.named_seeds;
    out["not_run"] = gate.not_run;
    out["failed"] = gate.failed;
    out["figures"] = Json::array();
    for (const GateRow& row : gate.rows) {
        out["figures"].push_back(row_json(row));
    }
    return out;
}

Json identity_json(const GateIdentity& identity) {
    return {{"sources", identity.sources},
            {"scenarios", identity.scenarios},
            {"rules", identity.rules}};
}
GateIdentity identity_of(const Json& from) {
    return {from.at("sources").get<std::string>(),
            from.at("scenarios").get<std::string>(),
            from.at("rules").get<std::string>()};
}

// Whole 64-bit numbers are text: a reader in another language may keep 53 bits of a number.
std::string word_text(std::uint64_t word) {
    return fmt::format("{:016x}", word);
}
std::uint64_t word_of(const Json& text) {
    return std::stoull(text.get<std::string>(), nullptr, 16);
}

// Throws what nlohmann throws for what is missing or of another type.
GateFile file_of(const Json& root) {
    GateFile file;
    file.identity = identity_of(root.at("identity"));
    file.ran = identity_of(root.at("ran"));
    file.report.size = root.at("size").get<std::string>();
    file.report.set = root.at("set").get<std::vector<std::string>>();
    for (const Json& from : root.at("gates")) {
        GateResult& gate = file.report.gates.emplace_back();
        gate.name = from.at("gate").get<std::string>();
        gate.title = from.at("title").get<std::string>();
        gate.seeds =
            parse_seeds(from.at("seeds").get<std::string>()).value_or(std::vector<std::uint64_t>{});
        gate.named_seeds = from.at("named_seeds").get<bool>();
        gate.not_run = from.at("not_run").get<std::string>();
        gate.failed = from.at("failed").get<std::uint64_t>();
        for (const Json& line : from.at("figures")) {
            GateRow& row = gate.rows.emplace_back();
            row.figure = line.at("figure").get<std::string>();
            row.unit = line.at("unit").get<std::string>();
            row.target = {number_of(line.at("target").at("low")),
                          number_of(line.at("target").at("high"))};
            row.judged = line.at("judged").get<std::string>();
            row.value = number_of(line.at(row.judged));
            row.p05 = number_of(line.at("p05"));
            row.p95 = number_of(line.at("p95"));
            row.source = line.at("source").get<std::string>();
        }
    }
    for (const Json& from : root.at("samples")) {
        file.report.samples.push_back({from.at("world").get<std::string>(),
                                       from.at("seed").get<std::uint64_t>(),
                                       word_of(from.at("digest")),
                                       word_of(from.at("figures"))});
    }
    return file;
}

}  // namespace

GateIdentity gate_identity() {
    std::string texts;
    for (const BuiltinFile& file : builtin_files()) {
        texts += fmt::format("{}\n{}\n", file.path, file.text);
    }
    return {std::string{core_sources_hash()}, text_hash(texts), std::string{gate_rules_hash()}};
}

std::string gates_json(const GateFile& file) {
    Json root;
    root["format"] = format_version;
    root["size"] = file.report.size;
    root["set"] = file.report.set;
    root["identity"] = identity_json(file.identity);
    root["ran"] = identity_json(file.ran);
    root["gates"] = Json::array();
    for (const GateResult& gate : file.report.gates) {
        root["gates"].push_back(gate_json(gate));
    }
    root["samples"] = Json::array();
    for (const GateSample& sample : file.report.samples) {
        root["samples"].push_back({{"world", sample.variant},
                                   {"seed", sample.seed},
                                   {"digest", word_text(sample.digest)},
                                   {"figures", word_text(sample.figures)}});
    }
    return json_text(root, 1) + "\n";
}

std::expected<GateFile, Error> parse_gates_json(std::string_view text, std::string_view name) {
    Error error;
    error.file = name;
    error.code = "E716";
    error.hint = "margincall validate-model --gates writes it";
    try {
        const Json root = Json::parse(text);
        if (root.at("format") == format_version) {
            return file_of(root);
        }
        error.message = "of another version of the program";
    } catch (const std::exception& problem) {  // of the JSON library, or of a digest that is none
        error.message = fmt::format("not an answer of the gates: {}", problem.what());
    }
    return std::unexpected(std::move(error));
}

PriceGates price_gates(std::string_view text, const GateIdentity& now) {
    PriceGates out;
    if (text.empty()) {
        out.state = "missing";
        out.reason = "the gates of price formation have not been run";
        return out;
    }
    const std::expected<GateFile, Error> file = parse_gates_json(text, "gates.json");
    if (!file || !file->report.set.empty()) {
        out.state = "missing";
        out.reason = file ? "the gates of price formation were run with other values than the "
                            "shipped ones"
                          : "the gates of price formation left no file that can be read";
        return out;
    }
    if (file->identity != now) {
        out.state = "stale";
        out.reason =
            "the gates of price formation were last run on other sources than those of "
            "this program";
        return out;
    }
    for (const char* const name : loop_gates) {
        const auto found = std::ranges::find(file->report.gates, name, &GateResult::name);
        if (found == file->report.gates.end() || !found->met() || !found->named_seeds) {
            out.missed.emplace_back(name);
        }
    }
    out.state = out.missed.empty() ? "met" : "missed";
    if (!out.missed.empty()) {
        out.reason = fmt::format("price formation misses its {} {}",
                                 out.missed.size() == 1 ? "gate" : "gates",
                                 fmt::join(out.missed, " and "));
    }
    return out;
}

PriceGates shipped_price_gates() {
    return price_gates(shipped_gates(), gate_identity());
}

}  // namespace margincall::inline lab
