#include "lab/cross.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "analytics/price_gates_json.hpp"
#include "base/check.hpp"
#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/version.hpp"
#include "lab/attribution_outcomes.hpp"
#include "lab/draws.hpp"
#include "lab/world_table.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> read_by_no_run = {
    "observed", "observed_paths", "limits", "meta"};

struct Section {
    std::string_view head;  // "[clock]"; empty: before the first
    std::vector<std::string_view> lines;
    [[nodiscard]] std::string_view name() const {
        std::string_view out = head;
        while (out.starts_with('[')) {
            out = out.substr(1, out.size() - 2);
        }
        return out;
    }
};

std::vector<Section> sections_of(std::string_view text) {
    std::vector<Section> out(1);
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.starts_with('[')) {
            out.push_back({line, {}});
        } else if (!line.empty()) {
            out.back().lines.push_back(line);
        }
    }
    return out;
}

enum class Owner : std::uint8_t { state, events, nobody };
Owner owner_of(const Section& section, std::string_view line) {
    const std::string_view name = section.name();
    for (const std::string_view unread : read_by_no_run) {
        if (name == unread || name.starts_with(std::string{unread} + ".")) {
            return Owner::nobody;
        }
    }
    if (name == "ranges") {
        return line.starts_with("\"events.") ? Owner::events : Owner::state;
    }
    const std::string key = name.empty() ? std::string{line} : fmt::format("{}.{}", name, line);
    const bool theirs = std::ranges::any_of(event_keys, [&](std::string_view begin) {
        return key.starts_with(begin) &&
               (begin.ends_with('.') || key.substr(begin.size()).starts_with(" = "));
    });
    return theirs ? Owner::events : Owner::state;
}

// "at = 2025-11-03T14:30:00Z" or "at = { value = 2025-11-03T14:30:00Z, source = ... }", and `until`: later by so much.
std::string moved_line(std::string_view line, std::int64_t later_s) {
    constexpr std::size_t digits = std::string_view{"2025-11-03T14:30:00Z"}.size();
    for (const std::string_view key : {"at = ", "until = "}) {
        if (!line.starts_with(key)) {
            continue;
        }
        constexpr std::string_view with_source = "{ value = ";
        const bool sourced = line.substr(key.size()).starts_with(with_source);
        const std::size_t at = key.size() + (sourced ? with_source.size() : 0);
        const auto unix_s = parse_iso_utc(line.substr(at, digits));
        CHECK(unix_s.has_value());  // as resolved texts write it
        return fmt::format(
            "{}{}{}", line.substr(0, at), iso_utc(*unix_s + later_s), line.substr(at + digits));
    }
    return std::string{line};
}

// The figures that are compared: over the window and the run; fixed times are other moments in other windows.
std::vector<AttributionOutcome> compared_outcomes(const Plan& plan) {
    std::vector<AttributionOutcome> out = outcomes_of(plan);
    std::erase_if(out, [](const AttributionOutcome& outcome) {
        return !outcome.when.starts_with("at the low") && !outcome.when.starts_with("over the");
    });
    return out;
}

}  // namespace

std::string crossed_text(const Compiled& state, const Compiled& events) {
    const std::int64_t later_s = state.plan.start_unix_s - events.plan.start_unix_s;
    std::vector<std::pair<std::string, std::vector<std::string>>> out;
    const auto lines_of = [&](const Section& section) -> std::vector<std::string>& {
        const bool list = section.head.starts_with("[[");
        const auto found = std::ranges::find(
            out, section.head, &std::pair<std::string, std::vector<std::string>>::first);
        if (list || found == out.end()) {
            return out.emplace_back(section.head, std::vector<std::string>{}).second;
        }
        return found->second;
    };
    const auto copy = [&](const std::string& text, Owner owner, std::int64_t shift_s) {
        for (const Section& section : sections_of(text)) {
            std::vector<std::string> kept;
            for (const std::string_view line : section.lines) {
                if (owner_of(section, line) == owner) {
                    kept.push_back(section.name() == "events" ? moved_line(line, shift_s)
                                                              : std::string{line});
                }
            }
            if (!kept.empty()) {
                std::vector<std::string>& to = lines_of(section);
                to.insert(to.end(), kept.begin(), kept.end());
            }
        }
    };
    copy(state.resolved, Owner::state, 0);
    copy(events.resolved, Owner::events, later_s);
    std::string text;
    for (const auto& [head, lines] : out) {
        text += head.empty() ? "" : "\n" + head + "\n";
        for (const std::string& line : lines) {
            text += line + "\n";
        }
    }
    return text + fmt::format("\n[meta]\nname = {}\ntitle = {}\n",
                              quote_toml(state.plan.name + "_with_" + events.plan.name),
                              quote_toml(fmt::format(
                                  "State of {}, events of {}", state.plan.name, events.plan.name)));
}

