#include "cli/prevent.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "cli/report_problems.hpp"
#include "cli/run_files.hpp"
#include "cli/run_folder.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/gates_file.hpp"
#include "lab/prevention_json.hpp"
#include "lab/world_table.hpp"
#include "report/causes_page.hpp"
#include "report/format.hpp"
#include "scenario/limit_text.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_fresh_trials = 5;

// --- what is to be kept, and what may be changed --------------------------------------------------------

std::expected<std::vector<Limit>, Errors> limits_to_keep(const PreventOptions& options,
                                                         const std::vector<Limit>& of_scenario) {
    std::vector<Limit> out;
    Errors errors;
    for (const std::string& text : options.limits) {
        auto limit = parse_limit(text, LimitScope::any);
        if (!limit) {
            Error error = file_error("--limit " + shown(text),
                                     limit.error().code.c_str(),
                                     std::move(limit.error().message),
                                     "");
            error.allowed = std::move(limit.error().allowed);
            errors.push_back(std::move(error));
        } else {
            out.push_back(std::move(*limit));
        }
    }
    if (options.limits.empty()) {
        out = of_scenario;
    }
    for (const Limit& limit : out) {
        if (!limit_figure(limit.figure)->of_run) {
            errors.push_back(file_error(
                options.run.scenario,
                "E743",
                fmt::format("\"{}\" is about a stress: no world has that figure", limit.text),
                "--limit \"FIGURE <= VALUE\" with a figure of docs/metrics.md"));
        }
    }
    if (out.empty() && errors.empty()) {
        errors.push_back(file_error(options.run.scenario,
                                    "E743",
                                    "there is no limit to keep",
                                    "[limits] in the scenario, or --limit \"adl_usd <= 0\""));
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return out;
}

// A policy of whose keys every one is a knob's of that kind.
bool is_covered(const Policy& policy, const std::vector<Knob>& knobs) {
    return std::ranges::any_of(knobs, [&](const Knob& knob) {
        return std::ranges::all_of(policy.set, [&](const auto& one) {
            return std::ranges::any_of(knob.policy.set,
                                       [&](const auto& other) { return other.first == one.first; });
        });
    });
}

struct Choice {
    std::vector<Lever> levers;
    std::vector<std::pair<std::string, std::string>> left_out;  // name and why
    std::vector<std::pair<std::string, std::string>> pairs;     // groups
};

std::expected<Choice, Errors> all_levers(const PreventOptions& options) {
    auto knobs = read_knobs(options.knobs);
    if (!knobs) {
        return std::unexpected(std::move(knobs.error()));
    }
    const auto policies = read_policies(options.policies);
    if (!policies) {
        return std::unexpected(policies.error());
    }
    const auto named = [&](const Policy& policy) {
        return std::ranges::find(options.only, policy.name) != options.only.end();
    };
    Choice out;
    out.pairs = std::move(knobs->pairs);
    for (const Knob& knob : knobs->knobs) {
        if (options.only.empty() || named(knob.policy)) {
            out.levers.push_back({knob.policy, knob});
        }
    }
    for (const Policy& policy : *policies) {
        if (named(policy)) {
            out.levers.push_back({policy, std::nullopt});
        } else if (options.only.empty()) {
            const std::string why = is_covered(policy, knobs->knobs) ? "a knob has its keys"
                                    : policy.assumes.empty()         ? ""
                                                                     : "it assumes what people do";
            if (why.empty()) {
                out.levers.push_back({policy, std::nullopt});
            } else {
                out.left_out.emplace_back(policy.name, why);
            }
        }
    }
    Errors errors;
    for (const std::string& name : options.only) {
        if (std::ranges::none_of(out.levers,
                                 [&](const Lever& lever) { return lever.policy.name == name; })) {
            std::vector<std::string> known;
            for (const Knob& knob : knobs->knobs) {
                known.push_back(knob.policy.name);
            }
            for (const Policy& policy : *policies) {
                known.push_back(policy.name);
            }
            errors.push_back(
                file_error(options.knobs,
                           "E741",
                           fmt::format("--knobs: there is no knob or policy \"{}\"", name),
                           fmt::format("{}", fmt::join(known, ", "))));
        }
    }
    if (!options.pairs.empty()) {
        out.pairs.clear();
    }
    for (const std::string& text : options.pairs) {
        if (const auto pair = pair_of_groups(text)) {
            out.pairs.push_back(*pair);
        } else {
            errors.push_back(file_error("--pairs " + shown(text),
                                        "E741",
                                        "is not GROUP+GROUP",
                                        "--pairs fund+leverage,fund+adl"));
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return out;
}

PolicyRequest request_of(const PreventOptions& options, const std::string& file) {
    PolicyRequest request;
    request.scenario = compared_request(options.run, file);
    request.draw = !options.no_draw;
    return request;
}

// Leaves out levers that this scenario has no place for. Of levers that were asked for by name that is an error.
std::expected<void, Errors> keep_fitting(const PreventOptions& options, Choice& choice) {
    std::vector<Lever> fitting;
    for (Lever& lever : choice.levers) {
        PolicyRequest request = request_of(options, options.run.scenario);
        request.scenario.paths = 1;
        request.draw = false;
        const Lever one[] = {lever};
        request.policies = {policy_of(one, {{0}, knob_steps})};
        const auto day = plan_policy_day(request);
        if (day) {
            fitting.push_back(std::move(lever));
            continue;
        }
        if (!options.only.empty()) {
            return std::unexpected(day.error());
        }
        const Error& error = day.error().front();
        choice.left_out.emplace_back(
            lever.policy.name,
            error.code == "E701" ? "it changes nothing in this scenario" : error.message);
    }
    choice.levers = std::move(fitting);
    return {};
}

// --- worlds ---------------------------------------------------------------------------------------------

// Worlds of one round: today's rules and some settings, on the same seeds.
struct Round {
    PolicyDay day;
    Held held;
};

class Worlds {
  public:
    Worlds(const PreventOptions& options, fs::path folder, Streams streams)
        : options_(options), folder_(std::move(folder)), streams_(streams) {}

    // Why it did not come to an end was printed.
    std::expected<Round, ExitCode> run(const std::string& name, const PolicyRequest& request) {
        std::expected<PolicyDay, Errors> day = plan_policy_day(request);
        if (!day) {
            return std::unexpected(report_problems(day.error(), options_.run.output, streams_));
        }
        const fs::path place = folder_ / name;
        if (const auto taken = folder_taken(place, options_.run, {})) {
            return std::unexpected(report_problems({*taken}, options_.run.output, streams_));
        }
        if (const auto copied = copy_known(place, day->list); !copied) {
            return std::unexpected(
                report_problems({copied.error()}, options_.run.output, streams_));
        }
        if (options_.run.loudness != Loudness::quiet) {
            fmt::print(streams_.err,
                       "{}: {} settings and today's rules, {} seeds\n",
                       name,
                       request.policies.size(),
                       day->list.paths());
        }
        std::optional<Held> held;
        const ExitCode code =
            work_on(day->list, place, {}, options_.run, streams_, [&](const Held& found) {
                held = found;
                return ExitCode::done;
            });
        if (!held) {
            return std::unexpected(code);
        }
        failed_ += held->failed;
        for (const PathRow& row : held->rows) {
            if (known_.emplace(row.key, row).second) {
                seconds_ += row.summary.wall_s;
            }
        }
        return Round{std::move(*day), std::move(*held)};
    }

    [[nodiscard]] std::uint64_t failed() const { return failed_; }
    [[nodiscard]] double core_hours() const { return seconds_ / 3600.0; }

  private:
    // Worlds of this search that the list has as well, today's rules above all, are run once.
    std::expected<void, Error> copy_known(const fs::path& place, const TaskList& list) {
        auto store = WorldStore::open(place, list, {});
        if (!store) {
            return std::unexpected(store.error());
        }
        for (std::uint64_t index = 0; index < list.size(); ++index) {
            const Task task = list.task(index);
            const auto known = known_.find(task.key);
            if (known == known_.end() || store->finished().contains(task.key)) {
                continue;
            }
            PathRow row = known->second;
            row.index = index;
            if (auto done = store->append(0, row); !done) {
                return done;
            }
        }
        return {};
    }

    const PreventOptions& options_;
    fs::path folder_;
    Streams streams_;
    std::map<std::string, PathRow> known_;
    std::uint64_t failed_ = 0;
    double seconds_ = 0.0;
};

// By cell: today's rules first, then the settings.
std::vector<KeptLimits> kept_by_cell(const Round& round, const std::vector<Limit>& limits) {
    const TaskList& list = round.day.list;
    const WorldTable worlds =
        world_table(round.held.rows, list.cells().size(), static_cast<std::size_t>(list.paths()));
    std::vector<KeptLimits> out;
    for (const auto& cell : worlds) {
        out.push_back(kept_limits(limits, cell));
    }
    return out;
}

std::vector<Policy> policies_of(const std::vector<Lever>& levers,
                                const std::vector<Setting>& settings) {
    std::vector<Policy> out;
    for (const Setting& setting : settings) {
        out.push_back(policy_of(levers, setting));
    }
    return out;
}

// --- the three parts of the search ----------------------------------------------------------------------

std::expected<void, ExitCode> search(Prevention& out, Worlds& worlds, const PolicyRequest& base) {
    SettingSearch next(out.levers, out.pairs, out.share);
    for (std::vector<Setting> settings = next.next(); !settings.empty(); settings = next.next()) {
        PolicyRequest request = base;
        request.policies = policies_of(out.levers, settings);
        // Rounds have few cells, so the number of the last setting names the folder.
        auto round =
            worlds.run(fmt::format("search-{:03}", next.tried().size() + settings.size()), request);
        if (!round) {
            return std::unexpected(round.error());
        }
        const std::vector<KeptLimits> kept = kept_by_cell(*round, out.limits);
        next.take(std::span(kept).subspan(1));
        out.changed.insert(out.changed.end(), round->day.changed.begin(), round->day.changed.end());
    }
    out.tried = next.tried();
    out.tried_pairs = next.tried_pairs();
    return {};
}

std::expected<void, ExitCode> add_quiet_costs(Prevention& out,
                                              Worlds& worlds,
                                              const PreventOptions& options) {
    std::vector<std::size_t> rows;
    std::vector<Setting> settings;
    for (const std::size_t row : cheapest_first(out.tried, {})) {
        rows.push_back(row);
        settings.push_back(out.tried[row].setting);
    }
    if (rows.empty() || options.quiet.empty()) {
        return {};
    }
    std::vector<PolicyTable> tables;
    for (std::size_t k = 0; k < options.quiet.size(); ++k) {
        PolicyRequest request = request_of(options, options.quiet[k]);
        request.policies = policies_of(out.levers, settings);
        auto round = worlds.run(fmt::format("quiet-{}", k + 1), request);
        if (!round) {
            return std::unexpected(round.error());
        }
        tables.push_back(policy_table(round->day, round->held.rows));
        out.quiet_days.push_back(round->day.list.base().plan.title);
    }
    out.costs.resize(out.tried.size());
    for (std::size_t k = 0; k < rows.size(); ++k) {
        out.costs[rows[k]] = quiet_cost(tables, k);
    }
    return {};
}

// The cheapest first, until one holds on seeds that the search did not see.
std::expected<void, ExitCode> try_fresh(Prevention& out,
                                        Worlds& worlds,
                                        const PolicyRequest& base) {
    for (const std::size_t row : cheapest_first(out.tried, out.costs)) {
        if (out.fresh.size() == most_fresh_trials) {
            break;
        }
        PolicyRequest request = base;
        request.scenario.seed_from = out.fresh_from;
        request.scenario.paths = out.fresh_seeds;
        request.policies = {policy_of(out.levers, out.tried[row].setting)};
        auto round = worlds.run(fmt::format("fresh-{}", out.fresh.size() + 1), request);
        if (!round) {
            return std::unexpected(round.error());
        }
        std::vector<KeptLimits> kept = kept_by_cell(*round, out.limits);
        out.today_fresh = std::move(kept[0]);
        out.fresh.push_back({row, std::move(kept[1])});
        if (freshness(out.fresh.back().kept.all, out.share) != Freshness::failed) {
            break;
        }
    }
    return {};
}

// --- what is said ---------------------------------------------------------------------------------------

std::string tried_text(const Prevention& search) {
    std::string out = fmt::format(
        "\ntried, {} seeds; in which share of worlds every limit is kept (90 % interval)\n",
        search.base->paths());
    const auto line = [&](const std::string& label, double size, const KeptShare& kept) {
        out += fmt::format("   {}{}  {}{}\n",
                           pad_right(label, 56),
                           size > 0.0 ? fmt::format("{:4.1f}", size) : "    ",
                           kept_text(kept),
                           keeps(kept, search.share) ? "  kept" : "");
    };
    line("today's rules", 0.0, search.today.all);
    for (const TriedSetting& tried : search.tried) {
        line(policy_of(search.levers, tried.setting).label, tried.size, tried.kept.all);
    }
    for (const auto& [name, why] : search.left_out) {
        out += fmt::format("   not tried: {}: {}\n", name, why);
    }
    return out;
}

ExitCode write_and_say(const Prevention& search,
                       const fs::path& folder,
                       const RunOptions& run,
                       Streams streams) {
    const PriceGates gates = shipped_price_gates();
    const std::string json = prevention_json(search, gates);
    if (const auto done = write_answers(folder,
                                        {{"prevent.json", json},
                                         {"prevent.csv", prevention_csv(search)},
                                         {"report.html", prevention_html(json, run.command)}},
                                        run,
                                        streams);
        !done) {
        return done.error();
    }
    std::FILE* const human = run.output == Output::json ? streams.err : streams.out;
    std::string text = tried_text(search) + "\n";
    for (const std::string& sentence : prevention_answer(search)) {
        text += sentence + "\n";
    }
    if (gates.state != "met") {
        text += fmt::format("\nwhat is said of limits on prices is void: {}\n", gates.reason);
    }
    print_fitting(human, text);
    fmt::print(
        human, "prevent  {}\nreport  {}\n", folder.string(), (folder / "report.html").string());
    if (run.output == Output::json) {
        fmt::print(streams.out, "{}", json);
    }
    return ExitCode::done;
}

}  // namespace

ExitCode prevent(const PreventOptions& options, Streams streams) {
    const RunOptions& run = options.run;
    const auto wrong = [&](const Errors& errors) {
        return report_problems(errors, run.output, streams);
    };
    std::expected<Choice, Errors> choice = all_levers(options);
    if (!choice) {
        return wrong(choice.error());
    }
    const PolicyRequest base = request_of(options, run.scenario);
    std::expected<PolicyDay, Errors> today = plan_policy_day(base);
    if (!today) {
        return wrong(today.error());
    }
    const TaskList& list = today->list;
    auto limits = limits_to_keep(options, list.base().limits);
    if (!limits) {
        return wrong(limits.error());
    }
    if (!announce(list.base(), run, streams)) {
        return ExitCode::scenario;
    }
    if (const auto fits = keep_fitting(options, *choice); !fits) {
        return wrong(fits.error());
    }
    const fs::path folder = run.out.empty() ? fs::path("prevent") / safe_name(list.base().plan.name)
                                            : fs::path(run.out);
    Worlds worlds(options, folder, streams);
    Prevention out;
    out.base = &list;
    out.limits = std::move(*limits);
    out.share = options.percent / 100.0;
    out.levers = std::move(choice->levers);
    out.left_out = std::move(choice->left_out);
    out.pairs = std::move(choice->pairs);
    out.fresh_from = list.seed_from() + static_cast<std::uint64_t>(list.paths());
    out.fresh_seeds = options.fresh;
    const auto first = worlds.run("today", base);
    if (!first) {
        return first.error();
    }
    out.today = kept_by_cell(*first, out.limits).front();
    if (!keeps(out.today.all, out.share)) {
        if (const auto done = search(out, worlds, base); !done) {
            return done.error();
        }
        if (const auto done = add_quiet_costs(out, worlds, options); !done) {
            return done.error();
        }
        if (const auto done = try_fresh(out, worlds, base); !done) {
            return done.error();
        }
    }
    out.core_hours = worlds.core_hours();
    const ExitCode code = write_and_say(out, folder, run, streams);
    return code == ExitCode::done && worlds.failed() > 0 ? ExitCode::sweep : code;
}

}  // namespace margincall::inline cli
