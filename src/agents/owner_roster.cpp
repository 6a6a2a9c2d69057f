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

OwnerRoster::OwnerRoster(const PopulationPlan& population, std::span<const Perp> perps, Side side)
    : population_(population), side_(side) {
    for (const Perp& perp : perps) {
        waiting_.push_back({.perp = perp, .index = TriggerIndex{side}, .funding_base = 0.0});
    }
}

const OwnerRoster::Waiting& OwnerRoster::waiting_in(InstrumentId id) const {
    std::size_t k = 0;
    while (waiting_[k].perp.instrument->id != id) {
        ++k;
        CHECK(k < waiting_.size());
    }
    return waiting_[k];
}

double OwnerRoster::loss_usd(const AccountView& account,
                             const PositionView& position,
                             Views views) const {
    const Perp& perp = waiting_in(position.instrument).perp;
    const double coins = static_cast<double>(position.qty.raw()) * perp.instrument->lot_base;
    return static_cast<double>(sign(account.side)) * (position.entry_usd - views[perp.view].mark) *
           coins;
}

double OwnerRoster::loss_usd(const AccountView& account, Views views) const {
    double loss = 0.0;
    for (const PositionView& position : account.positions()) {
        loss += loss_usd(account, position, views);
    }
    return loss;
}

double OwnerRoster::worth_usd(const PositionView& position, Views views) const {
    const Perp& perp = waiting_in(position.instrument).perp;
    return static_cast<double>(position.qty.raw()) * perp.instrument->lot_base *
           views[perp.view].mark;
}

double OwnerRoster::worth_usd(const AccountView& account, Views views) const {
    double worth = 0.0;
    for (const PositionView& position : account.positions()) {
        worth += worth_usd(position, views);
    }
    return worth;
}

