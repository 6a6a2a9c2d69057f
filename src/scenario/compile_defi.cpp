// What the keys of [defi] need of each other and of the rest of the scenario.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "defi/aave_ethereum_2025.hpp"
#include "scenario/compiler.hpp"

namespace margincall::inline scenario {

void Compiler::check_defi() {
    const DefiPlan& defi = draft_.plan.defi;
    const Node* const section = doc_.root.find("defi");
    if (section == nullptr) {
        return;
    }
    const auto wrong = [&](const char* key, std::string message, const char* hint) {
        const Node* const node = section->find_path(key);
        problem(node != nullptr ? *node : *section, "E306", std::move(message)).hint = hint;
    };
    const LendingPlan& p = defi.lending;
    if (p.limit_from > p.limit_to || p.loop_limit_from > p.loop_limit_to) {
        wrong("lending",
              "defi.lending: the lower bound of loan-to-value is above the upper one",
              "limit_from <= limit_to, loop_limit_from <= loop_limit_to");
    }
    if (defi.enabled && p.borrowed > 0.0 &&
        p.eth_loops + p.dollar_loops + p.eth_backed + p.btc_backed <= 0.0) {
        wrong("lending",
              "defi.lending: the leverage mix is empty",
              "at least one of eth_loops, dollar_loops, eth_backed, btc_backed above 0");
    }
    // Nobody borrows up to a share of the limit of liquidation that the lender does not lend.
    const auto lends = [&](const char* asset, double share) {
        const aave::ReserveParameters& reserve = *aave::find_reserve(asset);
        return share > 0.0 ? static_cast<double>(reserve.ltv_bps) / reserve.threshold_bps : 1.0;
    };
    const auto lends_loops = [&](const char* label, double share) {
        const aave::EModeParameters& mode = *aave::find_e_mode(label);
        return share > 0.0 ? static_cast<double>(mode.ltv_bps) / mode.threshold_bps : 1.0;
    };
    const double most = std::min(lends("WETH", p.eth_backed), lends("WBTC", p.btc_backed));
    const double loops_most = std::min(lends_loops("ETH correlated", p.eth_loops),
                                       lends_loops("sUSDe Stablecoins", p.dollar_loops));
    for (const auto& [key, value, bound] :
         {std::tuple{"limit_to", p.limit_to, most},
          std::tuple{"loop_limit_to", p.loop_limit_to, loops_most}}) {
        if (defi.enabled && p.borrowed > 0.0 && value >= bound) {
            const std::string path = fmt::format("lending.{}", key);
            const Node* const node = section->find_path(path);
            problem(node != nullptr ? *node : *section,
                    "E309",
                    fmt::format("defi.{}: more than is lent against this collateral", path))
                .allowed = fmt::format("allowed: less than {} (loan-to-value over threshold)",
                                       format_measure(bound, Unit::share));
        }
    }
    if (defi.keeper.delay_min > defi.keeper.delay_max) {
        wrong("keepers.delay_min",
              "defi.keepers.delay_min: above delay_max",
              "blocks from seeing to inclusion, e.g. 1 to 10");
    }
    if (defi.share_market.loan_to_value > defi.share_market.limit) {
        wrong("share_market",
              "defi.share_market.loan_to_value: above the limit of liquidation",
              "loan_to_value < limit");
    }
    const SyntheticDollarPlan& usde = defi.usde;
    if (usde.collateral_from > usde.collateral_to || usde.settle_min > usde.settle_max) {
        wrong("usde", "defi.usde: a lower bound is above the upper one", "from <= to");
    }
    if (usde.asset.empty() && defi.pools.curve + defi.pools.uniswap > 0.0) {
        wrong("pools",
              "defi.pools: no synthetic dollar to trade in them",
              "[defi.usde] asset = \"USDe\", or no pools");
    }
    if (usde.hedged_share > 0.0 && (usde.supply <= 0.0 || !asset_index("ETH"))) {
        wrong("usde.hedged_share",
              "defi.usde.hedged_share: there is nothing to hedge, or no ether to hedge it in",
              "supply = \"10 bn USD\" and an asset ETH");
    }
    if (!usde.asset.empty()) {
        const auto a = asset_index(usde.asset);
        if (!a || !assets_[*a].plan.pegged) {
            wrong("usde.asset",
                  fmt::format("defi.usde.asset: there is no pegged asset \"{}\"", usde.asset),
                  "[assets.USDe] with pegged = true, spot.tick and spot.lot");
        }
    }
}

}  // namespace margincall::inline scenario
