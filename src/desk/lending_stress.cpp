#include "desk/lending_stress.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "base/digest.hpp"
#include "ledger/ledger.hpp"

namespace margincall::inline desk {
namespace {

constexpr Duration block_time = seconds(12);  // of Ethereum: how often an oracle can publish
constexpr std::int64_t price_steps_max = 1'000;
constexpr std::uint64_t factor_parts = 1'000'000'000'000;  // a shock's factor in parts of 10^-12
constexpr std::uint64_t at_once = 0;                       // the pool's clock: no interest runs

// Prices of all assets at each step of the shock. Between two steps every price moves one way.
class PricePath {
  public:
    PricePath(const LoanStress& loans, const Shock& shock, Duration step) : step_(step.raw()) {
        const LendingBook& book = *loans.book;
        const std::int64_t length = shock.length().raw();
        for (std::int64_t at = 0;; at += step_) {
            const Duration time = Duration::from_raw(std::min(at, length));
            times_s_.push_back(to_seconds(time));
            std::vector<U256>& row = prices_.emplace_back();
            for (std::size_t a = 0; a < book.assets.size(); ++a) {
                row.push_back(moved(book.assets[a].price, loans.moves[a], shock, time));
            }
            if (at >= length) {
                break;
            }
        }
    }
    [[nodiscard]] std::size_t steps() const { return prices_.size(); }
    [[nodiscard]] const U256& price(std::size_t step, std::uint32_t asset) const {
        return prices_[step][asset];
    }
    [[nodiscard]] double time_s(std::size_t step) const { return times_s_[step]; }
    [[nodiscard]] Duration step() const { return Duration::from_raw(step_); }

  private:
    // Rounded down to the oracle's 8 decimals, at least one of them.
    [[nodiscard]] static U256 moved(const U256& price,
                                    const AssetMove& move,
                                    const Shock& shock,
                                    Duration time) {
        if (!move.coin.valid()) {
            return price;
        }
        const double parts = shock.factor(move.coin, time) * static_cast<double>(factor_parts);
        const U256 out = price * static_cast<std::uint64_t>(std::llround(parts)) / factor_parts;
        return max(out, U256{1});
    }

    std::int64_t step_ = 0;
    std::vector<double> times_s_;
    std::vector<std::vector<U256>> prices_;  // by step, asset
};

// What an account has and owes now, in the terms that apply to it.
struct Loan {
    struct Row {
        std::uint32_t asset = 0;
        U256 unit;
        U256 supplied, owed;
        aave::CollateralUse use = aave::CollateralUse::enabled;
        std::uint32_t threshold_bps = 0, bonus_bps = 0;
    };
    std::vector<Row> rows;

