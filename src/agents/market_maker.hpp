// Market makers (model 7.1): one firm quotes one asset on every venue's perp and spot book.
//
// The firm holds a belief b (log price of the coin) and a premium of perps over it. News moves b at
// once by w_F of its size; the rest is learnt from where perps trade, which is what makes flow
// matter: inventory skews the quotes, the skewed mid is what b learns from, so a held position turns
// into a lasting price move. How fast it learns, and how fast fair value draws it back, follows the
// clock of volatility: the time constant of an ordinary day divided by z. One wake handles all books
// of the asset.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agents/asset_books.hpp"
#include "agents/maker_math.hpp"
#include "sim/fair_value.hpp"

namespace margincall::inline agents {

// What distinguishes the firms of one asset, drawn once.
struct MakerFirm {
    AssetId asset;
    std::uint32_t index = 0;   // within the asset
    double share = 1;          // of the asset's maker depth and capital
    double spread_factor = 1;  // on delta_min
    double vol_withdraw = 9;   // k of its depth curve
    Duration news_delay = milliseconds(200);
    Duration clock = seconds(1);
};
[[nodiscard]] std::vector<MakerFirm> draw_firms(const Plan& plan);

// delta_min of an asset: wider for a coin that is more volatile or less traded than BTC,
// delta_BTC * (sigma/sigma_BTC) * (V_BTC/V)^(1/3).
[[nodiscard]] double half_spread_minimum(const Plan& plan, AssetId asset);
// Small coins are watched less closely: they move in larger ticks of their wider spreads. Times the
// clock of those who watch bitcoin: the cube root of how much wider, of at most 9 times.
[[nodiscard]] double coin_clock_factor(const Plan& plan, AssetId asset);
// Part of a coin's own volatility that its own flow must explain, the rest being passed through
// from BTC: sqrt(1 - (chi beta sigma_BTC / sigma)^2); 1 for BTC.
[[nodiscard]] double own_flow_weight(const Plan& plan, AssetId asset);
// Share of the makers' capital that stands behind an asset: its share of volume.
[[nodiscard]] double capital_share(const Plan& plan, AssetId asset);

class MarketMaker : public AgentOf<MarketMaker> {
  public:
    MarketMaker(const Plan& plan, const MakerFirm& firm);
    [[nodiscard]] AgentSetup setup() const override;
    void wake(AgentContext& context) override;

  private:
    struct Level {
        OrderId order;
        Ticks price;
        Lots left;
        double strength =
            1;  // part of the full size that is offered; falls by fills, refills slowly
        bool for_reopening = false;  // sent into a halted book: not post-only
    };
    struct Book {
        AssetBook row;
        Instrument instrument;
        std::vector<Level> bids, asks;
        Quote quote;
        double mid = 0, mid_before = 0;  // USD, 0 = none
        double slack = 1;                // multiplies the ladder's tolerances
        Lots home;                       // position at the first wake: the firm's neutral point
        double position_coins = 0;       // relative to home, as of the last wake
        double last_reservation = 0;     // log price at the last requote; 0 = never
        double last_depth = 0;
        bool touched = true;  // fills since the last requote
        bool away = false;    // the firm has left the venue
        double floor = 0;     // share of calm depth that it must keep showing
    };
    struct Market {
        double spot = 0, perp = 0;  // log mids, 0 = none
    };

    void start(AgentContext& context);
    void take_in_fills(AgentContext& context);
    void apply_fill(Book& book, const OwnFill& fill);
    [[nodiscard]] Market look(AgentContext& context);
    [[nodiscard]] bool follow_imposed(AgentContext& context);
    void update_belief(AgentContext& context, const Market& market, Duration dt);
    void update_inventory(AgentContext& context);
    [[nodiscard]] double calm_level(AgentContext& context) const;
    [[nodiscard]] bool is_ruined(AgentContext& context);
    [[nodiscard]] double depth_target(AgentContext& context) const;
    void update_depth(AgentContext& context, Duration dt);
    [[nodiscard]] bool away(AgentContext& context, Book& book) const;
    void quote_all(AgentContext& context, Duration dt);
    void quote_side(AgentContext& context,
                    Book& book,
                    const Ladder& ladder,
                    Side side,
                    double reservation,
                    double depth_usd,
                    double floor_usd);
    void pick_off(AgentContext& context, Book& book, double reservation, double delta);
    void hedge(AgentContext& context, Duration dt);

    const Plan& plan_;
    MakerFirm firm_;
    std::vector<Book> books_;
    double sigma_ = 0, own_flow_ = 1, half_spread_min_ = 0, capital_ = 0;
    bool has_spot_ = false;
    bool obliged_ = false, ruined_ = false;

    bool started_ = false;
    SimTime last_;
    double belief_ = 0, premium_ = 0;  // logs
    // What a firm has heard of one coin's fair value, and how much of it is in its price.
    struct Heard {
        double drift = 0;     // fair value without declared news, log
        double news = 0;      // declared news heard
        double absorbed = 0;  // of it, in the price
    };
    // Advances to what is heard now; returns the log change it makes in the price.
    [[nodiscard]] double hear(AgentContext& context,
                              AssetId asset,
                              Heard& heard,
                              Duration dt) const;

    NewsPath news_;
    Heard own_heard_, btc_heard_;
    double btc_before_ = 0;  // log index of BTC
    FlowImpact flow_;
    double taker_net_usd_ = 0;  // of all books, as of the last wake
    double flow_price_ = 0;     // log price move by past flow
    double skew_ = 0;           // log price move by inventory
    double view_noise_ = 0;
    std::optional<double> imposed_from_;  // log price where the imposed path begins
    double z_own_ = 1, z_ = 1;            // clock: of the coin; of the coin and BTC
    double inventory_usd_ = 0, perp_usd_ = 0, spot_usd_ = 0;
    double lost_usd_ = 0;  // worst running loss of the run: shrinks Q_max
    double pnl_usd_ = 0;
    DepthState depth_;
    double inventory_max_ = 1;
};

[[nodiscard]] std::vector<std::unique_ptr<Agent>> make_market_makers(const Plan& plan);

}  // namespace margincall::inline agents
