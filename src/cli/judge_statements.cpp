#include "cli/judge_statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/files.hpp"
#include "cli/report_problems.hpp"
#include "cli/terminal.hpp"
#include "cli/world_folder.hpp"
#include "lab/gates_file.hpp"
#include "lab/judge.hpp"
#include "report/causes_page.hpp"
#include "report/format.hpp"
#include "scenario/compile.hpp"
#include "scenario/policies.hpp"

namespace margincall::inline cli {
namespace {

namespace fs = std::filesystem;

// Worlds of the first cell, in the order of their paths; of an attribution the causes as well.
std::expected<void, Error> read_evidence(const fs::path& folder, Evidence& evidence) {
    std::expected<OpenedFolder, Error> opened = open_folder(folder);
    if (!opened) {
        return std::unexpected(std::move(opened.error()));
    }
    const TaskList& list = opened->list;
    if (list.base().plan.name != evidence.plan->name) {
        return std::unexpected(file_error(
            folder,
            "E715",
            fmt::format(
                "worlds of \"{}\", not of \"{}\"", list.base().plan.name, evidence.plan->name),
            "give worlds of the scenario that is judged"));
    }
    if (std::expected<AttributionCells, Error> cells = cells_of_list(list)) {
        evidence.causes = attribute({list, std::move(*cells)}, opened->held.rows);
    }
    for (PathRow& row : opened->held.rows) {
        if (list.task(row.index).cell == 0) {
            evidence.worlds.push_back(std::move(row));
        }
    }
    return {};
}

// Cells of a policy table are told by what the shipped policies set; another one has no name.
std::expected<void, Errors> read_policy_evidence(const fs::path& folder, Evidence& evidence) {
    std::expected<OpenedFolder, Error> opened = open_folder(folder);
    if (!opened) {
        return std::unexpected(Errors{std::move(opened.error())});
    }
    const std::expected<std::vector<Policy>, Errors> shipped = read_policies(shipped_policies);
    if (!shipped) {
        return std::unexpected(shipped.error());
    }
    const std::vector<Cell>& cells = opened->list.cells();
    for (std::size_t cell = 1; cell < cells.size(); ++cell) {
        const auto policy = std::ranges::find_if(*shipped, [&](const Policy& one) {
            const auto set = overrides_of(one, cells.front().resolved);
            return set && *set == cells[cell].set;
        });
        evidence.policy_names.push_back(policy == shipped->end() ? std::string{} : policy->name);
    }
    evidence.policies = policy_table({std::move(opened->list), {}}, opened->held.rows);
    return {};
}

std::string number_text(const Verdict& verdict, double value) {
    if (verdict.unit == "USD") {
        return format_money(value);
    }
    return verdict.unit == "fraction" ? format_percent(value) : fmt::format("{:.2f}", value);
}

std::string verdict_text(const Verdict& verdict) {
    std::string out = fmt::format("{}  {}\n", pad_right(verdict.id, 4), verdict.statement);
    out += fmt::format("      {}", judged_word(verdict.judged));
    if (verdict.measured) {
        out += fmt::format("   {} [{} … {}], {} worlds: {}",
                           number_text(verdict, *verdict.measured),
                           number_text(verdict, verdict.low.value_or(*verdict.measured)),
                           number_text(verdict, verdict.high.value_or(*verdict.measured)),
                           verdict.worlds,
                           verdict.figure);
    }
    out += fmt::format("\n      {}\n", verdict.reason);
    return out + (verdict.fact.empty() ? "" : fmt::format("      {}\n", verdict.fact));
}

std::expected<void, Error> write_page(const JudgeOptions& options,
                                      const Evidence& evidence,
                                      const std::vector<Verdict>& verdicts) {
    std::vector<std::string> lines;
    for (const Verdict& verdict : verdicts) {
        lines.push_back(verdict_json(verdict));
    }
    const std::string page = verdict_html(lines,
                                          {evidence.plan->name,
                                           evidence.plan->title,
                                           options.worlds,
                                           options.policies,
                                           evidence.gates.state,
                                           evidence.gates.reason,
                                           options.command});
    return write_whole(options.out, page, "give another file with -o");
}

}  // namespace

ExitCode judge_statements(const JudgeOptions& options, Streams streams) {
    const std::expected<Compiled, Errors> compiled = compile_scenario(options.scenario);
    if (!compiled) {
        return report_problems(compiled.error(), options.output, streams);
    }
    Evidence evidence;
    evidence.plan = &compiled->plan;
    evidence.gates = shipped_price_gates();
    if (!options.worlds.empty()) {
        if (auto read = read_evidence(options.worlds, evidence); !read) {
            return report_problems({read.error()}, options.output, streams);
        }
    }
    if (!options.policies.empty()) {
        if (auto read = read_policy_evidence(options.policies, evidence); !read) {
            return report_problems(read.error(), options.output, streams);
        }
    }
    const std::vector<Verdict> verdicts = judge(evidence);
    std::FILE* const human = options.output == Output::json ? streams.err : streams.out;
    if (options.worlds.empty()) {
        fmt::print(human,
                   "no worlds are given: what needs them is not identified (margincall attribute "
                   "{} makes them)\n\n",
                   options.scenario);
    }
    if (!options.out.empty()) {
        if (auto done = write_page(options, evidence, verdicts); !done) {
            return report_problems({done.error()}, options.output, streams);
        }
    }
    for (const Verdict& verdict : verdicts) {
        if (options.output == Output::json) {
            fmt::print(streams.out, "{}\n", verdict_json(verdict));
        } else {
            print_fitting(human, verdict_text(verdict));
        }
    }
    if (!options.out.empty()) {
        fmt::print(human, "\npage  {}\n", options.out);
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
