#include "analytics/market_view.hpp"

#include <algorithm>

namespace margincall::inline analytics {

MarketView::MarketView(const Plan& plan, const MemoryRecorder& recorder)
    : plan_{&plan}, recorder_{&recorder} {
    // Counting sort: bars arrive in the order of time, so each instrument's bars stay in it.
    begin_.assign(plan.instruments.size() + 1, 0);
    for (const BarRecord& bar : recorder.bars()) {
        CHECK(bar.instrument < plan.instruments.size());
        ++begin_[bar.instrument + 1];
    }
    for (std::size_t i = 1; i < begin_.size(); ++i) {
        begin_[i] += begin_[i - 1];
    }
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    sorted_.resize(recorder.bars().size());
    for (const BarRecord& bar : recorder.bars()) {
        sorted_[next[bar.instrument]++] = bar;
    }

    for (const bool needs_spot : {true, false}) {
        for (std::size_t venue = 0; venue < plan.venues.size() && !reference_venue_; ++venue) {
            const bool perp = book(venue, 0, InstrumentKind::linear_perp).has_value();
            const bool spot = book(venue, 0, InstrumentKind::spot).has_value();
            if (perp && (spot || !needs_spot)) {
                reference_venue_ = venue;
            }
        }
    }
}

std::span<const BarRecord> MarketView::bars(std::size_t instrument) const {
    return std::span{sorted_}.subspan(begin_[instrument],
                                      begin_[instrument + 1] - begin_[instrument]);
}

std::optional<std::size_t> MarketView::book(std::size_t venue,
                                            std::size_t asset,
                                            InstrumentKind kind) const {
    for (std::size_t i = 0; i < plan_->instruments.size(); ++i) {
        const Instrument& row = plan_->instruments[i].instrument;
        if (row.venue.raw() == venue && row.base.raw() == asset && row.kind == kind) {
            return i;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> MarketView::reference_book(std::size_t asset,
                                                      InstrumentKind kind) const {
    return reference_venue_ ? book(*reference_venue_, asset, kind) : std::nullopt;
}

std::optional<std::size_t> MarketView::asset(std::string_view name) const {
    const auto found = std::ranges::find(plan_->assets, name, &AssetPlan::name);
    if (found == plan_->assets.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - plan_->assets.begin());
}

std::vector<std::size_t> MarketView::perps(std::size_t asset) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < plan_->instruments.size(); ++i) {
        const Instrument& row = plan_->instruments[i].instrument;
        if (row.base.raw() == asset && row.kind == InstrumentKind::linear_perp) {
            found.push_back(i);
        }
    }
    return found;
}

const VenueRules& MarketView::rules_of(std::size_t instrument) const {
    return plan_->venues[plan_->instruments[instrument].instrument.venue.raw()].rules;
}

Window MarketView::day() const {
    return {plan_->day_from.raw(), plan_->day_to.raw()};
}
Window MarketView::whole_run() const {
    return {-1, plan_->length.raw()};
}

}  // namespace margincall::inline analytics
