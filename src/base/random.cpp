#include "base/random.hpp"

#include <cmath>

#include "base/check.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

namespace margincall::inline base {

PhiloxCounter philox_block(const PhiloxCounter& counter, const PhiloxKey& key) {
    const r123::Philox4x64 philox;
    const r123::Philox4x64::ctr_type in = {{counter[0], counter[1], counter[2], counter[3]}};
    const r123::Philox4x64::ctr_type out = philox(in, r123::Philox4x64::key_type{{key[0], key[1]}});
    return {out[0], out[1], out[2], out[3]};
}

Rng::Rng(std::uint64_t seed, std::uint64_t entity, Purpose purpose) {
    key_[0] = seed;
    // The purpose is mixed into the entity's word; both are small, so the mix is injective in
    // practice (entity names use 64 bits as family << 32 | index).
    key_[1] = entity ^ (static_cast<std::uint64_t>(purpose) * 0x9E3779B97F4A7C15ULL);
}

void Rng::refill() {
    block_ = philox_block({counter_, 0, 0, 0}, key_);
    ++counter_;
    left_ = 4;
}

double Rng::normal() {
    return normal_quantile(uniform());
}

double Rng::lognormal(double median, double sigma_ln) {
    return median * std::exp(sigma_ln * normal());
}

double Rng::exponential(double mean) {
    return -mean * std::log(uniform());
}

double Rng::pareto(double minimum, double tail_exponent) {
    return minimum * std::pow(uniform(), -1.0 / tail_exponent);
}

std::uint64_t Rng::poisson(double mean) {
    if (mean <= 0.0) {
        return 0;
    }
    if (mean < 30.0) {
        double probability = std::exp(-mean);
        double u = uniform();
        std::uint64_t k = 0;
        while (u > probability && k < 1000) {
            u -= probability;
            ++k;
            probability *= mean / static_cast<double>(k);
        }
        return k;
    }
    const double x = std::floor(mean + std::sqrt(mean) * normal() + 0.5);
    return x <= 0.0 ? 0 : static_cast<std::uint64_t>(x);
}

double normal_quantile(double p) {
    CHECK(p > 0.0 && p < 1.0);
    const double q = p - 0.5;
    if (std::fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q *
               (((((((2509.0809287301226727 * r + 33430.575583588128105) * r +
                     67265.770927008700853) *
                        r +
                    45921.953931549871457) *
                       r +
                   13731.693765509461125) *
                      r +
                  1971.5909503065514427) *
                     r +
                 133.14166789178437745) *
                    r +
                3.387132872796366608) /
               (((((((5226.495278852545925 * r + 28729.085735721942674) * r +
                     39307.89580009271061) *
                        r +
                    21213.794301586595867) *
                       r +
                   5394.1960214247511077) *
                      r +
                  687.1870074920579083) *
                     r +
                 42.313330701600911252) *
                    r +
                1.0);
    }
    double r = std::sqrt(-std::log(q < 0.0 ? p : 1.0 - p));
    double value = 0.0;
    if (r <= 5.0) {
        r -= 1.6;
        value = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r +
                      0.24178072517745061177) *
                         r +
                     1.27045825245236838258) *
                        r +
                    3.64784832476320460504) *
                       r +
                   5.7694972214606914055) *
                      r +
                  4.6303378461565452959) *
                     r +
                 1.42343711074968357734) /
                (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r +
                      0.0151986665636164571966) *
                         r +
                     0.14810397642748007459) *
                        r +
                    0.68976733498510000455) *
                       r +
                   1.6763848301838038494) *
                      r +
                  2.05319162663775882187) *
                     r +
                 1.0);
    } else {
        r -= 5.0;
        value = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
                      0.0012426609473880784386) *
                         r +
                     0.026532189526576123093) *
                        r +
                    0.29656057182850489123) *
                       r +
                   1.7848265399172913358) *
                      r +
                  5.4637849111641143699) *
                     r +
                 6.6579046435011037772) /
                (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r +
                      1.8463183175100546818e-5) *
                         r +
                     7.868691311456132591e-4) *
                        r +
                    0.0148753612908506148525) *
                       r +
                   0.13692988092273580531) *
                      r +
                  0.59983220655588793769) *
                     r +
                 1.0);
    }
    return q < 0.0 ? -value : value;
}

}  // namespace margincall::inline base
