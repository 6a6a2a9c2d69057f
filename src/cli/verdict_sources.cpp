#include "cli/verdict_sources.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <utility>

#include "base/files.hpp"
#include "cli/world_folder.hpp"
#include "lab/attribution.hpp"
#include "lab/identity.hpp"
#include "scenario/policies.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t evidence_bytes_max = std::uint64_t{256} << 20U;

class Gathering {
  public:
    Gathering(const VerdictSources& from, const Compiled& scenario)
        : from_(from), scenario_(scenario) {
        out_.evidence.scenario = scenario.plan.name;
    }

    [[nodiscard]] std::expected<GatheredEvidence, Errors> run() {
        for (const std::string& source : from_.worlds) {
            std::error_code ignored;
            const auto read =
                fs::is_directory(source, ignored) ? add_folder(source) : add_file(source);
            if (!read) {
                return std::unexpected(read.error());
            }
        }
        if (!from_.policies.empty()) {
            if (const auto read = add_folder(from_.policies); !read) {
                return std::unexpected(read.error());
            }
            if (!out_.evidence.cap) {
                out_.notes.push_back(fmt::format(
                    "{}: the policy cap_20 is not in it: S14 is not judged", from_.policies));
            }
        }
        if (from_.worlds.empty() && from_.policies.empty()) {
            add_shipped();
        }
        return std::move(out_);
    }

  private:
    using Done = std::expected<void, Errors>;

    [[nodiscard]] std::optional<Error> of_another(const std::string& source,
                                                  const std::string& name) const {
        if (name == scenario_.plan.name) {
            return std::nullopt;
        }
        return file_error(source,
                          "E715",
                          fmt::format("worlds of \"{}\", not of \"{}\"", name, scenario_.plan.name),
                          "give worlds of the scenario that is judged");
    }

    [[nodiscard]] bool own_window(const Plan& of) const {
        const Plan& own = scenario_.plan;
        return of.day_from == own.day_from && of.day_to == own.day_to && of.length == own.length;
    }

    // Worlds with nothing taken out, causes and policies: whatever the folder has.
    Done add_folder(const std::string& folder) {
        std::expected<OpenedFolder, Error> opened = open_folder(folder);
        if (!opened) {
            return std::unexpected(Errors{std::move(opened.error())});
        }
        TaskList& list = opened->list;
        if (const auto wrong = of_another(folder, list.base().plan.name)) {
            return std::unexpected(Errors{*wrong});
        }
        const EvidenceSource source = evidence_source(list, opened->held.rows);
        out_.notes.push_back(fmt::format(
            "{}: {}{}",
            folder,
            seeds_text(source),
            source.set.empty() ? std::string{}
                               : fmt::format(", --set {}", fmt::join(source.set, " --set "))));
        add_day(folder, list, opened->held.rows, source);
        if (std::expected<AttributionCells, Error> cells = cells_of_list(list)) {
            const Attribution all = attribute({list, std::move(*cells)}, opened->held.rows);
            keep_first(out_.evidence.causes, fall_causes(all, list.base().plan, source));
            return {};
        }
        return list.cells().size() > 1 ? add_cap(std::move(list), opened->held.rows, source)
                                       : Done{};
    }

    static std::string seeds_text(const EvidenceSource& source) {
        return fmt::format("{} seeds from {}{}",
                           source.paths,
                           source.seed_from,
                           source.drawn ? ", each with a draw of [ranges]" : "");
    }

    void add_day(const std::string& folder,
                 const TaskList& list,
                 const std::vector<PathRow>& rows,
                 const EvidenceSource& source) {
        if (!list.cells().front().set.empty()) {
            out_.notes.push_back(
                fmt::format("{}: its first worlds are not the scenario's own (--vary {})",
                            folder,
                            fmt::join(list.cells().front().set, " --vary ")));
            return;
        }
        if (!own_window(list.base().plan)) {
            out_.notes.push_back(
                fmt::format("{}: worlds of another window than the scenario's: their causes are "
                            "judged, S4, S5, S12 and S13 are not by them",
                            folder));
            return;
        }
        DayWorlds day{source, {}};
        for (const PathRow& row : rows) {
            if (list.task(row.index).cell == 0) {
                day.rows.push_back(row);
            }
        }
        day.source.paths = static_cast<std::int64_t>(day.rows.size());
        keep_first(out_.evidence.day, std::optional{std::move(day)});
    }

