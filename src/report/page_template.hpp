// The report's page as the web build made it (web/dist/report.html), kept inside the binary. The
// definition is generated into the build folder by cmake/embed.cmake.
#pragma once

#include <string_view>

namespace margincall {

[[nodiscard]] std::string_view page_template();

}  // namespace margincall