    // `of_collateral` and `of_debt` give an asset's price.
    template <class OfCollateral, class OfDebt>
    [[nodiscard]] aave::AccountData data(OfCollateral of_collateral, OfDebt of_debt) const {
        std::vector<aave::CollateralRow> collateral;
        std::vector<aave::DebtRow> debts;
        for (const Row& row : rows) {
            if (row.use == aave::CollateralUse::enabled && !row.supplied.is_zero()) {
                collateral.push_back({{row.supplied, of_collateral(row.asset), row.unit},
                                      row.threshold_bps,
                                      row.threshold_bps});
            }
            if (!row.owed.is_zero()) {
                debts.push_back({row.owed, of_debt(row.asset), row.unit});
            }
        }
        return aave::account_data(lending_version, collateral, debts);
    }
    [[nodiscard]] aave::AccountData at(const PricePath& path, std::size_t step) const {
        const auto price = [&](std::uint32_t asset) { return path.price(step, asset); };
        return data(price, price);
    }
    // A health that the account is at or above at every step from one to another.
    [[nodiscard]] U256 least_health(const PricePath& path, std::size_t from, std::size_t to) const {
        return data([&](std::uint32_t a) { return min(path.price(from, a), path.price(to, a)); },
                    [&](std::uint32_t a) { return max(path.price(from, a), path.price(to, a)); })
            .health_factor;
    }
    // The first step in [from, to] at which the account is below 1.
    [[nodiscard]] std::optional<std::size_t> first_below(const PricePath& path,
                                                         std::size_t from,
                                                         std::size_t to) const {
        if (least_health(path, from, to) >= aave::liquidation_health) {
            return std::nullopt;
        }
        if (from == to) {
            return from;
        }
        const std::size_t middle = std::midpoint(from, to);
        if (const auto early = first_below(path, from, middle)) {
            return early;
        }
        return first_below(path, middle + 1, to);
    }
};

// A pool that holds one account of the book, and a liquidator with all that is owed.
class LoanPool {
  public:
    LoanPool(const LendingBook& book, const Loan& loan)
        : ledger_(static_cast<std::uint32_t>(3 * loan.rows.size())),
          tokens_(ledger_),
          pool_(tokens_, lending_version),
          borrower_(tokens_.add_holder()),
          keeper_(tokens_.add_holder()) {
        LedgerAsset next = 0;
        for (const Loan::Row& row : loan.rows) {
            const LendingAsset& asset = book.assets[row.asset];
            aave::ReserveParameters parameters;
            parameters.asset = asset.name;
            parameters.decimals = asset.decimals;
            parameters.threshold_bps = row.threshold_bps;
            // Nobody borrows here, so that the loan-to-value only has to be there: at 0 the pool would not
            // enable a collateral that an account has enabled before.
            parameters.ltv_bps = std::max<std::uint32_t>(row.threshold_bps, 1);
            parameters.bonus_bps =
                static_cast<std::uint32_t>(aave::percentage_factor) + row.bonus_bps;
            parameters.protocol_fee_bps = asset.protocol_fee_bps;
            const aave::ReserveTokens ids{
                tokens_.add_token(asset.name, next, asset.decimals),
                tokens_.add_token("claim on " + asset.name, next + 1, asset.decimals),
                tokens_.add_token("debt in " + asset.name, next + 2, asset.decimals)};
            next += 3;
            const aave::ReserveId id =
                pool_.add_reserve(tokens_, parameters, ids, asset.price, at_once);
            if (!row.supplied.is_zero()) {
                tokens_.mint(borrower_, ids.underlying, row.supplied);
                CHECK(pool_.supply(tokens_, borrower_, id, row.supplied, at_once).has_value());
            }
            if (!row.supplied.is_zero() && row.use == aave::CollateralUse::disabled) {
                CHECK(pool_.set_collateral(tokens_, borrower_, id, row.use, at_once) ==
                      Revert::none);
            }
            tokens_.mint(keeper_, ids.underlying, row.owed);
        }
        // A book is a state, not a way to it: debts are there, also such as nobody could take up today.
        for (std::size_t r = 0; r < loan.rows.size(); ++r) {
            tokens_.mint(borrower_, pool_.reserve(reserve(r)).tokens.debt_token, loan.rows[r].owed);
        }
    }

    void set_prices(const Loan& loan, const PricePath& path, std::size_t step) {
        for (std::size_t r = 0; r < loan.rows.size(); ++r) {
            pool_.set_price(reserve(r), path.price(step, loan.rows[r].asset));
        }
    }

    // One liquidation; the reason why there is none.
    std::expected<LendingCall, std::string> liquidate(const Loan& loan) {
        const U256 health = pool_.account(tokens_, borrower_, at_once).health_factor;
        std::string reason = "no collateral that can be seized";
        for (const std::size_t debt : by_value(loan, &Loan::Row::owed)) {
            for (const std::size_t collateral : by_value(loan, &Loan::Row::supplied)) {
                if (!pool_.is_collateral(borrower_, reserve(collateral)) ||
                    loan.rows[collateral].threshold_bps == 0) {
                    continue;
                }
                const U256 deficits = deficit_base();
                Outcome<aave::Liquidation> done =
                    call(collateral, debt, pool_.owed(tokens_, borrower_, reserve(debt), at_once));
                if (!done && done.error() == Revert::must_not_leave_dust) {
                    done = call(collateral, debt, without_dust(collateral, debt));
                }
                if (!done) {
                    reason = revert_name(done.error());
                    continue;
                }
                LendingCall out;
                out.collateral = loan.rows[collateral].asset;
                out.debt = loan.rows[debt].asset;
                out.health = health;
                out.repaid = done->debt_repaid;
                out.seized = done->collateral_seized;
                out.protocol_fee = done->protocol_fee;
                out.repaid_base = worth(debt, done->debt_repaid);
                out.seized_base = worth(collateral, done->collateral_seized);
                out.fee_base = worth(collateral, done->protocol_fee);
                out.written_off_base = deficit_base() - deficits;
                return out;
            }
        }
        return std::unexpected(std::move(reason));
    }

