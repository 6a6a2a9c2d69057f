#include "desk/rule_change.hpp"

namespace margincall::inline desk {
namespace {

struct Both {
    PortfolioMargin today, proposed;
};

double between(Amount a, Amount b, double share) {
    return static_cast<double>(a.raw()) * (1.0 - share) + static_cast<double>(b.raw()) * share;
}

}  // namespace

std::vector<ActivationStage> activation(const StressStart& today,
                                        const StressMarket& proposed,
                                        std::uint32_t stages) {
    const AccountBook& book = today.book();
    CHECK_EQ(proposed.instruments.size(), today.market().instruments.size());
    UnitMargins now(today.market(), book);
    UnitMargins then(proposed, book);
    std::vector<Both> margins(book.units.size());
    for (std::uint32_t u = 0; u < book.units.size(); ++u) {
        if (book.units[u].positions > 0) {
            margins[u] = {now.of(today.house(), u, today.prices()),
                          then.of(today.house(), u, today.prices())};
        }
    }
    std::vector<ActivationStage> out;
    std::vector<std::uint8_t> below(book.units.size(), 0);
    for (std::uint32_t k = 0; k <= stages; ++k) {
        ActivationStage stage;
        stage.share = static_cast<double>(k) / static_cast<double>(stages);
        std::vector<std::uint8_t> seen(book.accounts.size(), 0);
        for (std::uint32_t u = 0; u < book.units.size(); ++u) {
            const Both& m = margins[u];
            const double maintenance =
                between(m.today.maintenance, m.proposed.maintenance, stage.share);
            const double equity = between(m.today.equity, m.proposed.equity, stage.share);
            if (maintenance <= 0.0) {
                continue;
            }
            stage.units_below_initial +=
                equity < between(m.today.initial, m.proposed.initial, stage.share) ? 1U : 0U;
            const bool is_below =
                now.trigger(u) == Trigger::below ? equity < maintenance : equity <= maintenance;
            stage.units_below += is_below ? 1U : 0U;
            if (is_below && below[u] == 0 && k > 0) {
                ++stage.units_pushed;
                stage.notional_pushed += now.exposure(today.house(), u, today.prices()) * 1e-6;
                stage.missing_pushed += (maintenance - equity) * 1e-6;
                std::uint8_t& known = seen[book.units[u].account];
                stage.accounts_pushed += known == 0 ? 1U : 0U;
                known = 1;
            }
            below[u] = is_below ? 1 : 0;
        }
        out.push_back(stage);
    }
    return out;
}

}  // namespace margincall::inline desk
