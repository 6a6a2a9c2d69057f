#include "cli/stress_options.hpp"

#include <fmt/format.h>

#include "cli/number_option.hpp"
#include "cli/shared_options.hpp"

namespace margincall::inline cli {

void StressCommandLine::add(CLI::App& app) {
    command_ = app.add_subcommand(
        "stress", "a given account book against a shock: who is liquidated, what the funds pay");
    CLI::App* const c = command_;
    StressArguments& a = args_;
    c->add_option("book",
                  a.files,
                  "account book or lending book (CSV) or account states (JSON), with the venue's "
                  "instrument and "
                  "tier files");
    c->add_option("--account", a.account, "name of the account where states carry none")
        ->type_name("NAME");
    c->add_option("--venue", a.venue, "venue of the market that states are put at")
        ->type_name("VENUE");
    c->add_option(
         "--shock", a.shocks, "COIN=MOVE or COIN=MOVE/TIME, one a coin (default BTC=-15%/10min)")
        ->type_name("SHOCK")
        ->allow_extra_args(false);
    c->add_option("--moves",
                  a.lending.moves,
                  "coin that moves an asset of the lending book: wstETH=ETH, LINK=nothing")
        ->type_name("ASSET=COIN")
        ->allow_extra_args(false);
    c->add_option("--bonus",
                  a.lending.bonuses,
                  "liquidation bonus where the lending book has none: 6%, wstETH=7%, emode=1%")
        ->type_name("RATE")
        ->allow_extra_args(false);
    market_ = c->add_option("--market",
                            a.market,
                            "scenario with venues, rules, prices, depth, funds; without it the "
                            "book's own marks are the prices")
                  ->type_name("FILE")
                  ->envname("MARGINCALL_MARKET");
    c->add_option(
         "--set", a.overrides, "replace a value of the market: --set venues.A.fees.taker=...")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    c->add_option("--depth",
                  a.depth,
                  "depth profile, volumes or order books (CSV), or a venue's recorded order book "
                  "(JSON), COIN=FILE where that does not say its coin")
        ->type_name("FILE")
        ->allow_extra_args(false);
    c->add_option("--depth-factor", a.depth_factor, "multiplies all resting depth")
        ->transform(real_number(0.0, 1000.0))
        ->type_name("X");
    c->add_option("--funds", a.funds, "CSV: fund balances by pool")->type_name("FILE");
    c->add_option("--price", a.prices, "price of a coin at the time of the book: BTC=101250.5")
        ->type_name("COIN=USD")
        ->allow_extra_args(false);
    c->add_option("--prices", a.price_file, "CSV: coin, price")->type_name("FILE");
    c->add_option("--betas", a.betas, "on: coins without a shock move by beta; off: they do not");
    c->add_option(
        "--feedback", a.feedback, "on: forced orders move mark and index; off: they do not");
    c->add_option(
         "--refill", a.refill, "half-life of depth that forced orders took; 0s = it stays away")
        ->type_name("TIME");
    c->add_option(
         "--step", a.step, "time step of an account book (default 1s, longer for slow shocks)")
        ->type_name("TIME");
    c->add_option(
         "--default", a.defaults, "largest:1 (Cover-1) or largest:2 (Cover-2) owner groups default")
        ->type_name("largest:N");
    c->add_option("--rules",
                  a.rules,
                  "proposed rules, laid over the market, beside today's; several: each a column")
        ->type_name("FILE")
        ->allow_extra_args(false);
    // What would change nothing alone is refused alone.
    c->add_option("--stages", a.stages, "stages of the rules' activation")
        ->transform(whole_number(1, 100))
        ->needs("--rules")
        ->type_name("N");
    c->add_option("--adl",
                  a.adl,
                  "compare orders of auto-deleveraging with today's: profit*leverage,pro-rata")
        ->type_name("RULE,...");
    c->add_flag("--reverse",
                a.reverse,
                "smallest shocks that empty a fund, start ADL, leave bad debt; of a lending book "
                "that liquidate somebody, "
                "a tenth of the debt, leave bad debt, break a limit");
    c->add_option("--vary",
                  a.vary,
                  "on: also at half and double the step and with a shock a little smaller, larger, "
                  "faster and slower, as ranges; off: one stress");
    c->add_option("--limit",
                  a.limits,
                  "a limit on a figure, for a verdict: \"bad_debt_usd <= 0\", of a lending book "
                  "\"lending.bad_debt_usd <= 0\"")
        ->type_name("LIMIT")
        ->allow_extra_args(false);
    c->add_option("--fail-if", a.fail_ifs, "exit code 5 if it holds: \"funds_emptied > 0\"")
        ->type_name("CONDITION")
        ->allow_extra_args(false);
    c->add_option("--tolerance", a.tolerance_percent, "of the reconciliation, percent")
        ->transform(real_number(0.0, 100.0))
        ->type_name("PERCENT");
    c->add_flag("--skip-bad", a.skip_bad, "go on without the accounts whose lines are wrong");
    c->add_flag("--pseudonyms", a.pseudonyms, "replace account ids and owner groups in all output");
    c->add_option("--salt", a.salt, "key of the pseudonyms; a fresh one when absent")
        ->type_name("TEXT")
        ->envname("MARGINCALL_SALT");
    c->add_option("-o,--out", a.out, "result folder (default stress/...), or file of --make-sample")
        ->type_name("DIR");
    add_progress(c, a.progress);
    c->add_flag("--no-report", no_report_, "no HTML report");
    c->add_option(
         "--make-sample", a.make_sample, "write a sample book of so many accounts, nothing else")
        ->transform(whole_number(100, 2'000'000))
        ->type_name("N");
    c->add_option("--seed", a.seed, "of the sample")
        ->transform(seed_number())
        ->needs("--make-sample")
        ->type_name("N");
    add_quiet(c, quiet_);
    add_verbose(c, verbose_);
    add_json(c, json_);
    add_no_color(c, no_color_);
}

ExitCode StressCommandLine::run(const std::string& typed, Streams streams) {
    args_.command = typed;
    args_.output = json_ ? Output::json : Output::text;
    args_.loudness = quiet_ ? Loudness::quiet : (verbose_ ? Loudness::verbose : Loudness::normal);
    args_.colour = !no_color_;
    args_.report = !no_report_;
    args_.market_named = market_->count() > 0;
    if (args_.files.empty() && args_.make_sample == 0) {
        fmt::print(streams.err,
                   "margincall: stress: no account book is given\n"
                   "   help: margincall stress book.csv --shock BTC=-15%/10min; "
                   "--make-sample 100000 -o book.csv.gz writes one to try\n");
        return ExitCode::command_line;
    }
    return stress_command(args_, streams);
}

}  // namespace margincall::inline cli
