// The lending book of a stress: from the file to the report's section (docs/lending-book.md).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "desk/lending_stress.hpp"
#include "desk/venue_state.hpp"

namespace margincall::inline cli {

struct LendingOptions {
    std::vector<std::string> moves;    // ASSET=COIN or ASSET=nothing
    std::vector<std::string> bonuses;  // RATE, ASSET=RATE or emode=RATE
};
// By who has to mend them.
struct LendingProblems {
    Errors options;   // the command line
    Errors file;      // the book
    Errors left_out;  // lines that were left out because of them
    Errors warnings;  // what an importer could not keep
};

class StressLending {
  public:
    // The files that are a lending book, or what another program writes of one; none: there is none.
    void take(std::vector<StateText> files);
    [[nodiscard]] bool given() const { return !files_.empty(); }
    [[nodiscard]] const std::string& file() const { return files_.front().name; }
    // Is a problem's file this book, also as imported?
    [[nodiscard]] bool is_of(const std::string& file) const;

    // The accounts, and which coin moves each asset. Prices are compared with the market's where an account
    // book is stressed beside it.
    [[nodiscard]] LendingProblems read(const LendingOptions& options,
                                       const StressMarket& market,
                                       BadRows bad,
                                       bool beside_account_book);
    [[nodiscard]] const LendingBook& book() const { return book_; }
    [[nodiscard]] const std::vector<AssetMove>& moves() const { return moves_; }
    // Ids become the names that they have in an account book with the same salt.
    void hide_ids(std::string_view salt);

    // Rows of the stress's identity.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> identity(
        const StressMarket& market) const;

  private:
    std::vector<StateText> files_;
    std::string name_;  // in problems of lines: the file's, or that of the imported book
    std::string hash_;  // of the files; keyed where ids are pseudonyms
    LendingBook book_;
    std::vector<AssetMove> moves_;
};

}  // namespace margincall::inline cli
