#include "vector_check/clearing_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json_text.hpp"
#include "scenario/error_text.hpp"
#include "scenario/rule_book.hpp"
#include "vector_check/defi_fields.hpp"

namespace margincall::inline vector_check {

Decimal decimal_of(const nlohmann::json& value) {
    const std::optional<Decimal> out =
        parse_long_decimal(value.is_string() ? value.get<std::string>() : json_text(value));
    if (!out) {
        throw VectorForm("not a decimal number: " + json_text(value));
    }
    return *out;
}

ClearingCase::ClearingCase(const nlohmann::json& vector)
    : id_{vector.at("id").get<std::string>()},
      venue_{vector.at("venue").get<std::string>()},
      inputs_(vector.at("inputs")),
      expected_(vector.at("expected")) {
    if (vector.contains("tolerance")) {
        const nlohmann::json& tolerance = vector.at("tolerance");
        abs_ = decimal_of(tolerance.at("abs")).value();
        rel_ = decimal_of(tolerance.at("rel")).value();
    }
    exact_ = abs_ == 0.0L && rel_ == 0.0L;
}

Decimal ClearingCase::decimal_or(const char* key, const char* otherwise) const {
    return has(key) && !inputs_.at(key).is_null() ? decimal(key) : decimal_of(otherwise);
}

bool ClearingCase::asked(const std::string& key) {
    seen_.insert(key);
    return expected_.contains(key);
}

void ClearingCase::mismatch(const std::string& what,
                            const std::string& want,
                            const std::string& got) {
    trouble_.push_back(fmt::format("{}: expected {}, got {}", what, want, got));
}

void ClearingCase::integer_result(const std::string& key, i128 got) {
    if (!asked(key)) {
        return;
    }
    const Decimal want = decimal_of(expected_.at(key));
    if (exact_ && want.places == 0) {
        if (want.digits != got) {
            mismatch(key, to_text(want.digits), to_text(got));
        }
        return;
    }
    compare(key, expected_.at(key), static_cast<long double>(got));
}

void ClearingCase::amount_result(const std::string& key, i128 got, int places) {
    ratio_result(key, got, power_of_ten(places));
}

void ClearingCase::ratio_result(const std::string& key, i128 num, i128 den) {
    if (asked(key)) {
        compare(
            key, expected_.at(key), static_cast<long double>(num) / static_cast<long double>(den));
    }
}

void ClearingCase::float_result(const std::string& key, double got) {
    if (asked(key)) {
        compare(key, expected_.at(key), static_cast<long double>(got));
    }
}

void ClearingCase::text_result(const std::string& key, const nlohmann::json& got) {
    if (asked(key) && expected_.at(key) != got) {
        mismatch(key, json_text(expected_.at(key)), json_text(got));
    }
}

void ClearingCase::compare(const std::string& what, const nlohmann::json& want, long double got) {
    const long double value = decimal_of(want).value();
    // "Exact" allows 1e-12 of the value for an engine that decides in doubles.
    const long double rel = std::max(rel_, 1e-12L);
    if (!(std::fabs(got - value) <= std::max(abs_, rel * std::fabs(value)))) {
        mismatch(what, json_text(want), fmt::format("{:.18g}", got));
    }
}

VectorResult ClearingCase::result() const {
    std::vector<std::string> lines = trouble_;
    for (const auto& [key, value] : expected_.items()) {
        if (!seen_.contains(key)) {
            lines.push_back(fmt::format("{}: expected {}, not computed", key, json_text(value)));
        }
    }
    if (lines.empty()) {
        return {id_, VectorOutcome::passed, ""};
    }
    return {id_,
            VectorOutcome::failed,
            fmt::format("inputs {}\n    {}", json_text(inputs_), fmt::join(lines, "\n    "))};
}

const VenueRules& venue_rules(const std::string& name) {
    static std::map<std::string, VenueRules> books;
    const auto known = books.find(name);
    if (known != books.end()) {
        return known->second;
    }
    const auto book = load_rule_book("builtin/rules/" + name + ".toml");
    if (!book) {
        fmt::print(stderr, "{}", errors_text(book.error(), name, ""));
    }
    CHECK(book.has_value());  // a shipped file
    return books.emplace(name, book->rules).first->second;
}

}  // namespace margincall::inline vector_check
