#include "desk/csv.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/files.hpp"
#include "base/text.hpp"

namespace margincall::inline desk {
namespace {

// Text that a gzipped file may unpack to, for each of its own bytes: tables of real accounts come to
// ten, a file made to fill the memory to a thousand.
constexpr std::uint64_t unpacked_per_byte = 200;
constexpr std::size_t block = 1U << 18U;
constexpr std::string_view gzip_magic = "\x1F\x8B";
constexpr std::uint64_t unpacked_always = std::uint64_t{64} << 20U;
// A quoted field with more line breaks is one whose quote does not end.
constexpr int breaks_in_quotes_max = 100;
constexpr std::size_t suggested_length_max = 64;

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

// Among those for which `may_be` holds.
template <typename MayBe>
std::string nearest_column(std::string_view name,
                           std::span<const CsvColumn> wanted,
                           const MayBe& may_be) {
    std::string_view best;
    if (name.size() > suggested_length_max) {
        return {};
    }
    std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const CsvColumn& column : wanted) {
        const std::size_t d = distance(name, column.name);
        if (d < least && may_be(column)) {
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

// Inflates all members of a gzipped text.
std::expected<std::string, Error> unpacked(const std::string& path, const std::string& packed) {
    const std::uint64_t most = std::min<std::uint64_t>(
        table_bytes_max,
        std::max<std::uint64_t>(unpacked_always, packed.size() * unpacked_per_byte));
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) {
        return std::unexpected(file_error(path, "E612", "cannot be unpacked"));
    }
    std::string out;
    std::size_t read = 0;
    std::size_t written = 0;
    int code = Z_OK;
    while (written <= most) {
        if (code == Z_STREAM_END) {
            // Another member, or nothing more that is gzip.
            if (read >= packed.size() || packed[read] != gzip_magic[0]) {
                break;
            }
            inflateReset(&stream);
        }
        if (out.size() - written < block) {
            out.resize(std::max<std::size_t>(out.size() * 2, written + 4 * block));
        }
        const std::size_t give = std::min<std::size_t>(packed.size() - read, 1U << 30U);
        const std::size_t take = std::min<std::size_t>(out.size() - written, 1U << 30U);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + read));
        stream.avail_in = static_cast<uInt>(give);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
        stream.avail_out = static_cast<uInt>(take);
        code = inflate(&stream, Z_NO_FLUSH);
        read += give - stream.avail_in;
        written += take - stream.avail_out;
        if (code != Z_OK && code != Z_STREAM_END) {
            break;
        }
    }
    const std::string why = stream.msg != nullptr ? stream.msg : "its end is missing";
    inflateEnd(&stream);
    if (written > most) {
        return std::unexpected(too_large(path, most));
    }
    if (code != Z_STREAM_END) {
        return std::unexpected(file_error(path, "E612", "is damaged or cut off: " + why));
    }
    out.resize(written);
    return out;
}

// The separator of a file is that of its first line.
char separator_of(std::string_view line) {
    std::array<std::size_t, 3> counts{};
    constexpr std::string_view separators = ",;\t";
    bool quoted = false;
    for (const char c : line) {
        quoted = quoted != (c == '"');
        const std::size_t which = quoted ? std::string_view::npos : separators.find(c);
        if (which != std::string_view::npos) {
            ++counts[which];
        }
    }
    return separators[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) -
                                               counts.begin())];
}

// "Owner Group" is owner_group.
std::string column_name(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z'   ? static_cast<char>(c - 'A' + 'a')
            : c == ' ' || c == '-' ? '_'
                                   : c;
    }
    return out;
}

}  // namespace

std::expected<std::string, Error> read_text_file(const std::string& path) {
    std::expected<std::string, Error> text = read_input(path, table_bytes_max);
    return text && text->starts_with(gzip_magic) ? unpacked(path, *text) : text;
}

CsvReader::CsvReader(std::string_view text, std::string name)
    : rest_(text), name_(std::move(name)), is_utf8_(!first_bad_byte(text).has_value()) {
    if (rest_.starts_with("\xEF\xBB\xBF")) {
        rest_.remove_prefix(3);
    }
}

