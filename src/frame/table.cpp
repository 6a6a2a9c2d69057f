#include "frame/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <utility>

#include "base/check.hpp"

namespace margincall::inline frame {
namespace {

using Bits = std::vector<std::uint8_t>;

// The memory of one column.
struct Memory {
    Bits known;
    std::vector<std::int64_t> integers;
    std::vector<double> reals;
    std::vector<std::int32_t> numbers;  // of words, or the ends of texts
    Bits bits;
    std::string characters;
};
// Readers are promised an address even where there is nothing to read.
alignas(64) constexpr std::array<std::uint8_t, 64> nothing{};

Bits bits_of(const std::vector<bool>& flags) {
    Bits out((flags.size() + 7) / 8, 0);
    for (std::size_t row = 0; row < flags.size(); ++row) {
        if (flags[row]) {
            out[row / 8] = static_cast<std::uint8_t>(out[row / 8] | (1U << (row % 8)));
        }
    }
    return out;
}

bool bit_at(const void* bits, std::int64_t row) {
    const auto at = static_cast<std::size_t>(row);
    return (static_cast<const std::uint8_t*>(bits)[at / 8] >> (at % 8) & 1U) != 0;
}

template <class T>
const void* address_of(const T& container) {
    return container.empty() ? static_cast<const void*>(nothing.data()) : container.data();
}

// Fills in what is not known; without such rows there is no bitmap.
void set_known(Column& column, Memory& memory, const std::vector<bool>& known) {
    if (known.empty()) {
        return;
    }
    CHECK_EQ(static_cast<std::int64_t>(known.size()), column.rows);
    column.unknown = std::count(known.begin(), known.end(), false);
    if (column.unknown > 0) {
        memory.known = bits_of(known);
        column.known = memory.known.data();
    }
}

Column begin_column(ColumnText about, ColumnType type, std::size_t rows) {
    Column column;
    column.about = std::move(about);
    column.type = type;
    column.rows = static_cast<std::int64_t>(rows);
    return column;
}

Column integers(ColumnText about,
                ColumnType type,
                std::vector<std::int64_t> values,
                const std::vector<bool>& known) {
    auto memory = std::make_shared<Memory>();
    Column column = begin_column(std::move(about), type, values.size());
    memory->integers = std::move(values);
    column.values = address_of(memory->integers);
    set_known(column, *memory, known);
    column.owner = std::move(memory);
    return column;
}

}  // namespace

std::string_view column_type_name(ColumnType type) {
    switch (type) {
        case ColumnType::int64:
            return "int64";
        case ColumnType::real:
            return "double";
        case ColumnType::boolean:
            return "bool";
        case ColumnType::text:
            return "text";
        case ColumnType::word:
            return "word";
        case ColumnType::time:
            return "timestamp[ns, UTC]";
    }
    return "";
}

bool Column::is_known(std::int64_t row) const {
    return known == nullptr || bit_at(known, row);
}

std::int64_t Column::int_at(std::int64_t row) const {
    return static_cast<const std::int64_t*>(values)[row];
}

double Column::real_at(std::int64_t row) const {
    return static_cast<const double*>(values)[row];
}

bool Column::bool_at(std::int64_t row) const {
    return bit_at(values, row);
}

std::string_view Column::text_at(std::int64_t row) const {
    const auto* const numbers = static_cast<const std::int32_t*>(values);
    if (type == ColumnType::word) {
        return words->text_at(numbers[row]);
    }
    return {static_cast<const char*>(bytes) + numbers[row],
            static_cast<std::size_t>(numbers[row + 1] - numbers[row])};
}

Column int_column(ColumnText about,
                  std::vector<std::int64_t> values,
                  const std::vector<bool>& known) {
    return integers(std::move(about), ColumnType::int64, std::move(values), known);
}

Column time_column(ColumnText about,
                   std::vector<std::int64_t> ns_since_1970,
                   const std::vector<bool>& known) {
    return integers(std::move(about), ColumnType::time, std::move(ns_since_1970), known);
}

Column real_column(ColumnText about, std::vector<double> values) {
    auto memory = std::make_shared<Memory>();
    Column column = begin_column(std::move(about), ColumnType::real, values.size());
    std::vector<bool> known(values.size());
    std::transform(
        values.begin(), values.end(), known.begin(), [](double v) { return !std::isnan(v); });
    memory->reals = std::move(values);
    column.values = address_of(memory->reals);
    set_known(column, *memory, known);
    column.owner = std::move(memory);
    return column;
}

Column bool_column(ColumnText about,
                   const std::vector<bool>& values,
                   const std::vector<bool>& known) {
    auto memory = std::make_shared<Memory>();
    Column column = begin_column(std::move(about), ColumnType::boolean, values.size());
    memory->bits = bits_of(values);
    column.values = address_of(memory->bits);
    set_known(column, *memory, known);
    column.owner = std::move(memory);
    return column;
}

Column text_column(ColumnText about,
                   std::span<const std::string> values,
                   const std::vector<bool>& known) {
    auto memory = std::make_shared<Memory>();
    Column column = begin_column(std::move(about), ColumnType::text, values.size());
    memory->numbers.reserve(values.size() + 1);
    memory->numbers.push_back(0);
    for (const std::string& value : values) {
        memory->characters += value;
        CHECK(memory->characters.size() <= std::numeric_limits<std::int32_t>::max());
        memory->numbers.push_back(static_cast<std::int32_t>(memory->characters.size()));
    }
    column.values = memory->numbers.data();
    column.bytes = address_of(memory->characters);
    set_known(column, *memory, known);
    column.owner = std::move(memory);
    return column;
}

std::shared_ptr<const Column> word_list(std::span<const std::string> words) {
    return std::make_shared<const Column>(text_column({}, words));
}

Column word_column(ColumnText about,
                   std::vector<std::int32_t> numbers,
                   std::shared_ptr<const Column> words) {
    auto memory = std::make_shared<Memory>();
    Column column = begin_column(std::move(about), ColumnType::word, numbers.size());
    std::vector<bool> known(numbers.size());
    for (std::size_t row = 0; row < numbers.size(); ++row) {
        known[row] = numbers[row] >= 0 && numbers[row] < words->rows;
        numbers[row] = known[row] ? numbers[row] : 0;
    }
    memory->numbers = std::move(numbers);
    column.values = address_of(memory->numbers);
    set_known(column, *memory, known);
    column.owner = std::move(memory);
    column.words = std::move(words);
    return column;
}

Column word_column(ColumnText about, std::span<const std::string_view> values) {
    std::vector<std::string> words;
    std::vector<std::int32_t> numbers;
    std::unordered_map<std::string_view, std::int32_t> number_of;
    numbers.reserve(values.size());
    for (const std::string_view value : values) {
        const auto [found, fresh] =
            number_of.emplace(value, static_cast<std::int32_t>(words.size()));
        if (fresh) {
            words.emplace_back(value);
        }
        numbers.push_back(found->second);
    }
    return word_column(std::move(about), std::move(numbers), word_list(words));
}

Table::Table(std::string name, std::vector<Column> columns)
    : name_(std::move(name)), columns_(std::move(columns)) {
    rows_ = columns_.empty() ? 0 : columns_.front().rows;
    for (const Column& column : columns_) {
        CHECK_EQ(column.rows, rows_);
        CHECK(find(column.about.name) == &column);
    }
}

const Column* Table::find(std::string_view column) const {
    const auto found = std::find_if(columns_.begin(), columns_.end(), [column](const Column& c) {
        return c.about.name == column;
    });
    return found != columns_.end() ? &*found : nullptr;
}

}  // namespace margincall::inline frame
