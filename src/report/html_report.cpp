#include "report/html_report.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/durable_files.hpp"
#include "plan/world_size.hpp"
#include "report/fill_page.hpp"
#include "report/page_template.hpp"
#include "report/report_data.hpp"

namespace margincall::inline report {
namespace {

// Stands in the page where the data go; the web build keeps it (web/report.html).
constexpr std::string_view run_mark = "MARGINCALL_RUN_DATA";

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

Error cannot_write(const std::filesystem::path& path, int code) {
    return file_error(path,
                      code == ENOSPC || code == EDQUOT ? "E502" : "E505",
                      fmt::format("cannot write the report: {}", std::strerror(code)),
                      "free some space, or write it elsewhere: margincall report RUN -o FILE");
}

}  // namespace

std::string report_html(const Plan& plan,
                        const Summary& summary,
                        const MemoryRecorder& recorder,
                        const ReportContext& context) {
    std::string page{page_template()};
    fill_mark(page, run_mark, report_data_json(plan, summary, recorder, context));
    // The title comes first in the page, so the (long) data cannot hold an earlier mark of it.
    fill_mark(page, title_mark, escape_html(shown_title(plan)));
    return page;
}

std::expected<void, Error> write_report(const std::filesystem::path& path,
                                        const Plan& plan,
                                        const Summary& summary,
                                        const MemoryRecorder& recorder,
                                        const ReportContext& context) {
    const std::string page = report_html(plan, summary, recorder, context);
    if (const int code = put_file(path, page, Existing::replace); code != 0) {
        return std::unexpected(cannot_write(path, code));
    }
    return {};
}

}  // namespace margincall::inline report
