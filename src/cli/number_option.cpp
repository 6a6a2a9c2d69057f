#include "cli/number_option.hpp"

#include <fmt/format.h>

#include "base/decimal.hpp"
#include "base/text.hpp"

namespace margincall::inline cli {
namespace {

std::string replace_by_whole(std::string& text, std::uint64_t low, std::uint64_t high) {
    const NumberText number = number_at_front(text);
    const auto value = number.problem.empty() && number.length == text.size()
                           ? parse_long_decimal(number.plain)
                           : std::nullopt;
    const bool whole = value && value->places == 0;
    if (!whole || value->digits < low || value->digits > high) {
        const std::string what =
            !number.problem.empty()
                ? number.problem
                : in_quotes(text) + (whole ? " is out of range" : " is not a whole number");
        return fmt::format("{}; allowed {} to {}", what, low, high);
    }
    text = to_text(value->digits);
    return {};
}

}  // namespace

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
    return CLI::Validator{[=](std::string& text) { return replace_by_whole(text, low, high); },
                          fmt::format("UINT in [{} - {}]", low, high)};
}

CLI::Validator seed_number() {
    return CLI::Validator{[](std::string& text) { return replace_by_whole(text, 0, UINT64_MAX); },
                          ""};
}

CLI::Validator real_number(double low, double high) {
    return CLI::Validator{[=](std::string& text) -> std::string {
                              const std::expected<Decimal, std::string> value = parse_number(text);
                              if (!value || value->value() < low || value->value() > high) {
                                  return fmt::format(
                                      "{}; allowed {} to {}",
                                      value ? in_quotes(text) + " is out of range" : value.error(),
                                      low,
                                      high);
                              }
                              text = number_at_front(text).plain;
                              return {};
                          },
                          fmt::format("FLOAT in [{} - {}]", low, high)};
}

}  // namespace margincall::inline cli