std::string cross_name(const CrossPlan& plan, std::size_t cell) {
    return plan.names[cell / 2] + "_with_" + plan.names[cell % 2];
}

std::expected<CrossPlan, Errors> plan_cross(const CrossRequest& request) {
    std::vector<Compiled> days;
    for (const std::string& file : request.days) {
        std::expected<Compiled, Errors> day = compile_scenario(file, request.overrides);
        if (!day) {
            return std::unexpected(std::move(day.error()));
        }
        days.push_back(std::move(*day));
    }
    CrossPlan out;
    out.names = {days[0].plan.name, days[1].plan.name};
    if (out.names[0] == out.names[1]) {
        return std::unexpected(
            Errors{file_error("",
                              "E753",
                              fmt::format("both scenarios are called \"{}\"", out.names[0]),
                              "give two days, or another meta.name")});
    }
    for (std::size_t cell = 0; cell < 4; ++cell) {
        const Compiled& state = days[cell / 2];
        const Compiled& events = days[cell % 2];
        TaskRequest task;
        task.scenario = cross_name(out, cell);
        task.text = ScenarioText{crossed_text(state, events), "."};
        task.paths = request.paths;
        task.seed_from = request.seed_from.value_or(days[0].plan.seed);
        std::expected<TaskList, Errors> list =
            request.draw ? drawn_list(std::move(task)) : TaskList::make(std::move(task));
        if (!list) {
            for (Error& error : list.error()) {
                error.message +=
                    fmt::format(" (state of {}, events of {})", state.plan.name, events.plan.name);
            }
            return std::unexpected(std::move(list.error()));
        }
        out.lists.push_back(std::move(*list));
    }
    CHECK(std::ranges::all_of(out.lists, [&](const TaskList& list) {
        return list.paths() == out.lists.front().paths() &&
               list.seed_from() == out.lists.front().seed_from();
    }));
    return out;
}