double OwnerRoster::loss_share(const AccountView& account, Views views) const {
    const double loss = loss_usd(account, views);
    return loss > 0.0 && account.margin_usd > 0.0 ? loss / account.margin_usd : 0.0;
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

std::uint8_t OwnerRoster::band_of(const AccountView& account, Views views) const {
    if (!(account.margin_usd > 0.0)) {
        return last_band;  // any loss will be more than a margin that funding may yet bring
    }
    const double excess = loss_share(account, views) - population_.deleverage_from;
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

// Several positions share what may still be lost, x M less what is lost now, by their worth: then all
// prices may move against the account by the same part, and as long as none is at its price the
// losses together stay below x M. One position has all of it: with margin m a coin, x is lost at the
// price entry - sign x m.
//
// Funding F paid by a long of a coin takes sign F from the margin for each coin, so that the price
// rises by x F, for longs and shorts alike: what the index holds is the price less x F as it was when
// the account was looked at, and `move` asks it for the mark less x F as it is now. x is the end of
// the band, which `move` takes for the one that sets off most: an account that comes a little early is
// filed one band higher than need be. F counts from funding_base, so that it stays small against the
// price.
void OwnerRoster::wait(std::uint32_t place, const AccountView& account, Views views) {
    const std::uint8_t band = slots_[place].band;
    const double x = band == last_band ? 0.0 : end_of(band);
    const double budget = x * account.margin_usd;
    const auto positions = account.positions();
    const bool several = positions.size() > 1;
    const double left = several ? budget - loss_usd(account, views) : 0.0;
    const double worth = several ? worth_usd(account, views) : 0.0;
    for (Waiting& w : waiting_) {
        const auto at = std::find_if(positions.begin(), positions.end(), [&](const auto& p) {
            return p.instrument == w.perp.instrument->id;
        });
        if (at == positions.end() || band == last_band) {
            w.index.erase(place);
            continue;
        }
        const Instrument& inst = *w.perp.instrument;
        const double part =
            several ? loss_usd(account, *at, views) + left * (worth_usd(*at, views) / worth)
                    : budget;
        const double coins = static_cast<double>(at->qty.raw()) * inst.lot_base;
        const double price = at->entry_usd - static_cast<double>(sign(side_)) * part / coins;
        const double ticks = (price - x * funding_since(w, views)) / inst.tick_usd;
        // Rounded to the side from which the mark comes, so that nobody is late.
        const double whole =
            side_ == Side::buy ? std::ceil(ticks) : std::max(1.0, std::floor(ticks));
        // Beyond every price a mark can have: never for a short, at once for a long.
        const double most = 4.0 * static_cast<double>(inst.price_max.raw());
        w.index.set(place,
                    Ticks::from_raw(static_cast<std::int64_t>(std::clamp(whole, 0.0, most))));
    }
}

bool OwnerRoster::has_room(const AccountView& account, std::uint8_t band, Views views) const {
    if (account.positions().size() < 2) {
        return false;  // it is there
    }
    const double left = end_of(band) * account.margin_usd - loss_usd(account, views);
    const double move = left / worth_usd(account, views);
    for (const PositionView& position : account.positions()) {
        const Waiting& w = waiting_in(position.instrument);
        const double mark = views[w.perp.view].mark;
        const double early =
            (end_of(last_band - 1) - end_of(calm)) * std::fabs(funding_since(w, views));
        if (move * mark < near * mark + early + 2.0 * w.perp.instrument->tick_usd) {
            return false;
        }
    }
    return true;
}

void OwnerRoster::remove(std::uint32_t place) {
    set_band(place, calm);
    for (Waiting& w : waiting_) {
        w.index.erase(place);
    }
    const Slot& slot = slots_[place];
    slots_[take_out(octaves_[slot.octave], slot.in_octave)].in_octave = slot.in_octave;
    free_.push_back(place);
}

void OwnerRoster::note(std::uint32_t& place, const AccountView& account, Views views) {
    if (account.hedger != 0) {
        return;
    }
    if (account.positions().empty()) {
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
        slot = Slot{.account = account.account, .octave = octave_of(account.leverage)};
        slot.in_octave = static_cast<std::uint32_t>(octaves_[slot.octave].size());
        octaves_[slot.octave].push_back(place);
    }
    // Where it belongs, `move` will say.
    set_band(place, calm);
    wait(place, account, views);
}

Ticks OwnerRoster::asked_mark(const Waiting& w, Views views) const {
    const double mark = views[w.perp.view].mark;
    const double least = end_of(calm) * funding_since(w, views);
    const double most = end_of(last_band - 1) * funding_since(w, views);
    const double ticks =
        (side_ == Side::buy ? mark - std::max(least, most) : mark - std::min(least, most)) /
        w.perp.instrument->tick_usd;
    const double whole = side_ == Side::buy ? std::floor(ticks) : std::ceil(ticks);
    return Ticks::from_raw(static_cast<std::int64_t>(std::max(1.0, whole)));
}

void OwnerRoster::move(Views views, OwnerMarket& market) {
    bool file_anew = false;
    for (const Waiting& w : waiting_) {
        if (!(views[w.perp.view].mark > 0.0)) {
            return;
        }
    }
    for (Waiting& w : waiting_) {
        const OwnerMarket::View& view = views[w.perp.view];
        if (std::fabs(funding_since(w, views)) > funding_most * view.mark) {
            w.funding_base = view.funding_paid;
            file_anew = true;
        }
    }
    if (file_anew) {
        for (const Places& octave : octaves_) {
            for (const std::uint32_t place : octave) {
                wait(place, market.account(slots_[place].account), views);
            }
        }
    }
    for (Waiting& w : waiting_) {
        const Ticks mark = asked_mark(w, views);
        if (!w.index.due(mark)) {
            continue;
        }
        due_.clear();
        w.index.pop_due(mark, due_);
        for (const std::uint32_t place : due_) {
            ++moves_;
            const AccountView account = market.account(slots_[place].account);
            const std::uint8_t before = slots_[place].band;
            std::uint8_t band = higher_band(before, band_of(account, views));
            if (band == before && !has_room(account, band, views)) {
                band = next_band(band);
            }
            set_band(place, band);
            wait(place, account, views);
        }
    }
}

void OwnerRoster::leave(
    double hazard, double seconds, Rng& rng, OwnerMarket& market, std::vector<AccountView>& who) {
    const std::uint64_t bound = total(octaves_, octave_ends);
    while (leaving_.rings(hazard * static_cast<double>(bound), seconds, rng)) {
        ++picks_;
        std::uint64_t number = rng.below(bound);
        const std::size_t octave = choose(octaves_, octave_ends, number);
        const AccountView account = market.account(slots_[octaves_[octave][number]].account);
        if (rng.chance(stay_factor(account.leverage) / static_cast<double>(octave_ends[octave]))) {
            who.push_back(account);
        }
    }
}

void OwnerRoster::reduce(
    Views views, double seconds, Rng& rng, OwnerMarket& market, std::vector<AccountView>& who) {
    const double unit = population_.deleverage_hazard * band_ends[0] * band_ends[0];  // per hour
    std::uint64_t bound = total(bands_, band_bounds);
    while (reducing_.rings(unit / 3600.0 * static_cast<double>(bound), seconds, rng)) {
        ++picks_;
        std::uint64_t number = rng.below(bound);
        const std::size_t band = choose(bands_, band_bounds, number);
        const std::uint32_t place = bands_[band][number];
        const AccountView account = market.account(slots_[place].account);
        const double most = unit * static_cast<double>(band_bounds[band]);
        if (rng.chance(deleverage_hazard(population_, loss_share(account, views)) / most)) {
            who.push_back(account);
        }
        const std::uint8_t now = band_of(account, views);
        if (now == calm || now < band) {
            set_band(place, now);
            wait(place, account, views);
            bound = total(bands_, band_bounds);
        }
    }
}

void check_roster(const OwnerRoster& roster, OwnerRoster::Views views, OwnerMarket& market) {
    for (const OwnerRoster::Waiting& w : roster.waiting_) {
        check_trigger_index(w.index);
    }
    std::size_t listed = 0;
    for (std::size_t k = 0; k < roster.octaves_.size(); ++k) {
        for (std::size_t at = 0; at < roster.octaves_[k].size(); ++at) {
            const OwnerRoster::Slot& slot = roster.slots_[roster.octaves_[k][at]];
            CHECK_EQ(slot.octave, k);
            CHECK_EQ(slot.in_octave, at);
            const AccountView account = market.account(slot.account);
            CHECK(!account.positions().empty() && account.side == roster.side_ &&
                  account.hedger == 0);
            CHECK(stay_factor(account.leverage) <=
                  static_cast<double>(OwnerRoster::octave_ends[slot.octave]));
            const std::uint8_t now =
                account.margin_usd > 0.0 ? roster.band_of(account, views) : OwnerRoster::calm;
            CHECK(now == OwnerRoster::calm || (slot.band != OwnerRoster::calm && slot.band >= now));
            ++listed;
        }
    }
    CHECK_EQ(listed, roster.accounts());
    for (std::size_t k = 0; k < roster.bands_.size(); ++k) {
        for (std::size_t at = 0; at < roster.bands_[k].size(); ++at) {
            const OwnerRoster::Slot& slot = roster.slots_[roster.bands_[k][at]];
            CHECK_EQ(slot.band, k);
            CHECK_EQ(slot.in_band, at);
        }
    }
}

}  // namespace margincall::inline agents
