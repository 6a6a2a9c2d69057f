#include "lab/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>

#include "base/check.hpp"
#include "base/digest.hpp"
#include "lab/gate_bands.hpp"
#include "lab/gate_worlds.hpp"
#include "scenario/builtin.hpp"

namespace margincall::inline lab {
namespace {

// A world that is to run; several gates may ask for it.
struct Wanted {
    const GateVariant* variant = nullptr;
    std::uint64_t seed = 0;
};

struct Chosen {
    const Gate* gate = nullptr;
    std::vector<std::uint64_t> seeds;
    std::string not_run;
};

std::vector<std::uint64_t> one_to(std::uint64_t last) {
    std::vector<std::uint64_t> out(last);
    for (std::uint64_t k = 0; k < last; ++k) {
        out[k] = k + 1;
    }
    return out;
}

const GateVariant* variant_named(std::span<const GateVariant> variants, std::string_view name) {
    const auto found = std::ranges::find(variants, name, &GateVariant::name);
    return found != variants.end() ? &*found : nullptr;
}

const GateVariant& known_variant(std::span<const GateVariant> variants, std::string_view name) {
    const GateVariant* const variant = variant_named(variants, name);
    CHECK(variant != nullptr);
    return *variant;
}

using VariantPlans = std::map<std::string, Plan>;

// Compiles a variant where that was not done yet.
std::expected<void, Errors> compile_once(VariantPlans& plans,
                                         const GateVariant& variant,
                                         const GateRequest& request) {
    if (!plans.contains(variant.name)) {
        auto plan = compile_variant(variant, request);
        if (!plan) {
            return std::unexpected(std::move(plan.error()));
        }
        plans.emplace(variant.name, std::move(*plan));
    }
    return {};
}

struct WorldsEnd {
    std::vector<std::optional<GateWorld>> results;  // as `wanted`
    std::vector<std::string> reasons;               // of those that failed, else empty
    JobsEnd end;
};

WorldsEnd run_worlds(std::span<const Wanted> wanted,
                     const VariantPlans& plans,
                     const GateRequest& request,
                     const std::function<bool(const PoolProgress&)>& watch) {
    WorldsEnd out;
    out.results.resize(wanted.size());
    out.reasons.resize(wanted.size());
    std::vector<std::uint64_t> todo(wanted.size());
    std::iota(todo.begin(), todo.end(), std::uint64_t{0});
    Jobs jobs;
    jobs.run = [&](std::uint64_t index,
                   std::size_t /*worker*/,
                   std::atomic<double>& share) -> std::expected<JobCount, Error> {
        const Wanted& one = wanted[index];
        Plan plan = plans.at(one.variant->name);
        plan.seed = one.seed;
        out.results[index] = request.world
                                 ? request.world(one.variant->name, plan)
                                 : run_variant(*one.variant, plan, share, request.command.c_str());
        return one_finished;
    };
    jobs.failed = [&](std::uint64_t index,
                      const std::string& reason) -> std::expected<JobCount, Error> {
        out.reasons[index] =
            fmt::format("{}, seed {}: {}", wanted[index].variant->name, wanted[index].seed, reason);
        return one_failed;
    };
    PoolProgress before;
    before.worlds = wanted.size();
    out.end = run_jobs(todo, before, request.workers, jobs, watch);
    return out;
}

GateSample sample_of(const std::string& variant, std::uint64_t seed, const GateWorld& world) {
    Digest figures;
    for (const PriceFigure& figure : world.figures) {
        for (const char letter : figure.name) {
            figures.add(static_cast<std::uint64_t>(letter));
        }
        figures.add(figure.value ? 1 : 0);
        figures.add_double(figure.value.value_or(0.0));
    }
    return {variant, seed, world.digest, figures.value()};
}

GateResult judge(const Chosen& chosen, GateEvidence& evidence, const GateRequest& request) {
    GateResult out;
    out.name = chosen.gate->name;
    out.title = chosen.gate->title;
    out.not_run = chosen.not_run;
    out.seeds = chosen.seeds;
    out.named_seeds = !request.seeds || *request.seeds == one_to(chosen.gate->seeds);
    if (!out.not_run.empty()) {
        return out;
    }
    evidence.seeds = chosen.seeds;
    for (const std::string& variant : chosen.gate->variants) {
        out.failed += chosen.seeds.size() - evidence.of(variant).size();
    }
    out.rows = chosen.gate->rows(evidence);
    return out;
}

}  // namespace

std::string GateTarget::text() const {
    if (low && high) {
        return fmt::format("{:g} to {:g}", *low, *high);
    }
    return low    ? fmt::format("at least {:g}", *low)
           : high ? fmt::format("at most {:g}", *high)
                  : "";
}

bool GateResult::met() const {
    return not_run.empty() && failed == 0 && misses().empty();
}

std::vector<const GateRow*> GateResult::misses() const {
    std::vector<const GateRow*> out;
    for (const GateRow& row : rows) {
        if (row.met() == false) {
            out.push_back(&row);
        }
    }
    return out;
}

std::optional<double> GateWorld::value(std::string_view figure) const {
    const auto found = std::ranges::find(figures, figure, &PriceFigure::name);
    return found != figures.end() ? found->value : std::nullopt;
}

std::vector<std::string> gate_names() {
    std::vector<std::string> out;
    for (const Gate& gate : all_gates()) {
        out.emplace_back(gate.name);
    }
    return out;
}

std::optional<std::vector<std::uint64_t>> parse_seeds(std::string_view text) {
    constexpr std::uint64_t most = 100'000;
    std::vector<std::uint64_t> out;
    const auto number = [](std::string_view word) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto end = std::from_chars(word.data(), word.data() + word.size(), value);
        const bool whole = end.ec == std::errc{} && end.ptr == word.data() + word.size();
        return whole ? std::optional{value} : std::nullopt;
    };
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        const std::size_t dash = part.find('-');
        const auto first = number(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
        if (!first || !last || *first > *last || *last - *first >= most ||
            (!out.empty() && *first <= out.back())) {
            return std::nullopt;
        }
        for (std::uint64_t seed = *first; seed < *last; ++seed) {
            out.push_back(seed);
        }
        out.push_back(*last);
        if (comma == std::string_view::npos) {
            return out;
        }
        text.remove_prefix(comma + 1);
    }
}

