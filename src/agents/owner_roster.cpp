#include "agents/owner_roster.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.hpp"

namespace margincall::inline agents {

namespace {

// Takes the place at `at` out of a list; the last one moves there and is returned.
std::uint32_t take_out(BigVector<std::uint32_t>& list, std::uint32_t at) {
    const std::uint32_t moved = list.back();
    list[at] = moved;
    list.pop_back();
    return moved;
}

// Lists in proportion to size times bound: which one a number below the total falls into; the
// number is what remains inside it.
template <std::size_t N>
std::uint64_t total(const std::array<BigVector<std::uint32_t>, N>& lists,
                    const std::array<std::uint64_t, N>& bounds) {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < N; ++k) {
        sum += lists[k].size() * bounds[k];
    }
    return sum;
}
template <std::size_t N>
std::size_t choose(const std::array<BigVector<std::uint32_t>, N>& lists,
                   const std::array<std::uint64_t, N>& bounds,
                   std::uint64_t& number) {
    std::size_t k = 0;
    while (number >= lists[k].size() * bounds[k]) {
        number -= lists[k].size() * bounds[k];
        ++k;
        CHECK(k < N);
    }
    number /= bounds[k];
    return k;
}

}  // namespace

double stay_factor(double leverage) {
    return std::clamp(leverage, 1.0, leverage_of_shortest_stay);
}

double loss_share(const AccountView& row, double mark, double lot_base) {
    const double qty = static_cast<double>(row.qty.raw()) * lot_base;
    const double loss = static_cast<double>(sign(row.side)) * (row.entry_usd - mark) * qty;
    return loss > 0.0 && row.margin_usd > 0.0 ? loss / row.margin_usd : 0.0;
}

double deleverage_hazard(const PopulationPlan& p, double loss_share) {
    // Nobody stays far beyond his margin; what is lost there does not count.
    const double excess =
        std::clamp(loss_share - p.deleverage_from, 0.0, OwnerRoster::band_ends.back());
    return p.deleverage_hazard * excess * excess;
}

std::uint8_t OwnerRoster::octave_of(double leverage) {
    const auto whole = static_cast<std::uint32_t>(stay_factor(leverage));
    return static_cast<std::uint8_t>(std::bit_width(whole) - 1);
}

std::uint8_t OwnerRoster::band_of(const AccountView& row, double mark) const {
    if (!(row.margin_usd > 0.0)) {
        return last_band;  // any loss will be more than a margin that funding may yet bring
    }
    const double excess = loss_share(row, mark, instrument_.lot_base) - population_.deleverage_from;
    if (!(excess > 0.0)) {
        return calm;
    }
    std::uint8_t band = 0;
    while (band < last_band && excess > band_ends[band]) {
        ++band;
    }
    return band;
}

void OwnerRoster::set_band(std::uint32_t place, std::uint8_t band) {
    Slot& slot = slots_[place];
    if (slot.band == band) {
        return;
    }
    if (slot.band != calm) {
        slots_[take_out(bands_[slot.band], slot.in_band)].in_band = slot.in_band;
    }
    slot.band = band;
    if (band != calm) {
        slot.in_band = static_cast<std::uint32_t>(bands_[band].size());
        bands_[band].push_back(place);
    }
}

// With margin m a coin, x is lost at the price entry - sign x m. Funding F paid by a long of a coin
// takes sign F from m, so that the price rises by x F, for longs and shorts alike: what the index
// holds is the price less x F as it was when the row was looked at, and `move` asks it for the mark
// less x F as it is now. x is the end of the band, which `move` takes for the one that sets off
// most: a row that comes a little early is filed one band higher than need be. F counts from
// funding_base_, so that it stays small against the price.
void OwnerRoster::wait(std::uint32_t place, const AccountView& row, double funding_paid) {
    const std::uint8_t band = slots_[place].band;
    if (band == last_band) {
        index_.erase(place);
        return;
    }
    const double x = end_of(band);
    const double coins = static_cast<double>(row.qty.raw()) * instrument_.lot_base;
    const double price =
        row.entry_usd - static_cast<double>(sign(side_)) * x * row.margin_usd / coins;
    const double ticks = (price - x * (funding_paid - funding_base_)) / instrument_.tick_usd;
    // Rounded to the side from which the mark comes, so that nobody is late.
    const double whole = side_ == Side::buy ? std::ceil(ticks) : std::max(1.0, std::floor(ticks));
    // Beyond every price a mark can have: never for a short, at once for a long.
    const double most = 4.0 * static_cast<double>(instrument_.price_max.raw());
    index_.set(place, Ticks::from_raw(static_cast<std::int64_t>(std::clamp(whole, 0.0, most))));
}

void OwnerRoster::remove(std::uint32_t place) {
    set_band(place, calm);
    index_.erase(place);
    const Slot& slot = slots_[place];
    slots_[take_out(octaves_[slot.octave], slot.in_octave)].in_octave = slot.in_octave;
    free_.push_back(place);
}

