#include "scenario/control_characters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace margincall::inline scenario {
namespace {

// Shown as something else than it is; backslashes and quotes are shown as they are.
bool steers(std::string text, bool is_key) {
    if (!is_key) {
        std::erase_if(text, [](char c) { return c == '\n' || c == '\t' || c == '\r'; });
    }
    return shown(text) != text;
}

}  // namespace

void refuse_control_characters(const Document& document, const Node& node, Errors& errors) {
    const auto refuse = [&](SourcePosition at, int width, const std::string& text) {
        add_problem(errors,
                    make_error(document,
                               at,
                               width,
                               "E205",
                               fmt::format("{} holds control characters", in_quotes(text))));
    };
    if (node.kind == NodeKind::text && steers(node.text, false)) {
        refuse(node.at, node.width, node.text);
    }
    for (const auto& [key, child] : node.members) {
        if (steers(key, true)) {
            refuse(child.key_at, 1, key);
        }
        refuse_control_characters(document, child, errors);
    }
    for (const Node& child : node.items) {
        refuse_control_characters(document, child, errors);
    }
}

}  // namespace margincall::inline scenario
