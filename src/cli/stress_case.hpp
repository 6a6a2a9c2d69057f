// What a stress is about, read and checked: the book, the market and proposed ones, the shock.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/stress.hpp"
#include "cli/stress_failure.hpp"
#include "cli/stress_inputs.hpp"
#include "cli/stress_lending.hpp"
#include "cli/stress_market_loader.hpp"
#include "cli/stress_settings.hpp"
#include "desk/account_book.hpp"
#include "desk/shock.hpp"

namespace margincall::inline cli {

class StressVoice;

// Proposed rules: a column beside today's.
struct Proposal {
    std::string name;
    LoadedMarket loaded;
};

struct StressCase {
    BookInputs inputs;
    NamedPrices prices;
    LoadedMarket todays;
    std::vector<Proposal> proposals;  // not moved once read: columns point at their markets
    Shock shock;
    AccountBook book;
    std::string book_hash;      // of the book as it was given
    std::string book_identity;  // the same, keyed where ids are pseudonyms
    StressLending lending;
    bool lending_alone = false;  // there is no account book
    Errors left_out;             // problems of lines that were left out, as they may be told
};

// Reads one part after the other; the first that fails ends it.
class StressCaseReader {
  public:
    StressCaseReader(const StressArguments& arguments,
                     const StressSettings& settings,
                     StressCase& out,
                     StressVoice& voice)
        : args_(arguments), settings_(settings), out_(out), voice_(voice) {}

    [[nodiscard]] std::expected<void, StressFailure> read();

  private:
    using Done = std::expected<void, StressFailure>;

    [[nodiscard]] Done read_inputs();
    [[nodiscard]] Done read_market(const MarketLoader& loader);
    [[nodiscard]] Done read_shock();
    [[nodiscard]] Done read_book();
    [[nodiscard]] Errors options_in_vain() const;
    void limits_in_vain(const std::vector<Limit>& limits, const char* option, Errors& errors) const;
    [[nodiscard]] Done read_lending();
    [[nodiscard]] Done bound_worth() const;
    [[nodiscard]] Done read_proposed(const MarketLoader& loader);
    void hide_ids();

    const StressArguments& args_;
    const StressSettings& settings_;
    StressCase& out_;
    StressVoice& voice_;
};

}  // namespace margincall::inline cli
