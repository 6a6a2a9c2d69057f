// Exact sums and products of decimals as venues print them, and back to text without a binary float.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace margincall::inline desk {

class ExactFigure {
  public:
    ExactFigure() = default;  // 0
    // A decimal as JSON prints it, also with an exponent, of at most 36 digits; nothing for other text.
    [[nodiscard]] static std::optional<ExactFigure> parse(std::string_view text);

    [[nodiscard]] bool is_zero() const { return digits_ == 0; }
    [[nodiscard]] bool is_negative() const { return digits_ < 0; }
    [[nodiscard]] ExactFigure magnitude() const;

    // The quotient to `places` decimals, half away from zero. CHECK: the divisor is not 0.
    [[nodiscard]] ExactFigure divided(const ExactFigure& by, int places) const;
    // To `places` decimals, half away from zero.
    [[nodiscard]] ExactFigure rounded(int places) const;
    // "-8000", "0.5": no exponent, no trailing zeros.
    [[nodiscard]] std::string text() const;

    friend ExactFigure operator+(const ExactFigure& a, const ExactFigure& b);
    friend ExactFigure operator-(const ExactFigure& a, const ExactFigure& b);
    friend ExactFigure operator*(const ExactFigure& a, const ExactFigure& b);
    friend bool operator==(const ExactFigure& a, const ExactFigure& b) { return (a - b).is_zero(); }

  private:
    using Integer = boost::multiprecision::cpp_int;
    ExactFigure(Integer digits, int places) : digits_(std::move(digits)), places_(places) {}
    [[nodiscard]] Integer digits_at(int places) const;

    Integer digits_ = 0;  // value = digits / 10^places
    int places_ = 0;
};

}  // namespace margincall::inline desk
