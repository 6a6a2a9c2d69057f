#include "lab/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "lab/identity.hpp"

namespace margincall::inline lab {
namespace {

// A cause is one of the main ones when it makes a quarter of the fall in 95 of 100 worlds, and none when it makes
// less than a tenth in 95 of 100.
constexpr double main_share = 0.25;
constexpr double small_share = 0.10;
constexpr std::size_t least_worlds = 8;  // of an interval
constexpr double round_level = 100'000.0;
constexpr double record_open_interest_usd = 94.12e9;

struct Statement {
    std::string_view id, text, fact;
};
constexpr std::array statements = {
    Statement{"S1",
              "hawkish remarks, the shutdown, the dollar and oil were the trigger",
              "measured: on 4 November odds of a cut moved from 67 to 65 %, the Nasdaq 100 by -2.0 "
              "%, the dollar "
              "index from 99.87 to 100.22"},
    Statement{
        "S2",
        "leverage made a domino effect",
        "reported: 2.03 bn USD liquidated in 24 hours, a tenth of 10 October, over some 20 hours"},
    Statement{"S3",
              "a record 70 bn USD of bitcoin open interest",
              "reported: the record was 94.12 bn USD on 6-7 October 2025"},
    Statement{"S4",
              "breaking 100,000 dollars set off forced selling",
              "measured: first hour below it 20:00, low one hour later; worst hour -2.4 %"},
    Statement{"S5",
              "books were nearly empty within 4 %",
              "measured: bids within 1 % of one venue's perp 123 to 259 m USD at four-hour "
              "snapshots of the day, 112 "
              "to 485 m on the days around; 4 % is not measured"},
    Statement{"S6",
              "arbitrage capital came too late",
              "measured: the perp's low against spot on one venue was -0.06 %"},
    Statement{"S7",
              "long-term holders sold 400,000 bitcoin",
              "reported: 405,000 in 30 days, 3,100 to 13,500 a day; another count needs four "
              "months for it"},
    Statement{
        "S8", "institutional inflow dried up", "measured: -566 m USD on the day, funds by fund"},
    Statement{
        "S9",
        "the Balancer hack, the synthetic dollar off its peg and DeFi liquidations broke "
        "confidence",
        "reported: 128 m USD drained on 3 November; the peg gap of one venue was on 10 October"},
    Statement{"S10", "regulation was tightened", ""},
    Statement{"S11", "informed traders sold ahead", ""},
    Statement{"S12",
              "470,000 accounts, about 2 bn USD, over 90 % of it long",
              "reported: 473,500 accounts, 2.03 bn USD, 80 % long over all venues; 87 to 93 % at "
              "venues that publish "
              "everything"},
    Statement{"S13",
              "funding negative, fear extreme: the selling was nearly done",
              "measured: the largest venue's bitcoin funding stayed between +0.003 and +0.010 % "
              "per 8 h; index 42 to 21"},
    Statement{"S14", "less leverage, better rules and more security would have prevented it", ""}};

MeanSpread metric_spread(std::span<const PathRow> worlds, std::string_view name) {
    std::vector<double> values;
    for (const PathRow& world : worlds) {
        if (const auto value = world.summary.metric(name).value) {
            values.push_back(*value);
        }
    }
    return mean_spread(std::move(values));
}

class Judge {
  public:
    explicit Judge(const Evidence& evidence)
        : evidence_(evidence),
          causes_(evidence.kept.causes),
          worlds_(evidence.kept.day ? std::span<const PathRow>(evidence.kept.day->rows)
                                    : std::span<const PathRow>()) {}

    [[nodiscard]] std::vector<Verdict> run() {
        std::vector<Verdict> out;
        for (const Statement& statement : statements) {
            Verdict verdict;
            verdict.id = statement.id;
            verdict.statement = statement.text;
            verdict.fact = statement.fact;
            decide(verdict);
            // Nothing is supported by a model alone.
            if (verdict.judged == Judged::supported && verdict.fact.empty()) {
                verdict.judged = Judged::not_identified;
                verdict.reason += "; nothing of it was measured";
            }
            out.push_back(std::move(verdict));
        }
        return out;
    }

