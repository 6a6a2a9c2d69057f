// JSON lines and CSV files of a stress.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "report/format.hpp"
#include "report/lending_tables.hpp"
#include "report/stress_adl_rules.hpp"
#include "report/stress_report.hpp"
#include "report/stress_reverse.hpp"
#include "report/tier_table.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

class Writer {
  public:
    explicit Writer(const StressReport& report) : report_(report) {}

    [[nodiscard]] const std::string& account(std::uint32_t unit) const {
        return report_.book->accounts[report_.book->units[unit].account].id;
    }
    [[nodiscard]] const std::string& group(std::uint32_t unit) const {
        return report_.book
            ->groups[report_.book->accounts[report_.book->units[unit].account].group];
    }
    [[nodiscard]] const std::string& venue(std::uint32_t unit) const {
        return report_.market->venues[report_.book->units[unit].venue.raw()].name;
    }
    [[nodiscard]] const std::string& instrument(InstrumentId i) const {
        return report_.market->at(i).name;
    }
    [[nodiscard]] const std::string& coin(AssetId c) const {
        return report_.market->coins[c.raw()].name;
    }

    [[nodiscard]] std::string liquidations() const {
        fmt::memory_buffer out;
        const auto to = std::back_inserter(out);
        fmt::format_to(
            to,
            "case,time_s,account,owner_group,venue,instrument,side,closed_by,coins,price,mark,"
            "bankruptcy_price,notional_usd,slippage_usd,equity_before_usd,by_default\n");
        for (const StressColumn& column : report_.columns) {
            for (const LiquidationRow& r : column.outcome.liquidations) {
                fmt::format_to(
                    to,
                    "{},{:.3f},{},{},{},{},{},{},{:.8g},{:.8g},{:.8g},{:.8g},{:.2f},{:.2f},"
                    "{:.2f},{}\n",
                    csv_cell(column.name),
                    r.time_s,
                    csv_cell(account(r.unit)),
                    csv_cell(group(r.unit)),
                    csv_cell(venue(r.unit)),
                    csv_cell(instrument(r.instrument)),
                    side_word(r.side),
                    closed_by_word(r.by),
                    r.coins,
                    r.price,
                    r.mark,
                    r.bankruptcy,
                    r.notional,
                    r.slippage,
                    r.equity_before,
                    r.by_default ? 1 : 0);
            }
        }
        return fmt::to_string(out);
    }
    [[nodiscard]] std::string adl() const {
        fmt::memory_buffer out;
        const auto to = std::back_inserter(out);
        fmt::format_to(
            to,
            "case,time_s,rank,account,owner_group,venue,instrument,side,against,coins,price,mark,"
            "score,leverage,profit_usd,forgone_usd\n");
        for (const StressColumn& column : report_.columns) {
            for (const AdlRow& r : column.outcome.adl) {
                fmt::format_to(
                    to,
                    "{},{:.3f},{},{},{},{},{},{},{},{:.8g},{:.8g},{:.8g},{:.6g},{:.4g},{:.2f},"
                    "{:.2f}\n",
                    csv_cell(column.name),
                    r.time_s,
                    r.rank,
                    csv_cell(account(r.unit)),
                    csv_cell(group(r.unit)),
                    csv_cell(venue(r.unit)),
                    csv_cell(instrument(r.instrument)),
                    side_word(r.side),
                    r.against_unit < 0
                        ? std::string{"pool"}
                        : csv_cell(account(static_cast<std::uint32_t>(r.against_unit))),
                    r.coins,
                    r.price,
                    r.mark,
                    r.score,
                    r.leverage,
                    r.profit,
                    r.forgone);
            }
        }
        return fmt::to_string(out);
    }
    [[nodiscard]] std::string funds() const {
        std::string out =
            "case,pool,before_usd,lowest_usd,lowest_time_s,after_usd,emptied_time_s,fees_usd,"
            "margin_taken_usd,shortfall_usd,taken_over_usd,unwound_usd,held_usd,adl_usd,"
            "no_counterparty_usd,past_cap_usd,bad_debt_usd\n";
        for (const StressColumn& column : report_.columns) {
            for (const PoolResult& p : column.outcome.pools) {
                out += fmt::format(
                    "{},{},{:.2f},{:.2f},{:.3f},{:.2f},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.2f},{:.2f}"
                    ","
                    "{:.2f},{:.2f},{:.2f},{:.6f}\n",
                    csv_cell(column.name),
                    csv_cell(column.market->pools[p.pool].name),
                    p.before,
                    p.lowest,
                    p.lowest_time_s,
                    p.after,
                    p.emptied_time_s < 0.0 ? std::string{}
                                           : fmt::format("{:.3f}", p.emptied_time_s),
                    p.fees,
                    p.margin_taken,
                    p.shortfall,
                    p.taken_over,
                    p.unwound,
                    p.held,
                    p.adl,
                    p.no_counterparty,
                    p.past_cap,
                    p.bad_debt);
            }
        }
        return out;
    }
    [[nodiscard]] std::string instruments() const {
        std::string out =
            "case,instrument,start,end,lowest,highest,shock_path_end,impact_down,impact_up,"
            "in_book_usd,taken_over_usd,adl_usd,unwound_usd,slippage_usd,fills\n";
        for (const StressColumn& column : report_.columns) {
            for (const InstrumentResult& r : column.outcome.instruments) {
                out += fmt::format(
                    "{},{},{:.8g},{:.8g},{:.8g},{:.8g},{:.8g},{:.6f},{:.6f},{:.2f},{:.2f},{:.2f},"
                    "{:.2f},{:.2f},{}\n",
                    csv_cell(column.name),
                    csv_cell(instrument(r.instrument)),
                    r.start,
                    r.end,
                    r.lowest,
                    r.highest,
                    r.reference_end,
                    r.impact_down,
                    r.impact_up,
                    r.book,
                    r.takeover,
                    r.adl,
                    r.unwound,
                    r.slippage,
                    r.fills);
            }
        }
        return out;
    }
    [[nodiscard]] std::string routes() const {
        std::string out =
            "case,venue,coin,liquidated_usd,book_share,takeover_share,no_counterparty_share,"
            "adl_share\n";
        for (const StressColumn& column : report_.columns) {
            for (const StressRoutes& r : stress_routes(column)) {
                out += fmt::format("{},{},{},{:.2f},{:.6f},{:.6f},{:.6f},{:.6f}\n",
                                   csv_cell(column.name),
                                   csv_cell(r.venue),
                                   csv_cell(r.coin),
                                   r.usd(),
                                   r.book / r.usd(),
                                   r.takeover / r.usd(),
                                   r.no_counterparty / r.usd(),
                                   r.adl / r.usd());
            }
        }
        return out;
    }
    [[nodiscard]] std::string unwind() const {
        std::string out =
            "case,coin,side,amount_usd,start_filled_usd,start_cost_usd,worst_filled_usd,worst_cost_"
            "usd,"
            "worst_displacement,worst_time_s\n";
        for (const StressColumn& column : report_.columns) {
            for (const UnwindCost& r : column.outcome.unwind) {
                for (std::size_t k = 0; k < unwind_sizes.size(); ++k) {
                    out +=
                        fmt::format("{},{},{},{:.0f},{:.2f},{:.2f},{:.2f},{:.2f},{:.6f},{}\n",
                                    csv_cell(column.name),
                                    csv_cell(coin(r.coin)),
                                    r.side == Side::buy ? "selling" : "buying",
                                    unwind_sizes[k],
                                    r.start[k].filled_usd,
                                    r.start[k].slippage_usd,
                                    r.worst[k].filled_usd,
                                    r.worst[k].slippage_usd,
                                    r.worst_displacement,
                                    r.worst_time_s < 0.0 ? std::string{}
                                                         : fmt::format("{:.3f}", r.worst_time_s));
                }
            }
        }
        return out;
    }
    [[nodiscard]] std::string sizes() const {
        std::string out = "shock";
        const std::vector<StressLine> lines = stress_lines(report_);
        for (const StressLine& line : lines) {
            out += "," + csv_cell(line.key);
        }
        out += "\n";
        for (const StressVaried& size : report_.sizes) {
            out += csv_cell(size.name);
            for (const double figure : stress_figures(report_, size.outcome)) {
                out += fmt::format(",{:.8g}", figure);
            }
            out += "\n";
        }
        return out;
    }
    [[nodiscard]] std::string adl_venues() const {
        std::string out = "case,venue,adl_usd,accounts,steps,fills\n";
        for (const StressColumn& column : report_.columns) {
            for (const StressAdl& r : stress_adl(report_, column)) {
                out += fmt::format("{},{},{:.2f},{},{},{}\n",
                                   csv_cell(column.name),
                                   csv_cell(r.venue),
                                   r.usd,
                                   r.accounts,
                                   r.steps,
                                   r.fills);
            }
        }
        return out;
    }
    [[nodiscard]] std::string map() const {
        std::string out = "coin,side,leverage_band,price_low,price_high,notional_usd,positions\n";
        static constexpr std::array bands = {"<=5", "5-10", "10-25", "25-50", ">50"};
        for (const MapBin& b : report_.map.bins) {
            const double start = report_.market->coins[b.coin.raw()].price;
            out += fmt::format("{},{},{},{:.8g},{:.8g},{:.2f},{}\n",
                               csv_cell(coin(b.coin)),
                               side_word(b.side),
                               bands[b.band],
                               start * (1.0 + map_bin * b.bin),
                               start * (1.0 + map_bin * (b.bin + 1)),
                               b.usd,
                               b.positions);
        }
        return out;
    }
    [[nodiscard]] std::string concentration() const {
        std::string out = "coin,gross_usd,net_usd,groups,top1,top5,top10,top20,effective_groups\n";
        for (const Concentration& c : report_.concentration) {
            out += fmt::format("{},{:.2f},{:.2f},{},{:.6f},{:.6f},{:.6f},{:.6f},{:.2f}\n",
                               c.coin.valid() ? csv_cell(coin(c.coin)) : std::string{"all"},
                               c.gross,
                               c.net,
                               c.groups,
                               c.top1,
                               c.top5,
                               c.top10,
                               c.top20,
                               c.effective);
        }
        return out;
    }
    [[nodiscard]] std::string horizon() const {
        std::string out =
            "coin,owner_group,side,net_usd,depth_1pct_usd,depth_5pct_usd,at_once_filled,"
            "at_once_slippage_usd,hours_at_10pct_of_volume\n";
        for (const Horizon& h : report_.horizons) {
            out += fmt::format("{},{},{},{:.2f},{:.2f},{:.2f},{:.6f},{:.2f},{:.3f}\n",
                               csv_cell(coin(h.coin)),
                               csv_cell(report_.book->groups[h.group]),
                               side_word(h.side),
                               h.usd,
                               h.depth_1pct,
                               h.depth_5pct,
                               h.at_once_filled,
                               h.at_once_cost,
                               h.hours_at_tenth);
        }
        return out;
    }
    [[nodiscard]] std::string reconciliation() const {
        std::string out =
            "line,account,venue,figure,reported,computed,difference,cause,at_another_rate\n";
        for (const ReconciliationBreak& b : report_.reconciliation.breaks) {
            const bool none = std::isnan(b.computed);
            out +=
                fmt::format("{},{},{},{},{:.6f},{},{},{},{}\n",
                            b.line,
                            csv_cell(account(b.unit)),
                            csv_cell(venue(b.unit)),
                            figure_word(b.figure),
                            b.reported,
                            none ? std::string{} : fmt::format("{:.6f}", b.computed),
                            none ? std::string{} : fmt::format("{:.6f}", b.computed - b.reported),
                            cause_words(b.cause),
                            b.other_rate ? "yes" : "no");
        }
        return out;
    }
    [[nodiscard]] std::string activation() const {
        std::string out =
            "case,share,accounts_pushed,units_pushed,notional_pushed_usd,missing_usd,units_below,"
            "units_below_initial\n";
        for (const auto& [name, stages] : report_.activation) {
            for (const ActivationStage& s : stages) {
                out += fmt::format("{},{:.4f},{},{},{:.2f},{:.2f},{},{}\n",
                                   csv_cell(name),
                                   s.share,
                                   s.accounts_pushed,
                                   s.units_pushed,
                                   s.notional_pushed,
                                   s.missing_pushed,
                                   s.units_below,
                                   s.units_below_initial);
            }
        }
        return out;
    }

