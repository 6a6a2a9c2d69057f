// The work behind compile_scenario: one pass over the document that checks every value, fills the
// Plan's rows and writes the resolved text. Problems are collected, nothing stops at the first.
// Private to this folder; its parts lie in compile_*.cpp by the section of the file they read.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/limit.hpp"
#include "plan/plan.hpp"
#include "scenario/capabilities.hpp"
#include "scenario/document.hpp"
#include "scenario/fields.hpp"
#include "scenario/key_path.hpp"
#include "scenario/rule_book.hpp"

namespace margincall::inline scenario {

// Shares of `count` coins whose sizes are their rank to the power -exponent; they sum to 1.
[[nodiscard]] std::vector<double> rank_sizes(std::size_t count, double exponent);

// The nearest whole number, at most what 64 bits hold: a bound without an end stays one.
[[nodiscard]] inline std::int64_t bounded_round(double value) {
    constexpr double most = 9.2e18;
    return std::llround(std::min(value, most));
}
// A number of the file in millionths, the nearest.
[[nodiscard]] inline Amount micro(double value) {
    return Amount::from_raw(i128{bounded_round(value * 1e6)});
}

// Sections of resolved.toml in the order in which they were first written.
class ResolvedText {
  public:
    void add(const std::string& section, std::string line) {
        for (auto& [name, lines] : sections_) {
            if (name == section) {
                lines.push_back(std::move(line));
                return;
            }
        }
        sections_.emplace_back(section, std::vector<std::string>{std::move(line)});
    }
    [[nodiscard]] std::string text() const {
        std::string out;
        for (const auto& [name, lines] : sections_) {
            if (!name.empty()) {
                // "[[events]]#3": the number only keeps rows apart here.
                out +=
                    "\n" +
                    (name.starts_with("[[") ? name.substr(0, name.find('#')) : "[" + name + "]") +
                    "\n";
            }
            for (const std::string& line : lines) {
                out += line + "\n";
            }
        }
        return out;
    }

  private:
    std::vector<std::pair<std::string, std::vector<std::string>>> sections_;
};

// A value of the text after checking: in base units or as words, with its canonical form.
struct Figure {
    double number = 0.0;
    std::string words;
    std::string canonical;  // TOML
    std::string source;
    bool given = false;  // and not the program's default
};

// The range in which accounts can be drawn, given by hand or by the rule.
[[nodiscard]] bool leverage_state_allowed(double state);
[[nodiscard]] std::string leverage_states_allowed();
// "a.b.c" in its parts.
// Sources read "STATUS: where"; the status is measured, reported, derived or assumed.
[[nodiscard]] bool starts_with_status(std::string_view source);
[[nodiscard]] std::string status_of(std::string_view source);
[[nodiscard]] std::string text_of(std::string_view source);
[[nodiscard]] std::string number_text(double value);
[[nodiscard]] bool is_number(const Node& node);
// The decimal that stands in the text, not the double nearest to it.
[[nodiscard]] Fraction decimal(double value);

class Compiler {
  public:
    Compiler(const Document& document, Errors& errors, Errors& warnings, Subcommand command)
        : doc_(document), errors_(errors), warnings_(warnings), command_(command) {}
    [[nodiscard]] Plan run(std::string& resolved);
    // After run().
    [[nodiscard]] const std::vector<Limit>& limits() const { return limits_; }
    // The rules of the only venue of a document that holds nothing else.
    [[nodiscard]] RuleBook run_rules();
    // assets.*.copies: rows of a template, written out (expand_copies.cpp).
    static void expand_copies(Document& document, Subcommand command);
    // world.size = "reduced": alike venues are one, the tail is one coin (merge_world.cpp).
    static void merge_world(Document& document, Subcommand command);

  private:
    struct Merger;
    FieldTarget target() { return {&draft_, nullptr, nullptr, nullptr}; }
    Error& add(SourcePosition at, int width, std::string code, std::string message);
    Error& problem(const Node& at, std::string code, std::string message);
    Error& problem_at_key(const Node& at, int width, std::string code, std::string message);
    void warn(const Node& at, std::string code, std::string message, std::string hint);
    void use(const Node& node) { used_.insert(&node); }
    void use_all(const Node& node);
    const Node* take(const Node& table, std::string_view key);

    // --- unknown keys and keys of later work ---
    void mark_later(const Node& node, const std::string& path);
    // Keys that may stand directly in the table at `path`.
    [[nodiscard]] static std::vector<std::string> keys_below(const std::string& path);
    void report_unknown(const Node& node, const std::string& path);
    [[nodiscard]] static std::string known_keys_hint(const std::vector<std::string>& known);
    static bool is_section(const std::string& path) { return !keys_below(path).empty(); }
    // Nothing but keys can stand there.
    static bool is_section_only(const std::string& path);

