// The data of report.html as JSON: texts ready to show, and series as base64 of little-endian
// float32 columns (NaN = no data). Types on the other side: web/src/model/run.ts.
#pragma once

#include <span>
#include <string>

#include "report/html_report.hpp"

namespace margincall::inline report {

[[nodiscard]] std::string base64(std::span<const unsigned char> bytes);
// float32, little-endian, base64; infinities become NaN.
[[nodiscard]] std::string encode_column(std::span<const double> values);

// Safe inside a <script> element: no '<' in it.
[[nodiscard]] std::string report_data_json(const Plan& plan,
                                           const Summary& summary,
                                           const MemoryRecorder& recorder,
                                           const ReportContext& context);

}  // namespace margincall::inline report