  private:
    const StressReport& report_;
};

// What agrees, by kind of figure and, where a list was imported, by what was known of its inputs.
void add_reconciliation(const StressReport& report, std::vector<Json>& rows) {
    rows.push_back({{"kind", "reconciliation"}, {"sentences", reconciliation_sentences(report)}});
    for (const AgreementRow& agreement : agreement_rows(report)) {
        const FigureAgreement& figures = agreement.figures;
        Json row{{"kind", "agreement"},
                 {"figure", agreement.key},
                 {"compared", figures.compared},
                 {"agree", figures.agree},
                 {"agree_of_themselves", figures.of_itself},
                 {"compared_usd", figures.usd_compared},
                 {"agree_usd", figures.usd_agree}};
        for (std::size_t c = 0; c < break_causes; ++c) {
            row["causes"][cause_words(static_cast<BreakCause>(c))] = {
                {"figures", figures.causes[c].figures}, {"usd", figures.causes[c].usd}};
        }
        rows.push_back(std::move(row));
    }
    for (std::size_t k = 0; k < input_kinds; ++k) {
        const InputAgreement& one = report.reconciliation.by_input[k];
        if (one.compared > 0) {
            rows.push_back({{"kind", "inputs"},
                            {"inputs", input_words(static_cast<LineInput>(k))},
                            {"compared", one.compared},
                            {"agree", one.agree},
                            {"other_rate", one.other_rate}});
        }
    }
}

}  // namespace