    // Cells of a policy table are told by what the shipped policies set; another one has no name.
    Done add_cap(TaskList list, const std::vector<PathRow>& rows, const EvidenceSource& source) {
        const std::expected<std::vector<Policy>, Errors> shipped = read_policies(shipped_policies);
        if (!shipped) {
            return std::unexpected(shipped.error());
        }
        const std::vector<Cell>& cells = list.cells();
        std::map<std::vector<std::string>, std::string> known;  // name by what it sets
        for (const Policy& policy : *shipped) {
            if (auto set = overrides_of(policy, cells.front().resolved)) {
                known.emplace(std::move(*set), policy.name);
            }
        }
        std::vector<std::string> names;
        for (const Cell& cell : std::span(cells).subspan(1)) {
            const auto policy = known.find(cell.set);
            names.push_back(policy == known.end() ? std::string{} : policy->second);
        }
        if (std::ranges::all_of(names, &std::string::empty)) {
            return {};
        }
        const PolicyDay day{std::move(list), {}};
        keep_first(out_.evidence.cap, leverage_cap(policy_table(day, rows), names, source));
        return {};
    }

    Done add_file(const std::string& file) {
        const auto text = read_input(file, evidence_bytes_max);
        if (!text) {
            return std::unexpected(Errors{text.error()});
        }
        auto read = parse_evidence(*text, file);
        if (!read) {
            return std::unexpected(Errors{std::move(read.error())});
        }
        if (const auto wrong = of_another(file, read->scenario)) {
            return std::unexpected(Errors{*wrong});
        }
        add_kept(std::move(*read), file);
        return {};
    }

    void add_shipped() {
        const std::string_view text = shipped_evidence(scenario_.plan.name);
        if (text.empty()) {
            return;
        }
        auto read = parse_evidence(text, "builtin/evidence");
        if (!read) {
            out_.notes.push_back("what the program carries for it cannot be read: " +
                                 read.error().message);
            return;
        }
        out_.shipped = true;
        add_kept(std::move(*read), "shipped");
    }

    void add_kept(VerdictEvidence kept, const std::string& name) {
        if (kept.day && is_own(kept.day->source, name, "worlds")) {
            keep_first(out_.evidence.day, std::move(kept.day));
        }
        if (kept.causes && is_own(kept.causes->source, name, "causes")) {
            keep_first(out_.evidence.causes, std::move(kept.causes));
        }
        if (kept.cap && is_own(kept.cap->source, name, "leverage cap")) {
            keep_first(out_.evidence.cap, std::move(kept.cap));
        }
    }

    // Whether the file makes the scenario of these worlds today; says how old they are. Worlds of another core are this
    // one's as well where --confirm finds them the same.
    bool is_own(EvidenceSource& source, const std::string& name, std::string_view what) {
        const auto compiled = compile_scenario(from_.scenario, source.set);
        const std::string hash = compiled ? compiled->plan.scenario_hash : "not valid";
        if (hash != source.scenario_hash) {
            out_.notes.push_back(fmt::format(
                "{} {}: left out, of another version of the scenario (its hash {}, this "
                "file's {})",
                name,
                what,
                source.scenario_hash,
                hash));
            return false;
        }
        std::string core = "the core of this program";
        if (source.sources != core_sources_hash()) {
            core = "another core than this program's";
            if (from_.confirm > 0) {
                const auto same = runs_again(source, from_.scenario, from_.confirm);
                if (same && *same) {
                    source.sources = core_sources_hash();
                }
                core += fmt::format(" ({} again by this one: {})",
                                    from_.confirm,
                                    same && *same ? "the same" : "not the same");
            }
        }
        out_.notes.push_back(fmt::format(
            "{} {}: {}, run by {}, kept on {}", name, what, seeds_text(source), core, source.made));
        return true;
    }

    template <class Part>
    static void keep_first(std::optional<Part>& place, std::optional<Part> part) {
        if (!place) {
            place = std::move(part);
        }
    }

    const VerdictSources& from_;
    const Compiled& scenario_;
    GatheredEvidence out_;
};

}  // namespace

std::expected<GatheredEvidence, Errors> gather_evidence(const VerdictSources& from,
                                                        const Compiled& scenario) {
    return Gathering(from, scenario).run();
}

}  // namespace margincall::inline cli
