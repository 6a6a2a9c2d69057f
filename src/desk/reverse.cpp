#include "desk/reverse.hpp"

#include <algorithm>
#include <utility>

#include "desk/shock_line.hpp"

namespace margincall::inline desk {
namespace {

std::int64_t smallest_of(const ReverseRow& row) {
    std::int64_t least = 0;
    for (const auto& bps : row.bps) {
        least = bps && (least == 0 || *bps < least) ? *bps : least;
    }
    return least;
}

AssetId first_named(const Shock& shock) {
    const auto named = std::ranges::find_if(shock.coins, &CoinShock::named);
    return named == shock.coins.end()
               ? AssetId{}
               : AssetId::from_raw(static_cast<std::uint16_t>(named - shock.coins.begin()));
}

}  // namespace

ReverseRow ReverseSearch::smallest(ReverseRow wanted) {
    const SizeLine line(*subject_.market,
                        wanted.coin,
                        wanted.direction,
                        wanted.over,
                        wanted.others,
                        options_.bps_max);
    ThresholdSearch search(trials_, line, wanted.precision, options_.keep_going);
    Thresholds found = search.find();
    search.find_bands(found);
    wanted.bps = found.at;
    wanted.search = found.search;
    wanted.band = found.band;
    wanted.bps_max = found.tried;
    return wanted;
}

ReverseSpeed ReverseSearch::slowest(const Shock& shock, SpeedOf of) {
    const SpeedLine line(shock);
    ThresholdSearch search(trials_, line, Precision::exact, options_.keep_going);
    Thresholds found = search.find();
    search.find_bands(found);
    ReverseSpeed out;
    out.of = of;
    out.coin = first_named(shock);
    out.move = shock.coins[out.coin.raw()].move;
    out.longest = SpeedLine::longest();
    out.search = found.search;
    for (std::size_t g = 0; g < trials_.goals(); ++g) {
        if (found.at[g]) {
            out.slowest[g] = line.over(*found.at[g]);
        }
        if (const auto& band = found.band[g]) {
            out.band[g] =
                SpeedBand{line.over(band->first),
                          band->always ? std::optional{line.over(*band->always)} : std::nullopt};
        }
    }
    return out;
}

ReverseResult reverse_search(const ReverseSubject& subject, const ReverseOptions& options) {
    ReverseResult out;
    out.goals = subject.goals;
    ReverseSearch search(subject, options);
    const auto size = [&](AssetId coin, double direction, UnnamedCoins others) {
        ReverseRow row;
        row.coin = coin;
        row.direction = direction;
        row.others = others;
        row.precision = others == UnnamedCoins::by_beta ? Precision::exact : Precision::rough;
        row.over = options.over;
        out.sizes.push_back(search.smallest(row));
    };
    for (const double direction : {-1.0, 1.0}) {
        size(options.lead, direction, UnnamedCoins::by_beta);
    }
    // How fast it must be.
    if (options.asked) {
        out.speeds.push_back(search.slowest(*options.asked, SpeedOf::asked));
    }
    const std::vector<ReverseRow> together = out.sizes;
    for (const ReverseRow& row : together) {
        const std::int64_t least = smallest_of(row);
        if (least > 0) {
            const std::int64_t bps = std::min(options.bps_max, least + (least + 1) / 2);
            out.speeds.push_back(
                search.slowest(make_shock(*subject.market,
                                          row.coin,
                                          row.direction * static_cast<double>(bps) * 1e-4,
                                          row.over,
                                          row.others),
                               SpeedOf::larger));
        }
    }
    for (std::size_t coin = 0; coin < subject.coins.size(); ++coin) {
        for (const double direction : {-1.0, 1.0}) {
            if (subject.coins[coin]) {
                size(AssetId::from_raw(static_cast<std::uint16_t>(coin)),
                     direction,
                     UnnamedCoins::unchanged);
            }
        }
    }
    out.runs = search.runs();
    return out;
}

ReverseResult reverse_stress(const StressStart& start, const ReverseOptions& options) {
    StressRun run(start);
    return reverse_search(reverse_subject(run, options.stress), options);
}

}  // namespace margincall::inline desk