    // What the account has and owes now.
    void read(Loan& loan) const {
        for (std::size_t r = 0; r < loan.rows.size(); ++r) {
            Loan::Row& row = loan.rows[r];
            row.supplied = pool_.supplied(tokens_, borrower_, reserve(r), at_once);
            row.owed = pool_.owed(tokens_, borrower_, reserve(r), at_once);
            if (row.use == aave::CollateralUse::enabled && !row.supplied.is_zero() &&
                !pool_.is_collateral(borrower_, reserve(r))) {
                row.use = aave::CollateralUse::disabled;
            }
        }
    }
    [[nodiscard]] aave::AccountData account() const {
        return pool_.account(tokens_, borrower_, at_once);
    }
    // Written off, of the reserve of a row, at the price of now.
    [[nodiscard]] U256 deficit_base(std::size_t row) const {
        return worth(row, pool_.reserve(reserve(row)).deficit);
    }
    void check() const {
        pool_.check_lending(tokens_, at_once, U256{});
        check_ledger(ledger_);
    }
    [[nodiscard]] std::uint64_t digest() const { return ledger_.digest(); }

  private:
    [[nodiscard]] static aave::ReserveId reserve(std::size_t row) {
        return aave::ReserveId::from_raw(static_cast<std::uint32_t>(row));
    }
    [[nodiscard]] U256 worth(std::size_t row, const U256& amount) const {
        const aave::Reserve& r = pool_.reserve(reserve(row));
        return aave::value_floor({amount, r.price, r.unit});
    }
    [[nodiscard]] U256 deficit_base() const {
        U256 sum;
        for (std::size_t r = 0; r < pool_.reserves(); ++r) {
            sum += deficit_base(r);
        }
        return sum;
    }
    Outcome<aave::Liquidation> call(std::size_t collateral, std::size_t debt, const U256& offered) {
        return pool_.liquidate(tokens_,
                               {keeper_,
                                borrower_,
                                reserve(collateral),
                                reserve(debt),
                                offered,
                                aave::SeizedAs::a_token},
                               at_once);
    }
    // Rows with something in them, the most valuable first, then in the book's order.
    [[nodiscard]] std::vector<std::size_t> by_value(const Loan& loan,
                                                    U256 Loan::Row::*amount) const {
        std::vector<std::size_t> out;
        for (std::size_t r = 0; r < loan.rows.size(); ++r) {
            if (!(loan.rows[r].*amount).is_zero()) {
                out.push_back(r);
            }
        }
        std::ranges::stable_sort(out, [&](std::size_t a, std::size_t b) {
            return worth(a, loan.rows[a].*amount) > worth(b, loan.rows[b].*amount);
        });
        return out;
    }
    // So much debt that what stays of it and of the collateral is worth no less than the protocol lets stay.
    [[nodiscard]] U256 without_dust(std::size_t collateral, std::size_t debt) const {
        const aave::Reserve& c = pool_.reserve(reserve(collateral));
        const aave::Reserve& d = pool_.reserve(reserve(debt));
        const U256 keep{aave::min_leftover_base + 1};
        const U256 seizable = difference_or_zero(
            worth(collateral, pool_.supplied(tokens_, borrower_, reserve(collateral), at_once)),
            keep);
        const U256 repayable = difference_or_zero(
            worth(debt, pool_.owed(tokens_, borrower_, reserve(debt), at_once)), keep);
        const U256 base =
            min(aave::percent_div_floor(seizable, U256{c.parameters.bonus_bps}), repayable);
        return base * d.unit / d.price;
    }

