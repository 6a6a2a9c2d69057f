#include "desk/csv.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace margincall::inline desk {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// Edit distance, for the hint behind an unknown column.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
}

std::string nearest_column(std::string_view name, std::span<const CsvColumn> wanted) {
    std::string_view best;
    std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const CsvColumn& column : wanted) {
        const std::size_t d = distance(name, column.name);
        if (d < least) {
            least = d;
            best = column.name;
        }
    }
    return std::string{best};
}

std::string names_of(std::span<const CsvColumn> wanted) {
    std::string out;
    for (const CsvColumn& column : wanted) {
        out += out.empty() ? "" : ", ";
        out += column.name;
    }
    return out;
}

Error file_error(const std::string& path, std::string code, std::string message) {
    Error error;
    error.file = path;
    error.code = std::move(code);
    error.message = std::move(message);
    return error;
}

}  // namespace

std::expected<std::string, Error> read_text_file(const std::string& path) {
    std::error_code problem;
    if (std::filesystem::is_directory(path, problem)) {
        return std::unexpected(file_error(path, "E102", "is a folder, not a file"));
    }
    errno = 0;
    const gzFile in = gzopen(path.c_str(), "rb");  // passes plain files through
    if (in == nullptr) {
        return std::unexpected(
            file_error(path,
                       "E102",
                       fmt::format("cannot be read: {}", std::strerror(errno != 0 ? errno : EIO))));
    }
    gzbuffer(in, 1U << 18U);
    std::string out;
    const auto size = std::filesystem::file_size(path, problem);
    std::size_t room = problem ? 0 : static_cast<std::size_t>(size);
    std::size_t used = 0;
    while (true) {
        room = std::max<std::size_t>(room + 4096, used + (1U << 20U));
        out.resize(room);
        const auto want = static_cast<unsigned>(std::min<std::size_t>(room - used, 1U << 30U));
        const int got = gzread(in, out.data() + used, want);
        if (got <= 0) {
            break;
        }
        used += static_cast<std::size_t>(got);
        room = used < room ? used : room * 2;
    }
    int code = Z_OK;
    const char* const reason = gzerror(in, &code);
    const std::string why = reason != nullptr ? reason : "";
    gzclose(in);
    if (code != Z_OK && code != Z_STREAM_END) {
        return std::unexpected(file_error(path, "E612", "is damaged or cut off: " + why));
    }
    out.resize(used);
    return out;
}

CsvReader::CsvReader(std::string_view text, std::string name)
    : rest_(text), name_(std::move(name)) {
    if (rest_.starts_with("\xEF\xBB\xBF")) {
        rest_.remove_prefix(3);
    }
}

bool CsvReader::next() {
    while (!rest_.empty()) {
        const std::size_t end = rest_.find('\n');
        line_text_ = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        ++line_;
        if (line_text_.ends_with('\r')) {
            line_text_.remove_suffix(1);
        }
        const std::size_t first = line_text_.find_first_not_of(" \t");
        if (first == std::string_view::npos || line_text_[first] == '#') {
            continue;
        }
        split();
        return true;
    }
    return false;
}

void CsvReader::split() {
    fields_.clear();
    malformed_ = false;
    const std::string_view text = line_text_;
    std::size_t at = 0;
    while (true) {
        while (at < text.size() && is_blank(text[at])) {
            ++at;
        }
        std::size_t begin = at;
        std::size_t end = 0;
        if (at < text.size() && text[at] == '"') {
            begin = at + 1;
            end = text.find('"', begin);
            if (end == std::string_view::npos) {
                malformed_ = true;
                end = text.size();
            }
            at = std::min(end + 1, text.size());
            const std::size_t comma = text.find(',', at);
            const std::size_t stop = comma == std::string_view::npos ? text.size() : comma;
            malformed_ = malformed_ || text.substr(at, stop - at).find_first_not_of(" \t") !=
                                           std::string_view::npos;
            at = stop;
        } else {
            const void* const comma = std::memchr(text.data() + at, ',', text.size() - at);
            at = comma == nullptr
                     ? text.size()
                     : static_cast<std::size_t>(static_cast<const char*>(comma) - text.data());
            end = at;
            while (end > begin && is_blank(text[end - 1])) {
                --end;
            }
        }
        fields_.push_back({text.substr(begin, end - begin), static_cast<std::uint32_t>(begin + 1)});
        if (at >= text.size()) {
            return;
        }
        ++at;  // the comma; a line that ends in one has an empty last field
    }
}

