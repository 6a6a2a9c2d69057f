// What the importers share: figures of a response with their place, and the problems of all files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "desk/exact_figure.hpp"
#include "desk/json_tree.hpp"
#include "desk/venue_state.hpp"

namespace margincall::inline desk {

// A response, or a part of one, with the file that it is from.
struct StatePart {
    std::string file;
    const JsonTree* tree = nullptr;
};

class StateReader {
  public:
    StateReader(const ImportOptions& options, const std::string& own_venue)
        : options_(options), venue_(options.venue.empty() ? own_venue : options.venue) {}

    // A figure that must be there: 0 and E632 where it is not.
    [[nodiscard]] ExactFigure figure(const StatePart& part,
                                     const JsonTree& object,
                                     std::string_view key,
                                     std::string_view of);
    // Nothing for null, "" and what is not there; E632 for what is no number.
    [[nodiscard]] std::optional<ExactFigure> figure_or_none(const StatePart& part,
                                                            const JsonTree& object,
                                                            std::string_view key,
                                                            std::string_view of);
    void refuse(const StatePart& part, const char* code, std::string message, std::string hint);
    void warn(const StatePart& part, std::string message, std::string hint);

    [[nodiscard]] const ImportOptions& options() const { return options_; }
    // What a cross wallet holds of an asset.
    [[nodiscard]] BookLine wallet_line(const std::string& account,
                                       const std::string& asset,
                                       const ExactFigure& amount) const;
    // A position in cross margin; a size below 0 is a short one.
    [[nodiscard]] BookLine position_line(const std::string& account,
                                         const std::string& instrument,
                                         const ExactFigure& size) const;
    // What the files do not say of the account that they are of (BookLine::unsaid).
    void leave_unsaid(std::string what) { unsaid_ = std::move(what); }
    void add(BookLine line) { lines_.push_back(std::move(line)); }
    void add(std::vector<BookLine> lines);

    [[nodiscard]] std::vector<BookLine> take_lines();
    [[nodiscard]] Errors& errors() { return errors_; }
    [[nodiscard]] Errors& warnings() { return warnings_; }

  private:
    [[nodiscard]] BookLine cross_line(const std::string& account) const;

    const ImportOptions& options_;
    std::string venue_, unsaid_;
    std::vector<BookLine> lines_;
    Errors errors_, warnings_;
};

// Decimals of prices in a book: as Binance, Bybit and OKX mean them, and where a response has more.
inline constexpr int price_places = 6, price_places_most = 8;
// The position stands alone behind so much of its own.
void isolate(BookLine& position, const ExactFigure& margin);
// What the venue asks of the position, as a share of its value; "" where either is not above 0.
[[nodiscard]] std::string rate_text(const std::optional<ExactFigure>& maintenance,
                                    const ExactFigure& value);
// Price as text to so many decimals; empty for nothing and for 0, which venues print for "none".
[[nodiscard]] std::string price_text(const std::optional<ExactFigure>& price, int places);

// One format each: parts are what recognise() found of it, in the order of the files.
struct StateParts {
    std::vector<StatePart> accounts, positions, wallets, modes, instruments;
    std::string exchange;  // as a ccxt file names it
};
void import_hyperliquid(const StateParts& parts, StateReader& reader);
void import_binance(const StateParts& parts, StateReader& reader);
void import_bybit(const StateParts& parts, StateReader& reader);
void import_okx(const StateParts& parts, StateReader& reader);
void import_ccxt(const StateParts& parts, StateReader& reader);

}  // namespace margincall::inline desk
