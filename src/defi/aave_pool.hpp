// An Aave v3 lending pool: reserves, accounts, and the calls that move between them. Supplied and
// borrowed balances are tokens of the ledger too (a-token and debt token, in scaled units), so that
// a balance is scaled amount x index and interest needs no posting.
//
// Every call accrues the reserves it touches, works out the whole outcome on copies, checks, and
// only then posts and stores: a revert changes nothing. Times are block times in seconds. Source:
// aave-dao/aave-v3-origin, src/contracts/protocol/libraries/logic; docs/aave-v3.md.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "defi/aave_account.hpp"
#include "defi/aave_ethereum_2025.hpp"
#include "defi/aave_interest.hpp"
#include "defi/aave_liquidation.hpp"
#include "defi/token_book.hpp"

namespace margincall::aave {

using ReserveId = Id<struct ReserveTag, std::uint32_t>;
using EModeId = std::uint32_t;  // 0 = none, else 1 + row
inline constexpr std::size_t reserves_max = 64;

enum class ReserveStatus : std::uint8_t { active, frozen, paused };  // frozen: only ways out
enum class CollateralUse : std::uint8_t { enabled, disabled };
enum class SeizedAs : std::uint8_t { underlying, a_token };

// The three tokens of a reserve.
struct ReserveTokens {
    TokenId underlying;
    TokenId a_token;     // claims of suppliers, scaled
    TokenId debt_token;  // debt of borrowers, scaled
};

struct Reserve {
    ReserveParameters parameters;
    ReserveTokens tokens;
    U256 unit;  // raw units of one token
    HolderId holder;
    ReserveStatus status = ReserveStatus::active;
    U256 price;  // dollars with 8 decimals per token, set by the oracle
    U256 liquidity_index = ray;
    U256 borrow_index = ray;
    Rates rates;
    std::uint64_t updated_s = 0;
    U256 deficit;              // underlying units
    U256 accrued_to_treasury;  // scaled
};

struct EMode {
    std::uint32_t ltv_bps = 0;
    std::uint32_t threshold_bps = 0;
    std::uint32_t bonus_bps = 0;
    std::uint64_t collateral_bits = 0;  // bit per reserve
    std::uint64_t borrowable_bits = 0;
};

struct LiquidationCall {
    HolderId liquidator;
    HolderId borrower;
    ReserveId collateral;
    ReserveId debt;
    U256 debt_to_cover;
    SeizedAs seized_as = SeizedAs::underlying;
};

class LendingPool {
  public:
    LendingPool(TokenBook& tokens, Version version);

    // `price` in dollars with 8 decimals.
    ReserveId add_reserve(TokenBook& tokens,
                          const ReserveParameters& parameters,
                          const ReserveTokens& reserve_tokens,
                          const U256& price,
                          std::uint64_t now_s);
    EModeId add_e_mode(const EMode& mode);

    // Amounts moved. U256::max() for withdraw and repay means all.
    [[nodiscard]] Outcome<U256> supply(TokenBook& tokens,
                                       HolderId user,
                                       ReserveId reserve,
                                       const U256& amount,
                                       std::uint64_t now_s);
    [[nodiscard]] Outcome<U256> withdraw(TokenBook& tokens,
                                         HolderId user,
                                         ReserveId reserve,
                                         const U256& amount,
                                         std::uint64_t now_s);
    [[nodiscard]] Outcome<U256> borrow(TokenBook& tokens,
                                       HolderId user,
                                       ReserveId reserve,
                                       const U256& amount,
                                       std::uint64_t now_s);
    [[nodiscard]] Outcome<U256> repay(TokenBook& tokens,
                                      HolderId user,
                                      ReserveId reserve,
                                      const U256& amount,
                                      std::uint64_t now_s);
    [[nodiscard]] Revert set_collateral(const TokenBook& tokens,
                                        HolderId user,
                                        ReserveId reserve,
                                        CollateralUse use,
                                        std::uint64_t now_s);
    [[nodiscard]] Revert set_e_mode(const TokenBook& tokens,
                                    HolderId user,
                                    EModeId mode,
                                    std::uint64_t now_s);
    [[nodiscard]] Outcome<Liquidation> liquidate(TokenBook& tokens,
                                                 const LiquidationCall& call,
                                                 std::uint64_t now_s);
    // The umbrella burns its own claims against a reserve's deficit, at most the deficit.
    [[nodiscard]] Outcome<U256> cover_deficit(TokenBook& tokens,
                                              HolderId payer,
                                              ReserveId reserve,
                                              const U256& amount,
                                              std::uint64_t now_s);
    // Claims that accrued to the treasury become a-tokens of its holder.
    void mint_to_treasury(TokenBook& tokens, ReserveId reserve, std::uint64_t now_s);

