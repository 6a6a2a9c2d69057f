#include "scenario/error_codes.hpp"

#include <array>

namespace margincall::inline scenario {
namespace {

constexpr std::array codes = {
    ErrorCode{
        "E101",
        "not TOML",
        "The text breaks TOML's own rules, so nothing after that place was read. Common causes: a "
        "missing quote, a missing =, the same table twice. Text and units stand in quotes."},
    ErrorCode{
        "E102",
        "file missing",
        "A file named on the command line, or by extends, rules, tiers, burn_in or observed_paths, "
        "does not exist, cannot be read, or is a folder, pipe or device: only regular files are "
        "opened (- is standard input). Paths are relative to the file that names them; "
        "\"builtin/...\" names a shipped file. Exit code 4 when nothing else is wrong."},
    ErrorCode{
        "E103",
        "too large",
        "A file, or what a gzipped one unpacks to, is larger than any of its kind. The message "
        "says how much is read."},
    ErrorCode{"E104",
              "unknown key",
              "No such key in this table. Unknown keys are errors, so that a typing error cannot "
              "silently "
              "leave a default in place. `margincall schema` lists every key."},
    ErrorCode{
        "E105",
        "not UTF-8",
        "Text of files, arguments and environment is UTF-8. The message names line, column and "
        "byte; iconv -f LATIN1 -t UTF-8 FILE converts an older file."},
    ErrorCode{
        "E106",
        "not available yet",
        "The key or event type belongs to a part of the model that this version does not contain, "
        "or "
        "the command cannot execute this value of a rule (margincall schema --capabilities). It is "
        "refused because a result that ignored it would look like one that contained it."},
    ErrorCode{"E107", "missing", "A key without a default, or a whole table, is not there."},
    ErrorCode{
        "E109",
        "circle or chain",
        "Files extend each other, or venues are like each other, in a circle, or more than eight "
        "of them one another in a row. The message says which of the two, and the circle."},
    ErrorCode{
        "E110", "unknown name", "A venue or an asset is named that the scenario does not contain."},
    ErrorCode{"E111",
              "--set cannot be applied",
              "An override wants KEY=VALUE; the key is a dotted path (events.0.add for a row, * "
              "for every "
              "name) into tables that exist or can be made."},
    ErrorCode{"E112",
              "nested too deep",
              "Tables and lists stand inside each other, a dotted key one level a part, more than "
              "32 levels deep. No key of a scenario needs more than six."},
    ErrorCode{"E113",
              "too many rows",
              "There are more venues, coins (with their copies) or events than a run can have. The "
              "message says how many."},
    ErrorCode{"E201",
              "wrong type",
              "The value is of another kind than the key wants: text, number, list, table, true or "
              "false, "
              "date and time."},
    ErrorCode{
        "E202",
        "unit missing or wrong",
        "Figures carry their unit in the value, as text: \"250 ms\", \"4 %\", \"1.2 bn USD\". Bare "
        "numbers stand only where no unit exists, and for shares as fractions."},
    ErrorCode{"E203", "out of range", "The value lies outside the range that the key allows."},
    ErrorCode{"E204", "unknown word", "The value is not one of the words that the key allows."},
    ErrorCode{"E205",
              "not a figure",
              "The text does not read as a number with a unit. Decimals have a point; commas group "
              "thousands exactly as in 1,234,567, so that 0,05 is refused and not read as 5."},
    ErrorCode{"E206",
              "source without status",
              "A source begins with measured, reported, derived or assumed, because the report "
              "lists every "
              "assumed input."},
    ErrorCode{
        "E301",
        "time outside the run",
        "An event begins before the start or after the end, ends before it begins, or the day of "
        "the "
        "metrics is not inside the run. An event before the start belongs into the state at the "
        "start."},
    ErrorCode{
        "E302",
        "shares do not add up",
        "The venues' shares of open interest, of perp volume and of spot volume each add up to 100 "
        "%; spot-only venues have none of perps."},
    ErrorCode{"E303",
              "margin tiers",
              "Tiers begin at 0, leave no gap, rates rise, and the deduction is the one that keeps "
              "maintenance margin continuous (floor times the step in rate, added up)."},
    ErrorCode{
        "E304",
        "price and size steps",
        "Money is counted in whole micro-dollars, so one lot at one tick, or at up to 1000 ticks "
        "that are then moved together, must be worth a whole number of them. A price is "
        "at least 20 ticks."},
    ErrorCode{
        "E305",
        "price history",
        "The tables before the start have equal length and end at the start price, a price lies "
        "between the low and the high of its step and moves less than twentyfold from one step to "
        "the next; BTC is always there."},
    ErrorCode{"E306",
              "quantity that the event may not touch",
              "An event of a type moves only the quantities of model 8.2. A price, a depth or a "
              "liquidation total is never an input."},
    ErrorCode{"E307",
              "unknown metric",
              "The names in [observed] are those of summary.json, because only those have a "
              "unit and a counting rule (margincall schema --metrics). A limit may also name a "
              "figure of a stress."},
    ErrorCode{"E308",
              "merged row",
              "A venue or coin stands for several (merged_from), as the resolved text of a reduced "
              "world has them. No other size can be made of it, because what was merged cannot be "
              "taken apart again."},
    ErrorCode{
        "E309",
        "values that do not go together",
        "Each of the values is allowed alone, but not with the others: a lower bound above its "
        "upper one, a leverage rule whose result no account can be drawn at, or more money at "
        "the start than the ledger counts. Nothing of the run would mean anything."},
    ErrorCode{"E511",
              "folder cannot be written",
              "The run folder or a file in it cannot be made. Nothing half-written is left behind; "
              "what was "
              "whole by then is kept as NAME.incomplete, and the message names it."},
    ErrorCode{"E512",
              "disk full",
              "There was no room for the run folder. Nothing half-written is left behind; what was "
              "whole by then is kept as NAME.incomplete, and the message names it."},
    ErrorCode{"E521",
              "not a run folder",
              "The folder or a file in it is not there. `margincall run` writes run folders; one "
              "made with --no-record has no database."},
    ErrorCode{"E522",
              "damaged",
              "A file of a run folder is not the one that the run wrote: it is missing, cannot be "
              "read, or its hash is not that of manifest.json. Exit code 4."},
    ErrorCode{"E523",
              "SQL",
              "The statement of `margincall query` is not right; the message is SQLite's own. "
              "Without a statement the command lists tables and columns."},
    ErrorCode{"E524",
              "only reading",
              "A run folder is never changed: statements that write, attach a file or change a "
              "setting are refused."},
    ErrorCode{"E525",
              "other version",
              "The file has a layout that this version does not read. manifest.json names the "
              "version that wrote it."},
    ErrorCode{"E526", "unknown table", "The run's database has no table of this name."},
    ErrorCode{
        "E528",
        "not comparable",
        "`margincall compare` was given folders whose figures do not stand beside each other: "
        "runs and stresses, or runs of different sizes without --mix."},
    ErrorCode{
        "E601",
        "column missing",
        "An account book, depth or fund file lacks a column that it needs, or has no line. The "
        "first line names the columns, in any order (docs/account-book.md)."},
    ErrorCode{"E602", "unknown column", "A column has a name that is not known, or stands twice."},
    ErrorCode{"E603",
              "not a number",
              "Numbers are decimals of at most 18 digits with a point; thousands are not grouped "
              "or exactly "
              "as in 1,234,567 (in quotes where commas separate fields). A decimal comma is named "
              "as such "
              "and never read as grouping."},
    ErrorCode{"E604", "out of range", "The number is too small or too large for what it says."},
    ErrorCode{"E605", "unknown word", "The field allows only some words."},
    ErrorCode{"E606",
              "unknown name",
              "A venue, instrument or asset that the market (--market) does not have."},
    ErrorCode{"E607",
              "position twice",
              "An account has the same instrument and side in two lines of one wallet."},
    ErrorCode{"E608", "not whole lots", "Sizes are multiples of the instrument's lot."},
    ErrorCode{
        "E609",
        "fields",
        "A line has more or fewer fields than the first line, a quote does not end, or a line "
        "begins with # and has as many fields as the first: a comment has a blank behind the "
        "#, and a field that begins with # stands in quotes."},
    ErrorCode{
        "E610",
        "line incomplete",
        "A line holds a position (instrument, side, size, entry), a collateral line (amount), or "
        "both; an isolated position needs its margin."},
    ErrorCode{"E611", "owner group", "An account belongs to one owner group, at all venues."},
    ErrorCode{"E612", "damaged file", "A gzipped file is cut off or broken."},
    ErrorCode{"E613",
              "depth",
              "Cumulative depth cannot fall with distance, and an order book cannot be crossed or "
              "one-sided."},
    ErrorCode{"E614", "pools", "Every instrument of a venue belongs to exactly one pool."},
    ErrorCode{"E615", "stress option", "An option of `margincall stress` cannot be read."},
    ErrorCode{
        "E617",
        "not in a run",
        "An account book for `[population] book` holds something that only `margincall stress` "
        "can margin: several positions in a wallet, coins as collateral, tier overrides."},
    ErrorCode{
        "E618",
        "marks apart",
        "The account book says what its prices were, and the market has others. --price COIN=USD "
        "values the book at its own."},
    ErrorCode{
        "E631", "not JSON", "An account state is the JSON that the venue's interface answered."},
    ErrorCode{
        "E632",
        "figure missing",
        "A figure of an account state is not there or is no number. Nothing is guessed for it."},
    ErrorCode{"E633",
              "unknown state",
              "The file is not an answer of an interface that `margincall import` knows "
              "(docs/import.md)."},
    ErrorCode{
        "E634",
        "part missing",
        "The files are not all parts of one account at one venue (docs/import.md lists them)."},
    ErrorCode{
        "E635",
        "not in a book",
        "The account holds what an account book cannot say, such as portfolio margin or contracts "
        "margined in their coin."},
    ErrorCode{"E636",
              "tiers of a file",
              "A venue's instrument or tier file has margin tiers that leave a gap, fall, or count "
              "something else than the venue's rules (docs/import.md)."},
    ErrorCode{
        "E641",
        "record contradicts itself",
        "Files of a record of auto-deleveraging (docs/adl-laboratory.md) name a wave or a coin "
        "that the others "
        "do not have, one twice, waves out of order, or more closed in the waves than in all."},
    ErrorCode{"E701",
              "values to vary",
              "--vary takes KEY=LO:HI:N with numbers of one unit, or KEY=A,B,C."},
    ErrorCode{"E702",
              "seeds in a grid",
              "Seeds are not a key to vary: --paths N --seed-from S gives every cell the same."},
    ErrorCode{"E711",
              "another plan",
              "The folder was begun for other worlds, or by a build whose worlds may differ."},
    ErrorCode{"E712",
              "in use",
              "Another process works on this part of the folder (docs/many-worlds.md)."},
    ErrorCode{"E713",
              "damaged worlds",
              "A line of the folder's parts is no finished world, or a world has two results."},
    ErrorCode{"E714",
              "begun before",
              "The folder holds unfinished or finished worlds of this plan; --resume goes on."},
    ErrorCode{
        "E715",
        "no plan",
        "The folder is not one of a sweep or of many paths. One that was there before is never "
        "written into."},
    ErrorCode{"E716",
              "no gates",
              "The file is not what `margincall validate-model --gates` writes, or of another "
              "version of the program."},
    ErrorCode{"E721",
              "cannot come by surprise",
              "A hack is prepared before the start: its attacker has wallets, pools and a plan. "
              "Write it into "
              "the scenario."},
    ErrorCode{"E722",
              "has passed",
              "An event can be injected at the time that a world has reached, or later."},
    ErrorCode{
        "E723", "finished", "Records and totals of the world are closed; nothing may follow."},
    ErrorCode{
        "E731",
        "no such player",
        "--players names the causes that an attribution splits a fall among; docs/attribution.md "
        "lists them."},
    ErrorCode{"E732",
              "nothing to split",
              "An attribution needs two players or more that have an event or a mechanism in the "
              "scenario."},
    ErrorCode{"E741",
              "not a policy",
              "A file of policies has tables [policies.NAME] with label, group, about, assumes and "
              "set; what is "
              "set are rules of venues (venues.*) or protocols (defi.*). A knob, [knobs.NAME], has "
              "today and most as well, and {} where the scale's value stands."},
    ErrorCode{"E742",
              "nothing to multiply",
              "A policy's value \"x2\" is twice what the scenario has at that key, which must be a "
              "number."},
    ErrorCode{
        "E743",
        "no limit to keep",
        "The search for rules needs limits on figures of worlds: [limits] of the scenario, or "
        "--limit; docs/metrics.md lists the figures."},
    ErrorCode{"E751",
              "no such way to group owners",
              "--by names how owners are grouped; docs/externality.md lists the ways."},
    ErrorCode{"E752",
              "no owners are drawn",
              "Groups of owners are parts of a drawn population; a scenario with a given account "
              "book has none."},
    ErrorCode{"E753",
              "one day twice",
              "cross puts the states and events of two scenarios together and tells them apart by "
              "meta.name."},
    ErrorCode{"E724", "no snapshot", "The file is not what World.snapshot writes."},
    ErrorCode{"E725",
              "another build's snapshot",
              "A snapshot holds the events that lead to a state; another build's events lead to "
              "another."},
    ErrorCode{"E726",
              "another state",
              "The events of the snapshot did not give the digest that it names."},
    ErrorCode{
        "E727",
        "no scenario for it",
        "A run folder can be made again from its scenario; events that were injected and agents in "
        "Python are in none."},
    ErrorCode{
        "E728", "lost world", "An agent in Python raised an exception in the middle of an event."},
    ErrorCode{"W401",
              "set by hand",
              "The value is meant to be computed by a rule from data, the same for every event. "
              "Setting it "
              "is for tests of limits."},
    ErrorCode{
        "W402",
        "rows without effect in a simulation",
        "The rules say what assets count for as collateral, but accounts of a simulation hold "
        "only the dollar coin. Stress tests of account books use the rows."},
    ErrorCode{"W403",
              "observed number without unit",
              "An observed value that is a bare number, and no share, says what it counts: unit = "
              "\"fills\". What each metric counts: margincall schema --metrics."},
    ErrorCode{"W404",
              "not what the size implies",
              "world.size implies values of other keys, and the scenario's files set some of them "
              "otherwise. What a scenario sets itself wins, so the run is of no standard size. A "
              "resolved scenario sets every key: start from the scenario file instead."},
    ErrorCode{
        "W405",
        "prices of another day",
        "The prices before the start end at another moment (history.end) than the run begins "
        "(clock.start). Start prices, leverage and funding are then those of the table's day: "
        "the run is of that market, whatever date it shows."},
    ErrorCode{"W631",
              "left out",
              "What an account state holds and an account book cannot, or a column that is not "
              "read: said, not guessed."},
    ErrorCode{
        "W632",
        "assumed",
        "What neither the book nor the files say and a market must have: margin tiers, steps, "
        "depth, beta, a fund, or a price of another day (docs/stress.md)."},
};

}  // namespace

std::span<const ErrorCode> error_codes() {
    return codes;
}

}  // namespace margincall::inline scenario
