#include <string>

#include "report/stress_report.hpp"

namespace margincall {

std::string stress_html(const StressReport& report) {
    return report.title;
}

}  // namespace margincall
