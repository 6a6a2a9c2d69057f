// Borrowers of the lending markets: who owes what against what, and which of them a price has
// brought within reach of liquidation.
//
// All accounts have one collateral and one debt, so that account k is liquidatable once the ratio
// of the two prices falls below its critical ratio debt / (collateral x threshold). Groups keep
// their accounts in order of that ratio; interest raises it by at most the growth of the borrow
// index since the order was made. So one comparison with the first account proves that a whole
// group is safe, and only accounts within reach are computed exactly.
#pragma once

#include <vector>

#include "chain/chain_call.hpp"
#include "defi/aave_pool.hpp"

namespace margincall::inline chain {

struct Borrower {
    HolderId holder;
    std::uint32_t group = 0;
    double critical = 0.0;  // ratio of prices when ordered
    double index = 1.0;     // borrow index then
    bool closed = false;    // nothing owed or nothing pledged any more
};

struct BorrowerGroup {
    ChainMarket market = ChainMarket::main;
    aave::ReserveId collateral;
    aave::ReserveId debt;
    ChainToken collateral_token = ChainToken::eth;
    ChainToken debt_token = ChainToken::usd;
    double threshold = 0.0;
    std::vector<std::uint32_t> order;  // borrowers, highest critical ratio first
};

// An account below one, as keepers see it. Money in USD at the oracle's prices.
struct AtRisk {
    std::uint32_t borrower = 0;
    double health = 0.0;
    double collateral_usd = 0.0;
    double debt_usd = 0.0;
    double bonus = 0.0;        // share on top of the debt repaid
    double close_share = 0.5;  // of the debt that one call may repay
    ChainMarket market = ChainMarket::main;
    ChainToken collateral = ChainToken::eth;
    ChainToken debt = ChainToken::usd;
};

// Highest ratio first; equal ones in order of their numbers.
void order_group(BorrowerGroup& group, const std::vector<Borrower>& borrowers);

}  // namespace margincall::inline chain
