// `margincall stress`: a given account book against a shock, without behaviour.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/run.hpp"
#include "cli/stress_lending.hpp"

namespace margincall::inline cli {

struct StressArguments {
    std::vector<std::string> files;  // account book or states, with instrument and tier files
    std::string account, venue;      // of states, as `margincall import` has them
    std::string market = "builtin/2025-11-04.toml";  // scenario
    std::vector<std::string> overrides;              // --set, of the market
    std::vector<std::string> depth;   // files, VENUE:COIN=FILE; empty = the market's own
    std::string funds;                // file; empty = the market's own
    std::vector<std::string> prices;  // COIN=USD
    std::string price_file;
    std::vector<std::string> shocks;  // COIN=MOVE[/TIME]
    std::string betas = "on", feedback = "on";
    std::string refill = "60s", step;
    double depth_factor = 1.0;
    std::string defaults;            // largest:N
    std::vector<std::string> rules;  // proposed: files laid over the market, each a case of its own
    std::string adl;                 // orders of auto-deleveraging, with commas between
    std::string vary = "on";         // half and double the step, a shock a little different
    std::vector<std::string> limits;    // "bad_debt_usd <= 5 m USD": a verdict each
    std::vector<std::string> fail_ifs;  // the same, exit 5 when one holds
    double tolerance_percent = 0.1;
    std::string salt;  // empty = a fresh one
    std::string out;   // empty = stress/<time>-<book>
    LendingOptions lending;
    std::string progress = "auto";

    std::string command;  // as typed
    std::uint64_t seed = 1;
    std::uint32_t make_sample = 0;  // accounts; > 0: write a sample book and nothing else
    std::uint32_t stages = 4;
    Output output = Output::text;
    Loudness loudness = Loudness::normal;
    bool reverse = false;
    bool skip_bad = false;
    bool market_named = false;  // else the book's own marks are the prices
    bool pseudonyms = false;
    bool report = true;
    bool colour = true;
};

[[nodiscard]] ExitCode stress_command(const StressArguments& arguments, Streams streams);

}  // namespace margincall::inline cli
