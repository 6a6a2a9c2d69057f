// A synthetic dollar after Ethena's USDe: tokens issued against stablecoins and against crypto
// whose price risk is hedged with short perpetuals, a staked form whose value grows, and a reserve
// fund.
//
// This owns tokens, claims and targets; it trades nothing. How many perpetuals should be short is a
// signed target per asset, which whoever owns the venue executes, and spot crypto is bought and
// sold by the owner through `custody`. So the peg, the backing and the liquidity of redemptions
// follow from what really happened on the books. Values are dollars with 18 decimals, as USDe
// itself. Sources: docs.ethena.fi, the mint/redeem contract V2 (EthenaMinting.sol),
// StakedUSDeV2.sol; docs/usde.md.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "defi/token_book.hpp"

namespace margincall::usde {

struct Parameters {
    U256 mint_per_block_max;    // USDe, raw
    U256 redeem_per_block_max;  // USDe, raw
    U256 redeem_per_hour_max;   // USDe, raw; zero = no limit beyond the block's
    std::uint32_t mint_fee_bps = 0;
    std::uint32_t redeem_fee_bps = 0;
    std::uint64_t settlement_delay_s = 1'800;  // from the request to the payment
    std::uint64_t block_s = 12;
    std::uint64_t vesting_s = 28'800;    // rewards enter the staked form's value over 8 hours
    std::uint64_t cooldown_s = 604'800;  // 7 days from unstaking to payment
};

enum class Status : std::uint8_t { open, paused };

// A redemption that waits for its payment.
struct RedemptionTicket {
    HolderId holder;
    U256 stable_amount;  // raw stablecoin units owed
    std::uint64_t due_s = 0;
};
struct Settlement {
    U256 paid;  // raw stablecoin units, all tickets
    std::size_t tickets = 0;
    U256 short_fall;  // still owed by tickets that are due: to be raised by unwinding
};

// One hedged asset of the backing.
struct HedgedAsset {
    TokenId token;
    U256 price;  // dollars with 18 decimals per whole token, last seen
};

struct BackingValue {
    U256 stable;           // stablecoins at par
    U256 hedged_spot;      // crypto at its price
    SignedU256 hedge_pnl;  // of the short perpetuals, as reported by the owner
    U256 reserve;          // reserve fund, stablecoins at par
    SignedU256 total;      // without the reserve
    U256 owed;             // supply of USDe and unpaid redemptions
};

class SyntheticDollar {
  public:
    // `stable` is the stablecoin that mints and redeems one for one by value.
    SyntheticDollar(TokenBook& tokens,
                    const Parameters& parameters,
                    TokenId usde,
                    TokenId staked,
                    TokenId stable);

    void allow(HolderId minter);  // mint and redeem are for approved parties only
    [[nodiscard]] bool is_allowed(HolderId minter) const;
    void set_status(Status status) { status_ = status; }
    void set_limits(const U256& mint_per_block, const U256& redeem_per_block);
    // For redemptions asked from now on. Tickets are paid in the order in which they were asked,
    // so that a shorter delay does not overtake.
    void set_settlement_delay(std::uint64_t delay_s) { parameters_.settlement_delay_s = delay_s; }
    // What the limits leave at this time, USDe, raw.
    [[nodiscard]] U256 mintable(std::uint64_t now_s) const;
    [[nodiscard]] U256 redeemable(std::uint64_t now_s) const;

    // USDe minted for stablecoins at par, less the fee. Reverts: paused, not_whitelisted,
    // mint_limit, insufficient_balance.
    [[nodiscard]] Outcome<U256> mint(TokenBook& tokens,
                                     HolderId minter,
                                     const U256& stable_amount,
                                     std::uint64_t now_s);
    // Burns USDe now and owes stablecoins after the delay. Returns the stablecoins owed.
    [[nodiscard]] Outcome<U256> request_redemption(TokenBook& tokens,
                                                   HolderId redeemer,
                                                   const U256& usde_amount,
                                                   std::uint64_t now_s);
    // Pays due tickets in order as far as the liquid stablecoins go.
    Settlement settle(TokenBook& tokens, std::uint64_t now_s);

