// The pages as the web build made them (web/dist/report.html), kept inside the binary. The
// definitions are generated into the build folder by cmake/embed.cmake.
#pragma once

#include <string_view>

namespace margincall::inline report {

[[nodiscard]] std::string_view page_template();
// The page of `margincall stress` (web/dist/stress.html).
[[nodiscard]] std::string_view stress_page_template();
// The page of `margincall compare` (web/dist/compare.html).
[[nodiscard]] std::string_view compare_page_template();
// The page of `attribute`, `policies`, `judge` and of the board summary (web/dist/causes.html).
[[nodiscard]] std::string_view causes_page_template();
// Their sections (web/src/model/page_sections.json); read by page_sections.hpp.
[[nodiscard]] std::string_view page_sections_json();
// The page of `margincall adl-lab` (web/dist/adl.html).
[[nodiscard]] std::string_view adl_page_template();

}  // namespace margincall::inline report
