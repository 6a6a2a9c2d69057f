// What an agent can ask of the simulated chain: one call, which executes in a later block, whole or
// not at all. Data only.
#pragma once

#include <cstdint>

#include "base/strong.hpp"
#include "defi/uint256.hpp"

namespace margincall::inline chain {

// The tokens that agents move. The dollar and the coins are the ledger's own assets, so that a
// coin seized on chain and a coin sold on a venue are the same thing.
enum class ChainToken : std::uint8_t {
    usd,
    eth,
    btc,
    staked_eth,
    other_staked_eth,
    synthetic,
    share
};
inline constexpr std::size_t chain_tokens = 7;

// The markets in which one can lend: the large lenders together, and the one for the share token.
enum class ChainMarket : std::uint8_t { main, share };

// Who may mint and redeem the synthetic dollar: the issuer's approved parties (rules D1).
enum class WalletRights : std::uint8_t { holder, minter };

// The pools in which the synthetic dollar trades against dollars.
enum class DollarPool : std::uint8_t { curve, uniswap };
inline constexpr std::size_t dollar_pool_count = 2;

enum class ChainCallKind : std::uint8_t {
    liquidate,   // account: which borrower; amount: debt offered
    supply,      // market, token, amount
    withdraw,    // market, token, amount; all that is there when that is less
    unwrap,      // staked ether into ether at its rate
    to_venue,    // token, venue, amount
    from_venue,  // token, venue, amount
    attack,      // the pools of the incident
    mint,        // dollars into synthetic dollars
    redeem,      // synthetic dollars into dollars, paid later
    swap,        // pool, token given (dollar or synthetic), amount, least taken
    unwind,      // account: a loop takes `amount` of collateral out, sells it and repays
    wind,        // account: a loop borrows `amount`, buys and supplies
};

struct ChainCall {
    ChainCallKind kind = ChainCallKind::supply;
    ChainToken token = ChainToken::usd;
    ChainMarket market = ChainMarket::main;
    VenueId venue;
    std::uint32_t agent = 0;
    std::uint32_t wallet = 0;   // of the agent: depositors have many
    std::uint32_t account = 0;  // borrower
    DollarPool pool = DollarPool::curve;
    U256 amount;  // raw units of the token; max = all
    U256 least;   // of the other token, raw: a swap that brings less reverts
};

}  // namespace margincall::inline chain