std::vector<StressFile> stress_csv_files(const StressReport& report) {
    std::vector<StressFile> lending = lending_csv_files(report);
    if (report.columns.empty()) {
        return lending;
    }
    const Writer writer(report);
    std::vector<StressFile> out{{"liquidations.csv", writer.liquidations()},
                                {"adl.csv", writer.adl()},
                                {"funds.csv", writer.funds()},
                                {"instruments.csv", writer.instruments()},
                                {"routes.csv", writer.routes()},
                                {"tiers.csv", tiers_csv(report)},
                                {"adl_venues.csv", writer.adl_venues()},
                                {"unwind.csv", writer.unwind()},
                                {"liquidation_map.csv", writer.map()},
                                {"concentration.csv", writer.concentration()},
                                {"horizon.csv", writer.horizon()},
                                {"reconciliation.csv", writer.reconciliation()}};
    if (!report.sizes.empty()) {
        out.push_back({"sizes.csv", writer.sizes()});
    }
    std::ranges::move(adl_rule_csv_files(report), std::back_inserter(out));
    if (report.reverse) {
        std::ranges::move(reverse_csv_files({*report.reverse, *report.market, report.moves}),
                          std::back_inserter(out));
    }
    if (!report.activation.empty()) {
        out.push_back({"activation.csv", writer.activation()});
    }
    std::ranges::move(lending, std::back_inserter(out));
    return out;
}

