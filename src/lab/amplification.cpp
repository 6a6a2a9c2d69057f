#include "lab/amplification.hpp"

#include "lab/world_table.hpp"

namespace margincall::inline lab {

std::vector<std::vector<std::string>> amplification_points() {
    std::vector<std::vector<std::string>> points(1);
    for (const AmplificationLevel& level : amplification_levels) {
        std::vector<std::string> off = points.back();
        off.emplace_back(level.off);
        points.push_back(std::move(off));
    }
    return points;
}

std::optional<double> fall_of(const Summary& world, FallAt at) {
    const auto open = world.metric("btc_open").value;
    const auto low = world.metric("btc_low").value;
    switch (at) {
        case FallAt::btc_low:
            return world.metric("btc_fall_open_to_low").value;
        case FallAt::btc_close: {
            const auto close = world.metric("btc_close").value;
            return open && close && *open > 0.0 ? std::optional{*close / *open - 1.0}
                                                : std::nullopt;
        }
        case FallAt::btc_hour_after_low: {
            const auto rebound = world.metric("btc_rebound_1h").value;
            return open && low && rebound && *open > 0.0
                       ? std::optional{*low * (1.0 + *rebound) / *open - 1.0}
                       : std::nullopt;
        }
        case FallAt::eth_low:
            return world.metric("eth_fall_open_to_low").value;
    }
    return std::nullopt;
}

std::vector<AmplificationRow> amplification(std::span<const PathRow> rows, std::int64_t paths) {
    const auto count = static_cast<std::size_t>(paths);
    const WorldTable worlds = world_table(rows, 1 + amplification_levels.size(), count);
    std::vector<AmplificationRow> out;
    for (std::size_t level = 0; level < amplification_levels.size(); ++level) {
        for (std::size_t at = 0; at < fall_words.size(); ++at) {
            AmplificationRow& row = out.emplace_back();
            row.level = level;
            row.at = static_cast<FallAt>(at);
            std::vector<double> ratios;
            std::vector<double> differences;
            std::vector<double> whole;
            std::vector<double> without;
            for (std::size_t path = 0; path < count; ++path) {
                const PathRow* const first = worlds[0][path];
                const PathRow* const second = worlds[level + 1][path];
                if (first == nullptr || second == nullptr) {
                    continue;
                }
                const auto x = fall_of(first->summary, row.at);
                const auto y = fall_of(second->summary, row.at);
                if (!x || !y) {
                    continue;
                }
                const FallPair pair{first->seed, *x, *y};
                row.pairs.push_back(pair);
                whole.push_back(*x);
                without.push_back(*y);
                differences.push_back(*x - *y);
                if (const auto ratio = pair.ratio()) {
                    ratios.push_back(*ratio);
                }
            }
            row.ratio = seed_quantiles(std::move(ratios));
            row.difference = seed_quantiles(std::move(differences));
            row.correlation = correlation_of(whole, without);
        }
    }
    return out;
}

}  // namespace margincall::inline lab
