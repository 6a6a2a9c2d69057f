#include "waves/holdings.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace margincall::inline waves {
namespace {

constexpr std::uint32_t dealing_family = 71;

// Winners by piece, in random order.
std::vector<std::uint32_t> shuffled_pieces(const WaveRecord& record, std::uint64_t seed) {
    std::vector<std::uint32_t> pieces;
    for (std::uint32_t w = 0; w < record.winners.size(); ++w) {
        pieces.insert(pieces.end(), record.winners[w].fills, w);
    }
    Rng rng(seed, entity_name(dealing_family, 0), Purpose::choice);
    for (std::size_t k = pieces.size(); k > 1; --k) {
        std::swap(pieces[k - 1], pieces[rng.below(k)]);
    }
    return pieces;
}

// Pieces of one winner in one coin become one position.
void merge(std::vector<WinnerPosition>& of_coin) {
    std::stable_sort(of_coin.begin(), of_coin.end(), [](const auto& a, const auto& b) {
        return a.winner < b.winner;
    });
    std::size_t kept = 0;
    for (std::size_t k = 0; k < of_coin.size(); ++k) {
        if (kept > 0 && of_coin[kept - 1].winner == of_coin[k].winner) {
            of_coin[kept - 1].lots += of_coin[k].lots;
        } else {
            of_coin[kept++] = of_coin[k];
        }
    }
    of_coin.resize(kept);
    std::erase_if(of_coin, [](const WinnerPosition& p) { return p.lots == 0; });
}

}  // namespace

Holdings deal_holdings(const WaveRecord& record, std::uint64_t seed, double spare) {
    double winners_usd = 0.0;
    double coins_usd = 0.0;
    for (const RecordedWinner& winner : record.winners) {
        winners_usd += winner.closed;
    }
    for (const RecordedCoin& coin : record.coins) {
        coins_usd += coin.usd;
    }
    const std::vector<std::uint32_t> pieces = shuffled_pieces(record, seed);
    const auto length = [&](std::size_t piece) {
        const RecordedWinner& winner = record.winners[pieces[piece]];
        return winner.closed / winner.fills * (coins_usd / winners_usd);
    };
    Holdings out;
    std::size_t piece = 0;
    double rest = pieces.empty() ? 0.0 : length(0);  // of the piece
    for (std::uint32_t c = 0; c < record.coins.size(); ++c) {
        const RecordedCoin& coin = record.coins[c];
        const double lots = std::round(coin.coins * coin.lots_per_coin());
        std::vector<WinnerPosition> of_coin;
        double filled = 0.0;     // USD
        std::int64_t dealt = 0;  // lots
        while (piece < pieces.size() && filled < coin.usd) {
            const bool last = piece + 1 == pieces.size() && c + 1 == record.coins.size();
            const double part = last ? coin.usd - filled : std::min(rest, coin.usd - filled);
            filled += part;
            rest -= part;
            const bool full = last || filled >= coin.usd * (1.0 - 1e-12);
            const auto upto =
                static_cast<std::int64_t>(full ? lots : std::floor(lots * (filled / coin.usd)));
            const RecordedWinner& winner = record.winners[pieces[piece]];
            of_coin.push_back({.winner = pieces[piece],
                               .coin = c,
                               .lots = upto - dealt,
                               .profit_a_lot = winner.profit / winner.closed * coin.price() /
                                               coin.lots_per_coin()});
            dealt = upto;
            if (rest <= 0.0 && ++piece < pieces.size()) {
                rest = length(piece);
            }
            if (full) {
                break;
            }
        }
        merge(of_coin);
        for (WinnerPosition& p : of_coin) {
            p.lots += std::llround(static_cast<double>(p.lots) * spare);
        }
        out.begin.push_back(static_cast<std::uint32_t>(out.positions.size()));
        out.positions.insert(out.positions.end(), of_coin.begin(), of_coin.end());
    }
    out.begin.push_back(static_cast<std::uint32_t>(out.positions.size()));
    return out;
}

}  // namespace margincall::inline waves
