#include "vector_check/defi_fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/json_text.hpp"

namespace margincall::inline vector_check {

namespace {

[[nodiscard]] std::string letters_of(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

// The same integer in one spelling: numbers become decimal strings, recursively.
[[nodiscard]] nlohmann::json normal(const nlohmann::json& value) {
    if (value.is_number_integer()) {
        return json_text(value);
    }
    if (value.is_array() || value.is_object()) {
        nlohmann::json out = value;
        for (auto& item : out) {
            item = normal(item);
        }
        return out;
    }
    return value;
}

[[nodiscard]] bool same_field(const std::string& key,
                              const nlohmann::json& expected,
                              const nlohmann::json& got) {
    if (key == "revert" && expected.is_string() && got.is_string()) {
        return same_revert(expected.get<std::string>(), got.get<std::string>());
    }
    return normal(expected) == normal(got);
}

[[nodiscard]] std::string shortened(const nlohmann::json& value) {
    std::string text = json_text(value);
    constexpr std::size_t longest = 600;
    if (text.size() > longest) {
        text = text.substr(0, longest) + "...";
    }
    return text;
}

}  // namespace

U256 to_number(const nlohmann::json& value) {
    if (value.is_number_unsigned() ||
        (value.is_number_integer() && value.get<std::int64_t>() >= 0)) {
        return U256{value.get<std::uint64_t>()};
    }
    if (value.is_string()) {
        if (const auto parsed = parse_u256(value.get<std::string>())) {
            return *parsed;
        }
    }
    throw VectorForm("not an unsigned integer: " + json_text(value));
}

SignedU256 to_signed_number(const nlohmann::json& value) {
    if (value.is_string() && value.get<std::string>().starts_with("-")) {
        return {to_number(value.get<std::string>().substr(1)), SignedU256::Sign::negative};
    }
    if (value.is_number_integer() && value.get<std::int64_t>() < 0) {
        return {to_number(json_text(value).substr(1)), SignedU256::Sign::negative};
    }
    return {to_number(value), SignedU256::Sign::positive};
}

nlohmann::json to_json(const std::vector<U256>& values) {
    nlohmann::json out = nlohmann::json::array();
    for (const U256& v : values) {
        out.push_back(v.to_string());
    }
    return out;
}

const nlohmann::json* Fields::find(Names names) const {
    for (const char* name : names) {
        const auto it = object_->find(name);
        if (it != object_->end() && !it->is_null()) {
            return &*it;
        }
    }
    return nullptr;
}

const nlohmann::json& Fields::at(Names names) const {
    const nlohmann::json* value = find(names);
    if (value == nullptr) {
        throw VectorForm(std::string("missing input ") + *names.begin());
    }
    return *value;
}

U256 Fields::number(Names names) const {
    return to_number(at(names));
}
U256 Fields::number_or(Names names, const U256& fallback) const {
    const nlohmann::json* value = find(names);
    return value == nullptr ? fallback : to_number(*value);
}
SignedU256 Fields::signed_number(Names names) const {
    return to_signed_number(at(names));
}
std::size_t Fields::index(Names names) const {
    return number(names).to_u64();
}
std::vector<U256> Fields::numbers(Names names) const {
    std::vector<U256> out;
    for (const nlohmann::json& item : at(names)) {
        out.push_back(to_number(item));
    }
    return out;
}
std::string Fields::text(Names names) const {
    const nlohmann::json& value = at(names);
    return value.is_string() ? value.get<std::string>() : json_text(value);
}
bool Fields::flag(Names names) const {
    const nlohmann::json* value = find(names);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

bool same_revert(const std::string& expected, const std::string& got) {
    const std::string wanted = letters_of(expected);
    const std::string found = letters_of(got);
    if (wanted == found || wanted.ends_with("REVERT" + found) || wanted == "BAL" + found) {
        return true;
    }
    static constexpr std::array<std::string_view, 4> arithmetic = {
        "ADDOVERFLOW", "SUBOVERFLOW", "MULOVERFLOW", "ZERODIVISION"};
    const bool is_arithmetic =
        std::find(arithmetic.begin(), arithmetic.end(), found) != arithmetic.end();
    return is_arithmetic &&
           (wanted == "OVERFLOW" || wanted == "UNDERFLOW" || wanted == "ARITHMETIC");
}

VectorResult compare_fields(const std::string& name,
                            const nlohmann::json& inputs,
                            const nlohmann::json& expected,
                            const nlohmann::json& got,
                            const std::vector<std::string>& ignored) {
    std::string trouble;
    for (const auto& [key, value] : expected.items()) {
        if (value.is_null() || std::find(ignored.begin(), ignored.end(), key) != ignored.end()) {
            continue;
        }
        const auto found = got.find(key);
        if (found == got.end()) {
            trouble += " " + key + ": expected " + shortened(value) + ", got nothing (" +
                       shortened(got) + ");";
        } else if (!same_field(key, value, *found)) {
            trouble +=
                " " + key + ": expected " + shortened(value) + ", got " + shortened(*found) + ";";
        }
    }
    if (got.contains("revert") && !expected.contains("revert")) {
        trouble += " reverted with " + shortened(got["revert"]);
    }
    if (trouble.empty()) {
        return {name, VectorOutcome::passed, ""};
    }
    return {name, VectorOutcome::failed, "inputs " + shortened(inputs) + trouble};
}

nlohmann::json value_or_revert(const std::function<U256()>& calculate) {
    const Outcome<U256> value = attempt(calculate);
    if (value) {
        return {{"value", value->to_string()}};
    }
    return {{"revert", std::string(revert_name(value.error()))}};
}

}  // namespace margincall::inline vector_check
