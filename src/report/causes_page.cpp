#include "report/causes_page.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/json_text.hpp"
#include "report/fill_page.hpp"
#include "report/page_template.hpp"

namespace margincall::inline report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view causes_mark = "MARGINCALL_CAUSES_DATA";

// Texts that the program has written itself.
Json own(std::string_view text) {
    Json out = Json::parse(text, nullptr, false);
    CHECK(!out.is_discarded());
    return out;
}

Json own_lines(std::span<const std::string> lines) {
    Json out = Json::array();
    for (const std::string& line : lines) {
        out.push_back(own(line));
    }
    return out;
}

std::string page_of(const Json& data, const std::string& title) {
    std::string page{causes_page_template()};
    fill_mark(page, causes_mark, without_angles(json_text(data), "\\u003c"));
    fill_mark(page, title_mark, without_angles(title, "&lt;"));
    return page;
}

// A command's answer as it is, under its kind; `about` before the scenario's title.
std::string answer_page(const char* kind,
                        std::string_view answer,
                        std::string_view command,
                        const std::string& about) {
    Json data{{"format", 1}, {"kind", kind}, {"command", command}, {kind, own(answer)}};
    const std::string title = data[kind].value("title", std::string{});
    return page_of(data, title.empty() ? about : about + ": " + title);
}

}  // namespace

std::string cross_html(std::string_view cross, std::string_view command) {
    return answer_page("cross", cross, command, "Trigger or state");
}

std::string warn_html(std::string_view warning, std::string_view command) {
    return answer_page("warn", warning, command, "Early warning");
}

std::string externality_html(std::string_view externality, std::string_view command) {
    return answer_page("externality", externality, command, "The price of an externality");
}

std::string attribution_html(std::string_view attribution, std::string_view command) {
    return answer_page("attribution", attribution, command, "Causes");
}

std::string policies_html(std::string_view policies, std::string_view command) {
    return answer_page("policies", policies, command, "What other rules would have done");
}

std::string prevention_html(std::string_view prevention, std::string_view command) {
    return answer_page("prevent", prevention, command, "What would keep the limits");
}

std::string verdict_html(std::span<const std::string> verdicts, const JudgedBy& by) {
    return page_of(Json{{"format", 1},
                        {"kind", "verdict"},
                        {"command", by.command},
                        {"scenario", by.scenario},
                        {"title", by.title},
                        {"worlds", by.worlds},
                        {"policies", by.policies},
                        {"notes", by.notes},
                        {"price_gates", {{"state", by.gates_state}, {"reason", by.gates_reason}}},
                        {"verdicts", own_lines(verdicts)}},
                   "Verdict: " + by.title);
}

std::string board_html(const BoardData& data) {
    const Json page{{"format", 1},
                    {"kind", "board"},
                    {"command", data.command},
                    {"attribution", own(data.attribution)},
                    {"limits", data.limits.empty() ? Json::array() : own(data.limits)},
                    {"policies", data.policies.empty() ? Json(nullptr) : own(data.policies)},
                    {"verdicts", data.verdicts.empty() ? Json(nullptr) : own_lines(data.verdicts)}};
    return page_of(page, "Board summary: " + page["attribution"].value("title", std::string{}));
}

bool is_policies_json(std::string_view text) {
    const Json read = Json::parse(text, nullptr, false);
    return read.is_object() && read.contains("figures") && read.contains("rankings") &&
           read.contains("days") && read["days"].is_array();
}

std::vector<std::string> verdict_lines(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) {
            continue;
        }
        const Json read = Json::parse(line, nullptr, false);
        if (!read.is_object() || !read.contains("id") || !read.contains("verdict") ||
            !read.contains("statement")) {
            return {};
        }
        out.emplace_back(line);
    }
    return out;
}

}  // namespace margincall::inline report
