// What each column of run.db means, in words: `margincall query` and units.csv of `margincall export`
// print them. Unit and scale are in the file itself (table `columns`).
#pragma once

#include <string_view>

namespace margincall::inline record {

// Empty when the column is not known, e.g. of a file of another version.
[[nodiscard]] std::string_view column_meaning(std::string_view table, std::string_view column);

}  // namespace margincall::inline record
