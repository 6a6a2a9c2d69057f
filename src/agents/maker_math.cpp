#include "agents/maker_math.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline agents {
namespace {

constexpr double inner = 0.01;  // D1 is the depth within this share of price

}  // namespace

double depth_share(double z, double k) {
    return std::max(depth_share_least, (1.0 + 1.0 / k) / (1.0 + z / k));
}

void DepthState::step(double target, Duration dt, const DepthStateRates& rates) {
    const double tau = target < level ? rates.down_s : rates.up_s;
    level += (target - level) * -std::expm1(-to_seconds(dt) / tau);
}

double learnt_log_price(const SeenBook& book, double centre, double delta) {
    constexpr double hole = 6.0;  // half-spreads
    const double low = book.bid + delta;
    const double high = book.ask - delta;
    return high - low > (hole - 2.0) * delta ? std::clamp(centre, low, high) : book.mid;
}

double inventory_skew(double a_q, double z, double sigma, double load) {
    return a_q * z * sigma * std::clamp(load, -1.0, 1.0);
}

double half_spread(double minimum, double z) {
    return minimum * std::max(1.0, z);
}

Ladder make_ladder(const LadderShape& shape) {
    Ladder ladder;
    ladder.levels = std::clamp<std::size_t>(shape.levels, 2, ladder_max);
    const bool outside = shape.reach > inner * 1.01;
    const std::size_t out = !outside ? 0 : (ladder.levels >= 6 ? 2 : 1);
    const std::size_t in = ladder.levels - out;
    const double first = std::clamp(shape.half_spread, 1e-6, 0.5 * inner);

    // Boundaries b_0 < ... < b_in = 1 % < ... < b_levels = reach are geometric, so their g-th
    // powers are too: four calls of pow for the whole ladder.
    const double step = std::pow(inner / first, 1.0 / static_cast<double>(in));
    const double step_g = std::pow(step, shape.exponent);
    double boundary = first * step;
    double power = std::pow(first / inner, shape.exponent) * step_g;
    const double root = std::sqrt(step);
    ladder.distance[0] = first;
    ladder.weight[0] = power;
    for (std::size_t j = 1; j < in; ++j) {
        ladder.distance[j] = boundary * root;
        ladder.weight[j] = power * (step_g - 1.0);
        boundary *= step;
        power *= step_g;
    }
    if (out > 0) {
        const double wide = std::pow(shape.reach / inner, 1.0 / static_cast<double>(out));
        const double wide_g = std::pow(wide, shape.exponent);
        boundary = inner;
        power = 1.0;
        for (std::size_t j = in; j < ladder.levels; ++j) {
            ladder.distance[j] = boundary * std::sqrt(wide);
            ladder.weight[j] = power * (wide_g - 1.0);
            boundary *= wide;
            power *= wide_g;
        }
    }
    // Near levels may lag by more than half their spacing; from 0.2 % out they are held closer, so
    // that the depth within 1 % does not depend on when they were last moved.
    ladder.tolerance[0] = first / 2.0;
    for (std::size_t j = 1; j < ladder.levels; ++j) {
        const double part = ladder.distance[j] < 0.002 ? 0.6 : 0.3;
        ladder.tolerance[j] = part * (ladder.distance[j] - ladder.distance[j - 1]);
    }
    return ladder;
}

double refilled(Duration dt, double half_life_s) {
    return half_life_s > 0.0 ? 1.0 - std::exp2(-to_seconds(dt) / half_life_s) : 1.0;
}

FlowImpact::FlowImpact(double decay) {
    for (std::size_t k = 0; k < weight_.size(); ++k) {
        weight_[k] = std::pow(time_constants_s[k] / 86'400.0, -decay);
    }
}

void FlowImpact::step(Duration dt) {
    const double s = to_seconds(dt);
    for (std::size_t k = 0; k < level_.size(); ++k) {
        level_[k] *= std::exp(-s / time_constants_s[k]);
    }
}

void FlowImpact::add(double flow_share_of_volume, SimTime now) {
    constexpr double minute = 1.0 / 1440.0;
    const auto concave = [](double q) { return q / std::sqrt(1.0 + std::abs(q) / minute); };
    const std::int64_t bucket = now.ns() / seconds(10).raw();
    if (bucket != bucket_) {
        bucket_ = bucket;
        in_bucket_ = 0;
    }
    const double before = concave(in_bucket_);
    in_bucket_ += flow_share_of_volume;
    const double more = concave(in_bucket_) - before;
    for (double& level : level_) {
        level += more;
    }
}

double FlowImpact::value() const {
    double sum = 0;
    for (std::size_t k = 0; k < level_.size(); ++k) {
        sum += weight_[k] * level_[k];
    }
    return sum;
}

}  // namespace margincall::inline agents