  private:
    void decide(Verdict& v) {
        if (v.id == "S1") {
            share(v, "macro");
        } else if (v.id == "S2") {
            share(v, "leverage");
        } else if (v.id == "S3") {
            open_interest(v);
        } else if (v.id == "S4") {
            round_number(v);
        } else if (v.id == "S5") {
            empty_books(v);
        } else if (v.id == "S6") {
            share(v, "arbitrage");
        } else if (v.id == "S7") {
            share(v, "holders");
        } else if (v.id == "S8") {
            share(v, "funds");
        } else if (v.id == "S9") {
            share(v, "security");
        } else if (v.id == "S10") {
            by_removal(v, "regulation");
        } else if (v.id == "S11") {
            by_removal(v, "informed");
        } else if (v.id == "S12") {
            accounts(v);
        } else if (v.id == "S13") {
            selling_done(v);
        } else {
            cure(v);
        }
    }

    static void set(Verdict& v, const MeanSpread& spread) {
        v.worlds = spread.n;
        if (spread.n > 0) {
            v.measured = spread.p50;
            v.low = spread.p05;
            v.high = spread.p95;
        }
    }
    static bool too_few(Verdict& v) {
        if (v.worlds >= least_worlds) {
            return false;
        }
        v.reason = fmt::format("{} worlds; an interval takes {}", v.worlds, least_worlds);
        return true;
    }
    // The figure is one of worlds over the scenario's own window.
    bool no_day(Verdict& v) {
        if (evidence_.kept.day) {
            v.made = evidence_.kept.day->source.made;
            return false;
        }
        v.reason = "no worlds over the scenario's own window: run --paths or policies makes them";
        return true;
    }

    // Why nothing is said of a price with causes from that source; empty: it is.
    [[nodiscard]] std::string void_reason(const EvidenceSource& source) const {
        if (evidence_.gates.state != "met") {
            return evidence_.gates.reason;
        }
        return source.sources == core_sources_hash()
                   ? std::string{}
                   : "another core ran these worlds than the one that the gates were met by";
    }

    void share(Verdict& v, std::string_view player) {
        v.figure = fmt::format("share of \"{}\" in bitcoin's fall, order-averaged", player);
        v.unit = "fraction";
        if (!causes_) {
            v.reason = "these worlds are no coalitions of causes: margincall attribute runs them";
            return;
        }
        v.figure += ", " + causes_->window;
        v.made = causes_->source.made;
        const auto found = std::ranges::find(causes_->shares, player, &FallCauses::Share::player);
        if (found == causes_->shares.end()) {
            v.reason = fmt::format("the scenario has nothing of \"{}\"", player);
            return;
        }
        set(v, found->share);
        if (too_few(v)) {
            return;
        }
        if (const std::string why = void_reason(causes_->source); !why.empty()) {
            v.reason = "shares of a price are void: " + why;
        } else if (!found->identified) {
            v.reason =
                "a further world's interval covers both 10 and 40 %, or causes work against each "
                "other";
        } else if (*v.low >= main_share) {
            v.judged = Judged::supported;
            v.reason = "a quarter of the fall or more in 95 of 100 worlds";
        } else if (*v.high < small_share) {
            v.judged = Judged::contradicted;
            v.reason = "less than a tenth of the fall in 95 of 100 worlds";
        } else {
            v.reason = "neither a quarter of the fall nor less than a tenth of it";
        }
    }

    void by_removal(Verdict& v, std::string_view cause) {
        v.figure =
            fmt::format("bitcoin's fall with less its fall without events of cause \"{}\"", cause);
        v.unit = "fraction";
        if (causes_) {
            for (const FallCauses::Removal& row : causes_->by_removal_alone) {
                if (row.cause == cause) {
                    v.figure += ", " + causes_->window;
                    v.made = causes_->source.made;
                    set(v, row.removed);
                    decide_removal(v);
                    return;
                }
            }
        }
        v.reason = fmt::format(
            "no event of cause \"{}\" in the scenario: no effect of it was measured", cause);
    }

