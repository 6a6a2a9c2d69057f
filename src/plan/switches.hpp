// Mechanisms that can be taken out of a market to tell causes apart (model 11.1, 11.3). What "off" means is
// part of every result that uses it: docs/levers.md, docs/attribution.md.
#pragma once

#include "base/time.hpp"

namespace margincall::inline plan {

struct Switches {
    bool forced_orders = true;         // false: liquidated accounts close at mark, nothing is sent
    bool stops = true;                 // false: no stop orders
    bool maker_losses = true;          // false: losses of makers do not shrink what they can carry
    bool overload = true;              // false: no venue slows down under load
    bool behaviour = true;             // false: trend followers and panic sellers send nothing
    bool makers_frozen = false;        // true: the depth state stays that of the hour of day
    bool arbitrage_unlimited = false;  // true: no threshold and no capital limit
    // All of them work as in the market until then, so that runs with and without them are the same up to
    // that moment, event for event.
    Duration off_after = Duration{};

    // As they act at `now`: before off_after nothing is off.
    [[nodiscard]] Switches acting(SimTime now) const {
        return now - SimTime{} >= off_after ? *this : Switches{};
    }
    // The market as it is, with the same moment.
    [[nodiscard]] Switches none_off() const {
        Switches on;
        on.off_after = off_after;
        return on;
    }
    friend bool operator==(const Switches&, const Switches&) = default;
};

}  // namespace margincall::inline plan
