#include "cli/judge_statements.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/files.hpp"
#include "cli/machine.hpp"
#include "cli/report_problems.hpp"
#include "cli/terminal.hpp"
#include "lab/gates_file.hpp"
#include "lab/judge.hpp"
#include "report/causes_page.hpp"
#include "report/format.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {
namespace {

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
        const double low = verdict.low.value_or(*verdict.measured);
        const double high = verdict.high.value_or(*verdict.measured);
        out += fmt::format("   {}", number_text(verdict, *verdict.measured));
        if (verdict.worlds > 0) {
            out += fmt::format(" [{} … {}], {} worlds",
                               number_text(verdict, low),
                               number_text(verdict, high),
                               verdict.worlds);
        }
        out += ": " + verdict.figure;
    }
    out += fmt::format("\n      {}\n", verdict.reason);
    return out + (verdict.fact.empty() ? "" : fmt::format("      {}\n", verdict.fact));
}

std::expected<void, Error> write_page(const JudgeOptions& options,
                                      const Evidence& evidence,
                                      const GatheredEvidence& gathered,
                                      const std::vector<Verdict>& verdicts) {
    std::vector<std::string> lines;
    for (const Verdict& verdict : verdicts) {
        lines.push_back(verdict_json(verdict));
    }
    const std::string worlds = gathered.shipped
                                   ? std::string{"shipped with the program"}
                                   : fmt::format("{}", fmt::join(options.sources.worlds, ", "));
    const std::string page = verdict_html(lines,
                                          {evidence.plan->name,
                                           evidence.plan->title,
                                           worlds,
                                           options.sources.policies,
                                           gathered.notes,
                                           evidence.gates.state,
                                           evidence.gates.reason,
                                           options.command});
    return write_whole(options.out, page, "give another file with -o");
}

// What was judged by, as one file for --worlds; the day is the calendar's.
std::expected<void, Error> keep(const std::string& file, VerdictEvidence evidence) {
    const std::string today = utc_now("{:%Y-%m-%d}");
    const auto date = [&](EvidenceSource& source) {
        if (source.made.empty()) {
            source.made = today;
        }
    };
    if (evidence.day) {
        date(evidence.day->source);
    }
    if (evidence.causes) {
        date(evidence.causes->source);
    }
    if (evidence.cap) {
        date(evidence.cap->source);
    }
    return write_whole(file, evidence_text(evidence), "give another file with --keep");
}

// By what is judged, before the verdicts.
std::string sources_text(const JudgeOptions& options, const GatheredEvidence& gathered) {
    std::string out;
    for (const std::string& note : gathered.notes) {
        out += note + "\n";
    }
    const VerdictEvidence& kept = gathered.evidence;
    if (!kept.day && !kept.causes && !kept.cap) {
        out += fmt::format(
            "no worlds are given, and none are shipped for it: what needs them is not identified "
            "(margincall attribute {} and margincall policies {} make them)\n",
            options.sources.scenario,
            options.sources.scenario);
    }
    return out.empty() ? out : out + "\n";
}

}  // namespace

ExitCode judge_statements(const JudgeOptions& options, Streams streams) {
    const std::expected<Compiled, Errors> compiled = compile_scenario(options.sources.scenario);
    if (!compiled) {
        return report_problems(compiled.error(), options.output, streams);
    }
    const std::expected<GatheredEvidence, Errors> gathered =
        gather_evidence(options.sources, *compiled);
    if (!gathered) {
        return report_problems(gathered.error(), options.output, streams);
    }
    const Evidence evidence{&compiled->plan, gathered->evidence, shipped_price_gates()};
    const std::vector<Verdict> verdicts = judge(evidence);
    if (!options.out.empty()) {
        if (auto done = write_page(options, evidence, *gathered, verdicts); !done) {
            return report_problems({done.error()}, options.output, streams);
        }
    }
    if (!options.keep.empty()) {
        if (auto done = keep(options.keep, gathered->evidence); !done) {
            return report_problems({done.error()}, options.output, streams);
        }
    }
    std::FILE* const human = options.output == Output::json ? streams.err : streams.out;
    print_fitting(human, sources_text(options, *gathered));
    for (const Verdict& verdict : verdicts) {
        if (options.output == Output::json) {
            fmt::print(streams.out, "{}\n", verdict_json(verdict));
        } else {
            print_fitting(human, verdict_text(verdict));
        }
    }
    for (const auto& [what, file] : {std::pair{"page", options.out}, {"kept", options.keep}}) {
        if (!file.empty()) {
            fmt::print(human, "\n{}  {}\n", what, file);
        }
    }
    return ExitCode::done;
}

}  // namespace margincall::inline cli
