#include "lab/vpin.hpp"

#include <algorithm>
#include <cmath>

namespace margincall::inline lab {

void VolumeBuckets::add(const MinuteFlow& minute) {
    double volume = minute.volume;
    const double each = volume > 0.0 ? minute.net / volume : 0.0;
    while (volume > 0.0) {
        const double taken = std::min(volume, bucket_ - filled_);
        filled_ += taken;
        net_ += each * taken;
        volume -= taken;
        if (filled_ >= bucket_) {
            imbalances_.push_back(std::abs(net_) / bucket_);
            if (imbalances_.size() > kept_) {
                imbalances_.pop_front();
            }
            filled_ = net_ = 0.0;
        }
    }
}

double VolumeBuckets::mean() const {
    double sum = 0.0;
    for (const double one : imbalances_) {
        sum += one;
    }
    return sum / static_cast<double>(imbalances_.size());
}

std::optional<double> vpin(std::span<const MinuteFlow> flow, double bucket, std::size_t count) {
    VolumeBuckets buckets(bucket, count);
    for (const MinuteFlow& minute : flow) {
        buckets.add(minute);
    }
    return count > 0 && buckets.full() == count ? std::optional{buckets.mean()} : std::nullopt;
}

}  // namespace margincall::inline lab
