#include "report/stress_reverse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "report/format.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

const std::string& coin_name(const ReverseOf& of, AssetId coin) {
    return of.market.coins[coin.raw()].name;
}

const char* direction_word(const ReverseRow& row) {
    return row.direction < 0.0 ? "down" : "up";
}

const char* others_word(const ReverseRow& row) {
    return row.others == UnnamedCoins::by_beta ? "by beta" : "unchanged";
}

double move_of(const ReverseRow& row, std::int64_t bps) {
    return row.direction * static_cast<double>(bps) * 1e-4;
}

const char* speed_word(const ReverseSpeed& row) {
    return row.of == SpeedOf::asked ? "as asked" : "half as large again as the smallest";
}

// --- tables ---

std::vector<std::string> goal_head(const ReverseOf& of, const char* first) {
    std::vector<std::string> out{first};
    for (std::size_t g = 0; g < of.result.goals.size(); ++g) {
        out.push_back(of.result.goals[g].words);
    }
    return out;
}

std::string size_cell(const ReverseRow& row, std::size_t goal) {
    const bool complete = row.search[goal] == Search::complete;
    const char* const sign = row.direction < 0.0 ? "−" : "+";
    if (const auto& band = row.band[goal]) {
        const auto percent = [](std::int64_t bps) { return static_cast<double>(bps) * 0.01; };
        return !band->always
                   ? fmt::format("from {}{:.2f} %, not always beyond", sign, percent(band->first))
               : *band->always == band->first
                   ? fmt::format("{}{:.2f} %", sign, percent(band->first))
                   : fmt::format("{}{:.2f} to {}{:.2f} %",
                                 sign,
                                 percent(band->first),
                                 sign,
                                 percent(*band->always));
    }
    if (row.bps[goal]) {
        return fmt::format("{}{:.2f} %{}",
                           sign,
                           static_cast<double>(*row.bps[goal]) * 0.01,
                           complete ? "" : " or less");
    }
    if (row.bps_max == 0) {
        return "not known";
    }
    return fmt::format("{}not up to {:.0f} %",
                       complete ? "" : "not known; ",
                       static_cast<double>(row.bps_max) * 0.01);
}

std::string within(Duration over) {
    return over.raw() == 0 ? std::string{"at once"} : "within " + duration_text(over);
}

// Of a band: where it always happens, and where it never does.
std::string speed_band_cell(const SpeedBand& band, Duration longest) {
    const bool even_slowest = band.slowest == longest;
    if (band.always == longest) {
        return "even over " + duration_text(longest);
    }
    const std::string never = even_slowest ? ", at times even over " + duration_text(longest)
                              : band.slowest.raw() == 0
                                  ? std::string{", not slower"}
                                  : ", not slower than " + duration_text(band.slowest);
    return (band.always ? "always " + within(*band.always) : std::string{"not always"}) + never;
}

std::string speed_cell(const ReverseSpeed& row, std::size_t goal) {
    const bool complete = row.search[goal] == Search::complete;
    if (!row.slowest[goal]) {
        return complete ? "not even at once" : "not known";
    }
    if (const auto& band = row.band[goal]) {
        return speed_band_cell(*band, row.longest);
    }
    const Duration slowest = *row.slowest[goal];
    return slowest == row.longest ? "even over " + duration_text(slowest)
           : !complete            ? within(slowest) + " or slower"
                                  : within(slowest);
}

// What the note of a table adds when Ctrl-C ended the search.
std::string stopped_note(const ReverseOf& of, const auto& rows) {
    const bool stopped = std::ranges::any_of(rows, [&](const auto& row) {
        const auto end = row.search.begin() + static_cast<std::ptrdiff_t>(of.result.goals.size());
        return std::find(row.search.begin(), end, Search::stopped) != end;
    });
    return stopped ? "; the search was stopped: \"not known\" is not \"not reached\"" : "";
}

StressTable reverse_table(const ReverseOf& of) {
    const std::vector<ReverseRow>& sizes = of.result.sizes;
    const std::string how = sizes.empty() || sizes.front().over.raw() == 0
                                ? std::string{"at once"}
                                : "in " + duration_text(sizes.front().over);
    StressTable out{
        of.prefix + "reverse",
        of.title + ": the smallest move " + how + " that …",
        "two sizes: where it begins at the earliest and from where on it always happens, with "
        "half, once and "
        "double the time step; coins together to 0.01 %, a coin alone to 0.1 % with longer steps" +
            stopped_note(of, sizes),
        goal_head(of, "direction"),
        {}};
    for (const ReverseRow& row : sizes) {
        TableRow cells{
            fmt::format("{} {}{}",
                        coin_name(of, row.coin),
                        direction_word(row),
                        row.others == UnnamedCoins::by_beta ? ", others by beta" : " alone")};
        for (std::size_t g = 0; g < of.result.goals.size(); ++g) {
            cells.emplace_back(size_cell(row, g));
        }
        out.rows.push_back(std::move(cells));
    }
    return out;
}

// The moves that were named, without their times.
std::string asked_moves(const ReverseOf& of) {
    std::string out;
    for (std::size_t c = 0; c < of.moves.size(); ++c) {
        const CoinShock& coin = of.moves[c];
        if (coin.named) {
            out += fmt::format("{}{} {}",
                               out.empty() ? "" : ", ",
                               of.market.coins[c].name,
                               format_percent(coin.move));
        }
    }
    return out + ", as asked";
}

