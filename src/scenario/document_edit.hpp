// Writing into a scenario's document as its author might have: what is put in has the place of what it
// stands for, so that a problem with it points there.
#pragma once

#include <string>
#include <string_view>

#include "scenario/document.hpp"
#include "scenario/measure.hpp"

namespace margincall::inline scenario {

[[nodiscard]] Node text_node(std::string text, const Node& place);
[[nodiscard]] Node table_node(const Node& place);
// { value = "94 %", source = "derived: ..." }
[[nodiscard]] Node figure_node(double number,
                               Unit unit,
                               const std::string& source,
                               const Node& place);
// Sets "a.b.c" below `table`, whatever stood there.
void put(Node& table, std::string_view path, Node value);

}  // namespace margincall::inline scenario