bool CsvReader::next() {
    while (!rest_.empty()) {
        line_ = next_line_;
        const std::string_view line = rest_.substr(0, rest_.find('\n'));
        const std::size_t first = line.find_first_not_of(" \t\r");
        const bool is_comment =
            first != std::string_view::npos && line[first] == '#' &&
            (width_ == 0 || first + 1 >= line.size() || line[first + 1] == ' ' ||
             line[first + 1] == '#' || line[first + 1] == '\r');
        if (width_ == 0 && !is_comment) {
            separator_ = separator_of(line);
        }
        if (is_comment || first == std::string_view::npos) {
            rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
            ++next_line_;
            continue;
        }
        split(line);
        rest_.remove_prefix(std::min(line_text_.size() + 1, rest_.size()));
        next_line_ += 1 + static_cast<int>(std::count(line_text_.begin(), line_text_.end(), '\n'));
        if (line_text_.ends_with('\r')) {
            line_text_.remove_suffix(1);
        }
        const bool has_text = std::any_of(
            fields_.begin(), fields_.end(), [](const CsvField& f) { return !f.text.empty(); });
        if (line[first] == '#') {
            if (fields_.size() != width_) {
                continue;
            }
            damage_ = CsvDamage::as_comment;
        } else if (!has_text && damage_ == CsvDamage::none) {
            continue;  // a spreadsheet's empty row: separators only
        }
        if (!is_utf8_ && damage_ == CsvDamage::none && first_bad_byte(line_text_)) {
            damage_ = CsvDamage::not_utf8;
        }
        width_ = width_ == 0 ? fields_.size() : width_;
        return true;
    }
    return false;
}

std::size_t CsvReader::end_of_line(std::size_t at) const {
    return std::min(rest_.find('\n', at), rest_.size());
}

// Fills fields_, and line_text_ with what they took: `line`, or several where quotes hold breaks.
void CsvReader::split(std::string_view line) {
    fields_.clear();
    damage_ = CsvDamage::none;
    line_text_ = line;
    std::size_t end_of_text = line.ends_with('\r') ? line.size() - 1 : line.size();
    std::size_t at = 0;
    while (true) {
        while (at < end_of_text && is_blank(rest_[at])) {
            ++at;
        }
        if (at < end_of_text && rest_[at] == '"') {
            at = quoted_field(at);
            if (damage_ != CsvDamage::none) {
                line_text_ = line;  // goes on with the line behind it
                return;
            }
            const std::size_t end = end_of_line(at);
            line_text_ = rest_.substr(0, end);
            end_of_text = end > at && rest_[end - 1] == '\r' ? end - 1 : end;
            while (at < end_of_text && is_blank(rest_[at])) {
                ++at;
            }
            if (at < end_of_text && rest_[at] != separator_) {
                damage_ = CsvDamage::quotes;
                line_text_ = line;
                return;
            }
        } else {
            const std::size_t begin = at;
            const void* const found = std::memchr(rest_.data() + at, separator_, end_of_text - at);
            at = found == nullptr
                     ? end_of_text
                     : static_cast<std::size_t>(static_cast<const char*>(found) - rest_.data());
            std::size_t end = at;
            while (end > begin && is_blank(rest_[end - 1])) {
                --end;
            }
            fields_.push_back(
                {rest_.substr(begin, end - begin), static_cast<std::uint32_t>(begin + 1)});
        }
        if (at >= end_of_text) {
            return;
        }
        ++at;  // the separator; a line that ends in one has an empty last field
    }
}

std::size_t CsvReader::quoted_field(std::size_t at) {
    const std::size_t begin = at + 1;
    bool doubled = false;
    int breaks = 0;
    for (at = begin; at < rest_.size() && breaks <= breaks_in_quotes_max; ++at) {
        at = std::min(rest_.find_first_of("\"\n", at), rest_.size());
        if (at >= rest_.size()) {
            break;
        }
        if (rest_[at] == '\n') {
            ++breaks;
            continue;
        }
        if (at + 1 < rest_.size() && rest_[at + 1] == '"') {
            doubled = true;
            ++at;
            continue;
        }
        std::string_view text = rest_.substr(begin, at - begin);
        if (doubled) {
            std::string& plain = unquoted_.emplace_back();
            for (std::size_t k = 0; k < text.size(); ++k) {
                plain += text[k];
                k += text[k] == '"' ? 1U : 0U;
            }
            text = plain;
        }
        fields_.push_back({text, static_cast<std::uint32_t>(begin + 1)});
        return at + 1;
    }
    damage_ = CsvDamage::quotes;
    fields_.push_back(
        {rest_.substr(begin, end_of_line(begin) - begin), static_cast<std::uint32_t>(begin + 1)});
    return begin;
}

Error CsvReader::error(const CsvField& at, std::string code, std::string message) const {
    Error out = line_error(std::move(code), std::move(message));
    // Which of the line's lines, and which of its characters.
    const std::size_t begin =
        std::min<std::size_t>(std::max<std::uint32_t>(at.column, 1) - 1, line_text_.size());
    const std::string_view before = line_text_.substr(0, begin);
    const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 = 0
    const std::string_view line =
        line_text_.substr(line_begin, line_text_.find('\n', begin) - line_begin);
    out.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    out.column = static_cast<int>(count_characters(before.substr(line_begin))) + 1;
    out.width = static_cast<int>(std::max<std::size_t>(1, count_characters(at.text)));
    out.excerpt = std::string{line};
    return out;
}

