// The manual page and the shells' completions, written from the commands and options that the program
// parses, so that they cannot say anything else than it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace margincall::inline cli {

// What `margincall manual` can write: page (roff), bash, zsh, fish.
[[nodiscard]] std::vector<std::string> manual_forms();

// FORM is one of manual_forms(). Commands without a group, which are not there yet, are left out.
[[nodiscard]] std::string manual(const CLI::App& app, std::string_view form);

}  // namespace margincall::inline cli
