// Proofs by looking, and the sentiment print.
#include <algorithm>
#include <cmath>

#include "sim/sentiment.hpp"
#include "sim/world.hpp"

namespace margincall::inline sim {

void check_world(const World& world) {
    for (const OrderBook& b : world.books_) {
        check_book(b);
    }
    check_clearing(world.clearing_);
    check_order_margin(world.gateway_);
    check_profit_takers(world.profit_takers_, world.clearing_);
    if (world.defi_) {
        world.defi_->check();
    }
    for (const InstrumentFeed& feed : world.feeds_) {
        CHECK(feed.last.raw() > 0);
    }
}

double World::sentiment_now() const {
    const AssetFeed& btc = assets_.front();
    const std::vector<double>& past =
        plan_.history.price.empty() ? std::vector<double>{} : plan_.history.price.front();
    const double price = index_now_.front();
    SentimentInputs in;
    constexpr std::size_t day_s = 86'400;
    const double day_ago = [&] {
        if (btc.index.size() > day_s) {
            return btc.index[btc.index.size() - 1 - day_s];
        }
        const auto steps = static_cast<std::size_t>(
            (static_cast<double>(day_s) - static_cast<double>(btc.index.size())) /
            to_seconds(plan_.history.step));
        return past.size() > steps ? past[past.size() - 1 - steps] : btc.index.front();
    }();
    in.return_1d = price / day_ago - 1.0;
    if (past.size() > 2) {
        double highest = 0.0;
        double sum = 0.0;
        double squares = 0.0;
        for (std::size_t k = 0; k < past.size(); ++k) {
            highest = std::max(highest, past[k]);
            sum += past[k];
            if (k > 0) {
                squares += std::log(past[k] / past[k - 1]) * std::log(past[k] / past[k - 1]);
            }
        }
        highest = std::max(highest, *std::max_element(btc.index.begin(), btc.index.end()));
        in.drawdown_30d = price / highest - 1.0;
        in.momentum_30d = price / (sum / static_cast<double>(past.size())) - 1.0;
        in.volatility_30d = std::sqrt(squares / static_cast<double>(past.size() - 1) * 86'400.0 /
                                      to_seconds(plan_.history.step));
    }
    // Realised volatility of the day from five-minute returns of the run.
    constexpr std::size_t step_s = 300;
    double squares = 0.0;
    int n = 0;
    const std::size_t from = btc.index.size() > day_s ? btc.index.size() - day_s : 0;
    for (std::size_t k = from + step_s; k < btc.index.size(); k += step_s) {
        const double r = std::log(btc.index[k] / btc.index[k - step_s]);
        squares += r * r;
        ++n;
    }
    if (n > 10) {
        in.volatility_1d =
            std::sqrt(squares / n * static_cast<double>(day_s) / static_cast<double>(step_s));
    }
    return sentiment_index(in);
}

}  // namespace margincall::inline sim
