// A table as columns that lie in memory as Arrow wants them, each with its unit and its meaning. A table does not
// change after it was made, so that whoever reads it in another language may share its memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace margincall::inline frame {

enum class ColumnType : std::uint8_t {
    int64,    // whole numbers
    real,     // double
    boolean,  // bits
    text,     // UTF-8
    word,     // one of few texts: a number into `words`
    time,     // ns since 1970, UTC
};
[[nodiscard]] std::string_view column_type_name(ColumnType type);

// What is said of a column. `unit` is empty for a pure number, a name or a flag.
struct ColumnText {
    std::string name;
    std::string unit{};
    std::string meaning{};
};

struct Column {
    ColumnText about;
    ColumnType type = ColumnType::int64;
    std::int64_t rows = 0;
    std::int64_t unknown = 0;           // rows without a value (null)
    std::shared_ptr<const void> owner;  // of the memory below
    const void* known = nullptr;        // a bit a row, least significant first; null: all are known
    const void* values =
        nullptr;  // int64, double, bits, words' numbers (int32); text: rows + 1 ends (int32)
    const void* bytes = nullptr;  // text: its characters
    std::shared_ptr<const Column>
        words;  // word: the texts, a column of type text without unknown rows

    // Of one row that is known and of a column of the type that the name says.
    [[nodiscard]] bool is_known(std::int64_t row) const;
    [[nodiscard]] std::int64_t int_at(std::int64_t row) const;  // int64 and time
    [[nodiscard]] double real_at(std::int64_t row) const;
    [[nodiscard]] bool bool_at(std::int64_t row) const;
    [[nodiscard]] std::string_view text_at(std::int64_t row) const;  // text and word
};

// Makers. The vectors become the column's memory. `known` is empty when every row is; of reals NaN is not known.
[[nodiscard]] Column int_column(ColumnText about,
                                std::vector<std::int64_t> values,
                                const std::vector<bool>& known = {});
[[nodiscard]] Column time_column(ColumnText about,
                                 std::vector<std::int64_t> ns_since_1970,
                                 const std::vector<bool>& known = {});
[[nodiscard]] Column real_column(ColumnText about, std::vector<double> values);
[[nodiscard]] Column bool_column(ColumnText about,
                                 const std::vector<bool>& values,
                                 const std::vector<bool>& known = {});
[[nodiscard]] Column text_column(ColumnText about,
                                 std::span<const std::string> values,
                                 const std::vector<bool>& known = {});

// The texts of word columns; several columns may share them.
[[nodiscard]] std::shared_ptr<const Column> word_list(std::span<const std::string> words);
// A number that is no row of `words` is not known.
[[nodiscard]] Column word_column(ColumnText about,
                                 std::vector<std::int32_t> numbers,
                                 std::shared_ptr<const Column> words);
// The same from texts: the words are numbered as they come.
[[nodiscard]] Column word_column(ColumnText about, std::span<const std::string_view> values);

class Table {
  public:
    // CHECK: every column has as many rows, and no two have one name.
    Table(std::string name, std::vector<Column> columns);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::int64_t rows() const { return rows_; }
    [[nodiscard]] std::span<const Column> columns() const { return columns_; }
    [[nodiscard]] const Column* find(std::string_view column) const;  // null = none

  private:
    std::string name_;
    std::vector<Column> columns_;
    std::int64_t rows_ = 0;
};

}  // namespace margincall::inline frame