    // --- one value ---
    std::optional<Figure> read_value(const Node& node, const std::string& path, const Field& field);
    [[nodiscard]] std::string read_source(const Node& table, const std::string& path);
    [[nodiscard]] bool check_value(const Node& node,
                                   const std::string& path,
                                   const Field& field,
                                   Figure& out);
    void wrong_kind(const Node& node, const std::string& path, const Field& field);
    [[nodiscard]] bool check_choice(const Node& node,
                                    const std::string& path,
                                    const Field& field,
                                    Figure& out);
    [[nodiscard]] bool check_number(const Node& node,
                                    const std::string& path,
                                    const Field& field,
                                    Figure& out);
    // The number that the canonical text says, so that the resolved file gives the same Plan.
    [[nodiscard]] static double canonical_number(const std::string& canonical, Unit unit);
    [[nodiscard]] bool check_range(const Node& node,
                                   const std::string& path,
                                   const Field& field,
                                   const Figure& out);

    // --- a scope of the field table ---
    // Where a global key stands in resolved.toml: section and key inside it.
    [[nodiscard]] static std::pair<std::string, std::string> section_of(const std::string& path);
    // Reads every field of the scope that `wanted` lets through from `table`.
    void read_scope(Scope scope,
                    const Node& table,
                    const std::string& prefix,
                    FieldTarget row,
                    const std::function<bool(const Field&)>& wanted);
    // Like Node::find_path, and marks the tables on the way.
    [[nodiscard]] const Node* find_and_use(const Node& table, const std::string& key);
    static void store(const Field& field, FieldTarget& row, const Figure& figure);
    [[nodiscard]] static std::string default_text(const Field& field, FieldTarget& row);
    void write_resolved(Scope scope,
                        const std::string& prefix,
                        const std::string& key,
                        const Figure& figure);
    void note_input(const Field& field, const std::string& path, const Figure& figure);

    // --- world.size ---
    // Before anything else: the other keys' defaults depend on it.
    void read_size();
    // A value that resolved.toml of another size wrote counts as not given.
    [[nodiscard]] bool counts_as_given(const Node& node);
    // Remembers a key of a file that is not what the size implies.
    void note_own_value(const Node& node, const std::string& path);
    void warn_of_own_values();
    // Rows of a reduced world cannot be taken apart again.
    void check_not_merged(const Node& table,
                          const std::string& path,
                          const std::string& merged_from);

    // --- sections with keys that are not plain fields ---
    void read_meta();
    void read_population();
    // lambda of model 5.2 step 6, after the history is known.
    void apply_leverage_rule();
    // Accounts of a given book instead of drawn ones; needs the finished plan.
    void read_book();
    void read_season();
    void read_assets();
    void missing_table(const std::string& name, const std::string& hint);
    // Says so, and that nothing of the table is read.
    [[nodiscard]] bool too_many(const Node& table,
                                std::size_t rows,
                                std::size_t most,
                                std::string_view what);
    void read_venues();
    void check_sum(const Node& venues, const std::string& key, const std::string& what, double sum);

    // --- instruments ---
    [[nodiscard]] bool listed(std::size_t v, std::size_t a, bool perp);
    void check_lists();
    [[nodiscard]] std::optional<std::size_t> asset_index(std::string_view name) const;
    std::optional<std::size_t> check_asset_name(const Node& at,
                                                std::string_view name,
                                                const std::string& path);
    void build_instruments();
    void report_missing_tiers();
    void read_grid(std::size_t v);
    void add_instrument(std::size_t v, std::size_t a, bool perp, InstrumentPlan plan);
    // --- margin tables ---
    void read_tiers(std::size_t v);
    [[nodiscard]] bool read_tier_units(std::size_t v,
                                       const Node& tiers,
                                       const std::string& section);
    // The tables that a perp's plan carries; false when it has none, which is said at the end.
    void refuse_margin_levers(std::size_t v);
    [[nodiscard]] bool give_tiers(std::size_t v, std::size_t a, InstrumentPlan& plan);
    // --- clearing rules ---
    void read_fund_groups(std::size_t v);
    void read_collateral(std::size_t v);
    [[nodiscard]] bool read_collateral_row(const Node& row,
                                           const std::string& path,
                                           CollateralRule& rule);
    [[nodiscard]] bool read_collateral_slices(const Node& value,
                                              const std::string& path,
                                              CollateralRule& rule);
    [[nodiscard]] static std::string node_text(const Node& node);
    [[nodiscard]] static MarginSchedule schedule_of_rows(const Node& rows,
                                                         const MarginRule& rule,
                                                         double caps);
    [[nodiscard]] std::optional<MarginSchedule> schedule_of_table(const Node& table,
                                                                  const std::string& path,
                                                                  const MarginRule& rule,
                                                                  double caps);
    // Rules that the command cannot execute are errors, never silence (capabilities.hpp).
    void refuse_what_cannot_be_done(std::size_t v);

    [[nodiscard]] std::optional<MarginTiers> read_tier_rows(const Node& rows,
                                                            const std::string& path,
                                                            double caps,
                                                            MarginStyle style);