    // Sizes are assumed and drawn from their ranges, so that an effect proves nothing; but what makes
    // less than a tenth of the fall, from nothing to the most thought possible, is no main cause.
    void decide_removal(Verdict& v) const {
        const double fall = std::abs(causes_->whole.p50);
        if (too_few(v)) {
            return;
        }
        const double most = std::max(std::abs(*v.low), std::abs(*v.high));
        if (const std::string why = void_reason(causes_->source); !why.empty()) {
            v.reason = "effects on a price are void: " + why;
        } else if (fall > 0.0 && most < small_share * fall) {
            v.judged = Judged::contradicted;
            v.reason = fmt::format(
                "less than a tenth of the fall ({:.1f} %) in 95 of 100 worlds, with sizes up to "
                "the "
                "most that was thought possible; that it happened is neither shown nor denied",
                100.0 * fall);
        } else {
            v.reason = "the size of its events is assumed, not measured";
        }
    }

    void open_interest(Verdict& v) {
        v.figure = "bitcoin open interest of the perpetuals at the start";
        v.unit = "USD";
        const double usd = evidence_.plan->assets.front().open_interest;
        v.measured = v.low = v.high = usd;
        v.judged = usd < record_open_interest_usd ? Judged::contradicted : Judged::supported;
        v.reason = fmt::format(
            "{:.1f} bn USD against a record of {:.1f} bn; dated futures are not simulated",
            usd / 1e9,
            record_open_interest_usd / 1e9);
    }

    void round_number(Verdict& v) {
        v.figure =
            "forced dollars an hour within 1 % below 100,000 over the same above, against other "
            "levels";
        v.unit = "ratio";
        if (no_day(v)) {
            return;
        }
        const LevelRatio ratio = forced_flow_at(worlds_, round_level);
        set(v, mean_spread(ratio.at));
        const MeanSpread placebo = mean_spread(ratio.placebo);
        if (too_few(v)) {
            v.reason += ": in the others bitcoin stood too little on both sides of it";
        } else if (placebo.n < least_worlds) {
            v.reason = "too few other levels to compare with";
        } else if (*v.low > placebo.p95) {
            v.judged = Judged::supported;
            v.reason = fmt::format("beyond 95 of 100 other levels ({:.2f})", placebo.p95);
        } else if (*v.high <= placebo.p95 * 1.01 && *v.measured <= placebo.p50 * 1.1) {
            v.judged = Judged::contradicted;
            v.reason =
                fmt::format("no more than at other levels (median {:.2f}, 95th percentile {:.2f})",
                            placebo.p50,
                            placebo.p95);
        } else {
            v.reason = fmt::format(
                "other levels: median {:.2f}, 95th percentile {:.2f}", placebo.p50, placebo.p95);
        }
    }

    void empty_books(Verdict& v) {
        constexpr double empty = 0.10;
        constexpr double not_empty = 0.25;
        v.figure = "bids within 4 % at the thinnest, of those at the start";
        v.unit = "fraction";
        if (no_day(v)) {
            return;
        }
        set(v, metric_spread(worlds_, "depth_4pct_min_share"));
        if (too_few(v)) {
            return;
        }
        if (*v.high < empty) {
            v.judged = Judged::supported;
            v.reason = "below a tenth in 95 of 100 worlds";
        } else if (*v.low > not_empty) {
            v.judged = Judged::contradicted;
            v.reason = "a quarter or more stays in 95 of 100 worlds, and no collapse was measured";
        } else {
            v.reason = "neither below a tenth nor above a quarter";
        }
    }

