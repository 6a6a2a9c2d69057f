// Patient limit orders (model 3, second layer): bids of value buyers below and asks of holders
// above, whose cumulative size within x is D_pat(x) = f5 * D1 * ((x - from) / (5 % - from))^p for
// `from` <= x <= `to`. Measured books show p = 1 (docs/agents.md).
//
// Orders stand on a fixed grid of log prices around a slowly moving reference. They do not follow
// the price down: they are eaten, and missing size comes back with a half-life of 30 minutes. In a
// wild market their owners withdraw: the size shown is the calm one times a depth state on the same
// curve as a maker's (maker_math.hpp), and what was eaten comes back on the clock of volatility.
// A perp that leaves the index has a price and a reference of its own, around which its orders stand.
// Owners of leveraged accounts who close at a profit stand in the same orders (profit_takers.hpp):
// what they want at a line's price is part of what it shows, and comes back at once when eaten.
// Those whose price has been reached join the best price. One agent holds the orders of one asset in
// all its books.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "agents/asset_books.hpp"
#include "agents/maker_math.hpp"

namespace margincall::inline agents {

// D_pat(x) in units of f5 * D1: ((x - from) / (5 % - from))^p, 0 nearer than `from`.
[[nodiscard]] double patient_cumulative(double distance, const PatientPlan& plan);
// Share of f5 * D1 that stands between two distances (0 <= inner <= outer).
[[nodiscard]] double patient_slice(double inner, double outer, const PatientPlan& plan);

class PatientOrders : public AgentOf<PatientOrders> {
  public:
    PatientOrders(const Plan& plan, AssetId asset);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Slot {
        OrderId order;
        Side side = Side::buy;
        Ticks price;  // of an order at the touch
        Lots left;
        double wanted_usd = 0;  // size the owners are ready to show; approaches the target slowly
        double calm_usd = 0;    // what would stand here at a depth state of 1
    };
    struct Book {
        AssetBook row;
        Instrument instrument;
        std::vector<Slot> slots;  // ring over the price grid: slot of grid line k is k mod size
        std::vector<std::int64_t> line;  // grid line that the slot stands for
        double jitter = 0;               // part of a grid step by which this book's grid is shifted
        double price = 0;                // log price now, here
        double reference = 0;            // log price around which size is offered
        std::size_t next = 0;
        // Perps: orders at the touch of owners whose price has been reached, bid and ask.
        std::array<Slot, 2> touch;
    };

    [[nodiscard]] double price_in(const Quote& quote, const Book& book) const;
    void place_all(AgentContext& context, Book& book);
    void review(AgentContext& context, Book& book, std::size_t slot, double dt_s, bool calm);
    void update_depth(AgentContext& context, double dt_s);
    void withdraw(AgentContext& context, Book& book);
    void show(AgentContext& context, Book& book, std::size_t slot, Side side, double price);
    void take_in_fill(AgentContext& context, Book& book, const OwnFill& fill);
    void join_touch(AgentContext& context, Book& book, Side side);
    [[nodiscard]] double profit_wanted_usd(AgentContext& context,
                                           const Book& book,
                                           Side side,
                                           double price) const;

    const Plan& plan_;
    AssetId asset_;
    std::vector<Book> books_;
    double step_ = 0;         // grid step, log price
    double price_ = 0;        // log price of the index now
    DepthState depth_;        // share of the calm size that owners show
    double shown_level_ = 1;  // depth state at the last withdrawal
    double z_ = 1;            // clock of volatility
    bool placed_ = false;
    SimTime last_;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_patient_orders(const Plan& plan);

}  // namespace margincall::inline agents