std::string seeds_text(std::span<const std::uint64_t> seeds) {
    std::string out;
    for (std::size_t k = 0; k < seeds.size();) {
        std::size_t last = k;
        while (last + 1 < seeds.size() && seeds[last + 1] == seeds[last] + 1) {
            ++last;
        }
        out += out.empty() ? "" : ",";
        out +=
            last == k ? fmt::format("{}", seeds[k]) : fmt::format("{}-{}", seeds[k], seeds[last]);
        k = last + 1;
    }
    return out;
}

std::expected<GateRun, Errors> run_gates(const GateRequest& request,
                                         const std::function<bool(const PoolProgress&)>& watch) {
    const std::vector<GateVariant> variants = gate_variants();
    for (const std::string& name : request.only) {
        CHECK(
            std::ranges::any_of(all_gates(), [&](const Gate& gate) { return name == gate.name; }));
    }
    std::vector<Chosen> chosen;
    std::vector<Wanted> wanted;
    std::set<std::pair<const GateVariant*, std::uint64_t>> there;
    GateEvidence evidence;
    for (const Gate& gate : all_gates()) {
        if (!request.only.empty() &&
            std::ranges::find(request.only, gate.name) == request.only.end()) {
            continue;
        }
        Chosen& now = chosen.emplace_back();
        now.gate = &gate;
        for (const std::string& name : gate.variants) {
            const GateVariant& variant = known_variant(variants, name);
            if (!builtin_file(variant.scenario)) {
                now.not_run = fmt::format("not run: no such scenario: {}", variant.scenario);
            }
        }
        if (!now.not_run.empty()) {
            continue;
        }
        now.seeds = request.seeds.value_or(one_to(gate.seeds));
        for (const std::string& name : gate.variants) {
            const GateVariant& variant = known_variant(variants, name);
            if (auto compiled = compile_once(evidence.plans, variant, request); !compiled) {
                return std::unexpected(std::move(compiled.error()));
            }
            for (const std::uint64_t seed : now.seeds) {
                if (there.emplace(&variant, seed).second) {
                    wanted.push_back({&variant, seed});
                }
            }
        }
    }
    WorldsEnd ran = run_worlds(wanted, evidence.plans, request, watch);
    GateRun out;
    out.progress = ran.end.progress;
    out.stopped = ran.end.stopped;
    if (out.stopped) {
        return out;
    }
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        if (!ran.reasons[k].empty()) {
            out.failures.push_back(ran.reasons[k]);
        }
        if (ran.results[k]) {
            evidence.worlds[wanted[k].variant->name].emplace(wanted[k].seed,
                                                             std::move(*ran.results[k]));
        }
    }
    out.report.size = request.size;
    out.report.set = request.set;
    for (const Chosen& one : chosen) {
        out.report.gates.push_back(judge(one, evidence, request));
    }
    for (const auto& [variant, worlds] : evidence.worlds) {
        const auto& [seed, world] = *worlds.begin();
        out.report.samples.push_back(sample_of(variant, seed, world));
    }
    return out;
}

std::expected<GateConfirmation, Errors> confirm_samples(
    const GateReport& report,
    const GateRequest& request,
    const std::function<bool(const PoolProgress&)>& watch) {
    GateRequest as_then = request;
    as_then.size = report.size;
    as_then.set = report.set;
    GateConfirmation out;
    const std::vector<GateVariant> variants = gate_variants();
    VariantPlans plans;
    std::vector<Wanted> wanted;
    std::vector<const GateSample*> expected;
    for (const GateSample& sample : report.samples) {
        const GateVariant* const variant = variant_named(variants, sample.variant);
        if (!variant) {
            out.differ.push_back(fmt::format("{}: no such world any more", sample.variant));
            continue;
        }
        if (auto compiled = compile_once(plans, *variant, as_then); !compiled) {
            return std::unexpected(std::move(compiled.error()));
        }
        wanted.push_back({variant, sample.seed});
        expected.push_back(&sample);
    }
    const WorldsEnd ran = run_worlds(wanted, plans, as_then, watch);
    out.progress = ran.end.progress;
    out.stopped = ran.end.stopped;
    for (std::size_t k = 0; k < wanted.size() && !out.stopped; ++k) {
        const GateSample& then = *expected[k];
        if (!ran.results[k]) {
            out.differ.push_back(ran.reasons[k]);
            continue;
        }
        const GateSample now = sample_of(then.variant, then.seed, *ran.results[k]);
        if (now != then) {
            out.differ.push_back(fmt::format("{}, seed {}: other {}",
                                             then.variant,
                                             then.seed,
                                             now.digest != then.digest ? "events" : "figures"));
        }
    }
    return out;
}

}  // namespace margincall::inline lab