Error CsvReader::line_error(std::string code, std::string message) const {
    Error out;
    out.file = name_;
    out.line = line_;
    out.column = 1;
    out.code = std::move(code);
    out.message = std::move(message);
    out.excerpt = std::string{line_text_.substr(0, line_text_.find('\n'))};
    return out;
}

Error CsvReader::utf8_error() const {
    Error out = check_utf8(line_text_, name_).value_or(line_error("E105", "not UTF-8"));
    out.line += line_ - 1;
    return out;
}

std::vector<int> find_columns(const CsvReader& header,
                              std::span<const CsvColumn> wanted,
                              Errors& errors,
                              Errors* extra) {
    std::vector<int> place(wanted.size(), -1);
    const std::span<const CsvField> fields = header.fields();
    // Where other columns may stand, one that is nearly a known name is that only if it is missing.
    std::vector<bool> missing(wanted.size(), true);
    for (const CsvField& field : fields) {
        const auto same = std::ranges::find(wanted, column_name(field.text), &CsvColumn::name);
        if (extra != nullptr && same != wanted.end()) {
            missing[static_cast<std::size_t>(same - wanted.begin())] = false;
        }
    }
    const auto may_be_meant = [&](const CsvColumn& column) {
        return missing[static_cast<std::size_t>(&column - wanted.data())];
    };
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::string own = column_name(fields[i].text);
        const auto column = std::find_if(
            wanted.begin(), wanted.end(), [&](const CsvColumn& c) { return c.name == own; });
        if (column == wanted.end()) {
            const std::string near = nearest_column(own, wanted, may_be_meant);
            if (extra != nullptr && near.empty()) {
                Error note = header.error(
                    fields[i], "W631", fmt::format("column {} is not read", in_quotes(own)));
                note.warning = true;
                add_problem(*extra, std::move(note));
                continue;
            }
            if (!take_room(errors, "E602")) {
                continue;
            }
            Error error =
                header.error(fields[i], "E602", "unknown column " + in_quotes(fields[i].text));
            error.message += near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near);
            error.allowed = "known: " + names_of(wanted);
            errors.push_back(std::move(error));
            continue;
        }
        int& at = place[static_cast<std::size_t>(column - wanted.begin())];
        if (at >= 0) {
            if (take_room(errors, "E602")) {
                errors.push_back(header.error(
                    fields[i], "E602", fmt::format("column \"{}\" stands twice", column->name)));
            }
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
                   Errors& errors,
                   Errors* extra)
    : csv_(text, name), errors_(errors) {
    if (!csv_.next()) {
        header_problem("the file holds no line",
                       "the first line names the columns (docs/account-book.md, docs/stress.md)");
        errors_.back().line = 0;
        return;
    }
    const std::size_t before = errors_.size();
    place_ = find_columns(csv_, columns, errors_, extra);
    width_ = csv_.fields().size();
    good_ = errors_.size() == before;
}

bool CsvTable::next() {
    if (!good_ || !csv_.next()) {
        return false;
    }
    fits_ = csv_.damage() == CsvDamage::none && csv_.fields().size() == width_;
    if (!fits_) {
        report_line();
    }
    return true;
}

void CsvTable::report_line() {
    const CsvDamage damage = csv_.damage();
    if (!take_room(errors_, damage == CsvDamage::not_utf8 ? "E105" : "E609")) {
        return;
    }
    if (damage == CsvDamage::not_utf8) {
        errors_.push_back(csv_.utf8_error());
        return;
    }
    Error error = csv_.line_error("E609", fmt::format("{} fields", csv_.fields().size()));
    error.allowed = fmt::format("expected {}, as in the first line", width_);
    if (damage == CsvDamage::quotes) {
        error.message = "a quote does not end, or text follows it";
    } else if (damage == CsvDamage::as_comment) {
        error.message = "a comment, or a line whose first field begins with #";
        error.allowed = "";
        error.hint = "a comment has a blank behind the #; a field like this stands in quotes";
    }
    errors_.push_back(std::move(error));
}

std::expected<Decimal, std::string> CsvTable::number(std::string_view text) const {
    if (const std::optional<Decimal> plain = parse_decimal(text)) {
        return *plain;
    }
    std::expected<Decimal, std::string> out = parse_number(text);
    // Whoever separates by semicolons writes decimal commas: 1,234 may be either.
    if (csv_.separator() == ';' && text.contains(',')) {
        return std::unexpected(
            out ? in_quotes(text) +
                      " may be grouped or have a decimal comma, as the file is separated by "
                      "semicolons; write it without"
                : out.error() + " (the file is separated by semicolons)");
    }
    return out;
}

CsvField CsvTable::field(std::size_t column) const {
    const auto at = static_cast<std::size_t>(place_[column]);
    return place_[column] >= 0 && at < csv_.fields().size() ? csv_.fields()[at] : CsvField{};
}

Error& CsvTable::problem(const CsvField& at, const char* code, std::string message) {
    if (!take_room(errors_, code)) {
        return spare_problem();
    }
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
