#include "cli/sql_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace margincall::inline cli {
namespace {

bool is_number(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) {
        return false;  // from_chars also takes inf and nan
    }
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc{} && end == text.data() + text.size();
}

std::string hexadecimal(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        out += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
}

// Control characters would move the cursor, and a line break the table.
std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += c == '\n'                       ? std::string{"\\n"}
               : byte < 0x20U || byte == 0x7FU ? fmt::format("\\x{:02x}", unsigned{byte})
                                               : std::string{c};
    }
    return out;
}

}  // namespace

std::string csv_text_field(std::string_view text) {
    constexpr std::string_view formula = "=+-@\t\r";
    std::string safe;
    if (!text.empty() && formula.find(text.front()) != std::string_view::npos && !is_number(text)) {
        safe = "'";
    }
    safe += text;
    if (!safe.empty() && safe.find_first_of(",\"\r\n") == std::string::npos) {
        return safe;
    }
    std::string out = "\"";
    for (const char c : safe) {
        out += c == '"' ? std::string{"\"\""} : std::string{c};
    }
    return out + "\"";
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
    const auto text = [](std::string_view from) {
        return Json(from).dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    switch (value.kind) {
        case SqlValue::Kind::null:
            return "null";
        case SqlValue::Kind::integer:
            return fmt::format("{}", value.integer);
        case SqlValue::Kind::real:
            return Json(value.real).dump();
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
            return one_line(value.text);
        default:
            return csv_field(value);
    }
}

}  // namespace margincall::inline cli
