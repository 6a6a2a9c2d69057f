// How far the prices may move before an account with several positions and collateral coins has to
// be looked at again (model 5.6).
//
// Every position and every collateral coin of the account is an exposure to one price. An exposure
// adds to the account's slack = equity - maintenance margin
//   position  qty * tick_value * price - cost - maintenance(|qty| * tick_value * price)
//   coin      amount * price * (1 - haircut), rounded down
// and the wallet adds itself. A safe box gives each exposure one price, its corner, on the harmful
// side of the price now: below for a long or a coin, above for a short.
//
// Claim. While every price is at its corner or on the good side of it, slack >= slack at the
// corners. So if the account is not liquidatable at the corners, it is nowhere in the box.
// Proof. Slack is a sum of terms of one price each, and each term is monotone in its price. Long:
// when the price rises by a tick the notional N rises by a whole number dN of micro-dollars, and
// the maintenance margin, a rising curve of slope <= 1 whose value is rounded up to a whole number,
// rises by at most dN; so the term does not fall. (A row of weight w rounds w times; the condition
// of liquidation_price.hpp, weight <= |qty| * tick_value / 2, keeps it monotone.) Short: value
// falls and maintenance does not fall when the price rises. Coin: amount * price * (1 - haircut)
// rises, and rounding down keeps the order. Each term is therefore smallest, over the box, at its
// corner. The same holds for the free margin, equity - initial margin, since leverage >= 1.
//
// The box is chosen by a bound on the joint move: the largest d such that all prices may move
// against the account at once by d in a weighted max-norm, price i by the fraction d * w(i). d
// comes from the slopes of the terms and is then proved at the corners in exact integers. Equal
// weights let the smallest position use the box up as often as the largest, although its move costs
// next to nothing; w = (worth of the exposure)^(-1/4) saves a quarter of the evaluations on random
// walks of equal size. Only harmful moves use a box up, and a move back gives the room back, so
// that a price that walks to and fro within it costs nothing.
//
// A trade changes one term and the wallet, so the slack at the corners follows by one subtraction
// and one addition, and the box stays valid as long as the result is still not liquidatable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/margin.hpp"

namespace margincall::inline clearing {

// How a coin counts as collateral of cross accounts. The price is in micro-USD per whole coin.
struct CollateralCoin {
    Amount unit;                   // raw units of the ledger per whole coin; 0 = not accepted
    std::int64_t haircut_ppm = 0;  // share of the value that does not count, [0, 1e6]
};

// Worth of `amount` (>= 0) of a coin as collateral, micro-USD, rounded down.
[[nodiscard]] Money coin_worth(const CollateralCoin& terms, Amount amount, Money price);

struct BoxExposure {
    // A position: instrument, tiers and signed lots. A coin: terms and amount.
    const Instrument* instrument = nullptr;  // nullptr: a coin
    const MarginTiers* tiers = nullptr;
    const CollateralCoin* terms = nullptr;
    std::int64_t qty = 0;     // lots; long > 0, short < 0
    Amount amount;            // raw units of the coin, >= 0
    std::int64_t price = 0;   // now: ticks, or micro-USD per coin; > 0
    std::int64_t corner = 0;  // same unit; written by choose_box
    double room = 0.0;        // share of the joint move; choose_box's own

    [[nodiscard]] bool is_short() const { return qty < 0; }
    [[nodiscard]] bool is_empty() const { return qty == 0 && amount.raw() == 0; }
};

// Who the account is, beside what it holds.
struct CrossTerms {
    std::int64_t leverage_e2 = 100;  // for the initial margin of positions, 100 times
    std::int64_t weight = 1;         // so many like accounts
    bool at_equality = false;        // liquidatable at slack == 0
    // Slack is zero where the maintenance margin is this share of the equity: 1e6 for liquidation,
    // less for a margin call before it. An account that is safe from the call is from liquidation.
    std::int64_t ratio_ppm = 1'000'000;
};

// What the equity must be for a maintenance margin (>= 0), rounded up.
[[nodiscard]] Money needed_equity(Money maintenance, const CrossTerms& terms);

// Equity minus maintenance (slack) and equity minus initial margin (free), micro-USD.
struct BoxSlack {
    std::int64_t slack = 0;
    std::int64_t free = 0;
    friend bool operator==(const BoxSlack&, const BoxSlack&) = default;
};
// What one exposure adds at `price`, without the cost of a position.
[[nodiscard]] BoxSlack slack_of(const BoxExposure& exposure,
                                const CrossTerms& terms,
                                std::int64_t price);
// The whole account at the corners, or at the prices now; `money` = wallet - cost of all positions.
enum class SlackAt : std::uint8_t { price, corner };
[[nodiscard]] BoxSlack slack_of(std::span<const BoxExposure> exposures,
                                const CrossTerms& terms,
                                std::int64_t money,
                                SlackAt at);
[[nodiscard]] constexpr bool is_safe(std::int64_t slack, const CrossTerms& terms) {
    return terms.at_equality ? slack > 0 : slack >= 0;
}

// The corner that no price can pass: 1 for a long or a coin, price_max for a short; 0 where the
// worth of a short there would not fit into 64 bits.
[[nodiscard]] std::int64_t widest_corner(const BoxExposure& exposure);

// Chooses the corners of an account that is safe at the prices now, and returns the slack there. An
// account that is not safe keeps its corners at the prices now and gets its slack of now, which
// is_safe refuses.
[[nodiscard]] BoxSlack choose_box(std::span<BoxExposure> exposures,
                                  const CrossTerms& terms,
                                  std::int64_t money);

}  // namespace margincall::inline clearing
