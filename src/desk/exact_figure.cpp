#include "desk/exact_figure.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/decimal.hpp"

namespace margincall::inline desk {
namespace {

using Integer = boost::multiprecision::cpp_int;

Integer power_of(int exponent) {
    Integer out = 1;
    for (int k = 0; k < exponent; ++k) {
        out *= 10;
    }
    return out;
}

Integer without_sign(const Integer& value) {
    Integer out = value;
    if (out < 0) {
        out = -out;
    }
    return out;
}

// numerator / denominator, half away from zero; the denominator is above 0.
Integer half_away(const Integer& numerator, const Integer& denominator) {
    const Integer twice = 2 * without_sign(numerator) + denominator;
    Integer quotient = twice / (2 * denominator);
    if (numerator < 0) {
        quotient = -quotient;
    }
    return quotient;
}

}  // namespace

std::optional<ExactFigure> ExactFigure::parse(std::string_view text) {
    const std::optional<Decimal> read = parse_long_decimal(text);
    if (!read) {
        return std::nullopt;
    }
    ExactFigure out{Integer{to_text(read->digits)}, read->places};
    if (out.places_ < 0) {
        out.digits_ *= power_of(-out.places_);
        out.places_ = 0;
    }
    return out;
}

ExactFigure::Integer ExactFigure::digits_at(int places) const {
    return digits_ * power_of(places - places_);
}

ExactFigure ExactFigure::magnitude() const {
    return {without_sign(digits_), places_};
}

ExactFigure ExactFigure::divided(const ExactFigure& by, int places) const {
    CHECK(!by.is_zero());
    // (a / 10^p) / (b / 10^q) * 10^places = a 10^(q + places) / (b 10^p)
    Integer numerator = digits_ * power_of(by.places_ + places);
    Integer denominator = by.digits_ * power_of(places_);
    if (denominator < 0) {
        numerator = -numerator;
        denominator = -denominator;
    }
    return {half_away(numerator, denominator), places};
}

ExactFigure ExactFigure::rounded(int places) const {
    if (places >= places_) {
        return *this;
    }
    return {half_away(digits_, power_of(places_ - places)), places};
}

std::string ExactFigure::text() const {
    std::string out = without_sign(digits_).str();
    if (places_ > 0) {
        const auto places = static_cast<std::size_t>(places_);
        if (out.size() <= places) {
            out.insert(0, places + 1 - out.size(), '0');
        }
        out.insert(out.size() - places, 1, '.');
        out.erase(out.find_last_not_of('0') + 1);
        if (out.back() == '.') {
            out.pop_back();
        }
    }
    return is_negative() && out != "0" ? "-" + out : out;
}

ExactFigure operator+(const ExactFigure& a, const ExactFigure& b) {
    const int places = std::max(a.places_, b.places_);
    return {a.digits_at(places) + b.digits_at(places), places};
}
ExactFigure operator-(const ExactFigure& a, const ExactFigure& b) {
    const int places = std::max(a.places_, b.places_);
    return {a.digits_at(places) - b.digits_at(places), places};
}
ExactFigure operator*(const ExactFigure& a, const ExactFigure& b) {
    return {a.digits_ * b.digits_, a.places_ + b.places_};
}

}  // namespace margincall::inline desk
