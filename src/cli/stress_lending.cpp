#include "cli/stress_lending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "desk/lending_bonuses.hpp"
#include "desk/lending_state.hpp"
#include "desk/pseudonyms.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {

void StressLending::take(std::vector<StateText> files) {
    files_ = std::move(files);
    std::string all;
    for (const StateText& file : files_) {
        all += file.text;
    }
    if (given()) {
        const bool imported = files_.size() > 1 || looks_like_lending_state(all);
        name_ = imported ? file() + " as a lending book" : file();
        hash_ = text_hash(all);
    }
}

bool StressLending::is_of(const std::string& file) const {
    return file == name_ || std::ranges::find(files_, file, &StateText::name) != files_.end();
}

LendingProblems StressLending::read(const LendingOptions& options,
                                    const StressMarket& market,
                                    BadRows bad,
                                    bool beside_account_book) {
    LendingProblems out;
    const LendingBonuses bonuses = parse_bonuses(options.bonuses, out.options);
    std::string text = files_.front().text;
    if (name_ != file()) {
        std::expected<ImportedLending, Errors> imported = import_lending(files_, {});
        if (!imported) {
            out.file = std::move(imported.error());
            return out;
        }
        out.warnings = std::move(imported->warnings);
        text = lending_book_text(imported->lines);
    }
    book_ = read_lending_book(text, name_, bad, out.file);
    if (bad == BadRows::skip && !book_.accounts.empty()) {
        out.left_out = std::move(out.file);
        out.file.clear();
    }
    if (!out.file.empty()) {
        return out;
    }
    Errors problems;
    moves_ = asset_moves(book_, market, options.moves, problems);
    fill_bonuses(book_, bonuses, problems);
    if (problems.empty() && beside_account_book) {
        compare_coin_prices(book_, moves_, market, problems);
    }
    for (Error& problem : problems) {
        (problem.code == "E615" ? out.options : out.file).push_back(std::move(problem));
    }
    return out;
}

void StressLending::hide_ids(std::string_view salt) {
    if (given()) {
        pseudonymise(book_, salt);
        hash_ = fmt::format("keyed {:016x}", sip_hash(sip_key(salt), "lending book" + hash_));
    }
}

std::vector<std::pair<std::string, std::string>> StressLending::identity(
    const StressMarket& market) const {
    if (!given()) {
        return {};
    }
    std::string moves;
    for (std::size_t a = 0; a < book_.assets.size(); ++a) {
        moves += fmt::format("{} {} {}\n",
                             book_.assets[a].market,
                             book_.assets[a].name,
                             moves_[a].coin.valid() ? market.coins[moves_[a].coin.raw()].name
                                                    : std::string{"nothing"});
    }
    std::string bonuses;
    for (const LendingRow& row : book_.rows) {
        bonuses += row.bonus_bps ? fmt::format("{}\n", *row.bonus_bps) : "none\n";
    }
    return {{"lending book, FNV-1a", hash_},
            {"lending lines left out", fmt::format("{}", book_.lines_left_out)},
            {"lending prices move with, FNV-1a", text_hash(moves)},
            {"lending bonuses, FNV-1a", text_hash(bonuses)}};
}

}  // namespace margincall::inline cli
