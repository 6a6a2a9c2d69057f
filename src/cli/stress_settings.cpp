#include "cli/stress_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.hpp"
#include "base/text.hpp"
#include "base/trimmed.hpp"
#include "cli/stress_limit_option.hpp"
#include "scenario/fields.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline cli {
namespace {

constexpr std::size_t salt_min = 16;  // characters
constexpr std::int64_t defaults_max = 20;

// The words of `adl.rank`, in the order of its values.
std::span<const std::string_view> adl_rank_choices() {
    const auto field = std::ranges::find_if(fields(), [](const Field& row) {
        return row.scope == Scope::venue && row.path == "adl.rank";
    });
    return field->choices;
}

class SettingsReader {
  public:
    explicit SettingsReader(const StressArguments& arguments) : args_(arguments) {}

    [[nodiscard]] std::expected<StressSettings, StressFailure> read() {
        const bool feedback = is_on(args_.feedback, "--feedback");
        const bool betas = is_on(args_.betas, "--betas");
        out_.vary = is_on(args_.vary, "--vary");
        out_.limits = limits(args_.limits, "--limit");
        out_.fail_ifs = limits(args_.fail_ifs, "--fail-if");
        out_.options.feedback = feedback ? Feedback::on : Feedback::off;
        out_.unnamed = betas ? UnnamedCoins::by_beta : UnnamedCoins::unchanged;
        duration(args_.refill, "--refill", out_.options.refill);
        look_at_salt();
        if (!args_.step.empty()) {
            duration(args_.step, "--step", out_.options.step);
            if (out_.options.step < milliseconds(100)) {
                refuse("--step", "too short", "0.1s or more");
            }
        }
        if (!args_.defaults.empty()) {
            read_defaults();
        }
        read_adl_ranks();
        if (!errors_.empty()) {
            return std::unexpected(
                StressFailure{std::move(errors_), "stress", ExitCode::command_line});
        }
        return std::move(out_);
    }

  private:
    void refuse(const std::string& option, std::string message, std::string allowed) {
        errors_.push_back(option_error(option, std::move(message), std::move(allowed)));
    }
    bool is_on(const std::string& value, const char* option) {
        if (value != "on" && value != "off") {
            refuse(option, fmt::format("\"{}\"", value), "on or off");
        }
        return value == "on";
    }
    std::vector<Limit> limits(const std::vector<std::string>& texts, const char* option) {
        std::vector<Limit> out;
        for (const std::string& text : texts) {
            std::expected<Limit, Error> limit = limit_of_option(option, text);
            if (!limit) {
                errors_.push_back(std::move(limit.error()));
                continue;
            }
            out.push_back(std::move(*limit));
        }
        return out;
    }
    void duration(const std::string& text, const char* option, Duration& out) {
        const MeasureResult result = parse_measure(text);
        if (!result.measure || result.measure->dimension != Dimension::time ||
            result.measure->value < 0.0 || result.measure->value > 86'400.0) {
            refuse(option,
                   result.measure ? in_quotes(text) + " is not such a time" : result.problem,
                   "0s to 24h, such as 60s");
            return;
        }
        out = duration_from_seconds(result.measure->value);
    }
    void look_at_salt() {
        if (args_.pseudonyms && !args_.salt.empty() && count_characters(args_.salt) < salt_min) {
            refuse("--salt",
                   fmt::format("{} characters", count_characters(args_.salt)),
                   fmt::format("{} or more, so that nobody finds it by trying; "
                               "without --salt it is a fresh one",
                               salt_min));
        }
    }
    void read_defaults() {
        const std::string_view text = args_.defaults;
        const auto count = text.starts_with("largest:")
                               ? parse_number(text.substr(std::string_view{"largest:"}.size()))
                               : std::unexpected(std::string{});
        if (!count || count->places != 0 || count->digits < 1 || count->digits > defaults_max) {
            refuse("--default",
                   fmt::format("\"{}\"", args_.defaults),
                   "largest:1 (Cover-1), largest:2 (Cover-2), up to largest:20");
        } else {
            out_.defaults = static_cast<std::uint32_t>(count->digits);
        }
    }

    void read_adl_ranks() {
        const std::span<const std::string_view> words = adl_rank_choices();
        std::string_view rest = args_.adl;
        while (!rest.empty()) {
            const std::string word = trimmed(rest.substr(0, rest.find(',')));
            rest.remove_prefix(std::min(rest.size(), rest.find(',')));
            rest.remove_prefix(rest.empty() ? 0 : 1);
            const auto known = std::ranges::find(words, word);
            if (known == words.end()) {
                refuse("--adl", in_quotes(word), fmt::format("{}", fmt::join(words, ", ")));
                continue;
            }
            out_.adl_ranks.emplace_back(word, static_cast<AdlRank>(known - words.begin()));
        }
    }

    const StressArguments& args_;
    StressSettings out_;
    Errors errors_;
};

}  // namespace

std::expected<StressSettings, StressFailure> read_settings(const StressArguments& arguments) {
    return SettingsReader(arguments).read();
}

}  // namespace margincall::inline cli
