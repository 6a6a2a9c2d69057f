#include "cli/sql_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"

namespace margincall::inline cli {
namespace {

std::string hexadecimal(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        out += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
}

}  // namespace

std::string csv_text_field(std::string_view text) {
    return text.empty() ? "\"\"" : csv_cell(text);
}

std::string csv_field(const SqlValue& value) {
    switch (value.kind) {
        case SqlValue::Kind::null:
            return "";
        case SqlValue::Kind::integer:
            return fmt::format("{}", value.integer);
        case SqlValue::Kind::real:
            return fmt::format("{}", value.real);
        case SqlValue::Kind::text:
            return csv_text_field(value.text);
        case SqlValue::Kind::blob:
            return hexadecimal(value.text);
    }
    return "";
}

std::string json_value(const SqlValue& value) {
    using Json = nlohmann::ordered_json;
    const auto text = [](std::string_view from) { return json_text(Json(from)); };
    switch (value.kind) {
        case SqlValue::Kind::null:
            return "null";
        case SqlValue::Kind::integer:
            return fmt::format("{}", value.integer);
        case SqlValue::Kind::real:
            return json_text(Json(value.real));
        case SqlValue::Kind::text:
            return text(value.text);
        case SqlValue::Kind::blob:
            return text(hexadecimal(value.text));
    }
    return "null";
}

std::string shown_value(const SqlValue& value) {
    switch (value.kind) {
        case SqlValue::Kind::null:
            return "NULL";
        case SqlValue::Kind::text:
            return shown(value.text);
        default:
            return csv_field(value);
    }
}

}  // namespace margincall::inline cli