CrossResult cross_result(const CrossPlan& plan, std::span<const std::vector<PathRow>> rows) {
    CHECK(rows.size() == 4 && plan.lists.size() == 4);
    CrossResult out;
    const auto seeds = static_cast<std::size_t>(plan.lists.front().paths());
    out.seeds = seeds;
    std::vector<WorldTable> worlds;
    std::vector<std::vector<AttributionOutcome>> outcomes;
    for (std::size_t cell = 0; cell < 4; ++cell) {
        worlds.push_back(world_table(rows[cell], 1, seeds));
        out.core_hours += core_hours(rows[cell]);
        outcomes.push_back(compared_outcomes(plan.lists[cell].base().plan));
    }
    for (std::size_t k = 0; k < outcomes.front().size(); ++k) {
        const AttributionOutcome& first = outcomes.front()[k];
        CrossFigure figure{first.name, first.label, first.unit, first.price, {}, {}, {}, {}};
        std::array<std::vector<double>, 4> cells;
        std::vector<PathValue> nothing, events, state, interaction;
        for (std::size_t path = 0; path < seeds; ++path) {
            std::array<std::optional<double>, 4> v;
            for (std::size_t cell = 0; cell < 4; ++cell) {
                const PathRow* const row = worlds[cell][0][path];
                if (row != nullptr) {
                    v[cell] = outcomes[cell][k].figure(*row, plan.lists[cell].base().plan);
                }
                if (v[cell]) {
                    cells[cell].push_back(*v[cell]);
                }
            }
            if (!v[0] || !v[1] || !v[2] || !v[3]) {
                continue;
            }
            const std::uint64_t seed = worlds[0][0][path]->seed;
            const double first_state = *v[cross_cell(0, 1)] - *v[cross_cell(0, 0)];
            const double second_state = *v[cross_cell(1, 1)] - *v[cross_cell(1, 0)];
            const double first_events = *v[cross_cell(1, 0)] - *v[cross_cell(0, 0)];
            const double second_events = *v[cross_cell(1, 1)] - *v[cross_cell(0, 1)];
            nothing.push_back({seed, 0.0});
            events.push_back({seed, 0.5 * (first_state + second_state)});
            state.push_back({seed, 0.5 * (first_events + second_events)});
            interaction.push_back({seed, second_state - first_state});
        }
        for (std::size_t cell = 0; cell < 4; ++cell) {
            figure.cells[cell] = mean_spread(std::move(cells[cell]));
        }
        figure.events = paired_effect(nothing, events);
        figure.state = paired_effect(nothing, state);
        figure.interaction = paired_effect(nothing, interaction);
        out.figures.push_back(std::move(figure));
    }
    return out;
}

std::string cross_json(const CrossPlan& plan, const CrossResult& result, const PriceGates& gates) {
    const TaskList& first = plan.lists.front();
    Json out{{"format", 1},
             {"version", program_version},
             {"core", first.identity()},
             {"days", plan.names},
             {"events_have", event_keys},
             {"seed_from", first.seed_from()},
             {"seeds", result.seeds},
             {"drawn", !first.request().draws.empty()},
             {"core_hours", result.core_hours},
             {"price_gates", price_gates_json(gates)},
             {"cells", Json::array()},
             {"figures", Json::array()}};
    for (std::size_t cell = 0; cell < 4; ++cell) {
        out["cells"].push_back({{"state", plan.names[cell / 2]},
                                {"events", plan.names[cell % 2]},
                                {"scenario_hash", plan.lists[cell].base().plan.scenario_hash}});
    }
    for (const CrossFigure& figure : result.figures) {
        Json row{{"name", figure.name},
                 {"label", figure.label},
                 {"unit", figure.unit},
                 {"price", figure.price},
                 {"cells", Json::array()},
                 {"events", effect_json(figure.events)},
                 {"state", effect_json(figure.state)},
                 {"interaction", effect_json(figure.interaction)}};
        for (const MeanSpread& cell : figure.cells) {
            row["cells"].push_back(mean_spread_json(cell));
        }
        out["figures"].push_back(std::move(row));
    }
    return json_text(out, 1) + "\n";
}

std::string cross_csv(const CrossPlan& plan, const CrossResult& result) {
    std::string out = "figure,unit,what,state,mean,low,high,seeds\n";
    for (const CrossFigure& figure : result.figures) {
        for (std::size_t cell = 0; cell < 4; ++cell) {
            const MeanSpread& spread = figure.cells[cell];
            out += fmt::format("{},{},{},cell,{},{},{},{}\n",
                               csv_cell(figure.name),
                               figure.unit,
                               csv_cell(cross_name(plan, cell)),
                               spread.mean,
                               spread.p05,
                               spread.p95,
                               spread.n);
        }
        for (const auto& [what, effect] : {std::pair{"events", &figure.events},
                                           std::pair{"state", &figure.state},
                                           std::pair{"interaction", &figure.interaction}}) {
            out += fmt::format("{},{},{},{},{},{},{},{}\n",
                               csv_cell(figure.name),
                               figure.unit,
                               what,
                               effect_state_word(effect->state),
                               effect->mean,
                               effect->low,
                               effect->high,
                               effect->n);
        }
    }
    return out;
}

}  // namespace margincall::inline lab