StressTable speed_table(const ReverseOf& of) {
    StressTable out{of.prefix + "speeds",
                    of.title + ": how fast a move must come so that it …",
                    "the shock as asked, and a move half as large again as the smallest that "
                    "reaches anything; in 24 h or less, with half, once and double the time step" +
                        stopped_note(of, of.result.speeds),
                    goal_head(of, "move"),
                    {}};
    for (const ReverseSpeed& row : of.result.speeds) {
        TableRow cells{row.of == SpeedOf::asked ? asked_moves(of)
                                                : fmt::format("{} {}{:.2f} %, others by beta",
                                                              coin_name(of, row.coin),
                                                              row.move < 0.0 ? "−" : "+",
                                                              std::fabs(row.move) * 100.0)};
        for (std::size_t g = 0; g < of.result.goals.size(); ++g) {
            cells.emplace_back(speed_cell(row, g));
        }
        out.rows.push_back(std::move(cells));
    }
    return out;
}

// --- CSV ---

std::string size_text(const ReverseRow& row, std::optional<std::int64_t> bps) {
    return bps ? fmt::format("{:.4f}", move_of(row, *bps)) : std::string{};
}

std::string time_text(std::optional<Duration> over) {
    return over ? fmt::format("{}", to_seconds(*over)) : std::string{};
}

std::string sizes_csv(const ReverseOf& of) {
    std::string out =
        "coin,direction,others,over_s,goal,answer,move,first,always_beyond,largest_tried\n";
    for (const ReverseRow& r : of.result.sizes) {
        for (std::size_t g = 0; g < of.result.goals.size(); ++g) {
            out += fmt::format("{},{},{},{},{},{},{},{},{},{:.4f}\n",
                               csv_cell(coin_name(of, r.coin)),
                               direction_word(r),
                               others_word(r),
                               to_seconds(r.over),
                               csv_cell(of.result.goals[g].words),
                               answer_word(r.bps[g].has_value(), r.search[g]),
                               size_text(r, r.bps[g]),
                               r.band[g] ? size_text(r, r.band[g]->first) : std::string{},
                               r.band[g] ? size_text(r, r.band[g]->always) : std::string{},
                               static_cast<double>(r.bps_max) * 1e-4);
        }
    }
    return out;
}

std::string speeds_csv(const ReverseOf& of) {
    std::string out =
        "coin,move,of,goal,answer,slowest_s,at_times_within_s,always_within_s,longest_tried_s\n";
    for (const ReverseSpeed& r : of.result.speeds) {
        for (std::size_t g = 0; g < of.result.goals.size(); ++g) {
            out += fmt::format("{},{:.4f},{},{},{},{},{},{},{}\n",
                               csv_cell(coin_name(of, r.coin)),
                               r.move,
                               speed_word(r),
                               csv_cell(of.result.goals[g].words),
                               answer_word(r.slowest[g].has_value(), r.search[g]),
                               time_text(r.slowest[g]),
                               r.band[g] ? time_text(r.band[g]->slowest) : std::string{},
                               r.band[g] ? time_text(r.band[g]->always) : std::string{},
                               to_seconds(r.longest));
        }
    }
    return out;
}

// --- JSON ---

Json size_row(const ReverseOf& of, const ReverseRow& r) {
    Json row{{"kind", of.prefix + "reverse"},
             {"coin", coin_name(of, r.coin)},
             {"direction", direction_word(r)},
             {"others", others_word(r)},
             {"over_s", to_seconds(r.over)},
             {"largest_tried", static_cast<double>(r.bps_max) * 1e-4}};
    const auto move = [&](const std::optional<std::int64_t>& bps) {
        return bps ? Json(move_of(r, *bps)) : Json(nullptr);
    };
    for (std::size_t g = 0; g < of.result.goals.size(); ++g) {
        row[of.result.goals[g].key] = move(r.bps[g]);
        row["answers"][of.result.goals[g].key] = answer_word(r.bps[g].has_value(), r.search[g]);
        if (r.band[g]) {
            row["bands"][of.result.goals[g].key] = {{"first", move(r.band[g]->first)},
                                                    {"always_beyond", move(r.band[g]->always)}};
        }
    }
    return row;
}

Json speed_row(const ReverseOf& of, const ReverseSpeed& r) {
    Json row{{"kind", of.prefix + "reverse_speed"},
             {"coin", coin_name(of, r.coin)},
             {"move", r.move},
             {"of", speed_word(r)},
             {"longest_tried_s", to_seconds(r.longest)}};
    const auto time = [](const std::optional<Duration>& over) {
        return over ? Json(to_seconds(*over)) : Json(nullptr);
    };
    for (std::size_t g = 0; g < of.result.goals.size(); ++g) {
        row[fmt::format("{}_s", of.result.goals[g].key)] = time(r.slowest[g]);
        row["answers"][of.result.goals[g].key] = answer_word(r.slowest[g].has_value(), r.search[g]);
        if (r.band[g]) {
            row["bands"][of.result.goals[g].key] = {{"at_times_within_s", time(r.band[g]->slowest)},
                                                    {"always_within_s", time(r.band[g]->always)}};
        }
    }
    return row;
}

}  // namespace

std::vector<StressTable> reverse_tables(const ReverseOf& of) {
    return {reverse_table(of), speed_table(of)};
}

std::vector<std::string> reverse_json_lines(const ReverseOf& of) {
    std::vector<std::string> out;
    for (const ReverseRow& row : of.result.sizes) {
        out.push_back(json_text(size_row(of, row)));
    }
    for (const ReverseSpeed& row : of.result.speeds) {
        out.push_back(json_text(speed_row(of, row)));
    }
    return out;
}

std::vector<StressFile> reverse_csv_files(const ReverseOf& of) {
    return {{of.prefix + "reverse.csv", sizes_csv(of)},
            {of.prefix + "reverse_speed.csv", speeds_csv(of)}};
}

}  // namespace margincall::inline report
