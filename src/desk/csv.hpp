// Separated text (RFC 4180) over one buffer in memory: lines and fields with their places, so that
// every problem can be named by line and column. Plain or gzipped files.
//
// The first line that is no comment names the columns, and tells the separator: comma, semicolon or
// tab. A field may stand in double quotes; then it may hold separators, line breaks and doubled
// quotes. Lines that are empty or begin with # are skipped; one that begins with # and has
// as many fields as the first might be somebody's, and is a problem.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.hpp"
#include "base/error.hpp"

namespace margincall::inline desk {

// The whole file ("-" = standard input), unpacked when it is gzipped. E102 missing or unreadable, E103
// too large, E612 damaged.
[[nodiscard]] std::expected<std::string, Error> read_text_file(const std::string& path);

struct CsvField {
    std::string_view text;     // without quotes and the blanks around it
    std::uint32_t column = 0;  // 1-based byte in the line; of several lines, in all of them
};

// What may be wrong with a line, whatever its columns mean.
enum class CsvDamage : std::uint8_t {
    none,
    quotes,  // a quote that does not end, or text behind a closing quote
    not_utf8,
    as_comment,  // begins with #, and has as many fields as the first line
};

class CsvReader {
  public:
    // Both must outlive the reader, and the reader the fields' texts; `name` is the file's name in
    // messages.
    CsvReader(std::string_view text, std::string name);

    // Moves to the next line that holds fields; false at the end.
    [[nodiscard]] bool next();
    [[nodiscard]] std::span<const CsvField> fields() const { return fields_; }
    // The first one, where quotes hold line breaks.
    [[nodiscard]] int line() const { return line_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] CsvDamage damage() const { return damage_; }
    [[nodiscard]] char separator() const { return separator_; }

    // A problem in the current line.
    [[nodiscard]] Error error(const CsvField& at, std::string code, std::string message) const;
    [[nodiscard]] Error line_error(std::string code, std::string message) const;
    // E105 where the current line has its first byte that is no UTF-8.
    [[nodiscard]] Error utf8_error() const;

  private:
    void split(std::string_view line);
    // A field from its opening quote on; where it ends.
    std::size_t quoted_field(std::size_t at);
    [[nodiscard]] std::size_t end_of_line(std::size_t at) const;
    [[nodiscard]] bool is_blank(char c) const { return c == ' ' || (c == '\t' && separator_ != c); }

    std::string_view rest_;
    std::string name_;
    std::string_view line_text_;  // all its lines where quotes hold line breaks
    int line_ = 0, next_line_ = 1;
    char separator_ = ',';
    bool is_utf8_ = true;
    CsvDamage damage_ = CsvDamage::none;
    std::size_t width_ = 0;  // of the first line; 0 = not read
    std::vector<CsvField> fields_;
    std::deque<std::string> unquoted_;  // texts that held doubled quotes
};

// Where each wanted column stands in the header; -1 = not there. Letter case does not count, and a
// blank or - stands for _. Unknown names, doubles and missing
// required ones are errors (E601, E602), with the nearest known name as a hint. With `extra` a column that
// nobody wants is a note there (W631), unless it is nearly the name of one that is not there.
struct CsvColumn {
    std::string_view name;
    bool required = false;
};
[[nodiscard]] std::vector<int> find_columns(const CsvReader& header,
                                            std::span<const CsvColumn> wanted,
                                            Errors& errors,
                                            Errors* extra = nullptr);

// A text with its header and as many fields a line as that has; other lines are errors (E609, E105).
class CsvTable {
  public:
    CsvTable(std::string_view text,
             const std::string& name,
             std::span<const CsvColumn> columns,
             Errors& errors,
             Errors* extra = nullptr);
    // The header names what is wanted.
    [[nodiscard]] bool good() const { return good_; }
    // Moves to the next line, whether its fields fit or not; false at the end.
    [[nodiscard]] bool next();
    [[nodiscard]] bool fits() const { return fits_; }
    [[nodiscard]] bool has(std::size_t column) const { return good_ && place_[column] >= 0; }
    // Empty where the header or the line does not have it.
    [[nodiscard]] CsvField field(std::size_t column) const;
    // A number of the one grammar (base/decimal.hpp), or what is wrong with it.
    [[nodiscard]] std::expected<Decimal, std::string> number(std::string_view text) const;
    Error& problem(const CsvField& at, const char* code, std::string message);
    void header_problem(std::string message, std::string hint);
    [[nodiscard]] const CsvReader& reader() const { return csv_; }

  private:
    void report_line();

    CsvReader csv_;
    Errors& errors_;
    std::vector<int> place_;
    std::size_t width_ = 0;
    bool good_ = false, fits_ = false;
};

}  // namespace margincall::inline desk
