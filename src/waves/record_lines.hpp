// Lines of a record's tables whose fields fit, and their numbers within bounds.
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "desk/csv.hpp"
#include "waves/wave_record.hpp"

namespace margincall::inline waves {

class RecordLines : public CsvTable {
  public:
    RecordLines(const RecordText& file, std::span<const CsvColumn> columns, Errors& errors);
    // The next line whose fields fit; false at the end.
    [[nodiscard]] bool next();
    // Numbers of a column; a problem (E603, E604) otherwise.
    [[nodiscard]] std::optional<double> positive(std::size_t column);
    [[nodiscard]] std::optional<double> not_negative(std::size_t column);
    [[nodiscard]] std::optional<double> any(std::size_t column);
    template <typename Whole>
    [[nodiscard]] std::optional<Whole> whole(std::size_t column) {
        const auto value = not_negative(column);
        if (value && (*value != std::floor(*value) ||
                      *value > static_cast<double>(std::numeric_limits<Whole>::max()))) {
            not_whole(column);
            return std::nullopt;
        }
        return value ? std::optional{static_cast<Whole>(*value)} : std::nullopt;
    }

  private:
    // Columns that nobody wants are no problem here, and are not told either.
    RecordLines(const RecordText& file,
                std::span<const CsvColumn> columns,
                Errors& errors,
                Errors unwanted);
    std::optional<double> figure(std::size_t column, double low, const char* allowed);
    void not_whole(std::size_t column);
};

}  // namespace margincall::inline waves