    Ledger ledger_;
    TokenBook tokens_;
    aave::LendingPool pool_;
    HolderId borrower_, keeper_;
};

Loan loan_of(const LendingBook& book, const LendingAccount& account) {
    Loan out;
    for (const LendingRow& row : book.rows_of(account)) {
        out.rows.push_back({row.asset,
                            book.assets[row.asset].unit(),
                            row.supplied,
                            row.owed,
                            row.use,
                            row.threshold_bps,
                            row.bonus_bps.value_or(0)});
    }
    return out;
}

class LendingRun {
  public:
    LendingRun(const LoanStress& loans, const Shock& shock, Duration step, LendingDetail detail)
        : book_(*loans.book), path_(loans, shock, step), detail_(detail) {}

    LendingOutcome run() {
        out_.step = path_.step();
        for (std::uint32_t a = 0; a < book_.assets.size(); ++a) {
            out_.assets.emplace_back();
            out_.assets.back().price_end = path_.price(path_.steps() - 1, a);
        }
        for (std::uint32_t account = 0; account < book_.accounts.size(); ++account) {
            stress(account);
        }
        out_.digest = digest_.value();
        return std::move(out_);
    }

  private:
    void stress(std::uint32_t account) {
        Loan loan = loan_of(book_, book_.accounts[account]);
        const std::size_t last = path_.steps() - 1;
        LendingAccountResult result;
        const auto own = [&](std::uint32_t asset) { return book_.assets[asset].price; };
        result.before = loan.data(own, own);
        result.unhelped = loan.at(path_, last);
        for (const Loan::Row& row : loan.rows) {
            out_.assets[row.asset].supplied += row.supplied;
            out_.assets[row.asset].owed += row.owed;
        }
        if (const auto first = loan.first_below(path_, 0, last)) {
            liquidate(account, loan, *first, result);
        }
        result.after = result.calls > 0 ? loan.at(path_, last) : result.unhelped;
        if (result.after.collateral_base.is_zero()) {
            result.uncovered_base = result.after.debt_base;
        }
        if (result.after.health_factor >= aave::liquidation_health) {
            result.stuck.clear();
        }
        const auto is_below = [](const aave::AccountData& data) {
            return data.health_factor < aave::liquidation_health ? 1U : 0U;
        };
        out_.with_debt += result.before.debt_base.is_zero() ? 0U : 1U;
        out_.below_one_before += is_below(result.before);
        out_.below_one_unhelped += is_below(result.unhelped);
        out_.below_one_after += is_below(result.after);
        out_.liquidated += result.calls > 0 ? 1 : 0;
        out_.collateral_base += result.before.collateral_base;
        out_.debt_base += result.before.debt_base;
        out_.repaid_base += result.repaid_base;
        out_.seized_base += result.seized_base;
        out_.fee_base += result.fee_base;
        out_.written_off_base += result.written_off_base;
        out_.uncovered_base += result.uncovered_base;
        if (detail_ == LendingDetail::all) {
            out_.accounts.push_back(std::move(result));
        }
    }

    void liquidate(std::uint32_t account,
                   Loan& loan,
                   std::size_t step,
                   LendingAccountResult& result) {
        LoanPool pool(book_, loan);
        const std::size_t last = path_.steps() - 1;
        std::optional<std::size_t> at = step;
        while (at) {
            pool.set_prices(loan, path_, *at);
            result.stuck.clear();
            while (result.stuck.empty() &&
                   pool.account().health_factor < aave::liquidation_health) {
                call(account, pool, loan, *at, result);
            }
            at = *at < last ? loan.first_below(path_, *at + 1, last) : std::nullopt;
        }
        pool.check();
        digest_.add(pool.digest());
    }

    void call(std::uint32_t account,
              LoanPool& pool,
              Loan& loan,
              std::size_t step,
              LendingAccountResult& result) {
        std::vector<U256> written_off;
        for (std::size_t r = 0; r < loan.rows.size(); ++r) {
            written_off.push_back(pool.deficit_base(r));
        }
        std::expected<LendingCall, std::string> done = pool.liquidate(loan);
        if (!done) {
            result.stuck = std::move(done.error());
            return;
        }
        done->account = account;
        done->time_s = path_.time_s(step);
        if (result.calls == 0) {
            result.first_s = done->time_s;
        }
        ++result.calls;
        result.repaid_base += done->repaid_base;
        result.seized_base += done->seized_base;
        result.fee_base += done->fee_base;
        result.written_off_base += done->written_off_base;
        out_.assets[done->debt].repaid += done->repaid;
        out_.assets[done->collateral].seized += done->seized;
        out_.assets[done->collateral].protocol_fee += done->protocol_fee;
        for (std::size_t r = 0; r < loan.rows.size(); ++r) {
            out_.assets[loan.rows[r].asset].written_off_base +=
                pool.deficit_base(r) - written_off[r];
        }
        ++out_.call_count;
        if (detail_ == LendingDetail::all) {
            out_.calls.push_back(std::move(*done));
        }
        pool.read(loan);
    }

