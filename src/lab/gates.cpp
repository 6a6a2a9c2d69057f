#include "lab/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/check.hpp"
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
    const auto variant_named = [&](const std::string& name) -> const GateVariant& {
        const auto found = std::ranges::find(variants, name, &GateVariant::name);
        CHECK(found != variants.end());
        return *found;
    };
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
            const GateVariant& variant = variant_named(name);
            if (!builtin_file(variant.scenario)) {
                now.not_run = fmt::format("not run: no such scenario: {}", variant.scenario);
            }
        }
        if (!now.not_run.empty()) {
            continue;
        }
        now.seeds = request.seeds.value_or(one_to(gate.seeds));
        for (const std::string& name : gate.variants) {
            const GateVariant& variant = variant_named(name);
            if (!evidence.plans.contains(name)) {
                auto plan = compile_variant(variant, request);
                if (!plan) {
                    return std::unexpected(std::move(plan.error()));
                }
                evidence.plans.emplace(name, std::move(*plan));
            }
            for (const std::uint64_t seed : now.seeds) {
                if (there.emplace(&variant, seed).second) {
                    wanted.push_back({&variant, seed});
                }
            }
        }
    }
    std::vector<std::uint64_t> todo = one_to(wanted.size());
    for (std::uint64_t& index : todo) {
        --index;
    }
    std::vector<std::optional<GateWorld>> results(wanted.size());
    Jobs jobs;
    jobs.run = [&](std::uint64_t index,
                   std::size_t /*worker*/,
                   std::atomic<double>& share) -> std::expected<void, Error> {
        const Wanted& one = wanted[index];
        Plan plan = evidence.plans.at(one.variant->name);
        plan.seed = one.seed;
        results[index] = request.world
                             ? request.world(one.variant->name, plan)
                             : run_variant(*one.variant, plan, share, request.command.c_str());
        return {};
    };
    std::vector<std::string> reasons(wanted.size());
    jobs.failed = [&](std::uint64_t index,
                      const std::string& reason) -> std::expected<void, Error> {
        reasons[index] =
            fmt::format("{}, seed {}: {}", wanted[index].variant->name, wanted[index].seed, reason);
        return {};
    };
    PoolProgress before;
    before.worlds = wanted.size();
    const JobsEnd end = run_jobs(todo, before, request.workers, jobs, watch);
    GateRun out;
    out.progress = end.progress;
    out.stopped = end.stopped;
    if (out.stopped) {
        return out;
    }
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        if (!reasons[k].empty()) {
            out.failures.push_back(reasons[k]);
        }
        if (results[k]) {
            evidence.worlds[wanted[k].variant->name].emplace(wanted[k].seed,
                                                             std::move(*results[k]));
        }
    }
    out.report.size = request.size;
    out.report.set = request.set;
    for (const Chosen& one : chosen) {
        out.report.gates.push_back(judge(one, evidence, request));
    }
    return out;
}

}  // namespace margincall::inline lab
