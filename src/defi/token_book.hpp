// Tokens of the protocols and who holds them: a thin index over the one ledger. A token is a ledger
// asset; a holder (a trader, a pool, a protocol's purse) has one ledger account per token, opened
// when it is first used or bound to an account that already exists (a venue's wallet). Minting
// posts from the token's issuer, whose negative balance is the supply, so that nothing is created
// outside the ledger.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "defi/uint256.hpp"
#include "ledger/ledger.hpp"

namespace margincall::inline defi {

using TokenId = Id<struct TokenTag, std::uint32_t>;
using HolderId = Id<struct HolderTag, std::uint32_t>;

class TokenBook {
  public:
    explicit TokenBook(Ledger& ledger) : ledger_(&ledger) {}

    // `decimals`: raw units of one token are 10^decimals.
    [[nodiscard]] TokenId add_token(std::string name, LedgerAsset asset, unsigned decimals);
    [[nodiscard]] HolderId add_holder();
    // Uses an existing account of the token's asset for this holder. Before its first use only.
    void bind(HolderId holder, TokenId token, LedgerAccountId account);

    [[nodiscard]] U256 balance(HolderId holder, TokenId token) const;
    // The same, and zero for a bound account that owes: a venue lets its clients sell coins they
    // have yet to bring.
    [[nodiscard]] U256 balance_or_zero(HolderId holder, TokenId token) const;
    [[nodiscard]] U256 supply(TokenId token) const;  // minted less burned
    [[nodiscard]] unsigned decimals(TokenId token) const { return tokens_[token.raw()].decimals; }
    [[nodiscard]] U256 unit(TokenId token) const { return power_of_ten(decimals(token)); }
    [[nodiscard]] const std::string& name(TokenId token) const { return tokens_[token.raw()].name; }
    [[nodiscard]] std::size_t tokens() const { return tokens_.size(); }
    [[nodiscard]] std::uint32_t holders() const { return holders_; }

    // Notes insufficient_balance. Part of an operation's checks, before anything is posted.
    void require_balance(HolderId holder, TokenId token, const U256& amount) const;

    // Postings. The amounts were checked: a holder without the balance is a bug (CHECK).
    void transfer(HolderId from, HolderId to, TokenId token, const U256& amount, Reason reason);
    void mint(HolderId to, TokenId token, const U256& amount);
    void burn(HolderId from, TokenId token, const U256& amount);

    [[nodiscard]] Ledger& ledger() { return *ledger_; }
    // Of a copy: posts to the copy of its ledger from now on.
    void rebind(Ledger& ledger) { ledger_ = &ledger; }

  private:
    struct Token {
        std::string name;
        LedgerAsset asset = 0;
        unsigned decimals = 0;
        LedgerAccountId issuer;
        std::vector<LedgerAccountId> accounts;  // by holder; invalid until used
    };
    [[nodiscard]] LedgerAccountId account(HolderId holder, TokenId token);

    Ledger* ledger_;
    std::vector<Token> tokens_;
    std::uint32_t holders_ = 0;
};

}  // namespace margincall::inline defi
