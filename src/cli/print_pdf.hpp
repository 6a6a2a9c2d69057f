// A page of ours as PDF, printed by the Chromium of this machine.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace margincall::inline cli {

// The first of chromium, chromium-browser, google-chrome on PATH that can be run, or what MARGINCALL_CHROMIUM
// names; empty: none.
[[nodiscard]] std::filesystem::path find_chromium();

// `pdf` becomes the page on the paper that its style sheet asks for. The error is one sentence: the browser did not
// end well, or wrote nothing.
[[nodiscard]] std::expected<void, std::string> print_pdf(const std::filesystem::path& chromium,
                                                         const std::filesystem::path& page,
                                                         const std::filesystem::path& pdf);

}  // namespace margincall::inline cli