Error CsvReader::error(const CsvField& at, std::string code, std::string message) const {
    Error out = line_error(std::move(code), std::move(message));
    out.column = static_cast<int>(at.column);
    out.width = static_cast<int>(std::max<std::size_t>(1, at.text.size()));
    return out;
}

Error CsvReader::line_error(std::string code, std::string message) const {
    Error out;
    out.file = name_;
    out.line = line_;
    out.column = 1;
    out.code = std::move(code);
    out.message = std::move(message);
    out.excerpt = std::string{line_text_};
    return out;
}

std::vector<int> find_columns(const CsvReader& header,
                              std::span<const CsvColumn> wanted,
                              Errors& errors) {
    std::vector<int> place(wanted.size(), -1);
    const std::span<const CsvField> fields = header.fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto column = std::find_if(wanted.begin(), wanted.end(), [&](const CsvColumn& c) {
            return c.name == fields[i].text;
        });
        if (column == wanted.end()) {
            Error error = header.error(
                fields[i], "E602", fmt::format("unknown column \"{}\"", fields[i].text));
            const std::string near = nearest_column(fields[i].text, wanted);
            error.message += near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near);
            error.allowed = "known: " + names_of(wanted);
            errors.push_back(std::move(error));
            continue;
        }
        int& at = place[static_cast<std::size_t>(column - wanted.begin())];
        if (at >= 0) {
            errors.push_back(header.error(
                fields[i], "E602", fmt::format("column \"{}\" stands twice", fields[i].text)));
            continue;
        }
        at = static_cast<int>(i);
    }
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        if (place[k] < 0 && wanted[k].required) {
            Error error = header.line_error(
                "E601", fmt::format("the column \"{}\" is missing", wanted[k].name));
            error.hint = "the first line names the columns; they may stand in any order";
            errors.push_back(std::move(error));
        }
    }
    return place;
}

CsvTable::CsvTable(std::string_view text,
                   const std::string& name,
                   std::span<const CsvColumn> columns,
                   Errors& errors)
    : csv_(text, name), errors_(errors) {
    if (!csv_.next()) {
        header_problem("the file holds no line",
                       "the first line names the columns (docs/account-book.md, docs/stress.md)");
        errors_.back().line = 0;
        return;
    }
    const std::size_t before = errors_.size();
    place_ = find_columns(csv_, columns, errors_);
    width_ = csv_.fields().size();
    good_ = errors_.size() == before;
}

bool CsvTable::next() {
    if (!good_ || !csv_.next()) {
        return false;
    }
    fits_ = !csv_.malformed() && csv_.fields().size() == width_;
    if (!fits_) {
        Error error = csv_.line_error("E609",
                                      csv_.malformed()
                                          ? std::string{"a quote does not end, or text follows it"}
                                          : fmt::format("{} fields", csv_.fields().size()));
        error.allowed = fmt::format("expected {}, as in the first line", width_);
        errors_.push_back(std::move(error));
    }
    return true;
}

CsvField CsvTable::field(std::size_t column) const {
    const auto at = static_cast<std::size_t>(place_[column]);
    return place_[column] >= 0 && at < csv_.fields().size() ? csv_.fields()[at] : CsvField{};
}

Error& CsvTable::problem(const CsvField& at, const char* code, std::string message) {
    errors_.push_back(csv_.error(at, code, std::move(message)));
    return errors_.back();
}

void CsvTable::header_problem(std::string message, std::string hint) {
    Error error = csv_.line_error("E601", std::move(message));
    error.hint = std::move(hint);
    errors_.push_back(std::move(error));
    good_ = false;
}

}  // namespace margincall::inline desk
