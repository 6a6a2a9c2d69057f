#include "defi/usde.hpp"

namespace margincall::usde {

namespace {

constexpr std::uint64_t bps_in_one = 10'000;
constexpr std::uint64_t ppm_in_one = 1'000'000;
constexpr std::uint64_t seconds_per_hour = 3'600;
const U256 one{1'000'000'000'000'000'000};  // one dollar, one USDe

}  // namespace

SyntheticDollar::SyntheticDollar(
    TokenBook& tokens, const Parameters& parameters, TokenId usde, TokenId staked, TokenId stable)
    : parameters_(parameters),
      usde_(usde),
      staked_(staked),
      stable_(stable),
      liquid_(tokens.add_holder()),
      custody_(tokens.add_holder()),
      reserve_(tokens.add_holder()),
      vault_(tokens.add_holder()),
      silo_(tokens.add_holder()) {
    CHECK(tokens.decimals(usde) == 18);
    CHECK(tokens.decimals(staked) == 18);
    CHECK(tokens.decimals(stable) <= 18);
    CHECK(parameters.block_s > 0);
    CHECK(parameters.vesting_s > 0);
}

void SyntheticDollar::allow(HolderId minter) {
    if (minter.raw() >= allowed_.size()) {
        allowed_.resize(minter.raw() + 1, 0);
    }
    allowed_[minter.raw()] = 1;
}
bool SyntheticDollar::is_allowed(HolderId minter) const {
    return minter.raw() < allowed_.size() && allowed_[minter.raw()] != 0;
}

void SyntheticDollar::set_limits(const U256& mint_per_block, const U256& redeem_per_block) {
    parameters_.mint_per_block_max = mint_per_block;
    parameters_.redeem_per_block_max = redeem_per_block;
}

U256 SyntheticDollar::mintable(std::uint64_t now_s) const {
    return status_ == Status::paused
               ? U256{}
               : difference_or_zero(parameters_.mint_per_block_max,
                                    used_in(minted_in_block_, now_s / parameters_.block_s));
}

U256 SyntheticDollar::redeemable(std::uint64_t now_s) const {
    if (status_ == Status::paused) {
        return U256{};
    }
    U256 block = difference_or_zero(parameters_.redeem_per_block_max,
                                    used_in(redeemed_in_block_, now_s / parameters_.block_s));
    if (parameters_.redeem_per_hour_max.is_zero()) {
        return block;
    }
    return min(block,
               difference_or_zero(parameters_.redeem_per_hour_max,
                                  used_in(redeemed_in_hour_, now_s / seconds_per_hour)));
}

U256 SyntheticDollar::used_in(const Window& window, std::uint64_t number) const {
    return window.number == number ? window.used : U256{};
}
void SyntheticDollar::use(Window& window, std::uint64_t number, const U256& amount) {
    if (window.number != number) {
        window = {number, U256{}};
    }
    window.used += amount;
}

U256 SyntheticDollar::to_value(const TokenBook& tokens, const U256& stable_amount) const {
    return stable_amount * power_of_ten(18 - tokens.decimals(stable_));
}
U256 SyntheticDollar::to_stable(const TokenBook& tokens, const U256& value) const {
    return value / power_of_ten(18 - tokens.decimals(stable_));
}

Outcome<U256> SyntheticDollar::mint(TokenBook& tokens,
                                    HolderId minter,
                                    const U256& stable_amount,
                                    std::uint64_t now_s) {
    const RevertScope scope;
    require(status_ == Status::open, Revert::paused);
    require(is_allowed(minter), Revert::not_whitelisted);
    require(!stable_amount.is_zero(), Revert::invalid_amount);
    tokens.require_balance(minter, stable_, stable_amount);
    const U256 amount =
        to_value(tokens, stable_amount) * (bps_in_one - parameters_.mint_fee_bps) / bps_in_one;
    const std::uint64_t block = now_s / parameters_.block_s;
    require(used_in(minted_in_block_, block) + amount <= parameters_.mint_per_block_max,
            Revert::mint_limit);
    require(amount.fits_bits(126), Revert::amount_overflow);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    use(minted_in_block_, block, amount);
    tokens.transfer(minter, liquid_, stable_, stable_amount, Reason::issuance);
    tokens.mint(minter, usde_, amount);
    return amount;
}

Outcome<U256> SyntheticDollar::request_redemption(TokenBook& tokens,
                                                  HolderId redeemer,
                                                  const U256& usde_amount,
                                                  std::uint64_t now_s) {
    const RevertScope scope;
    const std::uint64_t block = now_s / parameters_.block_s;
    const std::uint64_t hour = now_s / seconds_per_hour;
    require(status_ == Status::open, Revert::paused);
    require(is_allowed(redeemer), Revert::not_whitelisted);
    require(!usde_amount.is_zero(), Revert::invalid_amount);
    tokens.require_balance(redeemer, usde_, usde_amount);
    require(used_in(redeemed_in_block_, block) + usde_amount <= parameters_.redeem_per_block_max,
            Revert::redeem_limit);
    require(parameters_.redeem_per_hour_max.is_zero() ||
                used_in(redeemed_in_hour_, hour) + usde_amount <= parameters_.redeem_per_hour_max,
            Revert::redeem_limit);
    const U256 value = usde_amount * (bps_in_one - parameters_.redeem_fee_bps) / bps_in_one;
    const U256 stable_amount = to_stable(tokens, value);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    use(redeemed_in_block_, block, usde_amount);
    use(redeemed_in_hour_, hour, usde_amount);
    tokens.burn(redeemer, usde_, usde_amount);
    tickets_.push_back({redeemer, stable_amount, now_s + parameters_.settlement_delay_s});
    return stable_amount;
}

Settlement SyntheticDollar::settle(TokenBook& tokens, std::uint64_t now_s) {
    Settlement out;
    while (!tickets_.empty() && tickets_.front().due_s <= now_s) {
        RedemptionTicket& ticket = tickets_.front();
        const U256 pay = min(ticket.stable_amount, tokens.balance(liquid_, stable_));
        tokens.transfer(liquid_, ticket.holder, stable_, pay, Reason::issuance);
        ticket.stable_amount -= pay;
        out.paid += pay;
        if (!ticket.stable_amount.is_zero()) {
            break;  // the others wait behind it
        }
        ++out.tickets;
        tickets_.pop_front();
    }
    for (const RedemptionTicket& ticket : tickets_) {
        if (ticket.due_s <= now_s) {
            out.short_fall += ticket.stable_amount;
        }
    }
    return out;
}

U256 SyntheticDollar::owed_to_tickets() const {
    U256 sum;
    for (const RedemptionTicket& ticket : tickets_) {
        sum += ticket.stable_amount;
    }
    return sum;
}

// --- backing and hedge -----------------------------------------------------------------------

void SyntheticDollar::add_hedged_asset(TokenId token, const U256& price) {
    hedged_.push_back({token, price});
}

void SyntheticDollar::set_price(TokenId token, const U256& price) {
    for (HedgedAsset& asset : hedged_) {
        if (asset.token == token) {
            asset.price = price;
        }
    }
}

const HedgedAsset& SyntheticDollar::hedged(TokenId token) const {
    for (const HedgedAsset& asset : hedged_) {
        if (asset.token == token) {
            return asset;
        }
    }
    CHECK(false);
    return hedged_.front();
}

SignedU256 SyntheticDollar::hedge_target(const TokenBook& tokens, TokenId token) const {
    return {tokens.balance(custody_, hedged(token).token), SignedU256::Sign::negative};
}

SignedU256 SyntheticDollar::spot_to_trade(const TokenBook& tokens,
                                          TokenId token,
                                          std::uint32_t share_ppm) const {
    const HedgedAsset& asset = hedged(token);
    const U256 wanted_value = backing(tokens).owed * share_ppm / ppm_in_one / hedged_.size();
    const U256 wanted = wanted_value * tokens.unit(token) / asset.price;
    SignedU256 trade{wanted, SignedU256::Sign::positive};
    trade -= tokens.balance(custody_, token);
    return trade;
}

BackingValue SyntheticDollar::backing(const TokenBook& tokens) const {
    BackingValue value;
    value.stable = to_value(tokens, tokens.balance(liquid_, stable_));
    for (const HedgedAsset& asset : hedged_) {
        value.hedged_spot +=
            tokens.balance(custody_, asset.token) * asset.price / tokens.unit(asset.token);
    }
    value.hedge_pnl = hedge_pnl_;
    value.reserve = to_value(tokens, tokens.balance(reserve_, stable_));
    value.total += value.stable + value.hedged_spot;
    if (hedge_pnl_.is_negative()) {
        value.total -= hedge_pnl_.magnitude;
    } else {
        value.total += hedge_pnl_.magnitude;
    }
    value.owed = tokens.supply(usde_) + to_value(tokens, owed_to_tickets());
    return value;
}

U256 SyntheticDollar::redemption_value(const TokenBook& tokens) const {
    const BackingValue value = backing(tokens);
    if (value.owed.is_zero()) {
        return one;
    }
    SignedU256 all = value.total;
    all += value.reserve;
    return all.is_negative() ? U256{} : min(one, all.magnitude * one / value.owed);
}

U256 SyntheticDollar::draw_reserve(TokenBook& tokens, const U256& stable_amount) {
    U256 drawn = min(stable_amount, tokens.balance(reserve_, stable_));
    tokens.transfer(reserve_, liquid_, stable_, drawn, Reason::shortfall);
    return drawn;
}

// --- staked form -----------------------------------------------------------------------------

U256 SyntheticDollar::unvested(std::uint64_t now_s) const {
    const std::uint64_t end_s = vesting_from_s_ + parameters_.vesting_s;
    return now_s >= end_s ? U256{} : vesting_amount_ * (end_s - now_s) / parameters_.vesting_s;
}

U256 SyntheticDollar::staked_assets(const TokenBook& tokens, std::uint64_t now_s) const {
    return tokens.balance(vault_, usde_) - unvested(now_s);
}

U256 SyntheticDollar::staked_rate(const TokenBook& tokens, std::uint64_t now_s) const {
    return one * (staked_assets(tokens, now_s) + 1) / (tokens.supply(staked_) + 1);
}

Outcome<U256> SyntheticDollar::stake(TokenBook& tokens,
                                     HolderId holder,
                                     const U256& usde_amount,
                                     std::uint64_t now_s) {
    const RevertScope scope;
    tokens.require_balance(holder, usde_, usde_amount);
    // One virtual share and one virtual unit keep the first staker from setting the rate.
    const U256 shares =
        mul_div_down(usde_amount, tokens.supply(staked_) + 1, staked_assets(tokens, now_s) + 1);
    require(!shares.is_zero(), Revert::invalid_amount);
    require(shares.fits_bits(126), Revert::amount_overflow);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.transfer(holder, vault_, usde_, usde_amount, Reason::staking);
    tokens.mint(holder, staked_, shares);
    return shares;
}

Outcome<U256> SyntheticDollar::start_cooldown(TokenBook& tokens,
                                              HolderId holder,
                                              const U256& shares,
                                              std::uint64_t now_s) {
    const RevertScope scope;
    tokens.require_balance(holder, staked_, shares);
    const U256 assets =
        mul_div_down(shares, staked_assets(tokens, now_s) + 1, tokens.supply(staked_) + 1);
    require(!assets.is_zero(), Revert::invalid_amount);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.burn(holder, staked_, shares);
    tokens.transfer(vault_, silo_, usde_, assets, Reason::staking);
    Cooldown& cooldown = cooldowns_[holder];
    cooldown.amount += assets;
    cooldown.end_s = now_s + parameters_.cooldown_s;
    return assets;
}

Outcome<U256> SyntheticDollar::claim(TokenBook& tokens, HolderId holder, std::uint64_t now_s) {
    const auto it = cooldowns_.find(holder);
    if (it == cooldowns_.end()) {
        return std::unexpected(Revert::insufficient_balance);
    }
    if (now_s < it->second.end_s) {
        return std::unexpected(Revert::cooldown_running);
    }
    const U256 amount = it->second.amount;
    tokens.transfer(silo_, holder, usde_, amount, Reason::staking);
    cooldowns_.erase(it);
    return amount;
}

U256 SyntheticDollar::cooling_down(HolderId holder) const {
    const auto it = cooldowns_.find(holder);
    return it == cooldowns_.end() ? U256{} : it->second.amount;
}

Outcome<U256> SyntheticDollar::add_rewards(TokenBook& tokens,
                                           HolderId from,
                                           const U256& usde_amount,
                                           std::uint64_t now_s) {
    const RevertScope scope;
    tokens.require_balance(from, usde_, usde_amount);
    require(unvested(now_s).is_zero(), Revert::still_vesting);
    if (scope.reverted()) {
        return std::unexpected(scope.reason());
    }
    tokens.transfer(from, vault_, usde_, usde_amount, Reason::staking);
    vesting_amount_ = usde_amount;
    vesting_from_s_ = now_s;
    return usde_amount;
}

}  // namespace margincall::usde