    // --- events ---
    [[nodiscard]] static bool field_of_type(const Field& field, EventType type);
    void read_events();
    void read_event(const Node& table, std::size_t number);
    static std::string path_in_messages(std::size_t number) {
        return fmt::format("events.{}", number);
    }
    [[nodiscard]] std::optional<EventType> read_event_type(const Node& table,
                                                           const Node* node,
                                                           const std::string& path);
    void read_event_fields(const Node& table,
                           const std::string& section,
                           FieldTarget& row,
                           EventType type,
                           const std::string& type_name,
                           const std::string& path);
    void wrong_quantity(const Node& node,
                        const std::string& key,
                        const std::string& type_name,
                        const std::string& path);
    // sell, buy (flow) and shift (fair_value): one figure per asset, or "tail" for all tail coins.
    [[nodiscard]] std::string read_event_sizes(const Node& table,
                                               const std::string& section,
                                               EventPlan& event,
                                               const std::string& type_name,
                                               const std::string& path);
    void apply_scale(const Node& table, EventPlan& event, const std::string& path);
    void read_event_profile(const Node& table,
                            const std::string& section,
                            EventPlan& event,
                            const std::string& type_name,
                            const std::string& path);
    [[nodiscard]] std::string read_event_size(const std::string& name,
                                              const Node& node,
                                              bool shift,
                                              bool buy,
                                              EventPlan& event,
                                              const std::string& path);
    // The asset of that name, or all of the tail when it is "tail".
    [[nodiscard]] std::vector<std::size_t> assets_named(std::string_view name) const;
    void read_event_venues(const Node& table,
                           const std::string& section,
                           EventPlan& event,
                           const std::string& type_name,
                           const std::string& path);
    void check_chain_event(const Node& table, const EventPlan& event, const std::string& path);
    void read_event_answer(const Node& table,
                           const std::string& section,
                           EventPlan& event,
                           const std::string& type_name,
                           const std::string& path);
    [[nodiscard]] AssetId read_coin(const Node& table,
                                    const std::string& key,
                                    const std::string& section,
                                    const std::string& path);
    void read_event_coin(const Node& table,
                         const std::string& section,
                         EventPlan& event,
                         const std::string& type_name,
                         const std::string& path);
    void check_event_trigger(const Node& table, const EventPlan& event, const std::string& path);
    void connect_information(const Node& table, EventPlan& event, const std::string& path);
    void check_defi();
    // --- what values need of each other (compile_relations.cpp) ---
    [[nodiscard]] const Node& node_or_root(std::string_view path) const;
    void check_order_of_bounds();
    // Needs the finished plan.
    void check_dollars();
    void check_event_time(const Node& table, EventDraft& event, const std::string& path);

    // --- history ---
    void read_history();
    // Lowest or highest price inside each step; a coin without a table has none.
    void read_extremes(const Node& history,
                       const std::string& key,
                       std::size_t length,
                       std::vector<std::vector<double>>& out);
    // A step of a price table may be steep, but it is of one coin in one unit. E305.
    [[nodiscard]] bool check_steps(const Node& list,
                                   const std::string& path,
                                   const std::vector<double>& prices);
    void warn_of_other_day(const Node& history);
    // Prices of a coin without a table: beta times BTC plus own noise, the same in every run.
    [[nodiscard]] std::vector<double> price_by_beta(std::size_t a) const;
    [[nodiscard]] bool read_numbers(const Node& list,
                                    const std::string& path,
                                    double low,
                                    double high,
                                    std::vector<double>& out);

    // --- what is not known ---
    void read_ranges();
    void read_range(const std::string& key, const Node& node);

    // --- limits ---
    void read_limits();

    // --- observed ---
    void read_observed();
    void read_observed_row(const MetricName& metric, const Node& node);
    // "25 %" is relative to the value; a bare number is in the metric's unit.
    [[nodiscard]] bool read_tolerance(const Node& node,
                                      const std::string& path,
                                      Unit unit,
                                      ObservedPlan& row);
    void read_paths();
    void finish();

    const Document& doc_;
    Errors& errors_;
    Errors& warnings_;
    Subcommand command_;
    PlanDraft draft_;
    WorldSize size_ = WorldSize::full;
    const Node* own_value_node_ = nullptr;  // the first of them
    std::vector<std::string> own_values_;   // keys set otherwise than the size implies
    std::vector<AssetDraft> assets_;
    std::vector<VenueDraft> venues_;
    std::vector<const Node*> asset_nodes_, venue_nodes_;
    const Node* lambda_node_ = nullptr;
    const Node* book_node_ = nullptr;
    std::map<std::pair<std::size_t, std::string>, MarginTiers> tiers_;
    std::map<std::pair<std::size_t, std::string>, MarginSchedule> schedules_;
    std::map<std::pair<std::size_t, std::string>, double> contracts_;  // coins a contract
    std::set<std::pair<std::size_t, std::string>> broken_tiers_;       // "*": the whole table
    std::set<std::size_t> refused_levers_;  // venues whose table takes no margin levers
    std::map<std::size_t, std::set<std::string>> missing_tiers_;
    std::set<std::pair<std::size_t, bool>> bad_grid_;  // asset and kind whose steps were refused
    std::map<std::tuple<std::size_t, std::string, std::string>, double> grid_;
    std::unordered_set<const Node*> used_;  // lookup only
    std::vector<Limit> limits_;
    ResolvedText resolved_;
};

}  // namespace margincall::inline scenario
