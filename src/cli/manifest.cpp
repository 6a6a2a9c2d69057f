#include "cli/manifest.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/version.hpp"
#include "cli/machine.hpp"
#include "lab/identity.hpp"
#include "plan/world_size.hpp"

namespace margincall::inline cli {
namespace {

using Json = nlohmann::ordered_json;

// What wrote the folder, and on what machine.
Json manifest_head(const RunFolder& folder) {
    Json manifest;
    manifest["program"] = "margincall";
    manifest["run"] = folder.final_path().filename().string();
    manifest["version"] = program_version;
    manifest["build_id"] = file_hash(program_file());
    manifest["core"] = core_identity();
    manifest["compiler"] = compiler_text();
    manifest["build"] = build_kind();
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    manifest["host"] = host;
    manifest["cpus"] = sysconf(_SC_NPROCESSORS_ONLN);
    Json features = Json::array();
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2") != 0) {
        features.push_back("sse4.2");
    }
    if (__builtin_cpu_supports("avx2") != 0) {
        features.push_back("avx2");
    }
    if (__builtin_cpu_supports("avx512f") != 0) {
        features.push_back("avx512f");
    }
    manifest["cpu_features"] = std::move(features);
    return manifest;
}

// Only what there was: a run without such rules has the manifest that it had before there were any.
void add_what_rules_did(const Plan& plan, const RunTotals& totals, Json& manifest) {
    for (const HaltSpan& halt : totals.halts) {
        Json row;
        row["book"] = plan.instruments[halt.instrument].name;
        row["from_s"] = to_seconds(Duration::from_raw(halt.from_ns));
        row["until_s"] = to_seconds(Duration::from_raw(halt.until_ns));
        row["timed"] = halt.timed != 0;
        row["auction_price"] = halt.auction_price;
        row["auction_usd"] = halt.auction_usd;
        manifest["halts"].push_back(std::move(row));
    }
    if (totals.makers_ruined > 0) {
        manifest["makers_ruined"] = totals.makers_ruined;
    }
    if (totals.firm_paid_usd > 0.0) {
        manifest["firm_paid_usd"] = totals.firm_paid_usd;
    }
}

std::string with_file_hashes(Json manifest, const RunFolder& folder) {
    Json files;
    for (const auto& [name, hash] : folder.hashes()) {
        files[name] = hash;
    }
    manifest["files_fnv1a64"] = std::move(files);
    return json_text(manifest, 2) + "\n";
}

}  // namespace

std::string manifest_json(const Plan& plan, const ManifestFacts& facts, const RunFolder& folder) {
    Json manifest = manifest_head(folder);
    manifest["command"] = facts.command;
    manifest["scenario"] = plan.name;
    manifest["scenario_hash"] = plan.scenario_hash;
    manifest["seed"] = plan.seed;
    manifest["size"] = world_size_name(plan.size);
    manifest["paths"] = facts.paths;
    manifest["interrupted"] = facts.interrupted;
    if (!facts.missing.empty()) {
        manifest["missing"] = facts.missing;
    }
    add_what_rules_did(plan, facts.totals, manifest);
    manifest["digest"] = fmt::format("{:016x}", facts.digest);
    manifest["started"] = facts.started;
    manifest["finished"] = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    return with_file_hashes(std::move(manifest), folder);
}

std::string stress_manifest_json(const StressIdentity& identity,
                                 const StressFacts& facts,
                                 const RunFolder& folder) {
    Json manifest = manifest_head(folder);
    manifest["kind"] = "stress";
    manifest["command"] = facts.command;
    manifest["market"] = facts.market;
    manifest["stress_hash"] = stress_hash(identity);
    for (const auto& [name, value] : identity) {
        manifest["depends_on"][name] = value;
    }
    manifest["interrupted"] = facts.interrupted;
    manifest["started"] = facts.started;
    manifest["finished"] = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    return with_file_hashes(std::move(manifest), folder);
}

}  // namespace margincall::inline cli
