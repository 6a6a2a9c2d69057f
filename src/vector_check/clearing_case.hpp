// One worked example of a venue's clearing rules: reads its inputs exactly and compares what the
// core computes with what is expected, within the example's own tolerance.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/decimal.hpp"
#include "rules/rules.hpp"
#include "vector_check/vector_file.hpp"

namespace margincall::inline vector_check {

// Throws VectorForm when it is no decimal number.
[[nodiscard]] Decimal decimal_of(const nlohmann::json& value);
// Amounts of the examples are in units of 1e-15.
inline constexpr int amount_places = 15;
[[nodiscard]] inline Amount money(const Decimal& value) {
    return Amount::from_raw(in_units(value, amount_places));
}

class ClearingCase {
  public:
    explicit ClearingCase(const nlohmann::json& vector);

    // --- inputs ---
    [[nodiscard]] const nlohmann::json& inputs() const { return inputs_; }
    [[nodiscard]] const nlohmann::json& expected() const { return expected_; }
    [[nodiscard]] const std::string& venue() const { return venue_; }
    [[nodiscard]] bool has(const char* key) const { return inputs_.contains(key); }
    [[nodiscard]] bool wants(const char* key) const { return expected_.contains(key); }
    [[nodiscard]] Decimal decimal(const char* key) const { return decimal_of(inputs_.at(key)); }
    [[nodiscard]] Decimal decimal_or(const char* key, const char* otherwise) const;
    [[nodiscard]] Fraction fraction(const char* key) const { return to_fraction(decimal(key)); }
    [[nodiscard]] Fraction fraction_or(const char* key, const char* otherwise) const {
        return to_fraction(decimal_or(key, otherwise));
    }
    [[nodiscard]] double number(const char* key) const { return decimal(key).value(); }
    [[nodiscard]] double number_or(const char* key, double otherwise) const {
        return has(key) ? number(key) : otherwise;
    }
    [[nodiscard]] std::int64_t integer(const char* key) const {
        return narrow_i64(in_units(decimal(key), 0));
    }
    [[nodiscard]] i128 integer_or(const char* key, i128 otherwise) const {
        return has(key) ? in_units(decimal(key), 0) : otherwise;
    }
    [[nodiscard]] bool is_long() const { return inputs_.at("side") == "long"; }

    // --- results; a key that the example does not expect is not compared ---
    void integer_result(const std::string& key, i128 got);
    // got / 10^places
    void amount_result(const std::string& key, i128 got, int places);
    void ratio_result(const std::string& key, i128 num, i128 den);
    void fraction_result(const std::string& key, Fraction got) {
        ratio_result(key, got.num, got.den);
    }
    void float_result(const std::string& key, double got);
    void text_result(const std::string& key, const nlohmann::json& got);
    // One number at a place inside a list or an object of the expectation.
    void compare(const std::string& what, const nlohmann::json& want, long double got);

    // Failed if something differed, or if an expected key was never compared.
    [[nodiscard]] VectorResult result() const;

  private:
    [[nodiscard]] bool asked(const std::string& key);
    void mismatch(const std::string& what, const std::string& want, const std::string& got);

    std::string id_, venue_;
    nlohmann::json inputs_, expected_;
    long double abs_ = 0.0L, rel_ = 0.0L;
    bool exact_ = false;
    std::set<std::string> seen_;
    std::vector<std::string> trouble_;
};

// The shipped rules of the vector's venue ("builtin/rules/..."), read once.
[[nodiscard]] const VenueRules& venue_rules(const std::string& name);

}  // namespace margincall::inline vector_check