    const LendingBook& book_;
    PricePath path_;
    LendingDetail detail_;
    LendingOutcome out_;
    Digest digest_;
};

constexpr double base_usd = 1e-8;  // dollars in a unit of the pool's base

bool near_health(const U256& reported, const U256& computed, double tolerance) {
    return distance(reported, computed).to_double() <= tolerance * reported.to_double();
}

// The account's health factor with each of its rows as `change` leaves it.
U256 health_with(const LendingBook& book, const LendingAccount& account, auto change) {
    Loan loan = loan_of(book, account);
    for (Loan::Row& row : loan.rows) {
        change(row);
    }
    const auto own = [&](std::uint32_t asset) { return book.assets[asset].price; };
    return loan.data(own, own).health_factor;
}

// By asset: every threshold that the book has for it, those of e-modes among them.
using LiquidationThresholds = std::vector<std::set<std::uint32_t>>;
LiquidationThresholds thresholds_of(const LendingBook& book) {
    LiquidationThresholds out(book.assets.size());
    for (const LendingRow& row : book.rows) {
        out[row.asset].insert(row.threshold_bps);
    }
    return out;
}

BreakCause cause_of_health(const LendingBook& book,
                           const LendingAccount& account,
                           const LiquidationThresholds& thresholds,
                           double tolerance) {
    const U256& reported = *account.reported_health;
    for (const LendingRow& own : book.rows_of(account)) {
        for (const std::uint32_t other : thresholds[own.asset]) {
            const U256 health = health_with(book, account, [&](Loan::Row& row) {
                row.threshold_bps = row.asset == own.asset ? other : row.threshold_bps;
            });
            if (near_health(reported, health, tolerance)) {
                return BreakCause::unknown_tier;
            }
        }
    }
    const U256 all_enabled =
        health_with(book, account, [](Loan::Row& row) { row.use = aave::CollateralUse::enabled; });
    return near_health(reported, all_enabled, tolerance) ? BreakCause::our_reading
                                                         : BreakCause::contradiction;
}

}  // namespace

HealthReconciliation reconcile_health(const LendingBook& book,
                                      const LendingOutcome& outcome,
                                      double tolerance) {
    HealthReconciliation out;
    const LiquidationThresholds thresholds = thresholds_of(book);
    for (std::uint32_t a = 0; a < book.accounts.size(); ++a) {
        const std::optional<U256>& reported = book.accounts[a].reported_health;
        if (!reported) {
            continue;
        }
        const aave::AccountData& own = outcome.accounts[a].before;
        const double difference = distance(*reported, own.health_factor).to_double();
        const double relative = reported->is_zero() ? (own.health_factor.is_zero() ? 0.0 : 1.0)
                                                    : difference / reported->to_double();
        out.largest = std::max(out.largest, relative);
        const double debt_usd = own.debt_base.to_double() * base_usd;
        if (relative <= tolerance) {
            out.figures.add_agreeing(debt_usd);
        } else {
            const BreakCause cause = cause_of_health(book, book.accounts[a], thresholds, tolerance);
            out.figures.add_break(cause, debt_usd);
            out.breaks.push_back({a, *reported, own.health_factor, cause});
        }
    }
    return out;
}

Duration lending_step(const Shock& shock) {
    return Duration::from_raw(
        std::max(block_time.raw(), mul_div(shock.length().raw(), 1, price_steps_max, Round::up)));
}

LendingOutcome run_lending(const LoanStress& loans,
                           const Shock& shock,
                           Duration step,
                           LendingDetail detail) {
    CHECK(loans.moves.size() == loans.book->assets.size());
    return LendingRun(loans, shock, step.raw() > 0 ? step : lending_step(shock), detail).run();
}

}  // namespace margincall::inline desk
