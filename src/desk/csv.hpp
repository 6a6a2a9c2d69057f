// Comma-separated text over one buffer in memory: lines and fields with their places, so that every
// problem can be named by line and column. Plain or gzipped files.
//
// A field may stand in double quotes (then it may hold commas, but no quotes). Empty lines and
// lines that begin with # are skipped. The first line that remains names the columns.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace margincall::inline desk {

// The whole file, unpacked when it is gzipped. E102 missing or unreadable, E612 damaged.
[[nodiscard]] std::expected<std::string, Error> read_text_file(const std::string& path);

struct CsvField {
    std::string_view text;     // without quotes and surrounding blanks
    std::uint32_t column = 0;  // 1-based byte column in the line
};

class CsvReader {
  public:
    // Both must outlive the reader; `name` is the file's name in messages.
    CsvReader(std::string_view text, std::string name);

    // Moves to the next line that holds fields; false at the end.
    [[nodiscard]] bool next();
    [[nodiscard]] std::span<const CsvField> fields() const { return fields_; }
    [[nodiscard]] int line() const { return line_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    // A quote that never ends, or text behind a closing quote.
    [[nodiscard]] bool malformed() const { return malformed_; }

    // A problem in the current line.
    [[nodiscard]] Error error(const CsvField& at, std::string code, std::string message) const;
    [[nodiscard]] Error line_error(std::string code, std::string message) const;

  private:
    void split();

    std::string_view rest_;
    std::string name_;
    std::string_view line_text_;
    int line_ = 0;
    bool malformed_ = false;
    std::vector<CsvField> fields_;
};

// Where each wanted column stands in the header; -1 = not there. Unknown names, doubles and missing
// required ones are errors (E601, E602), with the nearest known name as a hint.
struct CsvColumn {
    std::string_view name;
    bool required = false;
};
[[nodiscard]] std::vector<int> find_columns(const CsvReader& header,
                                            std::span<const CsvColumn> wanted,
                                            Errors& errors);

// A text with its header and as many fields a line as that has; other lines are errors (E609).
class CsvTable {
  public:
    CsvTable(std::string_view text,
             const std::string& name,
             std::span<const CsvColumn> columns,
             Errors& errors);
    // The header names what is wanted.
    [[nodiscard]] bool good() const { return good_; }
    // Moves to the next line, whether its fields fit or not; false at the end.
    [[nodiscard]] bool next();
    [[nodiscard]] bool fits() const { return fits_; }
    [[nodiscard]] bool has(std::size_t column) const { return good_ && place_[column] >= 0; }
    // Empty where the header or the line does not have it.
    [[nodiscard]] CsvField field(std::size_t column) const;
    Error& problem(const CsvField& at, const char* code, std::string message);
    void header_problem(std::string message, std::string hint);
    [[nodiscard]] const CsvReader& reader() const { return csv_; }

  private:
    CsvReader csv_;
    Errors& errors_;
    std::vector<int> place_;
    std::size_t width_ = 0;
    bool good_ = false, fits_ = false;
};

}  // namespace margincall::inline desk
