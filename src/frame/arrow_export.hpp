// A table by the Arrow C data interface. Nothing is copied: the structs point into the table's columns and keep
// them alive until whoever took them calls `release`, which every consumer does once.
#pragma once

#include <memory>

#include "frame/arrow_abi.hpp"
#include "frame/table.hpp"

namespace margincall::inline frame {

// A struct type with a field a column; each field's metadata has `unit` and `meaning`.
void export_schema(const Table& table, ArrowSchema* out);
// One struct array with all rows.
void export_array(const std::shared_ptr<const Table>& table, ArrowArray* out);
// A stream of one array.
void export_stream(const std::shared_ptr<const Table>& table, ArrowArrayStream* out);

}  // namespace margincall::inline frame
