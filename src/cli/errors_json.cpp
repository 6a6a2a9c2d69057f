#include "cli/errors_json.hpp"

#include <nlohmann/json.hpp>

namespace margincall::inline cli {

std::string errors_json(const Errors& errors) {
    std::string out;
    for (const Error& error : errors) {
        nlohmann::ordered_json row;
        row["kind"] = error.warning ? "warning" : "error";
        row["file"] = error.file;
        row["line"] = error.line;
        row["column"] = error.column;
        row["code"] = error.code;
        row["message"] = error.message;
        row["allowed"] = error.allowed;
        row["hint"] = error.hint;
        if (error.more > 0) {
            row["more"] = error.more;
        }
        out += row.dump() + "\n";
    }
    return out;
}

}  // namespace margincall::inline cli
