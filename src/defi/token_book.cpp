#include "defi/token_book.hpp"

namespace margincall::inline defi {

TokenId TokenBook::add_token(std::string name, LedgerAsset asset, unsigned decimals) {
    tokens_.push_back({std::move(name), asset, decimals, ledger_->open(asset), {}});
    return TokenId::from_raw(static_cast<std::uint32_t>(tokens_.size() - 1));
}

HolderId TokenBook::add_holder() {
    return HolderId::from_raw(holders_++);
}

void TokenBook::bind(HolderId holder, TokenId token, LedgerAccountId account) {
    Token& t = tokens_[token.raw()];
    CHECK(ledger_->asset(account) == t.asset);
    if (holder.raw() >= t.accounts.size()) {
        t.accounts.resize(holder.raw() + 1);
    }
    CHECK(!t.accounts[holder.raw()].valid());
    t.accounts[holder.raw()] = account;
}

LedgerAccountId TokenBook::account(HolderId holder, TokenId token) {
    CHECK(holder.raw() < holders_);
    Token& t = tokens_[token.raw()];
    if (holder.raw() >= t.accounts.size()) {
        t.accounts.resize(holder.raw() + 1);
    }
    LedgerAccountId& id = t.accounts[holder.raw()];
    if (!id.valid()) {
        id = ledger_->open(t.asset);
    }
    return id;
}

U256 TokenBook::balance(HolderId holder, TokenId token) const {
    const Token& t = tokens_[token.raw()];
    if (holder.raw() >= t.accounts.size() || !t.accounts[holder.raw()].valid()) {
        return U256{};
    }
    return to_u256(ledger_->balance(t.accounts[holder.raw()]));
}

U256 TokenBook::balance_or_zero(HolderId holder, TokenId token) const {
    const Token& t = tokens_[token.raw()];
    if (holder.raw() >= t.accounts.size() || !t.accounts[holder.raw()].valid()) {
        return U256{};
    }
    const Amount amount = ledger_->balance(t.accounts[holder.raw()]);
    return amount.raw() > 0 ? to_u256(amount) : U256{};
}

U256 TokenBook::supply(TokenId token) const {
    return to_u256(-ledger_->balance(tokens_[token.raw()].issuer));
}

void TokenBook::require_balance(HolderId holder, TokenId token, const U256& amount) const {
    require(balance(holder, token) >= amount, Revert::insufficient_balance);
}

void TokenBook::transfer(
    HolderId from, HolderId to, TokenId token, const U256& amount, Reason reason) {
    if (amount.is_zero() || from == to) {
        return;
    }
    CHECK(balance(from, token) >= amount);
    ledger_->post(account(from, token), account(to, token), to_ledger(amount), reason);
}

void TokenBook::mint(HolderId to, TokenId token, const U256& amount) {
    if (!amount.is_zero()) {
        CHECK(amount.fits_bits(127));
        ledger_->post(
            tokens_[token.raw()].issuer, account(to, token), to_ledger(amount), Reason::issuance);
    }
}

void TokenBook::burn(HolderId from, TokenId token, const U256& amount) {
    if (!amount.is_zero()) {
        CHECK(balance(from, token) >= amount);
        ledger_->post(
            account(from, token), tokens_[token.raw()].issuer, to_ledger(amount), Reason::issuance);
    }
}

}  // namespace margincall::inline defi
