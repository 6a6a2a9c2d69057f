// `margincall schema`: every key of a scenario file, as a table, as JSON Schema for editors,
// or as the Markdown table of docs/scenario-file.md.
#pragma once

#include <cstdint>

#include "cli/command_line.hpp"

namespace margincall::inline cli {

enum class SchemaForm : std::uint8_t { text, json, markdown };

[[nodiscard]] ExitCode print_schema(SchemaForm form, Streams streams);
// `margincall schema --capabilities`: what each command does with each value of a venue's rules; as
// Markdown the table of docs/venues.md.
[[nodiscard]] ExitCode print_capabilities(SchemaForm form, Streams streams);
// `margincall schema --metrics`: unit and counting rule of every figure that [observed] may name;
// as Markdown the table of docs/metrics.md.
[[nodiscard]] ExitCode print_metrics(SchemaForm form, Streams streams);

}  // namespace margincall::inline cli
