#include "analytics/run_difference.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

namespace margincall::inline analytics {
namespace {

constexpr double interval_side = 0.95;  // 5 % on each side

struct Moments {
    double mean = 0, variance = 0;  // the variance of the sample, over n - 1
};
Moments moments(const std::vector<double>& values) {
    Moments out;
    const auto n = static_cast<double>(values.size());
    for (const double value : values) {
        out.mean += value / n;
    }
    for (const double value : values) {
        out.variance += (value - out.mean) * (value - out.mean) / (n - 1);
    }
    return out;
}

void set_interval(RunDifference& out, double standard_error, double degrees) {
    const double half =
        standard_error > 0 ? student_quantile(interval_side, degrees) * standard_error : 0.0;
    out.low = out.mean - half;
    out.high = out.mean + half;
}

std::vector<double> values_of(std::span<const PathValue> paths) {
    std::vector<double> out;
    for (const PathValue& path : paths) {
        out.push_back(path.value);
    }
    return out;
}

}  // namespace

double student_quantile(double p, double degrees) {
    return boost::math::quantile(boost::math::students_t(degrees), p);
}

std::optional<RunDifference> run_difference(std::span<const PathValue> first,
                                            std::span<const PathValue> second) {
    if (first.empty() || second.empty()) {
        return std::nullopt;
    }
    std::vector<double> differences;
    for (const PathValue& a : first) {
        for (const PathValue& b : second) {
            if (a.seed == b.seed) {
                differences.push_back(b.value - a.value);
            }
        }
    }
    RunDifference out;
    if (differences.size() > 1) {
        const Moments found = moments(differences);
        const auto n = static_cast<double>(differences.size());
        out.mean = found.mean;
        out.pairing = Pairing::paired;
        out.first_paths = out.second_paths = differences.size();
        set_interval(out, std::sqrt(found.variance / n), n - 1);
        return out;
    }
    const Moments a = moments(values_of(first));
    const Moments b = moments(values_of(second));
    out.mean = b.mean - a.mean;
    out.first_paths = first.size();
    out.second_paths = second.size();
    if (first.size() < 2 || second.size() < 2) {
        return out;
    }
    out.pairing = Pairing::unpaired;
    const auto na = static_cast<double>(first.size());
    const auto nb = static_cast<double>(second.size());
    const double va = a.variance / na;
    const double vb = b.variance / nb;
    // Degrees of freedom after Welch and Satterthwaite.
    const double degrees = (va + vb) * (va + vb) / (va * va / (na - 1) + vb * vb / (nb - 1));
    set_interval(out, std::sqrt(va + vb), degrees);
    return out;
}

}  // namespace margincall::inline analytics
