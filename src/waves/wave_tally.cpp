#include "waves/wave_tally.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline waves {
namespace {

void add(WaveHit& to, const WaveHit& more) {
    to.closed += more.closed;
    to.profit_closed += more.profit_closed;
    to.profit += more.profit;
    to.taken += more.taken;
}

// Without `needed` and `missing`.
void count_account(WaveFigures& out, const WaveHit& hit) {
    const double lost = std::clamp(hit.taken, 0.0, std::max(0.0, hit.profit));
    out.closed += hit.closed;
    out.profit_closed += hit.profit_closed;
    out.taken += hit.taken;
    out.profit_lost += lost;
    out.capital_lost += hit.taken - lost;
    ++out.accounts;
    out.hardest = std::max(out.hardest, hit.taken);
    if (std::isnan(hit.equity)) {
        out.hardest_share = hit.equity;
    } else if (hit.equity > 0.0) {
        out.hardest_share = std::max(out.hardest_share, hit.taken / hit.equity);
    }
}

}  // namespace

WaveCounter::WaveCounter(std::size_t accounts)
    : wave_(accounts), all_(accounts), waves_of_(accounts, 0), is_hit_(accounts, 0) {}

void WaveCounter::begin_wave(double needed) {
    end_wave();
    out_.waves.emplace_back();
    out_.waves.back().needed = needed;
}

void WaveCounter::miss(double usd) {
    out_.waves.back().missing += usd;
}

void WaveCounter::hit(std::uint32_t account, const WaveHit& hit) {
    if (is_hit_[account] == 0) {
        is_hit_[account] = 1;
        hit_now_.push_back(account);
        wave_[account] = hit;
    } else {
        add(wave_[account], hit);
    }
}

void WaveCounter::end_wave() {
    if (out_.waves.empty()) {
        return;
    }
    std::sort(hit_now_.begin(), hit_now_.end());
    for (const std::uint32_t account : hit_now_) {
        const WaveHit& hit = wave_[account];
        count_account(out_.waves.back(), hit);
        if (waves_of_[account]++ == 0) {
            all_[account] = hit;
        } else {
            add(all_[account], hit);
        }
        is_hit_[account] = 0;
    }
    hit_now_.clear();
}

WaveTally WaveCounter::finish() {
    end_wave();
    for (const WaveFigures& wave : out_.waves) {
        out_.all.needed += wave.needed;
        out_.all.missing += wave.missing;
    }
    std::vector<double> taken;
    for (std::size_t a = 0; a < all_.size(); ++a) {
        if (waves_of_[a] > 0) {
            count_account(out_.all, all_[a]);
            taken.push_back(all_[a].taken);
            out_.repeated += waves_of_[a] > 1 ? 1U : 0U;
            out_.most_waves = std::max<std::uint64_t>(out_.most_waves, waves_of_[a]);
        }
    }
    std::sort(taken.begin(), taken.end(), std::greater<>());
    double most = 0.0;
    for (std::size_t k = 0; k < (taken.size() + 9) / 10; ++k) {
        most += taken[k];
    }
    out_.tenth_share = out_.all.taken > 0.0 ? most / out_.all.taken : 0.0;
    return std::move(out_);
}

}  // namespace margincall::inline waves