void OwnerRoster::note(std::uint32_t& place, const AccountView& row, double funding_paid) {
    if (row.hedger != 0) {
        return;
    }
    if (row.qty.raw() == 0) {
        if (place != nowhere) {
            remove(place);
            place = nowhere;
        }
        return;
    }
    if (place == nowhere) {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(slots_.size()));
            slots_.emplace_back();
        }
        place = free_.back();
        free_.pop_back();
        Slot& slot = slots_[place];
        slot = Slot{.account = row.account, .octave = octave_of(row.leverage)};
        slot.in_octave = static_cast<std::uint32_t>(octaves_[slot.octave].size());
        octaves_[slot.octave].push_back(place);
    }
    // Where it belongs, `move` will say.
    set_band(place, calm);
    wait(place, row, funding_paid);
}

void OwnerRoster::move(const OwnerMarket::View& view, OwnerMarket& market) {
    if (!(view.mark > 0.0)) {
        return;
    }
    if (std::fabs(view.funding_paid - funding_base_) > funding_most * view.mark) {
        funding_base_ = view.funding_paid;
        for (const Places& octave : octaves_) {
            for (const std::uint32_t place : octave) {
                wait(place, market.row(slots_[place].account), view.funding_paid);
            }
        }
    }
    const double least = end_of(calm) * (view.funding_paid - funding_base_);
    const double most = end_of(last_band - 1) * (view.funding_paid - funding_base_);
    const double ticks = (side_ == Side::buy ? view.mark - std::max(least, most)
                                             : view.mark - std::min(least, most)) /
                         instrument_.tick_usd;
    const double whole = side_ == Side::buy ? std::floor(ticks) : std::ceil(ticks);
    const Ticks mark = Ticks::from_raw(static_cast<std::int64_t>(std::max(1.0, whole)));
    if (!index_.due(mark)) {
        return;
    }
    due_.clear();
    index_.pop_due(mark, due_);
    for (const std::uint32_t place : due_) {
        ++moves_;
        const AccountView row = market.row(slots_[place].account);
        const std::uint8_t now = band_of(row, view.mark);
        const std::uint8_t higher = next_band(slots_[place].band);
        set_band(place, now == calm ? higher : std::max(now, higher));
        wait(place, row, view.funding_paid);
    }
}

void OwnerRoster::leave(
    double hazard, double seconds, Rng& rng, OwnerMarket& market, std::vector<AccountView>& who) {
    const std::uint64_t bound = total(octaves_, octave_ends);
    while (leaving_.rings(hazard * static_cast<double>(bound), seconds, rng)) {
        ++picks_;
        std::uint64_t number = rng.below(bound);
        const std::size_t octave = choose(octaves_, octave_ends, number);
        const AccountView row = market.row(slots_[octaves_[octave][number]].account);
        if (rng.chance(stay_factor(row.leverage) / static_cast<double>(octave_ends[octave]))) {
            who.push_back(row);
        }
    }
}

void OwnerRoster::reduce(const OwnerMarket::View& view,
                         double seconds,
                         Rng& rng,
                         OwnerMarket& market,
                         std::vector<AccountView>& who) {
    const double unit = population_.deleverage_hazard * band_ends[0] * band_ends[0];  // per hour
    std::uint64_t bound = total(bands_, band_bounds);
    while (reducing_.rings(unit / 3600.0 * static_cast<double>(bound), seconds, rng)) {
        ++picks_;
        std::uint64_t number = rng.below(bound);
        const std::size_t band = choose(bands_, band_bounds, number);
        const std::uint32_t place = bands_[band][number];
        const AccountView row = market.row(slots_[place].account);
        const double lost = loss_share(row, view.mark, instrument_.lot_base);
        const double most = unit * static_cast<double>(band_bounds[band]);
        if (rng.chance(deleverage_hazard(population_, lost) / most)) {
            who.push_back(row);
        }
        const std::uint8_t now = band_of(row, view.mark);
        if (now == calm || now < band) {
            set_band(place, now);
            wait(place, row, view.funding_paid);
            bound = total(bands_, band_bounds);
        }
    }
}

void check_roster(const OwnerRoster& roster, const OwnerMarket::View& view, OwnerMarket& market) {
    check_trigger_index(roster.index_);
    std::size_t listed = 0;
    for (std::size_t k = 0; k < roster.octaves_.size(); ++k) {
        for (std::size_t at = 0; at < roster.octaves_[k].size(); ++at) {
            const OwnerRoster::Slot& slot = roster.slots_[roster.octaves_[k][at]];
            CHECK_EQ(slot.octave, k);
            CHECK_EQ(slot.in_octave, at);
            const AccountView row = market.row(slot.account);
            CHECK(row.qty.raw() > 0 && row.side == roster.side_ && row.hedger == 0);
            CHECK(stay_factor(row.leverage) <=
                  static_cast<double>(OwnerRoster::octave_ends[slot.octave]));
            const std::uint8_t now =
                row.margin_usd > 0.0 ? roster.band_of(row, view.mark) : OwnerRoster::calm;
            CHECK(now == OwnerRoster::calm || (slot.band != OwnerRoster::calm && slot.band >= now));
            ++listed;
        }
    }
    CHECK_EQ(listed, roster.rows());
    for (std::size_t k = 0; k < roster.bands_.size(); ++k) {
        for (std::size_t at = 0; at < roster.bands_[k].size(); ++at) {
            const OwnerRoster::Slot& slot = roster.slots_[roster.bands_[k][at]];
            CHECK_EQ(slot.band, k);
            CHECK_EQ(slot.in_band, at);
        }
    }
}

}  // namespace margincall::inline agents