    // --- backing and hedge ---
    // Opens an asset for hedging; `custody` holds its tokens.
    void add_hedged_asset(TokenId token, const U256& price);
    void set_price(TokenId token, const U256& price);
    // Contracts that should be open, in raw token units; negative = short. Equal and opposite to
    // the spot in custody.
    [[nodiscard]] SignedU256 hedge_target(const TokenBook& tokens, TokenId token) const;
    // Spot to buy (positive) or sell for the hedged part of the backing to be `share_ppm` of what
    // is owed, split evenly over the assets. Raw token units.
    [[nodiscard]] SignedU256 spot_to_trade(const TokenBook& tokens,
                                           TokenId token,
                                           std::uint32_t share_ppm) const;
    void report_hedge_pnl(const SignedU256& pnl) { hedge_pnl_ = pnl; }  // 18 decimals
    [[nodiscard]] BackingValue backing(const TokenBook& tokens) const;
    // Value of the backing per USDe owed, 18 decimals; one at full backing.
    [[nodiscard]] U256 redemption_value(const TokenBook& tokens) const;
    // Moves stablecoins from the reserve fund into the liquid backing, at most what is there.
    U256 draw_reserve(TokenBook& tokens, const U256& stable_amount);

    // --- staked form ---
    [[nodiscard]] Outcome<U256> stake(TokenBook& tokens,
                                      HolderId holder,
                                      const U256& usde_amount,
                                      std::uint64_t now_s);
    // Burns shares; the USDe waits for the cooldown, which restarts for everything waiting.
    [[nodiscard]] Outcome<U256> start_cooldown(TokenBook& tokens,
                                               HolderId holder,
                                               const U256& shares,
                                               std::uint64_t now_s);
    [[nodiscard]] Outcome<U256> claim(TokenBook& tokens, HolderId holder, std::uint64_t now_s);
    // Adds USDe rewards from a holder; they vest over the parameter's time. Reverts while the
    // rewards before are still vesting, as on chain.
    [[nodiscard]] Outcome<U256> add_rewards(TokenBook& tokens,
                                            HolderId from,
                                            const U256& usde_amount,
                                            std::uint64_t now_s);
    [[nodiscard]] U256 unvested(std::uint64_t now_s) const;
    [[nodiscard]] U256 staked_assets(const TokenBook& tokens, std::uint64_t now_s) const;
    // USDe per share, 18 decimals.
    [[nodiscard]] U256 staked_rate(const TokenBook& tokens, std::uint64_t now_s) const;
    [[nodiscard]] U256 cooling_down(HolderId holder) const;

    [[nodiscard]] HolderId liquid() const { return liquid_; }    // stablecoins that pay redemptions
    [[nodiscard]] HolderId custody() const { return custody_; }  // hedged crypto
    [[nodiscard]] HolderId reserve() const { return reserve_; }
    [[nodiscard]] const std::deque<RedemptionTicket>& tickets() const { return tickets_; }
    [[nodiscard]] U256 owed_to_tickets() const;  // raw stablecoin units
    [[nodiscard]] const Parameters& parameters() const { return parameters_; }

  private:
    struct Window {  // an amount used within a period
        std::uint64_t number = 0;
        U256 used;
    };
    struct Cooldown {
        U256 amount;
        std::uint64_t end_s = 0;
    };
    [[nodiscard]] U256 used_in(const Window& window, std::uint64_t number) const;
    static void use(Window& window, std::uint64_t number, const U256& amount);
    [[nodiscard]] U256 to_value(const TokenBook& tokens, const U256& stable_amount) const;
    [[nodiscard]] U256 to_stable(const TokenBook& tokens, const U256& value) const;
    [[nodiscard]] const HedgedAsset& hedged(TokenId token) const;

    Parameters parameters_;
    TokenId usde_;
    TokenId staked_;
    TokenId stable_;
    HolderId liquid_;
    HolderId custody_;
    HolderId reserve_;
    HolderId vault_;  // USDe behind the staked form
    HolderId silo_;   // USDe in cooldown
    Status status_ = Status::open;
    std::vector<std::uint8_t> allowed_;  // by holder
    Window minted_in_block_;
    Window redeemed_in_block_;
    Window redeemed_in_hour_;
    std::deque<RedemptionTicket> tickets_;
    std::vector<HedgedAsset> hedged_;
    SignedU256 hedge_pnl_;
    U256 vesting_amount_;
    std::uint64_t vesting_from_s_ = 0;
    std::map<HolderId, Cooldown> cooldowns_;
};

}  // namespace margincall::usde
