#include "report/stress_adl_rules.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "report/format.hpp"

namespace margincall::inline report {
std::vector<StressTable> adl_rule_tables(const StressReport& report) {
    if (report.adl_rules.empty()) {
        return {};
    }
    StressTable out{"adl_rules",
                    "Orders of auto-deleveraging",
                    "the same shock with another order of the queue at every venue, all else as it "
                    "is; needed: what insolvent sides left, taken: winners closed; profit lost at "
                    "the mark of the closing, and by the end",
                    {"order",
                     "needed",
                     "taken",
                     "overshoot",
                     "accounts hit",
                     "hit again",
                     "most often",
                     "hardest hit",
                     "profit lost",
                     "by the end",
                     "no counterparty",
                     "bad debt"},
                    {}};
    for (const StressAdlRule& rule : report.adl_rules) {
        const AdlFigures& f = rule.figures;
        out.rows.push_back({id_cell(rule.name),
                            money_cell(f.needed),
                            money_cell(f.taken),
                            f.needed > 0.0
                                ? number_cell(fmt::format("{:.2f} x", f.overshoot()), f.overshoot())
                                : TableCell{std::string{no_data}},
                            count_cell(f.accounts),
                            count_cell(f.repeated),
                            f.most_often == 0 ? TableCell{std::string{no_data}}
                                              : number_cell(fmt::format("{} times", f.most_often),
                                                            static_cast<double>(f.most_often)),
                            money_cell(f.largest),
                            money_cell(f.given_up),
                            money_cell(f.forgone),
                            money_cell(rule.no_counterparty),
                            money_cell(rule.bad_debt)});
    }
    return {std::move(out)};
}

std::vector<std::string> adl_rule_json_lines(const StressReport& report) {
    std::vector<std::string> out;
    for (const StressAdlRule& rule : report.adl_rules) {
        const AdlFigures& f = rule.figures;
        out.push_back(json_text(nlohmann::ordered_json{
            {"kind", "adl_rule"},
            {"order", rule.name},
            {"needed_usd", f.needed},
            {"taken_usd", f.taken},
            {"overshoot",
             f.needed > 0.0 ? nlohmann::ordered_json(f.overshoot()) : nlohmann::ordered_json()},
            {"accounts", f.accounts},
            {"hit_again", f.repeated},
            {"most_often", f.most_often},
            {"hardest_hit_usd", f.largest},
            {"profit_lost_usd", f.given_up},
            {"forgone_usd", f.forgone},
            {"no_counterparty_usd", rule.no_counterparty},
            {"bad_debt_usd", rule.bad_debt}}));
    }
    return out;
}

std::vector<StressFile> adl_rule_csv_files(const StressReport& report) {
    if (report.adl_rules.empty()) {
        return {};
    }
    std::string out =
        "order,needed_usd,taken_usd,overshoot,accounts,hit_again,most_often,hardest_hit_usd,"
        "profit_lost_usd,forgone_usd,no_counterparty_usd,bad_debt_usd\n";
    for (const StressAdlRule& rule : report.adl_rules) {
        const AdlFigures& f = rule.figures;
        out += fmt::format("{},{:.2f},{:.2f},{},{},{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.6f}\n",
                           csv_cell(rule.name),
                           f.needed,
                           f.taken,
                           f.needed > 0.0 ? fmt::format("{:.6f}", f.overshoot()) : std::string{},
                           f.accounts,
                           f.repeated,
                           f.most_often,
                           f.largest,
                           f.given_up,
                           f.forgone,
                           rule.no_counterparty,
                           rule.bad_debt);
    }
    return {{"adl_rules.csv", std::move(out)}};
}

}  // namespace margincall::inline report