    void set_price(ReserveId reserve, const U256& price) { reserves_[reserve.raw()].price = price; }
    void set_status(ReserveId reserve, ReserveStatus status) {
        reserves_[reserve.raw()].status = status;
    }
    // Levers for policy work: caps in whole tokens (0 = none) and slopes; rates follow at the next
    // call.
    // Of any liquidation from now on; the protocol's own is close_factor_bps.
    void set_close_factor(std::uint64_t bps) { close_bps_ = bps; }
    void set_caps(ReserveId reserve, std::uint64_t supply_tokens, std::uint64_t borrow_tokens);
    void set_slopes(ReserveId reserve, const RateSlopes& slopes);

    // Balances and health as of `now_s`, interest included.
    [[nodiscard]] U256 supplied(const TokenBook& tokens,
                                HolderId user,
                                ReserveId reserve,
                                std::uint64_t now_s) const;
    [[nodiscard]] U256 owed(const TokenBook& tokens,
                            HolderId user,
                            ReserveId reserve,
                            std::uint64_t now_s) const;
    [[nodiscard]] AccountData account(const TokenBook& tokens,
                                      HolderId user,
                                      std::uint64_t now_s) const;
    [[nodiscard]] U256 total_debt(const TokenBook& tokens,
                                  ReserveId reserve,
                                  std::uint64_t now_s) const;
    [[nodiscard]] U256 available(const TokenBook& tokens, ReserveId reserve) const;
    [[nodiscard]] Reserve accrued(const TokenBook& tokens,
                                  ReserveId reserve,
                                  std::uint64_t now_s) const;

    [[nodiscard]] const Reserve& reserve(ReserveId id) const { return reserves_[id.raw()]; }
    [[nodiscard]] std::size_t reserves() const { return reserves_.size(); }
    [[nodiscard]] std::optional<ReserveId> find(std::string_view asset) const;
    [[nodiscard]] bool is_collateral(HolderId user, ReserveId reserve) const;
    [[nodiscard]] EModeId e_mode_of(HolderId user) const { return user_of(user).e_mode; }
    [[nodiscard]] HolderId treasury() const { return treasury_; }
    [[nodiscard]] Version version() const { return version_; }

    // CHECKs per reserve that claims do not exceed what backs them (cash, debt, deficit) by more
    // than `slack` units, the room of half-up roundings.
    void check_lending(const TokenBook& tokens, std::uint64_t now_s, const U256& slack) const;

  private:
    struct User {
        std::uint64_t collateral_bits = 0;
        EModeId e_mode = 0;
    };
    // A change of one account that a check looks at before it happens; amounts in raw units.
    struct Overlay {
        std::optional<User> user;
        std::optional<ReserveId> reserve;
        std::optional<U256> supplied;
        std::optional<U256> owed;
    };
    [[nodiscard]] User user_of(HolderId holder) const;
    User& user_row(HolderId holder);
    [[nodiscard]] const EMode* mode_of(const User& user) const;
    [[nodiscard]] AccountData account_with(const TokenBook& tokens,
                                           HolderId holder,
                                           std::uint64_t now_s,
                                           const Overlay& overlay) const;
    [[nodiscard]] CollateralRow collateral_row(const User& user,
                                               std::size_t reserve,
                                               const U256& amount) const;
    void refresh_rates(const TokenBook& tokens, Reserve& reserve) const;
    void require_open(const Reserve& reserve, ReserveStatus worst) const;
    void require_health_after(const TokenBook& tokens,
                              HolderId user,
                              std::uint64_t now_s,
                              const Overlay& overlay) const;
    [[nodiscard]] bool has_zero_ltv_collateral(const TokenBook& tokens,
                                               HolderId user,
                                               ReserveId except) const;
    [[nodiscard]] std::uint32_t bonus_for(const User& user, ReserveId collateral) const;
    void seize(TokenBook& tokens, const LiquidationCall& call, const Liquidation& amounts);
    void write_off_debts(TokenBook& tokens, const LiquidationCall& call, std::uint64_t now_s);
    [[nodiscard]] U256 scaled(const TokenBook& tokens, HolderId user, TokenId token) const {
        return tokens.balance(user, token);
    }

    Version version_;
    std::uint64_t close_bps_ = close_factor_bps;
    std::vector<Reserve> reserves_;
    std::vector<EMode> modes_;
    std::vector<User> users_;  // by holder
    HolderId treasury_;
};

}  // namespace margincall::aave