std::string stress_json_lines(const StressReport& report) {
    const Writer names(report);
    std::vector<Json> rows;
    rows.push_back({{"kind", "book"},
                    {"file", report.title},
                    {"rows", report.book->rows},
                    {"accounts", report.book->accounts.size() - report.book->accounts_left_out},
                    {"units", report.book->units.size()},
                    {"positions", report.book->positions.size()},
                    {"rows_left_out", report.book->rows_left_out},
                    {"accounts_left_out", report.book->accounts_left_out},
                    {"stress_hash", report.hash},
                    {"market", report.market_name},
                    {"shock", report.shock},
                    {"breaks", report.reconciliation.breaks.size()},
                    {"compared_equity", report.reconciliation.figures[0].compared},
                    {"compared_margin", report.reconciliation.figures[1].compared},
                    {"compared_liquidation_price", report.reconciliation.figures[2].compared},
                    {"units_below_margin", report.reconciliation.units_below_margin}});
    for (const ReconciliationBreak& b : report.reconciliation.breaks) {
        rows.push_back({{"kind", "break"},
                        {"line", b.line},
                        {"account", names.account(b.unit)},
                        {"figure", figure_word(b.figure)},
                        {"reported", b.reported},
                        {"computed", std::isnan(b.computed) ? Json(nullptr) : Json(b.computed)},
                        {"cause", cause_words(b.cause)},
                        {"at_another_rate", b.other_rate}});
    }
    add_reconciliation(report, rows);
    rows.push_back({{"kind", "answer"}, {"sentences", stress_answer(report)}});
    for (const LimitVerdict& v : limit_verdicts(report)) {
        rows.push_back({{"kind", "limit"},
                        {"limit", v.text},
                        {"verdict", verdict_word(v.verdict)},
                        {"figure", v.figure}});
    }
    const std::vector<StressLine> lines = stress_lines(report);
    for (std::size_t k = 0; k < report.columns.size(); ++k) {
        const StressOutcome& o = report.columns[k].outcome;
        Json row{{"kind", "outcome"}, {"case", report.columns[k].name}};
        for (const StressLine& line : lines) {
            row[line.key] = line.values[k];
        }
        row["settled"] = o.settled;
        row["end_s"] = o.end_s;
        row["steps"] = o.steps;
        row["postings"] = o.postings;
        row["digest"] = fmt::format("{:016x}", o.digest);
        for (std::size_t v = 0; v < o.engine_steps.size(); ++v) {
            const std::string& venue = report.columns[k].market->venues[v].name;
            for (std::size_t step = 0; step < engine_step_words.size(); ++step) {
                row["engine_steps"][venue][engine_step_words[step]] = o.engine_steps[v][step];
            }
        }
        rows.push_back(std::move(row));
        for (const PoolResult& p : o.pools) {
            rows.push_back(
                {{"kind", "fund"},
                 {"case", report.columns[k].name},
                 {"pool", report.columns[k].market->pools[p.pool].name},
                 {"before_usd", p.before},
                 {"lowest_usd", p.lowest},
                 {"after_usd", p.after},
                 {"emptied_s", p.emptied_time_s < 0.0 ? Json(nullptr) : Json(p.emptied_time_s)},
                 {"shortfall_usd", p.shortfall},
                 {"adl_usd", p.adl},
                 {"past_cap_usd", p.past_cap},
                 {"bad_debt_usd", p.bad_debt}});
        }
        for (const InstrumentResult& r : o.instruments) {
            rows.push_back({{"kind", "instrument"},
                            {"case", report.columns[k].name},
                            {"instrument", names.instrument(r.instrument)},
                            {"start", r.start},
                            {"lowest", r.lowest},
                            {"highest", r.highest},
                            {"end", r.end},
                            {"in_book_usd", r.book},
                            {"slippage_usd", r.slippage}});
        }
    }
    const auto add_again = [&](const char* kind, const StressVaried& other) {
        Json row{{"kind", kind}, {"how", other.name}};
        const std::vector<double> figures = stress_figures(report, other.outcome);
        for (std::size_t k = 0; k < lines.size(); ++k) {
            row[lines[k].key] = figures[k];
        }
        rows.push_back(std::move(row));
    };
    for (const StressVaried& other : report.varied) {
        add_again("varied", other);
    }
    for (const StressVaried& size : report.sizes) {
        add_again("size", size);
    }
    for (const StressColumn& column : report.columns) {
        for (const StressRoutes& r : stress_routes(column)) {
            rows.push_back({{"kind", "routes"},
                            {"case", column.name},
                            {"venue", r.venue},
                            {"coin", r.coin},
                            {"liquidated_usd", r.usd()},
                            {"book_share", r.book / r.usd()},
                            {"takeover_share", r.takeover / r.usd()},
                            {"no_counterparty_share", r.no_counterparty / r.usd()},
                            {"adl_share", r.adl / r.usd()}});
        }
        for (const StressAdl& r : stress_adl(report, column)) {
            rows.push_back({{"kind", "adl_venue"},
                            {"case", column.name},
                            {"venue", r.venue},
                            {"usd", r.usd},
                            {"accounts", r.accounts},
                            {"steps", r.steps},
                            {"fills", r.fills}});
        }
    }
    for (const auto& [name, stages] : report.activation) {
        for (const ActivationStage& s : stages) {
            rows.push_back({{"kind", "activation"},
                            {"case", name},
                            {"share", s.share},
                            {"accounts_pushed", s.accounts_pushed},
                            {"notional_pushed_usd", s.notional_pushed},
                            {"missing_usd", s.missing_pushed},
                            {"units_below", s.units_below}});
        }
    }
    for (const Concentration& c : report.concentration) {
        rows.push_back({{"kind", "concentration"},
                        {"coin", c.coin.valid() ? Json(names.coin(c.coin)) : Json(nullptr)},
                        {"gross_usd", c.gross},
                        {"net_usd", c.net},
                        {"groups", c.groups},
                        {"top1", c.top1},
                        {"top5", c.top5},
                        {"top20", c.top20}});
    }
    std::string out;
    for (const Json& row : rows) {
        out += json_text(row) + "\n";
    }
    for (const std::string& line : adl_rule_json_lines(report)) {
        out += line + "\n";
    }
    if (report.reverse) {
        for (const std::string& line :
             reverse_json_lines({*report.reverse, *report.market, report.moves})) {
            out += line + "\n";
        }
    }
    for (const std::string& line : lending_json_lines(report)) {
        out += line + "\n";
    }
    return out;
}

}  // namespace margincall::inline report
