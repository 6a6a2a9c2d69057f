// A table of the program as the pages read it (TableJson of web/src/model/table.ts).
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "report/stress_report.hpp"

namespace margincall::inline report {

// `section`: the part of the page that it stands in. Numbers as [shown, value], value null where there is none.
[[nodiscard]] nlohmann::ordered_json table_json(const StressTable& table, std::string_view section);

}  // namespace margincall::inline report
