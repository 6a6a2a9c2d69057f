// Names and texts of a scenario reach terminals, tables and file names: none of them steers one.
#pragma once

#include "scenario/document.hpp"

namespace margincall::inline scenario {

// E205 for every text and key below `node` with control characters other than line breaks and tabs in
// texts, or with marks that turn the direction of writing.
void refuse_control_characters(const Document& document, const Node& node, Errors& errors);

}  // namespace margincall::inline scenario
