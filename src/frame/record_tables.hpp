// The records of a run as tables: a column a field of the record, in the order of its list, and beside them what
// people ask by: `time` beside `time_ns`, names for ids, sides and leverage bands in words. One layout for a run
// in memory and a folder that was read back.
//
// Money is USD as double, in columns that end in `_usd`; what is not known (NULL in run.db) is null.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frame/table.hpp"
#include "plan/plan.hpp"
#include "record/memory_recorder.hpp"

namespace margincall::inline frame {

// "series", "liquidations", ...: the tables of run.db that are made of records.
[[nodiscard]] std::vector<std::string> record_table_names();
// Nothing when there is no such table.
[[nodiscard]] std::optional<Table> record_table(std::string_view name,
                                                const Plan& plan,
                                                const MemoryRecorder& recorder);

// "bid_1" -> "bid_1_usd": what a field is called here. run.db has micro-dollars, and says so in the name.
[[nodiscard]] std::string table_column(std::string_view field);

}  // namespace margincall::inline frame
