// Pages of what the laboratory finds: report.html of `attribute`, `policies`, `prevent`, `cross`, `warn` and `externality`, the
// page of `judge`, and the board summary of two sheets. All are one page of the web build (web/src/causes.ts) with the JSON in it that the
// commands write; nothing is computed here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace margincall::inline report {

// `attribution`: the text of attribution.json; `command`: as it was typed.
[[nodiscard]] std::string attribution_html(std::string_view attribution, std::string_view command);

// `policies`: the text of policies.json.
[[nodiscard]] std::string policies_html(std::string_view policies, std::string_view command);

// `prevention`: the text of prevent.json.
[[nodiscard]] std::string prevention_html(std::string_view prevention, std::string_view command);

// The text of cross.json, of warning.json, of externality.json.
[[nodiscard]] std::string cross_html(std::string_view cross, std::string_view command);
[[nodiscard]] std::string warn_html(std::string_view warning, std::string_view command);
[[nodiscard]] std::string externality_html(std::string_view externality, std::string_view command);

// What was judged, and by what.
struct JudgedBy {
    std::string scenario, title;     // its name and title
    std::string worlds;              // folders, or what they are; empty: none
    std::string policies;            // folder; empty: none
    std::vector<std::string> notes;  // on them: how old, what was left out
    std::string gates_state, gates_reason;
    std::string command;
};
// `verdicts`: one line of JSON a statement, as `judge --json` prints them.
[[nodiscard]] std::string verdict_html(std::span<const std::string> verdicts, const JudgedBy& by);

// Two sheets of A4. What is empty is not known, and the page says so.
struct BoardData {
    std::string attribution;  // text of attribution.json
    std::string limits;       // text of run_limits_json() over the worlds with everything in
    std::string policies;     // text of policies.json
    std::span<const std::string> verdicts;
    std::string command;
};
[[nodiscard]] std::string board_html(const BoardData& data);

// Whether a text is policies.json, or lines of `judge --json` (verdict_lines: the lines; empty when it is not).
[[nodiscard]] bool is_policies_json(std::string_view text);
[[nodiscard]] std::vector<std::string> verdict_lines(std::string_view text);

}  // namespace margincall::inline report