    void accounts(Verdict& v) {
        constexpr double said = 0.90;
        v.figure = "long share of all liquidations";
        v.unit = "fraction";
        if (no_day(v)) {
            return;
        }
        set(v, metric_spread(worlds_, "long_share_true"));
        if (too_few(v)) {
            return;
        }
        const MeanSpread counted = metric_spread(worlds_, "accounts_reported");
        const MeanSpread usd = metric_spread(worlds_, "liquidated_reported_usd");
        const std::string counts = fmt::format(
            "{:.0f} accounts ({:.0f} to {:.0f}) and {:.2f} bn USD ({:.2f} to {:.2f}) reported",
            counted.p50,
            counted.p05,
            counted.p95,
            usd.p50 / 1e9,
            usd.p05 / 1e9,
            usd.p95 / 1e9);
        if (*v.low > said) {
            v.judged = Judged::supported;
        } else if (*v.high < said) {
            v.judged = Judged::contradicted;
        }
        v.reason = counts + "; of all liquidations, published or not, this part is long";
    }

    void selling_done(Verdict& v) {
        constexpr double fear = 25.0;
        v.figure =
            "bitcoin an hour after the low, in worlds with negative funding and extreme fear";
        v.unit = "fraction";
        if (no_day(v)) {
            return;
        }
        std::vector<double> after;
        std::size_t known = 0;
        for (const PathRow& world : worlds_) {
            const auto rate = world.summary.metric("funding_btc_min").value;
            const auto index = world.summary.metric("sentiment_last").value;
            const auto gain = world.summary.metric("btc_rebound_1h").value;
            if (!rate || !index || !gain) {
                continue;
            }
            ++known;
            if (*rate < 0.0 && *index < fear) {
                after.push_back(*gain);
            }
        }
        set(v, mean_spread(after));
        if (known >= least_worlds && after.empty()) {
            v.worlds = known;
            v.judged = Judged::contradicted;
            v.reason = fmt::format(
                "the state is reached in none of {} worlds, and was not measured: funding stayed "
                "positive",
                known);
        } else if (!too_few(v)) {
            v.reason =
                "what comes after the state in the model; it was not measured, because funding "
                "stayed positive";
        }
    }

    void cure(Verdict& v) {
        v.figure =
            "forced dollars with leverage capped at 20, less those under the rules of the day";
        v.unit = "USD";
        if (!evidence_.kept.cap) {
            v.reason = "no policy table beside these worlds: margincall policies runs one";
            return;
        }
        const PolicyChange& change = evidence_.kept.cap->change;
        v.made = evidence_.kept.cap->source.made;
        v.worlds = change.change.n;
        v.measured = change.change.mean;
        v.low = change.low;
        v.high = change.high;
        v.reason = fmt::format("leverage capped at 20 {} here; a counterfactual cannot be measured",
                               effect_word(change.effect));
    }

    const Evidence& evidence_;
    const std::optional<FallCauses>& causes_;
    std::span<const PathRow> worlds_;
};

}  // namespace

std::string_view judged_word(Judged judged) {
    switch (judged) {
        case Judged::supported:
            return "supported";
        case Judged::contradicted:
            return "contradicted";
        case Judged::not_identified:
            return "not identified";
    }
    return "";
}

std::vector<Verdict> judge(const Evidence& evidence) {
    return Judge(evidence).run();
}

std::string verdict_json(const Verdict& verdict) {
    nlohmann::ordered_json out{{"id", verdict.id},
                               {"statement", verdict.statement},
                               {"verdict", judged_word(verdict.judged)},
                               {"figure", verdict.figure},
                               {"unit", verdict.unit},
                               {"measured", nullptr},
                               {"low", nullptr},
                               {"high", nullptr},
                               {"worlds", verdict.worlds},
                               {"made", nullptr},
                               {"reason", verdict.reason},
                               {"fact", verdict.fact}};
    const auto put = [&](const char* key, std::optional<double> value) {
        if (value) {
            out[key] = *value;
        }
    };
    put("measured", verdict.measured);
    put("low", verdict.low);
    put("high", verdict.high);
    if (!verdict.made.empty()) {
        out["made"] = verdict.made;
    }
    return json_text(out);
}

}  // namespace margincall::inline lab
