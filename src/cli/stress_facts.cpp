#include "cli/stress_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/version.hpp"
#include "cli/machine.hpp"
#include "cli/stress_sources.hpp"
#include "cli/stress_voice.hpp"
#include "desk/lending_figures.hpp"
#include "report/format.hpp"
#include "scenario/limit_text.hpp"

namespace margincall::inline cli {
namespace {

double tolerance_of(const StressArguments& arguments) {
    return arguments.tolerance_percent * 0.01;
}

bool is_of_stress(const Limit& limit) {
    const LimitFigure* const figure = limit_figure(limit.figure);
    return figure != nullptr && figure->of_stress;
}

// The market's own that a stress has figures for, of the books that are given; then those of the options.
std::vector<Limit> limits_of(const StressSettings& settings, const StressCase& about) {
    std::vector<Limit> out;
    std::ranges::copy_if(about.todays.limits, std::back_inserter(out), [&](const Limit& limit) {
        return is_of_stress(limit) &&
               (is_of_lending(limit.figure) ? about.lending.given() : !about.lending_alone);
    });
    std::ranges::copy(settings.limits, std::back_inserter(out));
    return out;
}

std::string limits_of_runs(const StressCase& about) {
    std::string out;
    for (const Limit& limit : about.todays.limits) {
        if (!is_of_stress(limit)) {
            out += (out.empty() ? "" : "; ") + named_text(limit);
        }
    }
    return out;
}

using Facts = std::vector<std::pair<std::string, std::string>>;

Facts book_facts(const StressArguments& args, const StressCase& about, const StressReport& head) {
    return {{"stress, FNV-1a of all that it depends on", head.hash},
            {"account book, FNV-1a", args.pseudonyms ? std::string{"not shown"} : about.book_hash},
            {"market", fmt::format("{}, {}", args.market, about.todays.hash)},
            {"prices of", price_time(args, about.todays)},
            {"depth",
             args.depth.empty() ? std::string{"of the market"}
                                : fmt::format("{}", fmt::join(args.depth, ", "))},
            {"depth factor", fmt::format("{}", args.depth_factor)},
            {"funds", args.funds.empty() ? std::string{"of the market"} : args.funds}};
}

Facts lending_facts(const StressArguments& args,
                    const StressCase& about,
                    const StressReport& head) {
    return {{"stress, FNV-1a of all that it depends on", head.hash},
            {"coins and betas of", fmt::format("{}, {}", args.market, about.todays.hash)},
            {"prices", "the lending book's own"}};
}

}  // namespace

StressIdentity identity_of(const StressArguments& arguments,
                           const StressSettings& settings,
                           const StressCase& about) {
    StressInputs in;
    in.book_hash = about.book_identity;
    in.rows_left_out = about.book.rows_left_out;
    in.market = {&about.todays.market, about.todays.text};
    for (const Proposal& proposal : about.proposals) {
        in.proposed.push_back({&proposal.loaded.market, proposal.loaded.text});
    }
    in.stages = arguments.stages;
    for (const auto& [word, rank] : settings.adl_ranks) {
        in.adl_ranks.push_back(word);
    }
    in.shock = &about.shock;
    in.options = settings.options;
    in.defaults = settings.defaults;
    in.reverse = arguments.reverse;
    in.varied = settings.vary;
    for (const Limit& limit : limits_of(settings, about)) {
        in.limits.push_back(named_text(limit));
    }
    in.tolerance = tolerance_of(arguments);
    in.lending = about.lending.identity(about.todays.market);
    return stress_identity(in);
}

StressReport report_head(const StressArguments& arguments,
                         const StressSettings& settings,
                         const StressCase& about) {
    StressReport out;
    out.market = &about.todays.market;
    out.book = &about.book;
    out.title = std::filesystem::path(about.inputs.name).filename().string();
    out.market_name = about.todays.name;
    out.shock = shock_text(about.shock, about.todays.market) +
                (settings.unnamed == UnnamedCoins::by_beta ? ", other coins by beta"
                                                           : ", other coins unchanged");
    out.moves = about.shock.coins;
    out.feedback = settings.options.feedback == Feedback::on
                       ? "on: forced orders move mark and index"
                       : "off: mark follows the shock alone";
    out.created = utc_now("{:%Y-%m-%dT%H:%M:%SZ}");
    out.program = fmt::format("margincall {} (g++ {})", program_version, __VERSION__);
    out.command = arguments.command;
    out.tolerance = tolerance_of(arguments);
    out.limits = limits_of(settings, about);
    out.hash = stress_hash(identity_of(arguments, settings, about));
    if (about.lending_alone) {
        out.feedback = "none: liquidators of a lending book sell nothing";
        out.provenance = lending_facts(arguments, about, out);
    } else {
        out.provenance = book_facts(arguments, about, out);
        out.provenance.emplace_back("half-life of taken depth",
                                    duration_text(settings.options.refill));
        out.provenance.emplace_back("feedback", out.feedback);
        out.provenance.emplace_back("lines left out", fmt::format("{}", about.book.rows_left_out));
    }
    if (const std::string others = limits_of_runs(about); !others.empty()) {
        out.provenance.emplace_back("limits of the market that are about a run", others);
    }
    std::ranges::move(source_rows(about.todays.sources), std::back_inserter(out.provenance));
    std::ranges::move(about.lending.identity(about.todays.market),
                      std::back_inserter(out.provenance));
    return out;
}

}  // namespace margincall::inline cli
